#ifndef L275_WEB_HEALTHBEACON_MULTICAST_SENDER_H_
#define L275_WEB_HEALTHBEACON_MULTICAST_SENDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/net/ipv4_address.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Sends UDP datagrams to a multicast group out of one interface, by the
// interface's name: an interface that goes away and comes back, with whatever
// index, is used again. TTL 1, so nothing leaves the network. Multicast
// loopback stays on (the kernel's default), so that a listener on the same host
// hears them too. Non-blocking.
class MulticastSender {
 public:
  struct Options {
    Ipv4Address group;  // multicast
    uint16_t port = 0;
    std::string interface;
  };

  // InvalidArgument: the group is none, or the port is 0. NotFound: the
  // interface does not exist.
  static absl::StatusOr<MulticastSender> Create(const Options& options);

  // OK says that the kernel took the datagram. NotFound: the interface does not
  // exist now. Otherwise the send's error, for example ENETUNREACH while the
  // interface is down.
  absl::Status Send(absl::Span<const uint8_t> bytes);

 private:
  MulticastSender(const Options& options, UniqueFd socket);
  absl::Status SelectInterface();

  Options options_;
  UniqueFd socket_;
  int ifindex_ = 0;  // selected; 0: none yet
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_MULTICAST_SENDER_H_
