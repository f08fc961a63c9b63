// Lays before and after images out as a changelog: +I for a new row, -U and +U for a changed one, nothing for the rest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "arrow_export.h"

namespace levada {

constexpr int8_t kInsert = 0;
constexpr int8_t kUpdateBefore = 1;
constexpr int8_t kUpdateAfter = 2;

// Bytes of 0 or 1 as an Arrow bitmap; no buffer where all are 1. Gives the number of zeros.
inline std::pair<Buffer, int64_t> pack_validity(const uint8_t *valid, size_t count) {
    size_t set = 0;
    for (size_t i = 0; i < count; ++i) set += valid[i];
    if (set == count) return {Buffer(), 0};
    Buffer bits = Buffer::bits(static_cast<int64_t>(count));
    uint8_t *out = bits.data();
    for (size_t i = 0; i < count; ++i) out[i >> 3] |= static_cast<uint8_t>(valid[i] << (i & 7));
    return {std::move(bits), static_cast<int64_t>(count - set)};
}

// How many rows each input row becomes. The general loops write without branches: the before image goes to the next place
// and the after image to the same or the one behind, so buffers have room for one row more than is used. Where all rows
// become two, or all become one (the usual case once all groups are known), places are known beforehand and the loops
// are vectors.
class ChangelogLayout {
public:
    // `first` tells which rows are new, `differs` which of the others have changed.
    ChangelogLayout(const uint8_t *first, const uint8_t *differs, size_t count, bool update_before)
        : first_(first), emits_(count) {
        const auto updates = static_cast<uint8_t>(update_before ? 2 : 1);
        uint8_t fewest = 2, most = 0;
        for (size_t i = 0; i < count; ++i) {
            const uint8_t emits = first[i] ? 1 : static_cast<uint8_t>(updates * differs[i]);
            emits_[i] = emits;
            rows_ += emits;
            fewest = std::min(fewest, emits);
            most = std::max(most, emits);
        }
        if (fewest == most) each_ = most;
    }

    size_t rows() const { return rows_; }

    OutColumn kinds() const {
        Buffer buffer = Buffer::of<int8_t>(static_cast<int64_t>(rows_ + 2));
        int8_t *out = buffer.as<int8_t>();
        if (each_ == 2) {
            for (size_t i = 0; i < rows_; i += 2) {
                out[i] = kUpdateBefore;
                out[i + 1] = kUpdateAfter;
            }
            return fixed_column("c", static_cast<int64_t>(rows_), std::move(buffer));
        }
        if (each_ == 1) {
            for (size_t i = 0; i < rows_; ++i) out[i] = first_[i] ? kInsert : kUpdateAfter;
            return fixed_column("c", static_cast<int64_t>(rows_), std::move(buffer));
        }
        size_t at = 0;
        for (size_t i = 0; i < emits_.size(); ++i) {
            out[at] = kUpdateBefore;
            out[at + second(i)] = first_[i] ? kInsert : kUpdateAfter;
            at += emits_[i];
        }
        return fixed_column("c", static_cast<int64_t>(rows_), std::move(buffer));
    }

    // The value of each input row, once or twice.
    template <class T>
    OutColumn repeat(const char *format, const T *values) const {
        return fixed_column(format, static_cast<int64_t>(rows_), interleave(values, values));
    }

    // `valid` may be null on both sides.
    OutColumn images(const char *format, size_t width, const uint8_t *before, const uint8_t *before_valid,
                     const uint8_t *after, const uint8_t *after_valid) const {
        Buffer values = interleave_bytes(width, before, after);
        if (before_valid == nullptr || (all_set(before_valid) && all_set(after_valid)))
            return fixed_column(format, static_cast<int64_t>(rows_), std::move(values));
        Buffer valid = interleave(before_valid, after_valid);
        auto [bits, nulls] = pack_validity(valid.data(), rows_);
        return fixed_column(format, static_cast<int64_t>(rows_), std::move(values), std::move(bits), nulls);
    }

private:
    const uint8_t *first_;
    std::vector<uint8_t> emits_;
    uint8_t each_ = 0;  // how many rows every input row becomes; 0 where that differs
    size_t rows_ = 0;

    bool all_set(const uint8_t *valid) const { return std::memchr(valid, 0, emits_.size()) == nullptr; }
    size_t second(size_t row) const { return emits_[row] >> 1; }

    template <class T>
    Buffer interleave(const T *before, const T *after) const {
        Buffer buffer = Buffer::of<T>(static_cast<int64_t>(rows_ + 2));
        T *out = buffer.as<T>();
        if (each_ == 2) {
            for (size_t i = 0; i < emits_.size(); ++i) {
                out[2 * i] = before[i];
                out[2 * i + 1] = after[i];
            }
            return buffer;
        }
        if (each_ == 1) {
            std::memcpy(out, after, rows_ * sizeof(T));
            return buffer;
        }
        size_t at = 0;
        for (size_t i = 0; i < emits_.size(); ++i) {
            out[at] = before[i];
            out[at + second(i)] = after[i];
            at += emits_[i];
        }
        return buffer;
    }

    Buffer interleave_bytes(size_t width, const uint8_t *before, const uint8_t *after) const {
        switch (width) {
            case 1: return interleave(before, after);
            case 2: return interleave(as<uint16_t>(before), as<uint16_t>(after));
            case 4: return interleave(as<uint32_t>(before), as<uint32_t>(after));
            default: return interleave(as<uint64_t>(before), as<uint64_t>(after));
        }
    }

    template <class T>
    static const T *as(const uint8_t *bytes) {
        return reinterpret_cast<const T *>(bytes);
    }
};

}  // namespace levada
