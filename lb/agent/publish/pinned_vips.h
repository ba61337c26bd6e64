#ifndef L275_LB_AGENT_PUBLISH_PINNED_VIPS_H_
#define L275_LB_AGENT_PUBLISH_PINNED_VIPS_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// The VIPs of all services in the maps that are pinned in a folder, whether an
// agent runs or not. FailedPrecondition: the maps are missing, or of another
// version than this program's.
absl::StatusOr<std::set<Ipv4Address>> ReadPinnedVips(const std::string& folder);

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_PINNED_VIPS_H_
