// The keys behind the slots: hash, flags and key columns by slot, in pages that can be frozen.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow_import.h"
#include "byte_arena.h"
#include "key_groups.h"
#include "key_layout.h"
#include "key_leaf.h"
#include "key_reader.h"
#include "paged_columns.h"

namespace levada {

class KeyStore {
public:
    explicit KeyStore(std::vector<KeyColumn> columns)
        : layout_(std::make_shared<const KeyLayout>(std::move(columns))), arena_(std::make_shared<ByteArena>()),
          has_nulls_(layout_->columns.size()) {
        for (size_t paged = 0; paged < layout_->paged_count(); ++paged)
            table_.add_column(layout_->width(paged) * kPageSlots);
    }

    const std::vector<KeyColumn> &columns() const { return layout_->columns; }
    const KeyLayout &layout() const { return *layout_; }
    size_t capacity() const { return capacity_; }
    size_t bytes() const { return table_.bytes() + arena_->bytes(); }

    KeyReader reader() const {
        std::vector<uint8_t *const *> bases;
        for (size_t paged = 0; paged < layout_->paged_count(); ++paged) bases.push_back(table_.column(paged).bases());
        return KeyReader(*layout_, std::move(bases), capacity_);
    }

    std::unique_ptr<FrozenKeys> freeze(KeyGroups groups, size_t size) {
        return std::make_unique<FrozenKeys>(layout_, arena_, table_.freeze(), groups, size, capacity_);
    }

    void put(Slot slot, uint64_t hash, const std::vector<Column> &keys, int64_t row) {
        table_.reserve(size_t{slot} + 1);
        if (slot >= capacity_) capacity_ = size_t{slot} + 1;
        table_.make_writable(&slot, 1);
        std::memcpy(cell(KeyLayout::kHash, slot), &hash, 8);
        uint8_t *flags = cell(KeyLayout::kFlags, slot);
        std::memset(flags, 0, layout_->flag_bytes);
        flags[0] = 1;
        for (size_t i = 0; i < keys.size(); ++i) {
            uint8_t *to = cell(i + KeyLayout::kFirst, slot);
            if (!keys[i].is_null(row)) {
                write(layout_->columns[i], keys[i], row, to);
                continue;
            }
            has_nulls_[i] = 1;
            flags[(i + 1) >> 3] |= static_cast<uint8_t>(1u << ((i + 1) & 7));
            std::memset(to, 0, layout_->columns[i].width);
        }
    }

    bool equal(Slot slot, const std::vector<Column> &keys, int64_t row) const {
        for (size_t i = 0; i < keys.size(); ++i) {
            // The flags are looked at only where the column ever had a null: they would be one more cache miss.
            const bool null = has_nulls_[i] != 0 && is_null(i, slot);
            if (null != keys[i].is_null(row)) return false;
            if (!null && !same(layout_->columns[i], keys[i], row, cell(i + KeyLayout::kFirst, slot))) return false;
        }
        return true;
    }

    void prefetch(Slot slot) const {
#if defined(__GNUC__) || defined(__clang__)
        for (size_t i = 0; i < layout_->columns.size(); ++i) __builtin_prefetch(cell(i + KeyLayout::kFirst, slot));
#else
        static_cast<void>(slot);
#endif
    }

    void remove(Slot slot) {
        table_.make_writable(&slot, 1);
        uint8_t *flags = cell(KeyLayout::kFlags, slot);
        for (size_t i = 0; i < layout_->columns.size(); ++i) {
            if (layout_->columns[i].cell != Cell::Bytes) continue;
            const std::string_view text = reinterpret_cast<TextCell *>(cell(i + KeyLayout::kFirst, slot))->view();
            if (text.size() > TextCell::kInline) arena_->release(text);
        }
        flags[0] &= 0xfe;
    }

private:
    std::shared_ptr<const KeyLayout> layout_;
    std::shared_ptr<ByteArena> arena_;
    PagedTable table_;
    std::vector<uint8_t> has_nulls_;  // by key column, of any slot so far
    size_t capacity_ = 0;

