// Aggregate functions behind one interface: `make_aggregate` picks the loop for a function and an argument type.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate_ops.h"

namespace levada {

// Room for the results of some rows: fixed-width values, and a byte of validity each (null for COUNT).
struct Image {
    uint8_t *values = nullptr;
    uint8_t *valid = nullptr;
};

// One aggregate function over one argument type. The accumulators live in the pages passed in.
class Aggregate {
public:
    virtual ~Aggregate() = default;

    std::string result_format;
    int argument = -1;  // which argument column; -1 for COUNT(*)

    virtual size_t page_bytes() const = 0;
    virtual size_t result_width() const = 0;
    virtual bool nullable() const = 0;

    virtual void update(uint8_t *const *bases, const Slot *slots, size_t count, const Argument &argument) const = 0;
    // As update, noting each row's results before and after; sets changed[i] where they differ in any bit.
    virtual void update_imaged(uint8_t *const *bases, const Slot *slots, size_t count, const Argument &argument,
                               Image before, Image after, uint8_t *changed) const = 0;
    virtual void image(uint8_t *const *bases, const Slot *slots, size_t count, Image out) const = 0;
    // Sets changed[i] where row i of two images differs in any bit.
    virtual void compare(Image before, Image after, size_t count, uint8_t *changed) const = 0;
    virtual void clear(uint8_t *const *bases, const Slot *slots, size_t count) const = 0;

    // The accumulator itself, as one or two columns: lane 0 is NULL where nothing was seen, lane 1 is never NULL.
    virtual size_t lanes() const = 0;
    virtual std::string lane_format(size_t lane) const = 0;
    virtual size_t lane_width(size_t lane) const = 0;
    virtual void save(uint8_t *const *bases, const Slot *slots, size_t count, size_t lane, Image out) const = 0;
    virtual void load(uint8_t *const *bases, const Slot *slots, size_t count, size_t lane,
                      const Argument &column) const = 0;
};

// `function` is count, sum, min, max or avg; `type` the argument's, with Kind::Null for COUNT(*).
// Throws std::invalid_argument where the function is not defined on the type.
std::unique_ptr<Aggregate> make_aggregate(std::string_view function, const ColumnType &type, int argument);

}  // namespace levada
