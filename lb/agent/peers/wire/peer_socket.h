#ifndef L275_LB_AGENT_PEERS_WIRE_PEER_SOCKET_H_
#define L275_LB_AGENT_PEERS_WIRE_PEER_SOCKET_H_

#include <netinet/in.h>

#include "absl/status/statusor.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A TCP socket to connect to another load balancer with: non-blocking, bound to
// this one's address, by which the other knows it. Sends at once
// (TCP_NODELAY), and fails when what it sent is not acknowledged within three
// seconds (TCP_USER_TIMEOUT). Unavailable or the like: the address is not this
// host's, "bind(10.1.0.2): Cannot assign requested address".
absl::StatusOr<UniqueFd> NewPeerSocket(Ipv4Address self);

sockaddr_in SockaddrOf(const Endpoint& endpoint);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_PEER_SOCKET_H_
