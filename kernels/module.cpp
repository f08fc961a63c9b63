// The native module: each kernel file registers itself here, so that this list is the table of contents.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace levada {
void register_key_codec(nb::module_ &m);
void register_key_index(nb::module_ &m);
void register_partition(nb::module_ &m);
void register_accumulators(nb::module_ &m);
void register_timers(nb::module_ &m);
}  // namespace levada

NB_MODULE(_kernels, m) {
    m.doc() = "Native kernels of Levada: key codec, key index, partitioning, grouped accumulators, timers.";
    levada::register_key_codec(m);
    levada::register_key_index(m);
    levada::register_partition(m);
    levada::register_accumulators(m);
    levada::register_timers(m);
}
