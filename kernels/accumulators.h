// Grouped accumulators: aggregate functions over dense slots, in paged columns.
//
// One Accumulators object holds every aggregate of an operator. A batch is applied as a whole (`update`), with the results
// before and after each row (`update_per_row`: an exact changelog), or so that the results before the first touch of each
// slot are kept (`update_bundle`, then `flush_bundle`: one change per slot and bundle).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aggregates.h"
#include "arrow_export.h"
#include "paged_columns.h"

namespace levada {

using Aggregates = std::vector<std::unique_ptr<Aggregate>>;
using OutColumns = std::vector<OutColumn>;

// Accumulators as of a moment; may be read from any thread.
class FrozenAccumulators {
public:
    FrozenAccumulators(std::shared_ptr<const Aggregates> aggregates, std::vector<PageTable> tables,
                       std::vector<uint64_t> changed, size_t size);

    size_t size() const { return size_; }
    // Those of `slots` that existed (and, if asked, changed since the snapshot before), in the given order.
    std::vector<Slot> select(const Slot *slots, size_t count, bool changed_only) const;
    OutColumns save(const Slot *slots, size_t count) const;

private:
    bool exists(Slot slot) const;
    bool changed(Slot slot) const;

    std::shared_ptr<const Aggregates> aggregates_;
    std::vector<PageTable> tables_;
    std::vector<std::vector<uint8_t *>> bases_;
    std::vector<uint64_t> changed_;
    size_t size_;
};

class Accumulators {
public:
    explicit Accumulators(Aggregates aggregates);

    const Aggregates &aggregates() const { return *aggregates_; }
    size_t size() const { return size_; }
    size_t bundle_size() const { return touched_.size() - flushed_; }
    size_t bytes() const { return table_.bytes() + changed_.size() * sizeof(uint64_t) + in_bundle_.size(); }

    // `arguments` are indexed by each aggregate's `argument`.
    void update(const Slot *slots, size_t count, const std::vector<Argument> &arguments);
    // Columns: kind, row of the batch, then the results.
    OutColumns update_per_row(const Slot *slots, size_t count, const std::vector<Argument> &arguments,
                              bool update_before);
    void update_bundle(const Slot *slots, size_t count, const std::vector<Argument> &arguments);
    // Changes of the next `limit` slots, in the order in which they were first touched. Columns: kind, slot, results.
    OutColumns flush_bundle(size_t limit, bool update_before);

    OutColumns results(const Slot *slots, size_t count) const;
    std::shared_ptr<FrozenAccumulators> snapshot();
    // `lanes` are the columns of FrozenAccumulators::save. The slots count as unchanged.
    void restore(const Slot *slots, size_t count, const std::vector<Argument> &lanes);
    void clear(const Slot *slots, size_t count);

private:
    void prepare(const Slot *slots, size_t count);
    // Notes that the slots exist and have changed; first[i] (if asked for) tells whether row i brought its slot to life.
    void mark(const Slot *slots, size_t count, uint8_t *first);
    void apply(const Slot *slots, size_t count, const std::vector<Argument> &arguments);
    void check_known(const Slot *slots, size_t count) const;
    uint8_t *const *bases(size_t aggregate) const { return table_.column(aggregate + 1).bases(); }
    uint8_t *const *existing() const { return table_.column(0).bases(); }

    std::shared_ptr<const Aggregates> aggregates_;
    bool counts_rows_ = false;  // there is a COUNT(*), so that every row changes its slot's results
    PagedTable table_;  // column 0: a byte per slot, whether it exists; then one column per aggregate
    std::vector<uint64_t> changed_;  // a bit per slot
    size_t size_ = 0;

    struct Images {
        std::vector<uint8_t> values;
        std::vector<uint8_t> valid;

        Image resize(const Aggregate &aggregate, size_t rows);
        Image at(const Aggregate &aggregate, size_t row);
    };
    std::vector<Images> before_;  // scratch, and the bundle's first images
    std::vector<Images> after_;   // scratch
    std::vector<uint8_t> first_;
    std::vector<uint8_t> differs_;
    std::vector<uint8_t> in_bundle_;  // a byte per slot
    std::vector<Slot> touched_;
    size_t flushed_ = 0;
};

}  // namespace levada
