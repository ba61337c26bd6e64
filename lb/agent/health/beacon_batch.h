#ifndef L275_LB_AGENT_HEALTH_BEACON_BATCH_H_
#define L275_LB_AGENT_HEALTH_BEACON_BATCH_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/beacon/beacon_message.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// The buffers of one recvmmsg(2): up to kSize datagrams a system call.
class BeaconBatch {
 public:
  static constexpr size_t kSize = 64;

  BeaconBatch();
  BeaconBatch(const BeaconBatch&) = delete;
  BeaconBatch& operator=(const BeaconBatch&) = delete;

  // Replaces the content by the datagrams that wait at the non-blocking socket.
  // Returns how many they are, 0 if none waits. An error names the call.
  absl::StatusOr<size_t> Receive(int socket);

  // The bytes (the first 160; a longer datagram is no beacon anyway) and the
  // sender of datagram `index`, which must be less than what the last Receive()
  // returned.
  absl::Span<const uint8_t> bytes(size_t index) const;
  Ipv4Address sender(size_t index) const;

 private:
  // Longer than a beacon, so that a datagram that is too long shows as such.
  using Buffer = std::array<uint8_t, 2 * BeaconMessage::kSize>;

  std::array<Buffer, kSize> buffers_;
  std::array<sockaddr_in, kSize> senders_;
  std::array<iovec, kSize> vectors_;
  std::array<mmsghdr, kSize> headers_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_BATCH_H_
