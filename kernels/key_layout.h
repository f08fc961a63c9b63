// How keys lie in pages: which bytes each slot has for its hash, its flags and its key columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow_type.h"
#include "key_columns.h"

namespace levada {

// How a key column is kept, per slot.
enum class Cell : uint8_t {
    None,    // the null type: nothing to keep
    Bit,     // a boolean, as a byte
    Fixed,   // the value's own bytes
    Half,    // floats: -0.0 as 0.0, NaNs as one
    Single,
    Double,
    Day,     // date64, without a time of day
    Bytes,   // a string: see TextCell
};

// Up to 20 bytes lie in the cell itself, longer strings in the arena.
struct TextCell {
    static constexpr size_t kInline = 20;

    uint32_t size;
    char data[kInline];

    std::string_view view() const {
        if (size <= kInline) return {data, size};
        const char *far;
        std::memcpy(&far, data, sizeof far);
        return {far, size};
    }
};

struct KeyColumn {
    ColumnType type;
    Cell cell;
    size_t width;  // bytes per slot

    explicit KeyColumn(ColumnType of) : type(std::move(of)), cell(cell_of(type)), width(width_of(cell, type)) {
        check_key_type(type);
        if (type.view) throw KeyTypeFault("a KeyIndex keeps no string views; declare the key as pa.string() or pa.binary()");
    }

    // Strings of any layout may come in; all else must be of the declared type.
    bool takes(const ColumnType &given) const {
        return given.kind == type.kind && given.width == type.width && given.scale == type.scale &&
               given.units_per_second == type.units_per_second && given.zoned == type.zoned && given.uuid == type.uuid;
    }

private:
    static Cell cell_of(const ColumnType &type) {
        switch (type.kind) {
            case Kind::Null: return Cell::None;
            case Kind::Bool: return Cell::Bit;
            case Kind::Float16: return Cell::Half;
            case Kind::Float32: return Cell::Single;
            case Kind::Float64: return Cell::Double;
            case Kind::Date64: return Cell::Day;
            case Kind::Utf8:
            case Kind::Binary: return Cell::Bytes;
            default: return Cell::Fixed;
        }
    }
    static size_t width_of(Cell cell, const ColumnType &type) {
        if (cell == Cell::None) return 0;
        if (cell == Cell::Bit) return 1;
        return cell == Cell::Bytes ? sizeof(TextCell) : static_cast<size_t>(type.width);
    }
};

// What is common to the live keys and to frozen ones.
struct KeyLayout {
    std::vector<KeyColumn> columns;
    size_t flag_bytes;  // bit 0: the slot is in use; bit i + 1: key column i is null

    // The paged columns: hashes, flags, then the key columns.
    static constexpr size_t kHash = 0, kFlags = 1, kFirst = 2;

    explicit KeyLayout(std::vector<KeyColumn> of) : columns(std::move(of)), flag_bytes(columns.size() / 8 + 1) {}

    size_t width(size_t paged) const {
        return paged == kHash ? 8 : paged == kFlags ? flag_bytes : columns[paged - kFirst].width;
    }
    size_t paged_count() const { return columns.size() + kFirst; }
};

}  // namespace levada