    bool is_null(size_t column, Slot slot) const {
        return cell(KeyLayout::kFlags, slot)[(column + 1) >> 3] >> ((column + 1) & 7) & 1;
    }
    uint8_t *cell(size_t paged, Slot slot) const {
        return table_.column(paged).bases()[slot >> kPageBits] + (slot & kPageMask) * layout_->width(paged);
    }

    template <typename Float>
    static Float canonical(Float value) {
        if (value == 0) return 0;
        return std::isnan(value) ? std::numeric_limits<Float>::quiet_NaN() : value;
    }
    static uint16_t canonical_half(uint16_t bits) {
        const uint16_t size = bits & 0x7fff;
        return size == 0 ? 0 : size > 0x7c00 ? 0x7e00 : bits;
    }
    static int64_t whole_days(int64_t millis) {
        return moment_leaf(Tag::Date, millis, 86400000).number * 86400000;
    }

    void write(const KeyColumn &column, const Column &keys, int64_t row, uint8_t *to) {
        switch (column.cell) {
            case Cell::None: return;
            case Cell::Bit: *to = keys.boolean(row); return;
            case Cell::Fixed: std::memcpy(to, keys.fixed(row), column.width); return;
            case Cell::Half: return put_value(to, canonical_half(keys.values<uint16_t>()[row]));
            case Cell::Single: return put_value(to, canonical(keys.values<float>()[row]));
            case Cell::Double: return put_value(to, canonical(keys.values<double>()[row]));
            case Cell::Day: return put_value(to, whole_days(keys.values<int64_t>()[row]));
            case Cell::Bytes: {
                const std::string_view text = keys.bytes(row);
                if (text.size() > UINT32_MAX) throw std::length_error("a key of more than 4 GiB");
                TextCell fresh{static_cast<uint32_t>(text.size()), {}};
                if (text.size() <= TextCell::kInline) {
                    std::memcpy(fresh.data, text.data(), text.size());
                } else {
                    const char *far = arena_->store(text);
                    std::memcpy(fresh.data, &far, sizeof far);
                }
                return put_value(to, fresh);
            }
        }
    }

    bool same(const KeyColumn &column, const Column &keys, int64_t row, const uint8_t *at) const {
        switch (column.cell) {
            case Cell::None: return true;
            case Cell::Bit: return (*at != 0) == keys.boolean(row);
            case Cell::Fixed: return same_bytes(at, keys.fixed(row), column.width);
            case Cell::Half: return has_value(at, canonical_half(keys.values<uint16_t>()[row]));
            case Cell::Single: return has_value(at, canonical(keys.values<float>()[row]));
            case Cell::Double: return has_value(at, canonical(keys.values<double>()[row]));
            case Cell::Day: return has_value(at, whole_days(keys.values<int64_t>()[row]));
            case Cell::Bytes: {
                const std::string_view held = reinterpret_cast<const TextCell *>(at)->view();
                const std::string_view text = keys.bytes(row);
                return held.size() == text.size() && same_bytes(held.data(), text.data(), text.size());
            }
        }
        return false;
    }

    // memcmp is a call; the sizes that matter are two loads.
    static bool same_bytes(const void *a, const void *b, size_t size) {
        if (size == 8) return std::memcmp(a, b, 8) == 0;
        if (size == 16) return std::memcmp(a, b, 16) == 0;
        return std::memcmp(a, b, size) == 0;
    }
    template <typename T>
    static void put_value(uint8_t *to, T value) {
        std::memcpy(to, &value, sizeof value);
    }
    template <typename T>
    static bool has_value(const uint8_t *at, T value) {
        return std::memcmp(at, &value, sizeof value) == 0;
    }
};

}  // namespace levada
