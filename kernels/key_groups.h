// From hashes to key groups, and from key groups to the subtasks that own them.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace levada {

constexpr int64_t kMaxParallelismLimit = 32768;  // groups fit uint16, with room for a mark

inline void check_max_parallelism(int64_t max_parallelism) {
    if (max_parallelism < 1 || max_parallelism > kMaxParallelismLimit)
        throw std::invalid_argument("max_parallelism must be between 1 and 32768, not " + std::to_string(max_parallelism));
}

// hash % max_parallelism, without a division where it is a power of two.
class KeyGroups {
public:
    explicit KeyGroups(int64_t max_parallelism) : count_(static_cast<uint64_t>(max_parallelism)) {
        check_max_parallelism(max_parallelism);
        mask_ = (count_ & (count_ - 1)) == 0 ? count_ - 1 : 0;
    }
    uint16_t of(uint64_t hash) const {
        return static_cast<uint16_t>(mask_ != 0 || count_ == 1 ? hash & mask_ : hash % count_);
    }
    uint64_t count() const { return count_; }

private:
    uint64_t count_;
    uint64_t mask_;
};

// The subtask that owns each key group: contiguous ranges, as even as they can be.
inline std::vector<uint16_t> owners(const KeyGroups &groups, int64_t parallelism) {
    if (parallelism < 1 || static_cast<uint64_t>(parallelism) > groups.count())
        throw std::invalid_argument("parallelism must be between 1 and max_parallelism (" +
                                    std::to_string(groups.count()) + "), not " + std::to_string(parallelism));
    std::vector<uint16_t> owner(groups.count());
    for (uint64_t group = 0; group < groups.count(); ++group)
        owner[group] = static_cast<uint16_t>(group * static_cast<uint64_t>(parallelism) / groups.count());
    return owner;
}

}  // namespace levada
