// Any key columns -> dense slots.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow_import.h"
#include "key_groups.h"
#include "key_store.h"
#include "slot_map.h"

namespace levada {

class KeyIndex {
public:
    KeyIndex(std::vector<KeyColumn> columns, int64_t max_parallelism);
    KeyIndex(const KeyIndex &) = delete;
    KeyIndex &operator=(const KeyIndex &) = delete;

    size_t size() const { return map_.size(); }
    size_t capacity() const { return store_.capacity(); }
    uint64_t moved() const { return map_.moved(); }
    size_t bytes() const { return map_.bytes() + store_.bytes(); }
    const KeyGroups &groups() const { return groups_; }
    const KeyLayout &layout() const { return store_.layout(); }
    KeyReader reader() const { return store_.reader(); }
    std::unique_ptr<FrozenKeys> freeze() { return store_.freeze(groups_, size()); }

    // Refuses columns of other types than the declared ones.
    void check(const std::vector<Column> &keys) const;
    // The slot of every row; unknown keys get one.
    void upsert(const std::vector<Column> &keys, Slot *slots);
    // The slot of every row, SlotMap::kNone (-1 as int32) for unknown keys.
    void lookup(const std::vector<Column> &keys, Slot *slots) const;
    // Forgets the keys of these slots, which are handed out again later. All or nothing.
    void erase(const Slot *slots, int64_t count);

private:
    KeyGroups groups_;
    KeyStore store_;
    SlotMap map_;
    std::vector<Slot> free_;
    bool hash_decides_;     // one column whose hash is a bijection of its values: no key need be compared
    Slot null_slot_ = SlotMap::kNone;  // where hash_decides_: null has a hash like any other, so it is kept apart

    Slot add(uint64_t hash, const std::vector<Column> &keys, int64_t row);
    template <bool Insert, typename Self>
    static void find_exact(Self &self, const std::vector<Column> &keys, Slot *slots);
    template <bool Insert, typename Self>
    static void find_compared(Self &self, const std::vector<Column> &keys, Slot *slots);
};

}  // namespace levada
