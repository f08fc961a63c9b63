// Memory for byte strings that come and go: blocks that are never moved, and lists of freed pieces by size.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace levada {

// One thread writes. While there are readers (frozen views, perhaps in other threads) freed pieces are kept aside.
class ByteArena {
public:
    const char *store(std::string_view bytes) {
        const size_t size_class = class_of(bytes.size());
        char *piece = take(size_class);
        std::memcpy(piece, bytes.data(), bytes.size());
        return piece;
    }

    void release(std::string_view bytes) {
        waiting_.push_back(bytes);
        if (readers_.load(std::memory_order_acquire) != 0) return;
        for (const std::string_view piece : waiting_)
            free_[class_of(piece.size())].push_back(const_cast<char *>(piece.data()));
        waiting_.clear();
    }

    void add_reader() { readers_.fetch_add(1, std::memory_order_relaxed); }
    void drop_reader() { readers_.fetch_sub(1, std::memory_order_release); }
    size_t bytes() const { return bytes_; }

private:
    static constexpr size_t kBlock = 65536;
    static constexpr size_t kSmall = 1024;  // up to here sizes are multiples of 16, above powers of two

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::vector<std::vector<char *>> free_ = std::vector<std::vector<char *>>(kSmall / 16 + 65);
    std::vector<std::string_view> waiting_;
    char *next_ = nullptr;
    size_t left_ = 0;
    size_t bytes_ = 0;
    std::atomic<int> readers_{0};

    static size_t class_of(size_t size) {
        return size <= kSmall ? (size + 15) / 16 : kSmall / 16 + static_cast<size_t>(std::bit_width(size - 1));
    }
    static size_t size_of(size_t size_class) {
        return size_class <= kSmall / 16 ? size_class * 16 : size_t{1} << (size_class - kSmall / 16);
    }

    char *take(size_t size_class) {
        auto &freed = free_[size_class];
        if (!freed.empty()) {
            char *piece = freed.back();
            freed.pop_back();
            return piece;
        }
        const size_t size = size_of(size_class);
        if (size > kBlock / 4) return add_block(size);
        if (size > left_) {
            next_ = add_block(kBlock);
            left_ = kBlock;
        }
        left_ -= size;
        return std::exchange(next_, next_ + size);
    }

    char *add_block(size_t size) {
        blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
        bytes_ += size;
        return blocks_.back().get();
    }
};

}  // namespace levada
