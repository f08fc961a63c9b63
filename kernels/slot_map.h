// From 64-bit hashes to slots: extendible hashing.
//
// The upper bits of a hash choose, through a directory, a segment of 1,024 buckets of one cache line each, probed
// linearly. A segment that fills up is split in two; nothing else moves. So the map grows in steps of one segment, and no
// call ever rehashes the whole: the splits of one doubling are themselves spread over many calls, because segments fill
// unevenly.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace levada {

class SlotMap {
public:
    static constexpr uint32_t kNone = 0xffffffff;

    SlotMap() : directory_(2) { directory_[0] = directory_[1] = add_segment(0); }

    void prefetch(uint64_t hash) const {
#if defined(__GNUC__) || defined(__clang__)
        __builtin_prefetch(&segment(hash)->buckets[home(hash)]);
#else
        static_cast<void>(hash);
#endif
    }

    // The slot under this hash for which `match(slot)` holds, or kNone.
    template <typename Match>
    uint32_t find(uint64_t hash, Match match) const {
        for (const Segment *at = segment(hash); at != nullptr; at = at->overflow) {
            for (size_t i = home(hash);; i = (i + 1) & kMask) {
                const Bucket &bucket = at->buckets[i];
                for (uint32_t same = bucket.with(hash); same != 0; same &= same - 1) {
                    const uint32_t mark = bucket.marks[std::countr_zero(same)];
                    if (mark != 0 && match(mark - 1)) return mark - 1;
                }
                if (!bucket.full()) break;
            }
        }
        return kNone;
    }

    // Adds an entry, whether or not there is one with the same hash.
    void insert(uint64_t hash, uint32_t slot) {
        Segment *into = segment(hash);
        while (into->used >= kMaxUsed && into->overflow == nullptr && into->depth < depth_limit()) {
            split(into, hash);
            into = segment(hash);
        }
        while (into->used >= kMaxUsed) {
            if (into->overflow == nullptr) into->overflow = add_segment(into->depth);
            into = into->overflow;
        }
        place(into, hash, slot + 1);
        ++size_;
    }

    // Removes the entry of this slot, which must be there. Entries that found no room in their own bucket move back, so
    // that no marks of deleted entries are needed.
    void erase(uint64_t hash, uint32_t slot) {
        Segment *at = segment(hash);
        size_t i = home(hash);
        size_t place = at->buckets[i].place_of(slot + 1);
        while (place == kWidth) {
            if (at->buckets[i].full()) {
                i = (i + 1) & kMask;
            } else {
                at = at->overflow;
                i = home(hash);
            }
            place = at->buckets[i].place_of(slot + 1);
        }
        bool was_full = at->buckets[i].full();
        at->buckets[i].remove(place);
        for (size_t next = (i + 1) & kMask; was_full; next = (next + 1) & kMask) {
            Bucket &bucket = at->buckets[next];
            was_full = bucket.full();
            const size_t stray = bucket.stray_from(next, i);
            if (stray == kWidth) continue;
            at->buckets[i].add(bucket.hashes[stray], bucket.marks[stray]);
            bucket.remove(stray);
            i = next;
        }
        --at->used;
        --size_;
    }

    size_t size() const { return size_; }
    // Entries moved by splits since the map was made: the measure of what growth costs.
    uint64_t moved() const { return moved_; }
    size_t bytes() const { return segments_.size() * sizeof(Segment) + directory_.size() * sizeof(Segment *); }

private:
    static constexpr size_t kWidth = 5;
    static constexpr size_t kBuckets = 1024;
    static constexpr size_t kMask = kBuckets - 1;
    static constexpr uint32_t kMaxUsed = kBuckets * 4;  // of 5: four fifths full

    // Entries fill a bucket from the front. A mark is slot + 1; 0 is free.
    struct alignas(64) Bucket {
        uint64_t hashes[kWidth] = {};
        uint32_t marks[kWidth] = {};

