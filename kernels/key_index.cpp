#include "key_index.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace levada {

namespace {

// Rows handled together: their hashes fit the first-level cache, their loads overlap.
constexpr int64_t kBlock = 128;

bool is_bijective(Kind kind) {
    switch (kind) {
        case Kind::Bool:
        case Kind::Int8:
        case Kind::Int16:
        case Kind::Int32:
        case Kind::Int64:
        case Kind::UInt8:
        case Kind::UInt16:
        case Kind::UInt32:
        case Kind::Date32: return true;
        default: return false;
    }
}

}  // namespace

KeyIndex::KeyIndex(std::vector<KeyColumn> columns, int64_t max_parallelism)
    : groups_(max_parallelism),
      store_(std::move(columns)),
      hash_decides_(store_.columns().size() == 1 && is_bijective(store_.columns()[0].type.kind)) {}

void KeyIndex::check(const std::vector<Column> &keys) const {
    const auto &columns = store_.columns();
    if (keys.size() != columns.size())
        throw std::invalid_argument("the index has " + std::to_string(columns.size()) + " key columns, not " +
                                    std::to_string(keys.size()));
    for (size_t i = 0; i < keys.size(); ++i)
        if (!columns[i].takes(keys[i].type))
            throw std::invalid_argument("key column " + std::to_string(i) + " must have the Arrow format '" +
                                        columns[i].type.format + "', not '" + keys[i].type.format + "'; cast it");
}

Slot KeyIndex::add(uint64_t hash, const std::vector<Column> &keys, int64_t row) {
    Slot slot;
    if (free_.empty()) {
        if (store_.capacity() >= static_cast<size_t>(INT32_MAX)) throw std::length_error("over 2**31 - 1 keys in one index");
        slot = static_cast<Slot>(store_.capacity());
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    store_.put(slot, hash, keys, row);
    map_.insert(hash, slot);
    return slot;
}

template <bool Insert, typename Self>
void KeyIndex::find_exact(Self &self, const std::vector<Column> &keys, Slot *slots) {
    const Column &column = keys.front();
    const bool nulls = column.may_have_nulls();
    uint64_t hashes[kBlock];
    for (int64_t start = 0; start < column.length; start += kBlock) {
        const int64_t count = std::min(kBlock, column.length - start);
        hash_column(column, start, count, hashes);
        for (int64_t i = 0; i < count; ++i) self.map_.prefetch(hashes[i]);
        for (int64_t i = 0; i < count; ++i) {
            const bool null = nulls && column.is_null(start + i);
            Slot slot = null ? self.null_slot_
                             : self.map_.find(hashes[i], [&](Slot found) { return found != self.null_slot_; });
            if constexpr (Insert) {
                if (slot == SlotMap::kNone) {
                    slot = self.add(hashes[i], keys, start + i);
                    if (null) self.null_slot_ = slot;
                }
            }
            slots[start + i] = slot;
        }
    }
}

template <bool Insert, typename Self>
void KeyIndex::find_compared(Self &self, const std::vector<Column> &keys, Slot *slots) {
    const int64_t rows = keys.front().length;
    uint64_t hashes[kBlock];
    Slot likely[kBlock];
    for (int64_t start = 0; start < rows; start += kBlock) {
        const int64_t count = std::min(kBlock, rows - start);
        hash_key_rows(keys, start, count, hashes);
        for (int64_t i = 0; i < count; ++i) self.map_.prefetch(hashes[i]);
        for (int64_t i = 0; i < count; ++i) {
            likely[i] = self.map_.find(hashes[i], [](Slot) { return true; });
            if (likely[i] != SlotMap::kNone) self.store_.prefetch(likely[i]);
        }
        for (int64_t i = 0; i < count; ++i) {
            const auto equal = [&](Slot slot) { return self.store_.equal(slot, keys, start + i); };
            Slot slot = likely[i];
            if (slot == SlotMap::kNone || !equal(slot)) slot = self.map_.find(hashes[i], equal);
            if constexpr (Insert) {
                if (slot == SlotMap::kNone) slot = self.add(hashes[i], keys, start + i);
            }
            slots[start + i] = slot;
        }
    }
}

void KeyIndex::upsert(const std::vector<Column> &keys, Slot *slots) {
    hash_decides_ ? find_exact<true>(*this, keys, slots) : find_compared<true>(*this, keys, slots);
}

void KeyIndex::lookup(const std::vector<Column> &keys, Slot *slots) const {
    hash_decides_ ? find_exact<false>(*this, keys, slots) : find_compared<false>(*this, keys, slots);
}

void KeyIndex::erase(const Slot *slots, int64_t count) {
    const KeyReader keys = reader();
    keys.check(slots, count);
    std::vector<Slot> sorted(slots, slots + count);
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        throw std::invalid_argument("slot " + std::to_string(*twice) + " is to be erased twice");
    for (int64_t i = count - 1; i >= 0; --i) {  // so that the first one is handed out first
        const Slot slot = slots[i];
        map_.erase(keys.hash(slot), slot);
        store_.remove(slot);
        free_.push_back(slot);
        if (slot == null_slot_) null_slot_ = SlotMap::kNone;
    }
}

}  // namespace levada
