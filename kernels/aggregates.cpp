#include "aggregates.h"

#include <cstring>
#include <stdexcept>
#include <utility>

namespace levada {

namespace {

template <class T>
constexpr const char *format_of() {
    if constexpr (std::is_same_v<T, int64_t>) return "l";
    if constexpr (std::is_same_v<T, uint64_t>) return "L";
    if constexpr (std::is_same_v<T, double>) return "g";
    return "";
}

template <class Op>
class TypedAggregate final : public Aggregate {
    using L = Lanes<Op>;
    using A = typename Op::A;
    using B = typename Op::B;
    using Out = typename Op::Out;
    // AVG is saved as two columns; for the others lane B only tells whether anything was seen.
    static constexpr bool kTwoLanes = std::is_same_v<B, int64_t>;

public:
    explicit TypedAggregate(std::string argument_format) : argument_format_(std::move(argument_format)) {
        result_format = std::is_same_v<Op, CountOp> ? "l" : argument_format_;
    }

    size_t page_bytes() const override { return L::kBytes; }
    size_t result_width() const override { return sizeof(Out); }
    bool nullable() const override { return Op::kNullable; }

    void update(uint8_t *const *bases, const Slot *slots, size_t count, const Argument &column) const override {
        for_each_row<Op, false>(
            bases, slots, count, column, [](size_t, A &a, B &b, auto value) { Op::step(a, b, value); },
            [](size_t, A &, B &) {});
    }

    void update_imaged(uint8_t *const *bases, const Slot *slots, size_t count, const Argument &column, Image before,
                       Image after, uint8_t *changed) const override {
        auto *old_values = reinterpret_cast<Out *>(before.values);
        auto *new_values = reinterpret_cast<Out *>(after.values);
        auto visit = [=](size_t i, A &a, B &b, auto value) {
            const Out old_value = Op::result(a, b);
            [[maybe_unused]] const bool old_valid = Op::valid(a, b);
            Op::step(a, b, value);
            const Out new_value = Op::result(a, b);
            old_values[i] = old_value;
            new_values[i] = new_value;
            bool differs = std::memcmp(&old_value, &new_value, sizeof(Out)) != 0;
            if constexpr (Op::kNullable) {
                before.valid[i] = old_valid;
                after.valid[i] = 1;
                differs = differs || !old_valid;
            }
            changed[i] |= static_cast<uint8_t>(differs);
        };
        auto skip = [=](size_t i, A &a, B &b) {
            old_values[i] = new_values[i] = Op::result(a, b);
            if constexpr (Op::kNullable) before.valid[i] = after.valid[i] = Op::valid(a, b);
        };
        for_each_row<Op, true>(bases, slots, count, column, visit, skip);
    }

    void image(uint8_t *const *bases, const Slot *slots, size_t count, Image out) const override {
        auto *values = reinterpret_cast<Out *>(out.values);
        for_each_slot(bases, slots, count, [=](size_t i, A &a, B &b) {
            values[i] = Op::result(a, b);
            if constexpr (Op::kNullable) out.valid[i] = Op::valid(a, b);
        });
    }

    void compare(Image before, Image after, size_t count, uint8_t *changed) const override {
        using Bits = std::conditional_t<sizeof(Out) == 1, uint8_t,
                     std::conditional_t<sizeof(Out) == 2, uint16_t,
                     std::conditional_t<sizeof(Out) == 4, uint32_t, uint64_t>>>;
        const auto *old_values = reinterpret_cast<const Bits *>(before.values);
        const auto *new_values = reinterpret_cast<const Bits *>(after.values);
        for (size_t i = 0; i < count; ++i) {
            bool differs = old_values[i] != new_values[i];
            if constexpr (Op::kNullable) differs |= before.valid[i] != after.valid[i];
            changed[i] |= static_cast<uint8_t>(differs);
        }
    }

    void clear(uint8_t *const *bases, const Slot *slots, size_t count) const override {
        for_each_slot(bases, slots, count, [](size_t, A &a, B &b) {
            a = A{};
            b = B{};
        });
    }

    size_t lanes() const override { return kTwoLanes ? 2 : 1; }
    std::string lane_format(size_t lane) const override {
        if (lane == 1) return "l";
        const char *wide = format_of<A>();
        // SUM, MIN and MAX keep their argument's type, which may be a time.
        return kTwoLanes || !Op::kNullable ? wide : argument_format_;
    }
    size_t lane_width(size_t lane) const override { return lane == 1 ? sizeof(int64_t) : sizeof(A); }

