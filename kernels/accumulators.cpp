#include "accumulators.h"

#include <algorithm>
#include <stdexcept>

#include "changelog.h"

namespace levada {

namespace {

OutColumn image_column(const std::string &format, size_t width, size_t count, bool nullable, auto &&fill) {
    const auto rows = static_cast<int64_t>(count);
    Buffer values(width * count);
    if (!nullable) {
        fill(Image{values.data(), nullptr});
        return fixed_column(format.c_str(), rows, std::move(values));
    }
    Buffer valid(count);
    fill(Image{values.data(), valid.data()});
    auto [bits, nulls] = pack_validity(valid.data(), count);
    return fixed_column(format.c_str(), rows, std::move(values), std::move(bits), nulls);
}

void append(auto &columns, auto &&column) { columns.push_back(std::forward<decltype(column)>(column)); }

}  // namespace

FrozenAccumulators::FrozenAccumulators(std::shared_ptr<const Aggregates> aggregates, std::vector<PageTable> tables,
                                       std::vector<uint64_t> changed, size_t size)
    : aggregates_(std::move(aggregates)), tables_(std::move(tables)), changed_(std::move(changed)), size_(size) {
    for (const PageTable &table : tables_) {
        auto &bases = bases_.emplace_back();
        for (const Page &page : table) bases.push_back(page.get());
    }
}

bool FrozenAccumulators::exists(Slot slot) const {
    const size_t page = slot >> kPageBits;
    return page < bases_[0].size() && bases_[0][page][slot & kPageMask] != 0;
}

bool FrozenAccumulators::changed(Slot slot) const {
    const size_t word = slot >> 6;
    return word < changed_.size() && ((changed_[word] >> (slot & 63)) & 1) != 0;
}

std::vector<Slot> FrozenAccumulators::select(const Slot *slots, size_t count, bool changed_only) const {
    std::vector<Slot> selected;
    selected.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        if (exists(slots[i]) && (!changed_only || changed(slots[i]))) selected.push_back(slots[i]);
    }
    return selected;
}

OutColumns FrozenAccumulators::save(const Slot *slots, size_t count) const {
    for (size_t i = 0; i < count; ++i) {
        if (!exists(slots[i])) throw std::invalid_argument("slot " + std::to_string(static_cast<int32_t>(slots[i])) + " is not in the snapshot");
    }
    OutColumns columns;
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        for (size_t lane = 0; lane < aggregate.lanes(); ++lane) {
            append(columns, image_column(aggregate.lane_format(lane), aggregate.lane_width(lane), count,
                                         aggregate.nullable() && lane == 0, [&](Image out) {
                                             aggregate.save(bases_[k + 1].data(), slots, count, lane, out);
                                         }));
        }
    }
    return columns;
}

Image Accumulators::Images::resize(const Aggregate &aggregate, size_t rows) {
    const size_t bytes = rows * aggregate.result_width();
    if (values.size() < bytes) values.resize(std::max(bytes, values.size() * 2));
    if (aggregate.nullable() && valid.size() < rows) valid.resize(std::max(rows, valid.size() * 2));
    return at(aggregate, 0);
}

Image Accumulators::Images::at(const Aggregate &aggregate, size_t row) {
    return {values.data() + row * aggregate.result_width(), aggregate.nullable() ? valid.data() + row : nullptr};
}

Accumulators::Accumulators(Aggregates aggregates)
    : aggregates_(std::make_shared<const Aggregates>(std::move(aggregates))),
      before_(aggregates_->size()),
      after_(aggregates_->size()) {
    table_.add_column(kPageSlots);
    for (const auto &aggregate : *aggregates_) {
        table_.add_column(aggregate->page_bytes());
        counts_rows_ = counts_rows_ || aggregate->argument < 0;
    }
}

void Accumulators::prepare(const Slot *slots, size_t count) {
    Slot last = 0;
    for (size_t i = 0; i < count; ++i) last = std::max(last, slots[i]);
    if (last > INT32_MAX) throw std::invalid_argument("slots must not be negative");
    if (count > 0) table_.reserve(size_t{last} + 1);
    changed_.resize(table_.capacity() / 64);
    in_bundle_.resize(table_.capacity());
    table_.make_writable(slots, count);
}

void Accumulators::mark(const Slot *slots, size_t count, uint8_t *first) {
    uint8_t *const *existing_pages = existing();
    for (size_t i = 0; i < count; ++i) {
        const Slot slot = slots[i];
        uint8_t &exists = existing_pages[slot >> kPageBits][slot & kPageMask];
        if (first != nullptr) first[i] = !exists;
        if (!exists) {
            exists = 1;
            ++size_;
        }
        const uint64_t bit = uint64_t{1} << (slot & 63);
        uint64_t &word = changed_[slot >> 6];
        if ((word & bit) == 0) word |= bit;
    }
}

void Accumulators::apply(const Slot *slots, size_t count, const std::vector<Argument> &arguments) {
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        aggregate.update(bases(k), slots, count,
                         aggregate.argument < 0 ? Argument{} : arguments[static_cast<size_t>(aggregate.argument)]);
    }
}

void Accumulators::update(const Slot *slots, size_t count, const std::vector<Argument> &arguments) {
    prepare(slots, count);
    mark(slots, count, nullptr);
    apply(slots, count, arguments);
}

