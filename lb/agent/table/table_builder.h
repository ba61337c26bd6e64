#ifndef L275_LB_AGENT_TABLE_TABLE_BUILDER_H_
#define L275_LB_AGENT_TABLE_TABLE_BUILDER_H_

#include <cstdint>
#include <vector>

#include "lb/agent/table/maglev.h"

namespace l275 {

// Builds Maglev tables, and remembers the last one: services commonly have the
// same backends, and when one of these fails all their tables change alike.
class TableBuilder {
 public:
  // As BuildMaglevTable(). Valid until the next call.
  const std::vector<uint32_t>& Build(std::vector<MaglevBackend> backends,
                                     uint32_t slots);

 private:
  std::vector<MaglevBackend> backends_;
  uint32_t slots_ = 0;
  std::vector<uint32_t> table_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_TABLE_TABLE_BUILDER_H_
