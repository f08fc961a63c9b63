// What each aggregate function does to one group's accumulator, and the loops that do it to a batch.
//
// An accumulator is two lanes of a page: A[4096], then B[4096]. Results are SQL's: NULLs are skipped, and an aggregate over
// nothing is NULL (COUNT: 0). SUM has its input's type: integers wrap around, floats add in order of arrival. AVG sums in
// 64 bits and converts back, integers truncating. MIN and MAX order floats totally, -0.0 below 0.0 and NaN above all, so
// that the result does not depend on the order of arrival.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "arrow_import.h"
#include "paged_columns.h"

namespace levada {

// A batch's argument column: its values, and the column itself where some of them may be NULL.
struct Argument {
    const void *values = nullptr;
    const Column *nulls = nullptr;
};

struct None {};

// Lane A of a slot holds an Op::A, lane B an Op::B behind it (nothing for None).
template <class Op>
struct Lanes {
    using A = typename Op::A;
    using B = typename Op::B;
    static constexpr bool kHasB = !std::is_same_v<B, None>;
    static constexpr size_t kBytes = kPageSlots * (sizeof(A) + (kHasB ? sizeof(B) : 0));

    static A *a(uint8_t *page) { return reinterpret_cast<A *>(page); }
    static B *b(uint8_t *page) { return reinterpret_cast<B *>(page + kPageSlots * sizeof(A)); }
};

template <class T>
T wrapping_add(T left, T right) {
    if constexpr (std::is_floating_point_v<T>) {
        return left + right;
    } else {
        return static_cast<T>(static_cast<uint64_t>(left) + static_cast<uint64_t>(right));
    }
}

template <class T>
bool ordered_less(T left, T right) {
    if constexpr (std::is_floating_point_v<T>) {
        if (left < right) return true;
        if (left > right) return false;
        if (std::isnan(left)) return false;
        if (std::isnan(right)) return true;
        return std::signbit(left) && !std::signbit(right);
    } else {
        return left < right;
    }
}

struct CountOp {
    using In = None;
    using A = int64_t;
    using B = None;
    using Out = int64_t;
    static constexpr bool kNullable = false;
    static void step(A &count, B &, In) { ++count; }
    static Out result(A count, B) { return count; }
    static bool valid(A, B) { return true; }
};

template <class T>
struct SumOp {
    using In = T;
    using A = T;
    using B = uint8_t;
    using Out = T;
    static constexpr bool kNullable = true;
    static void step(A &sum, B &seen, In value) {
        sum = wrapping_add(sum, value);
        seen = 1;
    }
    static Out result(A sum, B) { return sum; }
    static bool valid(A, B seen) { return seen; }
};

template <class T, bool kMax>
struct ExtremeOp {
    using In = T;
    using A = T;
    using B = uint8_t;
    using Out = T;
    static constexpr bool kNullable = true;
    static void step(A &best, B &seen, In value) {
        if (!seen || (kMax ? ordered_less(best, value) : ordered_less(value, best))) best = value;
        seen = 1;
    }
    static Out result(A best, B) { return best; }
    static bool valid(A, B seen) { return seen; }
};

template <class T>
struct AvgOp {
    using In = T;
    using A = std::conditional_t<std::is_floating_point_v<T>, double,
                                 std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
    using B = int64_t;
    using Out = T;
    static constexpr bool kNullable = true;
    static void step(A &sum, B &count, In value) {
        sum = wrapping_add(sum, static_cast<A>(value));
        ++count;
    }
    static Out result(A sum, B count) { return count == 0 ? Out{} : static_cast<Out>(sum / static_cast<A>(count)); }
    static bool valid(A, B count) { return count != 0; }
};

// How many rows ahead accumulators are asked for where a row does enough for the loads not to overlap by themselves.
constexpr size_t kAhead = 16;

// Calls visit(row, A&, B&, value) for every row whose argument is not NULL, and skip(row, A&, B&) for the others.
template <class Op, bool kPrefetch, class Visit, class Skip>
void for_each_row(uint8_t *const *bases, const Slot *slots, size_t count, const Argument &argument, Visit visit,
                  Skip skip) {
    using L = Lanes<Op>;
    using In = typename Op::In;
    const In *values = static_cast<const In *>(argument.values);
    None none;
    auto row = [&](size_t i, auto &&action) {
        uint8_t *page = bases[slots[i] >> kPageBits];
        const size_t at = slots[i] & kPageMask;
        if constexpr (L::kHasB) {
            action(i, L::a(page)[at], L::b(page)[at]);
        } else {
            action(i, L::a(page)[at], none);
        }
    };
    auto take = [&](size_t i, auto &a, auto &b) {
        if constexpr (std::is_same_v<In, None>) {
            visit(i, a, b, None{});
        } else {
            visit(i, a, b, values[i]);
        }
    };
    if (argument.nulls == nullptr) {
        size_t i = 0;
        if constexpr (kPrefetch) {
            for (; i + kAhead < count; ++i) {
                uint8_t *page = bases[slots[i + kAhead] >> kPageBits];
                const size_t at = slots[i + kAhead] & kPageMask;
                prefetch(L::a(page) + at);
                if constexpr (L::kHasB) prefetch(L::b(page) + at);
                row(i, take);
            }
        }
        for (; i < count; ++i) row(i, take);
        return;
    }
    const Column &column = *argument.nulls;
    for (size_t i = 0; i < count; ++i) {
        if (column.is_null(static_cast<int64_t>(i))) {
            row(i, skip);
        } else {
            row(i, take);
        }
    }
}

}  // namespace levada
