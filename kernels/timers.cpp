// What Python sees of the timers.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>

#include <memory>
#include <mutex>

#include "arrow_export.h"
#include "arrow_import.h"
#include "timer_queue.h"

namespace nb = nanobind;

namespace levada {

namespace {

std::pair<OutColumn, OutColumn> timer_columns(const Timer *timers, size_t count) {
    const auto rows = static_cast<int64_t>(count);
    Buffer times = Buffer::of<int64_t>(rows);
    Buffer slots = Buffer::of<Slot>(rows);
    for (size_t i = 0; i < count; ++i) {
        times.as<int64_t>()[i] = timers[i].time;
        slots.as<Slot>()[i] = timers[i].slot;
    }
    return {fixed_column("l", rows, std::move(times)), fixed_column("i", rows, std::move(slots))};
}

nb::tuple to_tuple(std::pair<OutColumn, OutColumn> columns) {
    return nb::make_tuple(to_python(std::move(columns.first)), to_python(std::move(columns.second)));
}

// Times and slots of the same length.
class TimerColumns {
public:
    TimerColumns(nb::handle times, nb::handle slots)
        : times_(import_plain(times, Kind::Int64, "times", "int64")),
          slots_(import_plain(slots, Kind::Int32, "slots", "int32")) {
        if (times_.length != slots_.length) throw nb::value_error("times and slots must have the same length");
    }
    const int64_t *times() const { return times_.values<int64_t>(); }
    const Slot *slots() const { return slots_.values<Slot>(); }
    size_t size() const { return static_cast<size_t>(times_.length); }

private:
    Column times_;
    Column slots_;
};

// The timers registered at a moment. They are sorted when first read, away from the loop's pause for the snapshot.
class FrozenTimers {
public:
    explicit FrozenTimers(std::vector<Timer> timers) : timers_(std::move(timers)) {}

    size_t size() const { return timers_.size(); }

    nb::tuple columns(size_t start, size_t limit) {
        std::pair<OutColumn, OutColumn> columns;
        {
            nb::gil_scoped_release release;
            std::call_once(sorted_, [this] { std::sort(timers_.begin(), timers_.end()); });
            start = std::min(start, timers_.size());
            columns = timer_columns(timers_.data() + start, std::min(limit, timers_.size() - start));
        }
        return to_tuple(std::move(columns));
    }

private:
    std::vector<Timer> timers_;
    std::once_flag sorted_;
};

class PyTimers {
public:
    size_t size() const { return queue_.size(); }

    size_t add(nb::handle times, nb::handle slots) {
        const TimerColumns timers(times, slots);
        nb::gil_scoped_release release;
        return queue_.add(timers.times(), timers.slots(), timers.size());
    }
    size_t remove(nb::handle times, nb::handle slots) {
        const TimerColumns timers(times, slots);
        nb::gil_scoped_release release;
        return queue_.remove(timers.times(), timers.slots(), timers.size());
    }
    nb::tuple pop_due(int64_t up_to, size_t limit) {
        std::pair<OutColumn, OutColumn> columns;
        {
            nb::gil_scoped_release release;
            const std::vector<Timer> due = queue_.pop_due(up_to, limit);
            columns = timer_columns(due.data(), due.size());
        }
        return to_tuple(std::move(columns));
    }
    nb::object next_time() {
        int64_t time = 0;
        return queue_.next_time(time) ? nb::cast(time) : nb::none();
    }
    std::shared_ptr<FrozenTimers> snapshot() const {
        nb::gil_scoped_release release;
        return std::make_shared<FrozenTimers>(queue_.members());
    }

private:
    TimerQueue queue_;
};

}  // namespace

void register_timers(nb::module_ &m) {
    nb::class_<FrozenTimers>(m, "FrozenTimers")
        .def("__len__", &FrozenTimers::size)
        .def("columns", &FrozenTimers::columns, nb::arg("start"), nb::arg("limit"));
    nb::class_<PyTimers>(m, "TimerQueue")
        .def(nb::init<>())
        .def("__len__", &PyTimers::size)
        .def_prop_ro("next_time", &PyTimers::next_time)
        .def("register", &PyTimers::add, nb::arg("times"), nb::arg("slots"))
        .def("delete", &PyTimers::remove, nb::arg("times"), nb::arg("slots"))
        .def("pop_due", &PyTimers::pop_due, nb::arg("up_to"), nb::arg("limit"))
        .def("snapshot", &PyTimers::snapshot);
}

}  // namespace levada
