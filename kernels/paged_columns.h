// Columns of state, cut into reference-counted pages of 4,096 slots.
//
// A snapshot copies the page tables and marks every page as shared; the owner clones a shared page before its first
// write. So freezing costs a pointer per page, frozen pages never change, and only the owner's thread writes. Growth adds
// pages and moves none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace levada {

using Slot = uint32_t;

constexpr unsigned kPageBits = 12;
constexpr size_t kPageSlots = size_t{1} << kPageBits;
constexpr Slot kPageMask = static_cast<Slot>(kPageSlots - 1);

// Asks for memory that will soon be written.
inline void prefetch(const void *address) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(address, 1);
#else
    static_cast<void>(address);
#endif
}

using Page = std::shared_ptr<uint8_t[]>;
using PageTable = std::vector<Page>;

// One column: `page_bytes` for every 4,096 slots, zeroed when added. How the bytes are laid out is the user's affair.
class PagedColumn {
public:
    explicit PagedColumn(size_t page_bytes) : page_bytes_(page_bytes) {}

    void add_page() {
        pages_.push_back(Page(new uint8_t[page_bytes_]()));
        bases_.push_back(pages_.back().get());
    }

    void clone_page(size_t index) {
        Page copy(new uint8_t[page_bytes_]);
        std::memcpy(copy.get(), bases_[index], page_bytes_);
        pages_[index] = std::move(copy);
        bases_[index] = pages_[index].get();
    }

    // The start of each page, for loops over slots: bases()[slot >> kPageBits].
    uint8_t *const *bases() const { return bases_.data(); }
    const PageTable &pages() const { return pages_; }
    size_t page_bytes() const { return page_bytes_; }

private:
    size_t page_bytes_;
    PageTable pages_;
    std::vector<uint8_t *> bases_;
};

// Columns that grow, freeze and thaw together.
class PagedTable {
public:
    size_t add_column(size_t page_bytes) {
        columns_.emplace_back(page_bytes);
        return columns_.size() - 1;
    }

    const PagedColumn &column(size_t index) const { return columns_[index]; }
    size_t page_count() const { return shared_.size(); }
    size_t capacity() const { return shared_.size() * kPageSlots; }

    // Make room for slots 0 .. count - 1.
    void reserve(size_t count) {
        while (capacity() < count) {
            for (auto &column : columns_) column.add_page();
            shared_.push_back(0);
        }
    }

    // Must be called with all slots that are about to be written.
    void make_writable(const Slot *slots, size_t count) {
        if (shared_count_ == 0) return;
        for (size_t i = 0; i < count && shared_count_ != 0; ++i) {
            const size_t page = slots[i] >> kPageBits;
            if (shared_[page]) thaw(page);
        }
    }

    // The page tables as of now, one per column; the pages stay as they are.
    std::vector<PageTable> freeze() {
        std::vector<PageTable> tables;
        tables.reserve(columns_.size());
        for (const auto &column : columns_) tables.push_back(column.pages());
        shared_.assign(shared_.size(), 1);
        shared_count_ = shared_.size();
        return tables;
    }

    size_t bytes() const {
        size_t each = 0;
        for (const auto &column : columns_) each += column.page_bytes();
        return each * page_count();
    }

private:
    void thaw(size_t page) {
        for (auto &column : columns_) column.clone_page(page);
        shared_[page] = 0;
        --shared_count_;
    }

    std::vector<PagedColumn> columns_;
    std::vector<uint8_t> shared_;
    size_t shared_count_ = 0;
};

}  // namespace levada
