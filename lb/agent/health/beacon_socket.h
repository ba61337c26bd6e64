#ifndef L275_LB_AGENT_HEALTH_BEACON_SOCKET_H_
#define L275_LB_AGENT_HEALTH_BEACON_SOCKET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/net/ipv4_address.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A non-blocking UDP socket that is a member of a multicast group on one
// interface, which is given by its name.
//
// It is bound to the group's own address, so that it receives nothing that is
// sent to this host's unicast or broadcast addresses. It receives datagrams of
// the joined interface only (IP_MULTICAST_ALL off, ip(7)). With SO_REUSEADDR
// several processes on a host can listen; each gets every datagram.
//
// The kernel ties a membership to an interface index. When the interface is
// deleted the membership is dead, though the socket still lists it. An
// interface that comes back under the same name has no membership, and often
// another index. Reopen() joins the group again.
class BeaconSocket {
 public:
  struct Options {
    Ipv4Address group;  // multicast
    uint16_t port = 0;  // not 0
    // Empty: the kernel chooses the interface of its route to the group, at
    // each Reopen().
    std::string interface;
  };

  // Does not open the socket; see Reopen().
  explicit BeaconSocket(const Options& options);

  // Closes the socket, which leaves the group, and opens a new one on the
  // interface that has the name now: the network sees a new IGMP report. On an
  // error it stays closed. NotFound: no interface has the name; or no name is
  // given, and no route leads to the group.
  absl::Status Reopen();

  // Whether it is open, and the interface that was joined still has the name.
  // Does not notice an interface that was deleted and came back with the same
  // index, nor any change if the kernel chose the interface.
  bool IsCurrent() const;

  int fd() const { return fd_.get(); }  // -1 when closed

  // "239.0.0.1:4242 on eth1"
  std::string ToString() const;

 private:
  const Options options_;
  UniqueFd fd_;
  int ifindex_ = 0;  // 0: the kernel's choice
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_SOCKET_H_
