#ifndef L275_LB_AGENT_API_TCP_LISTENER_H_
#define L275_LB_AGENT_API_TCP_LISTENER_H_

#include "absl/status/statusor.h"
#include "common/net/endpoint.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Whether the host has to have an address when something listens on it. kLater:
// it may come, go and come again (IP_FREEBIND), as when the interface that has
// it is configured after the program started.
enum class AddressMayCome { kBefore, kLater };

// A listening TCP socket, non-blocking. An error names the address: "listening
// on 127.0.0.1:9275: Address already in use".
//
// Not evhttp_bind_socket(): it looks the address up by getaddrinfo() with
// AI_ADDRCONFIG, which finds none on a host without an address but loopback's.
absl::StatusOr<UniqueFd> ListenTcp(
    const Endpoint& endpoint, AddressMayCome when = AddressMayCome::kBefore);

}  // namespace l275

#endif  // L275_LB_AGENT_API_TCP_LISTENER_H_
