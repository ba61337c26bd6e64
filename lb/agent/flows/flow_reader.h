#ifndef L275_LB_AGENT_FLOWS_FLOW_READER_H_
#define L275_LB_AGENT_FLOWS_FLOW_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/abi/map_layout.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// Reads the flow table in chunks, while the program writes it. What is there
// from the beginning of a pass to its end is read in it; entries that come or
// go meanwhile may be.
class FlowReader {
 public:
  struct Chunk {
    std::vector<l275_flow_key> keys;
    std::vector<l275_flow> flows;  // in the same order
  };

  // `maps` outlives the reader.
  explicit FlowReader(const Maps* maps) : maps_(*maps) {}

  // The pass's next chunk. Returns whether more follow; after the last, the
  // next one is the first of another pass. Errors are a system call's.
  absl::StatusOr<bool> Read(Chunk& chunk);

  // The next chunk is the first of a pass.
  void BeginAnew() { position_.reset(); }

 private:
  const Maps& maps_;
  std::optional<uint32_t> position_;  // the kernel's
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_READER_H_