OutColumns Accumulators::update_per_row(const Slot *slots, size_t count, const std::vector<Argument> &arguments,
                                        bool update_before) {
    if (bundle_size() != 0) throw std::logic_error("update_per_row while a bundle is open: flush it first");
    prepare(slots, count);
    first_.resize(count);
    differs_.assign(count, 0);
    mark(slots, count, first_.data());
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        const Argument argument =
            aggregate.argument < 0 ? Argument{} : arguments[static_cast<size_t>(aggregate.argument)];
        aggregate.update_imaged(bases(k), slots, count, argument, before_[k].resize(aggregate, count),
                                after_[k].resize(aggregate, count), differs_.data());
    }
    const ChangelogLayout layout(first_.data(), differs_.data(), count, update_before);
    OutColumns columns;
    append(columns, layout.kinds());
    std::vector<int32_t> rows(count);
    for (size_t i = 0; i < count; ++i) rows[i] = static_cast<int32_t>(i);
    append(columns, layout.repeat("i", rows.data()));
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        const Image before = before_[k].at(aggregate, 0), after = after_[k].at(aggregate, 0);
        append(columns, layout.images(aggregate.result_format.c_str(), aggregate.result_width(), before.values,
                                      before.valid, after.values, after.valid));
    }
    return columns;
}

void Accumulators::update_bundle(const Slot *slots, size_t count, const std::vector<Argument> &arguments) {
    if (flushed_ != 0) throw std::logic_error("update_bundle while a bundle is being flushed");
    prepare(slots, count);
    const size_t known = touched_.size();
    touched_.resize(known + count);
    size_t end = known;
    for (size_t i = 0; i < count; ++i) {
        touched_[end] = slots[i];
        end += in_bundle_[slots[i]] == 0;
        in_bundle_[slots[i]] = 1;
    }
    touched_.resize(end);
    first_.resize(end);
    const Slot *fresh = touched_.data() + known;
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        before_[k].resize(aggregate, end);
        aggregate.image(bases(k), fresh, end - known, before_[k].at(aggregate, known));
    }
    mark(fresh, end - known, first_.data() + known);
    apply(slots, count, arguments);
}

OutColumns Accumulators::flush_bundle(size_t limit, bool update_before) {
    const size_t start = flushed_;
    const size_t count = std::min(limit, bundle_size());
    const Slot *slots = touched_.data() + start;
    differs_.assign(count, counts_rows_);
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        const Image after = after_[k].resize(aggregate, count);
        aggregate.image(bases(k), slots, count, after);
        if (!counts_rows_) aggregate.compare(before_[k].at(aggregate, start), after, count, differs_.data());
    }
    const ChangelogLayout layout(first_.data() + start, differs_.data(), count, update_before);
    OutColumns columns;
    append(columns, layout.kinds());
    append(columns, layout.repeat("i", slots));
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        const Image before = before_[k].at(aggregate, start), after = after_[k].at(aggregate, 0);
        append(columns, layout.images(aggregate.result_format.c_str(), aggregate.result_width(), before.values,
                                      before.valid, after.values, after.valid));
    }
    for (size_t i = 0; i < count; ++i) in_bundle_[slots[i]] = 0;
    flushed_ += count;
    if (bundle_size() == 0) {
        touched_.clear();
        flushed_ = 0;
    }
    return columns;
}

OutColumns Accumulators::results(const Slot *slots, size_t count) const {
    check_known(slots, count);
    OutColumns columns;
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        append(columns,
               image_column(aggregate.result_format, aggregate.result_width(), count, aggregate.nullable(),
                            [&](Image out) { aggregate.image(bases(k), slots, count, out); }));
    }
    return columns;
}

std::shared_ptr<FrozenAccumulators> Accumulators::snapshot() {
    if (bundle_size() != 0) throw std::logic_error("snapshot while a bundle is open: flush it first");
    auto frozen = std::make_shared<FrozenAccumulators>(aggregates_, table_.freeze(), std::move(changed_), size_);
    changed_.assign(table_.capacity() / 64, 0);
    return frozen;
}

void Accumulators::restore(const Slot *slots, size_t count, const std::vector<Argument> &lanes) {
    prepare(slots, count);
    for (size_t i = 0; i < count; ++i) {
        uint8_t &exists = existing()[slots[i] >> kPageBits][slots[i] & kPageMask];
        size_ += exists == 0;
        exists = 1;
    }
    size_t column = 0;
    for (size_t k = 0; k < aggregates_->size(); ++k) {
        const Aggregate &aggregate = *(*aggregates_)[k];
        aggregate.clear(bases(k), slots, count);
        for (size_t lane = 0; lane < aggregate.lanes(); ++lane) {
            aggregate.load(bases(k), slots, count, lane, lanes[column++]);
        }
    }
}

void Accumulators::clear(const Slot *slots, size_t count) {
    if (bundle_size() != 0) throw std::logic_error("clear while a bundle is open: flush it first");
    check_known(slots, count);
    table_.make_writable(slots, count);
    for (size_t i = 0; i < count; ++i) {
        uint8_t &exists = existing()[slots[i] >> kPageBits][slots[i] & kPageMask];
        size_ -= exists;
        exists = 0;
        changed_[slots[i] >> 6] |= uint64_t{1} << (slots[i] & 63);
    }
    for (size_t k = 0; k < aggregates_->size(); ++k) (*aggregates_)[k]->clear(bases(k), slots, count);
}

void Accumulators::check_known(const Slot *slots, size_t count) const {
    for (size_t i = 0; i < count; ++i) {
        if (slots[i] >= table_.capacity()) {
            throw std::invalid_argument("slot " + std::to_string(static_cast<int32_t>(slots[i])) + " was never updated");
        }
    }
}

}  // namespace levada
