#ifndef L275_WEB_HEALTHBEACON_TESTING_LISTENER_H_
#define L275_WEB_HEALTHBEACON_TESTING_LISTENER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "common/beacon/beacon_message.h"
#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"

namespace l275 {

// What arrives at a load balancer's interface for a group. CHECKs that each
// datagram is a beacon.
class Listener {
 public:
  Listener(const TestNamespace& host, const char* interface, const char* group,
           uint16_t port);

  // The next beacon; CHECKs that one comes within a minute.
  BeaconMessage Receive();

  // The next one that is as wanted; CHECKs that it comes within a minute.
  BeaconMessage ReceiveUntil(
      absl::FunctionRef<bool(const BeaconMessage&)> wanted);
  BeaconMessage ReceiveUntil(BeaconMessage::State state);

  std::optional<BeaconMessage> ReceiveWithin(std::chrono::milliseconds timeout);

  // Forgets what has arrived.
  void Skip();

  // Of the last datagram. It arrived when the kernel had it, by the wall clock.
  int ttl() const { return ttl_; }
  std::chrono::nanoseconds arrived() const { return arrived_; }
  const BeaconMessage::Bytes& bytes() const { return bytes_; }

 private:
  template <typename T>
  void SetOption(int level, int name, const T& value);

  UniqueFd fd_;
  int ttl_ = 0;
  std::chrono::nanoseconds arrived_{0};
  BeaconMessage::Bytes bytes_ = {};
};

// Whether the descriptor has something to read within the time.
bool WaitReadable(int fd, std::chrono::milliseconds timeout);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_TESTING_LISTENER_H_
