// The canonical form of a key's scalar parts: what Python values and Arrow values of equal keys have in common.
//
// A leaf is hashed and written from here only, so that a Python 5 and an Arrow int64 5 cannot drift apart.
// docs/keys.md describes the bytes.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "hash.h"

namespace levada {

constexpr int kCodecVersion = 1;

enum class Tag : uint8_t {
    None = 0,
    Int = 1,         // whole numbers of 64 bits, whatever Python type they have
    BigInt = 2,      // other whole numbers
    Float = 3,       // numbers with a fraction that a double holds exactly, infinities, NaN
    Decimal = 4,     // other decimal fractions
    Str = 5,
    Bytes = 6,
    Tuple = 7,
    Date = 8,        // days since 1970-01-01
    Time = 9,        // nanoseconds of the day
    ZonedTime = 10,  // the same, less the offset from UTC
    DateTime = 11,   // seconds and nanoseconds since 1970-01-01T00:00:00, no zone
    Instant = 12,    // the same in UTC
    Duration = 13,   // seconds and nanoseconds
    Uuid = 14,
    Enum = 15,
    Flag = 16,
    Record = 17,     // a frozen dataclass
    Row = 18,
};

constexpr uint64_t tag_seed(Tag tag) {
    return (static_cast<uint64_t>(tag) + 1) * 0xd6e8feb86659fd93ULL;
}

constexpr uint64_t kNullHash = 0x6c62272e07bb0142ULL;

inline uint64_t hash_int(int64_t value) { return mix(static_cast<uint64_t>(value) + tag_seed(Tag::Int)); }
inline uint64_t hash_str(std::string_view text) { return hash_bytes(tag_seed(Tag::Str), text.data(), text.size()); }
inline uint64_t start_sequence(Tag tag, uint64_t count) { return mix(tag_seed(tag) + count); }

// One scalar. `number`, `fraction` and `bytes` hold what the tag says; `bytes` may point into a `LeafScratch`.
struct Leaf {
    Tag tag = Tag::None;
    bool negative = false;   // BigInt, Decimal
    uint32_t fraction = 0;   // nanoseconds of DateTime, Instant, Duration
    int64_t number = 0;      // Int, Float (bits), Decimal (exponent of ten), Date, Time, seconds
    std::string_view bytes;  // Str, Bytes, Uuid; magnitude, little end first and without leading zeros, of BigInt, Decimal
};

struct LeafScratch {
    std::string bytes;
};

inline Leaf int_leaf(int64_t value) {
    Leaf leaf;
    leaf.tag = Tag::Int;
    leaf.number = value;
    return leaf;
}

inline Leaf text_leaf(Tag tag, std::string_view bytes) {
    Leaf leaf;
    leaf.tag = tag;
    leaf.bytes = bytes;
    return leaf;
}

// A whole number given by sign and magnitude (little end first; zeros at the end are dropped).
inline Leaf magnitude_leaf(bool negative, std::string_view magnitude) {
    while (!magnitude.empty() && magnitude.back() == '\0') magnitude.remove_suffix(1);
    if (magnitude.size() <= 8) {
        const uint64_t value = magnitude.empty() ? 0 : load_tail(magnitude.data(), magnitude.size());
        const uint64_t limit = uint64_t{1} << 63;
        if (value < limit || (negative && value == limit))
            return int_leaf(static_cast<int64_t>(negative ? ~value + 1 : value));
    }
    Leaf leaf = text_leaf(Tag::BigInt, magnitude);
    leaf.negative = negative;
    return leaf;
}

inline Leaf float_bits_leaf(double value) {
    Leaf leaf;
    leaf.tag = Tag::Float;
    leaf.number = std::bit_cast<int64_t>(value);
    return leaf;
}

// Whole doubles become integers (-0.0 becomes 0), all NaNs become one.
inline Leaf float_leaf(double value, LeafScratch &scratch) {
    constexpr double kLimit = 9223372036854775808.0;
    if (value >= -kLimit && value < kLimit) {
        const auto whole = static_cast<int64_t>(value);
        return static_cast<double>(whole) == value ? int_leaf(whole) : float_bits_leaf(value);
    }
    if (std::isnan(value)) return float_bits_leaf(std::bit_cast<double>(uint64_t{0x7ff8000000000000}));
    if (std::isinf(value)) return float_bits_leaf(value);
    int exponent = 0;
    auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(std::fabs(value), &exponent), 53));
    exponent -= 53;
    scratch.bytes.assign(static_cast<size_t>(exponent / 8), '\0');
    mantissa <<= exponent % 8;  // at most 60 bits
    for (; mantissa != 0; mantissa >>= 8) scratch.bytes.push_back(static_cast<char>(mantissa & 0xff));
    return magnitude_leaf(value < 0, scratch.bytes);
}

// A count of units since some zero, split into whole seconds (rounded down) and nanoseconds.
inline Leaf moment_leaf(Tag tag, int64_t count, int64_t units_per_second) {
    Leaf leaf;
    leaf.tag = tag;
    int64_t rest = count % units_per_second;
    leaf.number = count / units_per_second;
    if (rest < 0) {
        rest += units_per_second;
        leaf.number -= 1;
    }
    leaf.fraction = static_cast<uint32_t>(rest * (1000000000 / units_per_second));
    return leaf;
}

inline uint64_t hash_leaf(const Leaf &leaf) {
    const uint64_t seed = tag_seed(leaf.tag);
    switch (leaf.tag) {
        case Tag::None: return kNullHash;
        case Tag::Str:
        case Tag::Bytes:
        case Tag::Uuid: return hash_bytes(seed, leaf.bytes.data(), leaf.bytes.size());
        case Tag::BigInt: return combine(leaf.negative, hash_bytes(seed, leaf.bytes.data(), leaf.bytes.size()));
        case Tag::Decimal:
            return combine(mix(static_cast<uint64_t>(leaf.number) * 2 + leaf.negative),
                           hash_bytes(seed, leaf.bytes.data(), leaf.bytes.size()));
        case Tag::DateTime:
        case Tag::Instant:
        case Tag::Duration: return combine(mix(static_cast<uint64_t>(leaf.number) + seed), leaf.fraction);
        default: return mix(static_cast<uint64_t>(leaf.number) + seed);
    }
}

// Canonical bytes: a tag, then fixed fields little end first, then bytes behind their length. No encoding is the
// beginning of another one, so encodings may be concatenated.
class KeyWriter {
public:
    std::string out;

    void tag(Tag tag) { out.push_back(static_cast<char>(tag)); }
    void number(uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    }
    void text(std::string_view bytes) {
        if (bytes.size() > UINT32_MAX) throw std::length_error("a key of more than 4 GiB");
        number(bytes.size(), 4);
        out.append(bytes);
    }
    void leaf(const Leaf &leaf) {
        tag(leaf.tag);
        switch (leaf.tag) {
            case Tag::None: return;
            case Tag::Uuid: out.append(leaf.bytes); return;
            case Tag::Str:
            case Tag::Bytes: text(leaf.bytes); return;
            case Tag::BigInt:
                number(leaf.negative, 1);
                text(leaf.bytes);
                return;
            case Tag::Decimal:
                number(leaf.negative, 1);
                number(static_cast<uint64_t>(leaf.number), 8);
                text(leaf.bytes);
                return;
            case Tag::DateTime:
            case Tag::Instant:
            case Tag::Duration:
                number(static_cast<uint64_t>(leaf.number), 8);
                number(leaf.fraction, 4);
                return;
            default: number(static_cast<uint64_t>(leaf.number), 8); return;
        }
    }
};

}  // namespace levada
