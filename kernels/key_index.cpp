#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace levada {
void register_key_index(nb::module_ &) {}
}  // namespace levada
