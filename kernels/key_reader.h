// Reading keys by slot, live or frozen.
#pragma once

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
#include "byte_arena.h"
#include "key_groups.h"
#include "key_layout.h"
#include "paged_columns.h"

namespace levada {

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

    // Refuses slots that hold no key; -1 among int32 slots comes in as a very large one. Gives whether any key may have
    // a null in it.
    bool check(const Slot *slots, int64_t count) const {
        const Lane flags = lane(KeyLayout::kFlags);
        unsigned seen = 0;
        for (int64_t i = 0; i < count; ++i) {
            const unsigned own = slots[i] < capacity_ ? flags.at(slots[i])[0] : 0u;
            if ((own & 1) == 0)
                throw std::out_of_range("slot " + std::to_string(static_cast<int32_t>(slots[i])) + " holds no key");
            seen |= own;
        }
        return (seen & ~1u) != 0 || layout_.flag_bytes > 1;
    }

    // `may_have_nulls` as `check` gave it for these slots.
    OutColumn gather(size_t column, const Slot *slots, int64_t count, bool may_have_nulls) const {
        const KeyColumn &key_column = layout_.columns[column];
        OutColumn out{key_column.type.format, key_column.type.metadata, count, 0, {}};
        Buffer validity;
        if (may_have_nulls) validity = nulls(column, slots, count, out.null_count);
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

    // One paged column, for loops over slots.
    struct Lane {
        uint8_t *const *bases;
        size_t width;

        const uint8_t *at(Slot slot) const { return bases[slot >> kPageBits] + (slot & kPageMask) * width; }
    };
    Lane lane(size_t paged) const { return {bases_[paged], layout_.width(paged)}; }

    const uint8_t *cell(size_t paged, Slot slot) const { return lane(paged).at(slot); }

    template <typename Visit>
    void each_in_range(const KeyGroups &groups, uint32_t first, uint32_t last, Visit visit) const {
        for (Slot slot = 0; slot < capacity_; ++slot) {
            if ((cell(KeyLayout::kFlags, slot)[0] & 1) == 0) continue;
            const uint32_t group = groups.of(hash(slot));
            if (group >= first && group <= last) visit(group, slot);
        }
    }

    Buffer nulls(size_t column, const Slot *slots, int64_t count, int64_t &null_count) const {
        const Lane flags = lane(KeyLayout::kFlags);
        const size_t byte = (column + 1) >> 3, bit = (column + 1) & 7;
        for (int64_t i = 0; i < count; ++i) null_count += flags.at(slots[i])[byte] >> bit & 1;
        if (null_count == 0) return {};
        Buffer validity = Buffer::bits(count);
        for (int64_t i = 0; i < count; ++i)
            if (!is_null(column, slots[i])) validity.set_bit(i);
        return validity;
    }

    Buffer gather_fixed(size_t column, const Slot *slots, int64_t count, size_t width) const {
        Buffer values(static_cast<size_t>(count) * width);
        uint8_t *to = values.data();
        const Lane keys = lane(column + KeyLayout::kFirst);
        if (width == 8) {
            const Lane wide{keys.bases, 8};
            for (int64_t i = 0; i < count; ++i) std::memcpy(to + i * 8, wide.at(slots[i]), 8);
        } else {
            for (int64_t i = 0; i < count; ++i, to += width) std::memcpy(to, keys.at(slots[i]), width);
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

}  // namespace levada