    void save(uint8_t *const *bases, const Slot *slots, size_t count, size_t lane, Image out) const override {
        if (lane == 1) {
            if constexpr (kTwoLanes) {
                auto *values = reinterpret_cast<B *>(out.values);
                for_each_slot(bases, slots, count, [=](size_t i, A &, B &b) { values[i] = b; });
            }
            return;
        }
        auto *values = reinterpret_cast<A *>(out.values);
        for_each_slot(bases, slots, count, [=](size_t i, A &a, B &b) {
            values[i] = a;
            if constexpr (Op::kNullable) out.valid[i] = Op::valid(a, b);
        });
    }

    void load(uint8_t *const *bases, const Slot *slots, size_t count, size_t lane,
              const Argument &column) const override {
        if (lane == 1) {
            if constexpr (kTwoLanes) {
                const auto *values = static_cast<const B *>(column.values);
                for_each_slot(bases, slots, count, [=](size_t i, A &, B &b) { b = values[i]; });
            }
            return;
        }
        const auto *values = static_cast<const A *>(column.values);
        const Column *nulls = column.nulls;
        for_each_slot(bases, slots, count, [=](size_t i, A &a, B &b) {
            if (nulls != nullptr && nulls->is_null(static_cast<int64_t>(i))) return;
            a = values[i];
            if constexpr (Op::kNullable && !kTwoLanes) b = 1;
            (void)b;
        });
    }

private:
    std::string argument_format_;

    template <class Action>
    static void for_each_slot(uint8_t *const *bases, const Slot *slots, size_t count, Action action) {
        None none;
        for (size_t i = 0; i < count; ++i) {
            uint8_t *page = bases[slots[i] >> kPageBits];
            const size_t at = slots[i] & kPageMask;
            if constexpr (L::kHasB) {
                action(i, L::a(page)[at], L::b(page)[at]);
            } else {
                action(i, L::a(page)[at], none);
            }
        }
    }
};

template <class T>
std::unique_ptr<Aggregate> make_numeric(std::string_view function, const std::string &format) {
    if (function == "sum") return std::make_unique<TypedAggregate<SumOp<T>>>(format);
    if (function == "min") return std::make_unique<TypedAggregate<ExtremeOp<T, false>>>(format);
    if (function == "max") return std::make_unique<TypedAggregate<ExtremeOp<T, true>>>(format);
    if (function == "avg") return std::make_unique<TypedAggregate<AvgOp<T>>>(format);
    return nullptr;
}

// Times are ordered as the integers they are made of, and cannot be added up.
template <class T>
std::unique_ptr<Aggregate> make_temporal(std::string_view function, const std::string &format) {
    return function == "min" || function == "max" ? make_numeric<T>(function, format) : nullptr;
}

std::unique_ptr<Aggregate> make_typed(std::string_view function, const ColumnType &type) {
    switch (type.kind) {
        case Kind::Int8: return make_numeric<int8_t>(function, type.format);
        case Kind::Int16: return make_numeric<int16_t>(function, type.format);
        case Kind::Int32: return make_numeric<int32_t>(function, type.format);
        case Kind::Int64: return make_numeric<int64_t>(function, type.format);
        case Kind::UInt8: return make_numeric<uint8_t>(function, type.format);
        case Kind::UInt16: return make_numeric<uint16_t>(function, type.format);
        case Kind::UInt32: return make_numeric<uint32_t>(function, type.format);
        case Kind::UInt64: return make_numeric<uint64_t>(function, type.format);
        case Kind::Float32: return make_numeric<float>(function, type.format);
        case Kind::Float64: return make_numeric<double>(function, type.format);
        case Kind::Date32: return make_temporal<int32_t>(function, type.format);
        case Kind::Time:
            if (type.width == 4) return make_temporal<int32_t>(function, type.format);
            return make_temporal<int64_t>(function, type.format);
        case Kind::Date64:
        case Kind::Timestamp:
        case Kind::Duration: return make_temporal<int64_t>(function, type.format);
        default: return nullptr;
    }
}

}  // namespace

std::unique_ptr<Aggregate> make_aggregate(std::string_view function, const ColumnType &type, int argument) {
    std::unique_ptr<Aggregate> made;
    if (function == "count") {
        made = std::make_unique<TypedAggregate<CountOp>>("l");
    } else if (argument >= 0) {
        made = make_typed(function, type);
    }
    if (made == nullptr) {
        const std::string over = argument < 0 ? "no argument" : "an argument of Arrow format '" + type.format + "'";
        throw std::invalid_argument("there is no aggregate '" + std::string(function) + "' over " + over +
                                    "; count takes any type, sum and avg integers and floats, min and max also times");
    }
    made->argument = argument;
    return made;
}

}  // namespace levada
