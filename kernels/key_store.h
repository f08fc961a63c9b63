// The keys behind the slots: hash, flags and key columns by slot, in pages that can be frozen.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow_export.h"
#include "arrow_import.h"
#include "byte_arena.h"
#include "key_columns.h"
#include "key_groups.h"
#include "paged_columns.h"

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

// Reads keys by slot. Cheap to make; refers to its layout and pages.
class KeyReader {
public:
    KeyReader(const KeyLayout &layout, std::vector<uint8_t *const *> bases, size_t capacity)
        : layout_(layout), bases_(std::move(bases)), capacity_(capacity) {}

    bool live(Slot slot) const { return slot < capacity_ && (cell(KeyLayout::kFlags, slot)[0] & 1) != 0; }
    bool is_null(size_t column, Slot slot) const {
        return cell(KeyLayout::kFlags, slot)[(column + 1) >> 3] >> ((column + 1) & 7) & 1;
    }
    uint64_t hash(Slot slot) const {
        uint64_t value;
        std::memcpy(&value, cell(KeyLayout::kHash, slot), 8);
        return value;
    }
    std::string_view text(size_t column, Slot slot) const {
        return reinterpret_cast<const TextCell *>(cell(column + KeyLayout::kFirst, slot))->view();
    }
    const uint8_t *key(size_t column, Slot slot) const { return cell(column + KeyLayout::kFirst, slot); }

    // Refuses slots that hold no key; -1 among int32 slots comes in as a very large one.
    void check(const Slot *slots, int64_t count) const {
        for (int64_t i = 0; i < count; ++i)
            if (!live(slots[i]))
                throw std::out_of_range("slot " + std::to_string(static_cast<int32_t>(slots[i])) + " holds no key");
    }

    OutColumn gather(size_t column, const Slot *slots, int64_t count) const {
        const KeyColumn &key_column = layout_.columns[column];
        OutColumn out{key_column.type.format, key_column.type.metadata, count, 0, {}};
        Buffer validity = nulls(column, slots, count, out.null_count);
        if (key_column.cell == Cell::None) return out;  // the null type has no buffers
        out.buffers.push_back(std::move(validity));
        if (key_column.cell == Cell::Bytes) {
            key_column.type.large ? gather_text<int64_t>(column, slots, count, out)
                                  : gather_text<int32_t>(column, slots, count, out);
        } else if (key_column.cell == Cell::Bit) {
            Buffer bits = Buffer::bits(count);
            for (int64_t i = 0; i < count; ++i)
                if (*key(column, slots[i]) != 0) bits.set_bit(i);
            out.buffers.push_back(std::move(bits));
        } else {
            out.buffers.push_back(gather_fixed(column, slots, count, key_column.width));
        }
        return out;
    }

    // Slots in use whose key group is in [first, last], sorted by group, then slot.
    std::vector<Slot> by_key_group(const KeyGroups &groups, uint32_t first, uint32_t last) const {
        std::vector<size_t> starts(last - first + 2);
        each_in_range(groups, first, last, [&](uint32_t group, Slot) { ++starts[group - first + 1]; });
        for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
        std::vector<Slot> slots(starts.back());
        each_in_range(groups, first, last, [&](uint32_t group, Slot slot) { slots[starts[group - first]++] = slot; });
        return slots;
    }

private:
    const KeyLayout &layout_;
    std::vector<uint8_t *const *> bases_;
    size_t capacity_;

    const uint8_t *cell(size_t paged, Slot slot) const {
        return bases_[paged][slot >> kPageBits] + (slot & kPageMask) * layout_.width(paged);
    }

    template <typename Visit>
    void each_in_range(const KeyGroups &groups, uint32_t first, uint32_t last, Visit visit) const {
        for (Slot slot = 0; slot < capacity_; ++slot) {
            if ((cell(KeyLayout::kFlags, slot)[0] & 1) == 0) continue;
            const uint32_t group = groups.of(hash(slot));
            if (group >= first && group <= last) visit(group, slot);
        }
    }

    Buffer nulls(size_t column, const Slot *slots, int64_t count, int64_t &null_count) const {
        for (int64_t i = 0; i < count; ++i) null_count += is_null(column, slots[i]);
        if (null_count == 0) return {};
        Buffer validity = Buffer::bits(count);
        for (int64_t i = 0; i < count; ++i)
            if (!is_null(column, slots[i])) validity.set_bit(i);
        return validity;
    }

    Buffer gather_fixed(size_t column, const Slot *slots, int64_t count, size_t width) const {
        Buffer values(static_cast<size_t>(count) * width);
        uint8_t *to = values.data();
        if (width == 8) {
            for (int64_t i = 0; i < count; ++i) std::memcpy(to + i * 8, key(column, slots[i]), 8);
        } else {
            for (int64_t i = 0; i < count; ++i, to += width) std::memcpy(to, key(column, slots[i]), width);
        }
        return values;
    }

    template <typename Offset>
    void gather_text(size_t column, const Slot *slots, int64_t count, OutColumn &out) const {
        Buffer offsets = Buffer::of<Offset>(count + 1);
        size_t total = 0;
        for (int64_t i = 0; i < count; ++i) {
            offsets.as<Offset>()[i] = static_cast<Offset>(total);
            total += text(column, slots[i]).size();
        }
        if (total > static_cast<size_t>(std::numeric_limits<Offset>::max()))
            throw std::length_error("the keys hold over 2 GiB of text; ask for fewer slots at a time");
        offsets.as<Offset>()[count] = static_cast<Offset>(total);
        Buffer bytes(total);
        uint8_t *to = bytes.data();
        for (int64_t i = 0; i < count; ++i) {
            const std::string_view value = text(column, slots[i]);
            std::memcpy(to, value.data(), value.size());
            to += value.size();
        }
        out.buffers.push_back(std::move(offsets));
        out.buffers.push_back(std::move(bytes));
    }
};

// Keys as they were when they were frozen; may be read from any thread, and outlive the store.
class FrozenKeys {
public:
    FrozenKeys(std::shared_ptr<const KeyLayout> layout, std::shared_ptr<ByteArena> arena, std::vector<PageTable> pages,
               KeyGroups groups, size_t size, size_t capacity)
        : layout_(std::move(layout)), arena_(std::move(arena)), pages_(std::move(pages)), groups_(groups), size_(size),
          capacity_(capacity) {
        for (const PageTable &table : pages_) {
            auto &bases = bases_.emplace_back();
            for (const Page &page : table) bases.push_back(page.get());
        }
        arena_->add_reader();
    }
    FrozenKeys(const FrozenKeys &) = delete;
    FrozenKeys &operator=(const FrozenKeys &) = delete;
    ~FrozenKeys() { arena_->drop_reader(); }

    const KeyLayout &layout() const { return *layout_; }
    const KeyGroups &groups() const { return groups_; }
    size_t size() const { return size_; }
    size_t capacity() const { return capacity_; }
    KeyReader reader() const {
        std::vector<uint8_t *const *> bases;
        for (const auto &table : bases_) bases.push_back(table.data());
        return KeyReader(*layout_, std::move(bases), capacity_);
    }

private:
    std::shared_ptr<const KeyLayout> layout_;
    std::shared_ptr<ByteArena> arena_;
    std::vector<PageTable> pages_;
    std::vector<std::vector<uint8_t *>> bases_;
    KeyGroups groups_;
    size_t size_;
    size_t capacity_;
};

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
