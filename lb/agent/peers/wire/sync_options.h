#ifndef L275_LB_AGENT_PEERS_WIRE_SYNC_OPTIONS_H_
#define L275_LB_AGENT_PEERS_WIRE_SYNC_OPTIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/endpoint.h"

namespace l275 {

// Where load balancers talk to each other, on the health network.
struct SyncOptions {
  // This one's; its address is also where its own connections come from.
  Endpoint listen;
  // The others', each of another address: it is what they go by.
  std::vector<Endpoint> peers;

  // Of "10.1.0.2:9276" and "10.1.0.3:9276,10.1.0.4:9276". InvalidArgument names
  // the text that is wrong: no address that a host can have, no port, no peer,
  // a peer that appears twice or is `listen` itself.
  static absl::StatusOr<SyncOptions> Parse(absl::string_view listen,
                                           absl::string_view peers);
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SYNC_OPTIONS_H_
