// Timers over (time, slot): a set that gives its members back in order of time.
//
// A hash set says which timers are registered; a heap orders them. Deleting only takes a timer out of the set: its entry in
// the heap is skipped when it comes up, and the heap is rebuilt when most of it is such leftovers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "paged_columns.h"

namespace levada {

struct Timer {
    int64_t time;
    Slot slot;

    auto operator<=>(const Timer &) const = default;
};

// Open addressing with linear probing; removal moves later members of a run back, so there are no tombstones.
class TimerSet {
public:
    size_t size() const { return size_; }

    bool insert(Timer timer) {
        if ((size_ + 1) * 4 > cells_.size() * 3) grow();
        size_t at = find(timer);
        if (cells_[at].used) return false;
        cells_[at] = {timer.time, timer.slot, 1};
        ++size_;
        return true;
    }

    bool contains(Timer timer) const { return size_ != 0 && cells_[find(timer)].used != 0; }

    bool erase(Timer timer) {
        if (size_ == 0) return false;
        size_t hole = find(timer);
        if (!cells_[hole].used) return false;
        const size_t mask = cells_.size() - 1;
        for (size_t next = (hole + 1) & mask; cells_[next].used; next = (next + 1) & mask) {
            // A member may move back to the hole unless that lies before its own place.
            const size_t home = place({cells_[next].time, cells_[next].slot});
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                cells_[hole] = cells_[next];
                hole = next;
            }
        }
        cells_[hole].used = 0;
        --size_;
        return true;
    }

    std::vector<Timer> members() const {
        std::vector<Timer> all;
        all.reserve(size_);
        for (const Cell &cell : cells_) {
            if (cell.used) all.push_back({cell.time, cell.slot});
        }
        return all;
    }

private:
    struct Cell {
        int64_t time = 0;
        Slot slot = 0;
        uint32_t used = 0;
    };

    std::vector<Cell> cells_;
    size_t size_ = 0;

    size_t place(Timer timer) const {
        uint64_t mixed = static_cast<uint64_t>(timer.time) * 0x9E3779B97F4A7C15u ^ (uint64_t{timer.slot} << 32 | timer.slot);
        mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93u;
        return (mixed ^ (mixed >> 32)) & (cells_.size() - 1);
    }

    size_t find(Timer timer) const {
        const size_t mask = cells_.size() - 1;
        size_t at = place(timer);
        while (cells_[at].used && (cells_[at].time != timer.time || cells_[at].slot != timer.slot)) at = (at + 1) & mask;
        return at;
    }

    void grow() {
        std::vector<Cell> old(std::max<size_t>(64, cells_.size() * 2));
        old.swap(cells_);
        for (const Cell &cell : old) {
            if (cell.used) cells_[find({cell.time, cell.slot})] = cell;
        }
    }
};

class TimerQueue {
public:
    size_t size() const { return set_.size(); }
    std::vector<Timer> members() const { return set_.members(); }

    // How many were not registered before.
    size_t add(const int64_t *times, const Slot *slots, size_t count) {
        const size_t before = heap_.size();
        for (size_t i = 0; i < count; ++i) {
            if (set_.insert({times[i], slots[i]})) heap_.push_back({times[i], slots[i]});
        }
        const size_t added = heap_.size() - before;
        if (added > before) {
            std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
        } else {
            for (size_t end = before + 1; end <= heap_.size(); ++end) {
                std::push_heap(heap_.begin(), heap_.begin() + static_cast<std::ptrdiff_t>(end), std::greater<>());
            }
        }
        return added;
    }

    // How many were registered.
    size_t remove(const int64_t *times, const Slot *slots, size_t count) {
        size_t removed = 0;
        for (size_t i = 0; i < count; ++i) removed += set_.erase({times[i], slots[i]});
        if (heap_.size() > 2 * set_.size() + 1024) {
            heap_ = set_.members();
            std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
        }
        return removed;
    }

    // Takes out the timers with time <= up_to, in order of time and slot, at most `limit` of them.
    std::vector<Timer> pop_due(int64_t up_to, size_t limit) {
        std::vector<Timer> due;
        while (due.size() < limit && !heap_.empty() && heap_.front().time <= up_to) {
            const Timer timer = pop_top();
            if (set_.erase(timer)) due.push_back(timer);
        }
        return due;
    }

    // The earliest timer's time; false if there is none.
    bool next_time(int64_t &time) {
        while (!heap_.empty() && !set_.contains(heap_.front())) pop_top();
        if (heap_.empty()) return false;
        time = heap_.front().time;
        return true;
    }

private:
    TimerSet set_;
    std::vector<Timer> heap_;

    Timer pop_top() {
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
        const Timer timer = heap_.back();
        heap_.pop_back();
        return timer;
    }
};

}  // namespace levada
