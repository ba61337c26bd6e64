#ifndef L275_LB_AGENT_MAPS_LB_OBJECT_H_
#define L275_LB_AGENT_MAPS_LB_OBJECT_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bpf/lb.skel.h"

namespace l275 {

// The XDP program's object file, as libbpf has it.

struct LbObjectDeleter {
  void operator()(lb* object) const { lb__destroy(object); }
};
using LbObjectPtr = std::unique_ptr<lb, LbObjectDeleter>;

// Open, and not loaded into the kernel.
absl::StatusOr<LbObjectPtr> OpenLbObject();

// Loads it into the kernel. An error says what the kernel's verifier objected
// to; --v=1 logs all that the verifier said.
absl::Status LoadLbObject(lb* object);

// The maps of an object that the programs of all interfaces share: all but that
// of the program's constants. In the same order for every object.
std::vector<bpf_map*> SharedMaps(const lb* object);

// Those of them that outlive an agent.
std::vector<bpf_map*> PinnedMaps(const lb* object);

// Makes the map of an object that is not loaded the one that `fd` is, which can
// be closed afterwards.
absl::Status ReuseMap(bpf_map* map, int fd);

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_LB_OBJECT_H_
