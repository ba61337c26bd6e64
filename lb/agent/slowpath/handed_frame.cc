#include "lb/agent/slowpath/handed_frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <cstddef>
#include <cstring>

namespace l275 {
namespace {

constexpr size_t kTagBytes = 4;  // IEEE 802.1Q

uint16_t ReadNet16(absl::Span<const uint8_t> bytes, size_t offset) {
  uint16_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return ntohs(value);
}

std::optional<ServiceAddress> DestinationOf(absl::Span<const uint8_t> packet) {
  iphdr ip;
  if (packet.size() < sizeof(ip)) return std::nullopt;
  std::memcpy(&ip, packet.data(), sizeof(ip));
  const size_t port_offset = size_t{ip.ihl} * 4 + offsetof(tcphdr, dest);
  if (packet.size() < port_offset + sizeof(uint16_t)) return std::nullopt;
  return ServiceAddress{ip.protocol, Ipv4Address::FromNetwork(ip.daddr),
                        ReadNet16(packet, port_offset)};
}

}  // namespace

absl::Span<const uint8_t> PacketIn(absl::Span<const uint8_t> frame) {
  size_t offset = sizeof(ethhdr);
  while (frame.size() >= offset) {
    const uint16_t type = ReadNet16(frame, offset - sizeof(uint16_t));
    if (type == ETH_P_IP) return frame.subspan(offset);
    if (type != ETH_P_8021Q && type != ETH_P_8021AD) break;
    offset += kTagBytes;
  }
  return {};
}

std::optional<ServiceAddress> ServiceOf(
    absl::Span<const uint8_t> frame,
    const std::map<ServiceAddress, WrittenService>& services) {
  std::optional<ServiceAddress> address = DestinationOf(PacketIn(frame));
  if (!address.has_value() || services.count(*address) > 0) return address;
  address->port = 0;
  return services.count(*address) > 0 ? address : std::nullopt;
}

}  // namespace l275
