#include "tests/packet/frame.h"

#include <net/ethernet.h>
#include <netinet/in.h>

#include <algorithm>

namespace l275 {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kSyn = 0x02;

void Append8(Bytes& bytes, size_t value) {
  bytes.push_back(static_cast<uint8_t>(value));
}

void Append16(Bytes& bytes, size_t value) {
  Append8(bytes, value >> 8);
  Append8(bytes, value);
}

void Append32(Bytes& bytes, size_t value) {
  Append16(bytes, value >> 16);
  Append16(bytes, value);
}

template <typename Container>
void AppendAll(Bytes& bytes, const Container& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// Bytes of which each differs from its neighbours.
void AppendPattern(Bytes& bytes, size_t count, uint8_t first) {
  for (size_t i = 0; i < count; ++i) Append8(bytes, first + i);
}

void Put16(Bytes& bytes, size_t offset, uint16_t value) {
  bytes[offset] = static_cast<uint8_t>(value >> 8);
  bytes[offset + 1] = static_cast<uint8_t>(value);
}

absl::Span<const uint8_t> IpHeaderOf(const Frame& frame, size_t ip_offset) {
  const size_t length = (frame[ip_offset] & 0xf) * 4;
  return absl::MakeConstSpan(frame).subspan(ip_offset, length);
}

void UpdateChecksumAt(size_t ip_offset, Frame& frame) {
  const size_t offset = ip_offset + kIpChecksumOffset - kIpOffset;
  Put16(frame, offset, 0);
  Put16(frame, offset, InternetChecksum(IpHeaderOf(frame, ip_offset)));
}

}  // namespace

FrameBuilder& FrameBuilder::EthernetTo(const MacAddress& mac) {
  destination_ = mac;
  return *this;
}

FrameBuilder& FrameBuilder::Tag(uint16_t tag_protocol) {
  tags_.emplace_back(tag_protocol, 7);
  return *this;
}

FrameBuilder& FrameBuilder::PriorityTag(uint16_t tag_protocol) {
  tags_.emplace_back(tag_protocol, 5 << 13 | 1 << 12);
  return *this;
}

FrameBuilder& FrameBuilder::EtherType(uint16_t type) {
  ether_type_ = type;
  return *this;
}

FrameBuilder& FrameBuilder::From(Ipv4Address address, uint16_t port) {
  from_ = address;
  from_port_ = port;
  return *this;
}

FrameBuilder& FrameBuilder::To(Ipv4Address address, uint16_t port) {
  to_ = address;
  to_port_ = port;
  return *this;
}

FrameBuilder& FrameBuilder::Ttl(uint8_t ttl) {
  ttl_ = ttl;
  return *this;
}

FrameBuilder& FrameBuilder::Id(uint16_t id) {
  id_ = id;
  return *this;
}

FrameBuilder& FrameBuilder::Fragment(uint16_t offset, bool more) {
  fragment_ = static_cast<uint16_t>(offset | (more ? 0x2000 : 0));
  return *this;
}

FrameBuilder& FrameBuilder::DontFragment() {
  fragment_ = 0x4000;
  return *this;
}

FrameBuilder& FrameBuilder::IpOptions(size_t words) {
  ip_option_words_ = words;
  return *this;
}

FrameBuilder& FrameBuilder::ClaimVersion(uint8_t version) {
  version_ = version;
  return *this;
}

FrameBuilder& FrameBuilder::ClaimIhl(uint8_t words) {
  ihl_ = words;
  return *this;
}

FrameBuilder& FrameBuilder::ClaimTotalLength(uint16_t bytes) {
  total_length_ = bytes;
  return *this;
}

FrameBuilder& FrameBuilder::Udp() {
  protocol_ = IPPROTO_UDP;
  return *this;
}

FrameBuilder& FrameBuilder::Icmp() {
  protocol_ = IPPROTO_ICMP;
  return *this;
}

FrameBuilder& FrameBuilder::TcpOptions(size_t words) {
  tcp_option_words_ = words;
  return *this;
}

FrameBuilder& FrameBuilder::ClaimTcpOffset(uint8_t words) {
  tcp_offset_ = words;
  return *this;
}

FrameBuilder& FrameBuilder::Payload(size_t bytes) {
  payload_ = bytes;
  return *this;
}

FrameBuilder& FrameBuilder::Padding(size_t bytes) {
  padding_ = bytes;
  return *this;
}

Frame FrameBuilder::Build() const {
  const Bytes transport = Transport();
  Frame frame;
  AppendAll(frame, destination_);
  AppendAll(frame, kRouterMac);
  for (const auto& [protocol, tci] : tags_) {
    Append16(frame, protocol);
    Append16(frame, tci);
  }
  Append16(frame, ether_type_);
  AppendAll(frame, IpHeader(transport.size()));
  AppendAll(frame, transport);
  AppendPattern(frame, padding_, 0xd0);
  return frame;
}

// The header and the payload, with the checksum over both and, but for ICMP,
// the pseudo header (RFC 9293, section 3.1; RFC 768; RFC 792).
std::vector<uint8_t> FrameBuilder::Transport() const {
  Bytes transport = TransportHeader();
  AppendPattern(transport, payload_, 0x20);
  Bytes summed = transport;
  if (protocol_ != IPPROTO_ICMP) {
    Append32(summed, from_.ToHost());
    Append32(summed, to_.ToHost());
    Append16(summed, protocol_);
    Append16(summed, transport.size());
  }
  // The pseudo header is behind here, so the rest has to end on a word.
  if (transport.size() % 2 != 0) {
    summed.insert(summed.begin() + static_cast<long>(transport.size()), 0);
  }
  const size_t offset = protocol_ == IPPROTO_TCP   ? 16
                        : protocol_ == IPPROTO_UDP ? 6
                                                   : 2;
  Put16(transport, offset, InternetChecksum(summed));
  return transport;
}

// Its checksum is 0.
std::vector<uint8_t> FrameBuilder::TransportHeader() const {
  Bytes header;
  if (protocol_ == IPPROTO_ICMP) {
    Append16(header, 0x0800);  // echo request
    Append16(header, 0);
    Append32(header, 0x00010001);  // identifier, sequence number
    return header;
  }
  Append16(header, from_port_);
  Append16(header, to_port_);
  if (protocol_ == IPPROTO_UDP) {
    Append16(header, 8 + payload_);
    Append16(header, 0);
    return header;
  }
  Append32(header, 0x01020304);  // sequence number
  Append32(header, 0);
  Append8(
      header,
      size_t{tcp_offset_.value_or(static_cast<uint8_t>(5 + tcp_option_words_))}
          << 4);
  Append8(header, kSyn);
  Append16(header, 64240);  // window
  Append32(header, 0);      // checksum, urgent pointer
  header.insert(header.end(), 4 * tcp_option_words_, 1);  // no-operation
  return header;
}

std::vector<uint8_t> FrameBuilder::IpHeader(size_t transport_size) const {
  const size_t words = 5 + ip_option_words_;
  Bytes header;
  Append8(header, version_.value_or(4) << 4 |
                      ihl_.value_or(static_cast<uint8_t>(words)));
  Append8(header, 0);  // type of service
  Append16(header, total_length_.value_or(
                       static_cast<uint16_t>(4 * words + transport_size)));
  Append16(header, id_);
  Append16(header, fragment_);
  Append8(header, ttl_);
  Append8(header, protocol_);
  Append16(header, 0);  // checksum
  Append32(header, from_.ToHost());
  Append32(header, to_.ToHost());
  header.insert(header.end(), 4 * ip_option_words_, 1);  // no-operation
  Put16(header, kIpChecksumOffset - kIpOffset, InternetChecksum(header));
  return header;
}

Frame ArpRequest(Ipv4Address address) {
  Frame frame(6, 0xff);
  AppendAll(frame, kRouterMac);
  Append16(frame, ETHERTYPE_ARP);
  Append16(frame, 1);             // Ethernet
  Append16(frame, ETHERTYPE_IP);  // IPv4
  Append16(frame, 6 << 8 | 4);    // lengths of their addresses
  Append16(frame, 1);             // request
  AppendAll(frame, kRouterMac);
  Append32(frame, kClient.ToHost());
  frame.insert(frame.end(), 6, 0);
  Append32(frame, address.ToHost());
  return frame;
}

Frame Ipv6Syn() {
  const Frame tcp = FrameBuilder().Build();
  Frame frame(tcp.begin(), tcp.begin() + kIpOffset);
  Put16(frame, kIpOffset - 2, ETHERTYPE_IPV6);
  Append32(frame, 0x60000000);
  Append16(frame, 20);                     // payload length
  Append16(frame, IPPROTO_TCP << 8 | 64);  // next header, hop limit
  AppendPattern(frame, 32, 0x20);          // addresses
  frame.insert(frame.end(), tcp.begin() + kIpOffset + 20, tcp.end());
  return frame;
}

uint16_t InternetChecksum(absl::Span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

Frame Forwarded(Frame frame, const MacAddress& destination,
                const MacAddress& source, bool decrement_ttl) {
  std::copy(destination.begin(), destination.end(), frame.begin());
  std::copy(source.begin(), source.end(), frame.begin() + 6);
  if (!decrement_ttl) return frame;
  const size_t tags = frame.size() - WithoutPriorityTags(frame).size();
  --frame[kTtlOffset + tags];
  UpdateChecksumAt(kIpOffset + tags, frame);
  return frame;
}

Frame WithoutPriorityTags(const Frame& frame) {
  constexpr size_t kTypeOffset = kIpOffset - 2;
  Frame rest = frame;
  for (int tags = 0; tags < 2 && rest.size() >= kIpOffset + 4; ++tags) {
    const int type = rest[kTypeOffset] << 8 | rest[kTypeOffset + 1];
    const int vlan = (rest[kIpOffset] & 0xf) << 8 | rest[kIpOffset + 1];
    if ((type != ETHERTYPE_VLAN && type != 0x88a8) || vlan != 0) break;
    rest.erase(rest.begin() + kTypeOffset, rest.begin() + kTypeOffset + 4);
  }
  const int type = rest[kTypeOffset] << 8 | rest[kTypeOffset + 1];
  return type == ETHERTYPE_IP ? rest : frame;
}

Frame WithSource(Frame frame, Ipv4Address source) {
  const size_t offset = kIpOffset + 12;
  Put16(frame, offset, static_cast<uint16_t>(source.ToHost() >> 16));
  Put16(frame, offset + 2, static_cast<uint16_t>(source.ToHost()));
  UpdateIpChecksum(frame);
  return frame;
}

MacAddress VirtualRouterMac(uint8_t vrid) { return {0, 0, 0x5e, 0, 1, vrid}; }

Ipv4Address ClientAddress(uint32_t number) {
  return Ipv4Address::FromHost(0x10000000 + (number & 0x3fffffff));
}

bool IpChecksumIsRight(const Frame& frame) {
  return InternetChecksum(IpHeaderOf(frame, kIpOffset)) == 0;
}

void UpdateIpChecksum(Frame& frame) { UpdateChecksumAt(kIpOffset, frame); }

}  // namespace l275
