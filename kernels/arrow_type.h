// What a column holds, read from the format string of an Arrow schema.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "arrow_abi.h"

namespace levada {

enum class Kind : uint8_t {
    Null,
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Decimal,      // 4, 8 or 16 bytes wide
    Utf8,         // offsets of 4 bytes, of 8 bytes (`large`) or string views (`view`)
    Binary,       // the same for bytes
    FixedBinary,  // `width` bytes each
    Date32,
    Date64,
    Time,
    Timestamp,
    Duration,
    Dictionary,
    Other,  // nested and exotic types, no kernel takes them
};

// A type as the kernels see it. `format` and `metadata` are kept so that a column of the same type can be made again.
struct ColumnType {
    Kind kind = Kind::Other;
    int32_t width = 0;              // bytes per value; 0 where values have no fixed number of bytes
    bool large = false;             // 64-bit offsets
    bool view = false;              // string views in place of offsets
    bool zoned = false;             // a timestamp that is an instant (has a time zone)
    bool uuid = false;              // the extension type arrow.uuid
    int32_t scale = 0;              // digits behind a decimal's point
    int64_t units_per_second = 1;   // resolution of times, timestamps and durations
    std::string format;
    std::string metadata;           // raw, as in ArrowSchema.metadata; empty for none

    bool is_bytes_like() const { return kind == Kind::Utf8 || kind == Kind::Binary || kind == Kind::FixedBinary; }
};

// The bytes of a schema's metadata (int32 pairs, then per pair length + key, length + value), or "" for none.
inline std::string copy_metadata(const char *metadata) {
    if (metadata == nullptr) return {};
    const char *at = metadata;
    auto number = [&at]() {
        int32_t value;
        std::memcpy(&value, at, 4);
        at += 4;
        return value;
    };
    for (int32_t left = number() * 2; left > 0; --left) at += number();
    return std::string(metadata, at);
}

namespace detail {

inline void set_fixed(ColumnType &type, Kind kind, int32_t width) {
    type.kind = kind;
    type.width = width;
}

inline int64_t units_of(char letter) {
    switch (letter) {
        case 'm': return 1000;
        case 'u': return 1000000;
        case 'n': return 1000000000;
        default: return 1;
    }
}

inline void parse_decimal(ColumnType &type, const char *text) {  // "d:precision,scale[,bits]"
    char *end = nullptr;
    std::strtol(text + 2, &end, 10);
    type.scale = static_cast<int32_t>(std::strtol(end + 1, &end, 10));
    const long bits = *end == ',' ? std::strtol(end + 1, nullptr, 10) : 128;
    if (bits <= 128) set_fixed(type, Kind::Decimal, static_cast<int32_t>(bits / 8));
}

inline void parse_temporal(ColumnType &type, const char *text) {  // "td?", "tt?", "ts?:zone", "tD?"
    switch (text[1]) {
        case 'd':
            text[2] == 'D' ? set_fixed(type, Kind::Date32, 4) : set_fixed(type, Kind::Date64, 8);
            return;
        case 't': set_fixed(type, Kind::Time, text[2] == 's' || text[2] == 'm' ? 4 : 8); break;
        case 's':
            set_fixed(type, Kind::Timestamp, 8);
            type.zoned = text[3] == ':' && text[4] != '\0';
            break;
        case 'D': set_fixed(type, Kind::Duration, 8); break;
        default: return;
    }
    type.units_per_second = units_of(text[2]);
}

}  // namespace detail

inline ColumnType parse_type(const ArrowSchema &schema) {
    using detail::set_fixed;
    ColumnType type;
    type.format = schema.format;
    type.metadata = copy_metadata(schema.metadata);
    type.uuid = type.metadata.find("arrow.uuid") != std::string::npos;
    if (schema.dictionary != nullptr) {
        type.kind = Kind::Dictionary;
        return type;
    }
    const char *text = schema.format;
    switch (text[0]) {
        case 'n': type.kind = Kind::Null; break;
        case 'b': type.kind = Kind::Bool; break;
        case 'c': set_fixed(type, Kind::Int8, 1); break;
        case 'C': set_fixed(type, Kind::UInt8, 1); break;
        case 's': set_fixed(type, Kind::Int16, 2); break;
        case 'S': set_fixed(type, Kind::UInt16, 2); break;
        case 'i': set_fixed(type, Kind::Int32, 4); break;
        case 'I': set_fixed(type, Kind::UInt32, 4); break;
        case 'l': set_fixed(type, Kind::Int64, 8); break;
        case 'L': set_fixed(type, Kind::UInt64, 8); break;
        case 'e': set_fixed(type, Kind::Float16, 2); break;
        case 'f': set_fixed(type, Kind::Float32, 4); break;
        case 'g': set_fixed(type, Kind::Float64, 8); break;
        case 'd': detail::parse_decimal(type, text); break;
        case 't': detail::parse_temporal(type, text); break;
        case 'w': set_fixed(type, Kind::FixedBinary, static_cast<int32_t>(std::atoi(text + 2))); break;
        case 'u':
        case 'U': type.kind = Kind::Utf8; break;
        case 'z':
        case 'Z': type.kind = Kind::Binary; break;
        case 'v':
            if (text[1] == 'u') type.kind = Kind::Utf8;
            if (text[1] == 'z') type.kind = Kind::Binary;
            type.view = true;
            break;
        default: break;
    }
    type.large = text[0] == 'U' || text[0] == 'Z';
    return type;
}

}  // namespace levada
