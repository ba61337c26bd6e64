// libFuzzer's target for ICMP messages, which anybody can send to a VIP.
//
// What must hold for every packet:
//   - nothing is read behind its end (the sanitizer watches);
//   - what is read is what stands at the offsets that the headers' lengths
//   give;
//   - bytes behind the quoted ports change nothing, and without the last of
//   those
//     ports the packet is rejected.

#include <glog/logging.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/net/endpoint.h"
#include "lb/agent/pmtu/fragmentation_needed.h"

namespace l275 {
namespace {

constexpr size_t kIcmpBytes = 8;
constexpr size_t kPortsBytes = 4;

size_t IpHeaderBytes(absl::Span<const uint8_t> packet) {
  return packet[0] % 16 * 4;
}

uint32_t BigEndian(absl::Span<const uint8_t> bytes) {
  uint32_t number = 0;
  for (const uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

// Whether it is the one at these places.
bool IsAt(const Endpoint& endpoint, absl::Span<const uint8_t> address,
          absl::Span<const uint8_t> port) {
  return endpoint.address.ToHost() == BigEndian(address) &&
         endpoint.port == BigEndian(port);
}

// A copy of its own size, so that a read behind its end is found.
std::optional<FragmentationNeeded> ParseCopy(absl::Span<const uint8_t> packet) {
  return FragmentationNeeded::Parse(
      std::vector<uint8_t>(packet.begin(), packet.end()));
}

void CheckPacket(absl::Span<const uint8_t> packet) {
  const auto message = FragmentationNeeded::Parse(packet);
  if (!message.has_value()) return;
  const size_t icmp = IpHeaderBytes(packet);
  const size_t quoted = icmp + kIcmpBytes;
  const size_t ports = quoted + IpHeaderBytes(packet.subspan(quoted));
  CHECK_LE(ports + kPortsBytes, packet.size());
  CHECK_EQ(message->mtu, BigEndian(packet.subspan(icmp + 6, 2)));
  CHECK(IsAt(message->source, packet.subspan(quoted + 12, 4),
             packet.subspan(ports, 2)));
  CHECK(IsAt(message->destination, packet.subspan(quoted + 16, 4),
             packet.subspan(ports + 2, 2)));
  const auto again = ParseCopy(packet.first(ports + kPortsBytes));
  CHECK(again.has_value());
  CHECK_EQ(again->mtu, message->mtu);
  CHECK(!ParseCopy(packet.first(ports + kPortsBytes - 1)).has_value());
}

}  // namespace
}  // namespace l275

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  l275::CheckPacket(absl::MakeConstSpan(data, size));
  return 0;
}
