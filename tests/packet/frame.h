#ifndef L275_TESTS_PACKET_FRAME_H_
#define L275_TESTS_PACKET_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"

namespace l275 {

// The bytes of an Ethernet frame, without FCS.
using Frame = std::vector<uint8_t>;

// What a frame's builder says unless told otherwise.
inline constexpr MacAddress kLbMac = {0x02, 0, 0, 0, 0, 0x01};
inline constexpr MacAddress kRouterMac = {0x02, 0, 0, 0, 0, 0x02};
inline constexpr Ipv4Address kClient = Ipv4Address::FromHost(0xc6336407);
inline constexpr uint16_t kClientPort = 40000;

// Where fields are in an untagged frame with an IPv4 header.
inline constexpr size_t kIpOffset = 14;
inline constexpr size_t kTtlOffset = kIpOffset + 8;
inline constexpr size_t kIpChecksumOffset = kIpOffset + 10;

// Builds frames from a client to the load balancer: a whole and correct TCP SYN
// when nothing else is asked for. Lengths and checksums are right; methods that
// say "Claim" make one field say something else and the checksum agree with it.
//
//   FrameBuilder().To(vip, 80).IpOptions(3).Ttl(1).Build()
class FrameBuilder {
 public:
  FrameBuilder& EthernetTo(const MacAddress& mac);
  // Adds a tag (IEEE 802.1Q) behind those already there, VLAN 7.
  FrameBuilder& Tag(uint16_t tag_protocol);
  // The same with a priority, the drop eligible indicator, and no VLAN (VLAN
  // ID 0).
  FrameBuilder& PriorityTag(uint16_t tag_protocol);
  FrameBuilder& EtherType(uint16_t type);

  FrameBuilder& From(Ipv4Address address, uint16_t port);
  FrameBuilder& To(Ipv4Address address, uint16_t port);
  FrameBuilder& Ttl(uint8_t ttl);
  FrameBuilder& Id(uint16_t id);
  // `offset` in units of 8 bytes (RFC 791).
  FrameBuilder& Fragment(uint16_t offset, bool more);
  FrameBuilder& DontFragment();
  FrameBuilder& IpOptions(size_t words);
  FrameBuilder& ClaimVersion(uint8_t version);
  FrameBuilder& ClaimIhl(uint8_t words);
  FrameBuilder& ClaimTotalLength(uint16_t bytes);

  // TCP is what it is unless one of these is called.
  FrameBuilder& Udp();
  FrameBuilder& Icmp();
  FrameBuilder& TcpOptions(size_t words);
  FrameBuilder& ClaimTcpOffset(uint8_t words);
  FrameBuilder& Payload(size_t bytes);
  // Behind the IP packet, as short frames have it.
  FrameBuilder& Padding(size_t bytes);

  Frame Build() const;

 private:
  std::vector<uint8_t> Transport() const;
  std::vector<uint8_t> TransportHeader() const;
  std::vector<uint8_t> IpHeader(size_t transport_size) const;

  MacAddress destination_ = kLbMac;
  std::vector<std::pair<uint16_t, uint16_t>> tags_;  // protocol, TCI
  uint16_t ether_type_ = 0x0800;
  Ipv4Address from_ = kClient;
  Ipv4Address to_;
  uint16_t from_port_ = kClientPort;
  uint16_t to_port_ = 0;
  uint8_t ttl_ = 64;
  uint16_t id_ = 0x1234;
  uint16_t fragment_ = 0;
  size_t ip_option_words_ = 0;
  std::optional<uint8_t> version_;
  std::optional<uint8_t> ihl_;
  std::optional<uint16_t> total_length_;
  uint8_t protocol_ = 6;
  size_t tcp_option_words_ = 0;
  std::optional<uint8_t> tcp_offset_;
  size_t payload_ = 0;
  size_t padding_ = 0;
};

// Who has `address`? As broadcast, from the router.
Frame ArpRequest(Ipv4Address address);
// A TCP SYN over IPv6 to the load balancer's MAC address.
Frame Ipv6Syn();

// The Internet checksum (RFC 1071) of the bytes, in host byte order; 0 of a
// header whose checksum is right.
uint16_t InternetChecksum(absl::Span<const uint8_t> bytes);

// The frame as a load balancer must send it on: new MAC addresses, with
// `decrement_ttl` a TTL less by one and the checksum computed again from the
// whole header, all else as it was, priority tags too.
Frame Forwarded(Frame frame, const MacAddress& destination,
                const MacAddress& source, bool decrement_ttl);

// The same without the tags, two at most, that name no VLAN (VLAN ID 0), if an
// IPv4 packet is behind them.
Frame WithoutPriorityTags(const Frame& frame);

// The same from another address, with the IPv4 header's checksum computed
// again. TCP's is not.
Frame WithSource(Frame frame, Ipv4Address source);

// 00-00-5E-00-01-{VRID} (RFC 9568, section 7.3).
MacAddress VirtualRouterMac(uint8_t vrid);

// One of 2^30 addresses that no VIP or backend of these tests has: 16.0.0.0 to
// 79.255.255.255.
Ipv4Address ClientAddress(uint32_t number);

// The checksum of the IPv4 header, of an untagged frame that has at least 20
// bytes of it.
bool IpChecksumIsRight(const Frame& frame);
void UpdateIpChecksum(Frame& frame);

}  // namespace l275

#endif  // L275_TESTS_PACKET_FRAME_H_