        bool full() const { return marks[kWidth - 1] != 0; }
        // A bit for each entry (perhaps a free one) with this hash; no branches, so nothing to mispredict.
        uint32_t with(uint64_t hash) const {
            uint32_t found = 0;
            for (size_t k = 0; k < kWidth; ++k) found |= static_cast<uint32_t>(hashes[k] == hash) << k;
            return found;
        }
        size_t place_of(uint32_t mark) const {
            size_t k = 0;
            while (k < kWidth && marks[k] != mark) ++k;
            return k;
        }
        // An entry of this bucket, the one at `here`, that would be at home in `hole` or before it.
        size_t stray_from(size_t here, size_t hole) const {
            size_t k = 0;
            while (k < kWidth && (marks[k] == 0 || ((here - home(hashes[k])) & kMask) < ((here - hole) & kMask))) ++k;
            return k;
        }
        void add(uint64_t hash, uint32_t mark) {
            const size_t k = place_of(0);
            hashes[k] = hash;
            marks[k] = mark;
        }
        void remove(size_t k) {
            const size_t last = place_of(0) - 1;
            hashes[k] = hashes[last];
            marks[k] = marks[last];
            marks[last] = 0;
        }
    };
    struct Segment {
        uint32_t depth = 0;  // how many upper bits all hashes in it share
        uint32_t used = 0;
        Segment *overflow = nullptr;
        Bucket buckets[kBuckets];
    };

    std::vector<Segment *> directory_;  // 2 ** depth_ entries
    unsigned depth_ = 1;
    std::vector<std::unique_ptr<Segment>> segments_;
    size_t size_ = 0;
    uint64_t moved_ = 0;

    // The directory takes the upper bits; the lowest ones are alike in a subtask, which owns a range of key groups.
    Segment *segment(uint64_t hash) const { return directory_[hash >> (64 - depth_)]; }
    static size_t home(uint64_t hash) { return hash >> 20 & kMask; }

    // Good hashes need a depth of about log2(size / 2048). Where many share their upper bits (keys made to collide),
    // splitting would not part them: then a segment gets an overflow segment, and only those keys become slow.
    unsigned depth_limit() const { return 8 + static_cast<unsigned>(std::bit_width(size_ / kMaxUsed)); }

    Segment *add_segment(uint32_t depth) {
        segments_.push_back(std::make_unique<Segment>());
        segments_.back()->depth = depth;
        return segments_.back().get();
    }

    static void place(Segment *into, uint64_t hash, uint32_t mark) {
        size_t i = home(hash);
        while (into->buckets[i].full()) i = (i + 1) & kMask;
        into->buckets[i].add(hash, mark);
        ++into->used;
    }

    void split(Segment *full, uint64_t hash) {
        if (full->depth == depth_) {
            std::vector<Segment *> doubled(directory_.size() * 2);
            for (size_t i = 0; i < doubled.size(); ++i) doubled[i] = directory_[i >> 1];
            directory_ = std::move(doubled);
            ++depth_;
        }
        const unsigned depth = ++full->depth;
        Segment *upper = add_segment(depth);
        // The directory entries of the old segment are a run; its second half now belongs to the new one.
        const size_t run = size_t{1} << (depth_ - depth);
        const size_t start = (hash >> (64 - depth) | 1) << (depth_ - depth);
        for (size_t i = 0; i < run; ++i) directory_[start + i] = upper;

        std::vector<std::pair<uint64_t, uint32_t>> entries;
        entries.reserve(full->used);
        for (Bucket &bucket : full->buckets) {
            for (size_t k = 0; k < kWidth && bucket.marks[k] != 0; ++k)
                entries.emplace_back(bucket.hashes[k], bucket.marks[k]);
            bucket = Bucket{};
        }
        full->used = 0;
        for (const auto &[moving, mark] : entries) place((moving >> (64 - depth) & 1) != 0 ? upper : full, moving, mark);
        moved_ += entries.size();
    }
};

}  // namespace levada
