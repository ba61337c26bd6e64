#ifndef L275_LB_AGENT_SLOWPATH_TIME_EXCEEDED_SENDER_H_
#define L275_LB_AGENT_SLOWPATH_TIME_EXCEEDED_SENDER_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Answers packets whose TTL has ended here with ICMP time exceeded (RFC 792;
// RFC 1812, sections 4.3.2 and 5.3.1), so that traceroute shows this host.
//
// The kernel finds the way to the client, and the source address: this host's
// own on that way. How many answers there are is the caller's business.
//
// Sends from the network namespace in which it was created. One thread.
class TimeExceededSender {
 public:
  // Needs CAP_NET_RAW.
  static absl::StatusOr<TimeExceededSender> Create();

  // `packet` begins with a whole IPv4 header; what is behind the packet's end
  // is ignored. InvalidArgument: it does not. Other errors: there is no way to
  // its source, or that is a broadcast address. Never blocks.
  absl::Status Answer(absl::Span<const uint8_t> packet) const;

 private:
  explicit TimeExceededSender(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_TIME_EXCEEDED_SENDER_H_
