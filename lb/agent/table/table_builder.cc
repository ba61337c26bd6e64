#include "lb/agent/table/table_builder.h"

#include <utility>

namespace l275 {

const std::vector<uint32_t>& TableBuilder::Build(
    std::vector<MaglevBackend> backends, uint32_t slots) {
  if (slots != slots_ || backends != backends_) {
    table_ = BuildMaglevTable(backends, slots);
    backends_ = std::move(backends);
    slots_ = slots;
  }
  return table_;
}

}  // namespace l275
