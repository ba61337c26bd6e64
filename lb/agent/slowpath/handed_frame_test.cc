#include "lb/agent/slowpath/handed_frame.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <vector>

namespace l275 {
namespace {

using Frame = std::vector<uint8_t>;

constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a0000c9);

void Append16(Frame& frame, uint16_t value) {
  frame.push_back(static_cast<uint8_t>(value >> 8));
  frame.push_back(static_cast<uint8_t>(value));
}

// A TCP packet behind tags of these protocols.
Frame FrameTo(Ipv4Address address, uint16_t port,
              const std::vector<uint16_t>& tags = {}, uint8_t ihl = 5) {
  Frame frame(12);
  for (uint16_t protocol : tags) {
    Append16(frame, protocol);
    Append16(frame, 0xa000);
  }
  Append16(frame, 0x0800);
  const size_t ip = frame.size();
  frame.resize(ip + ihl * 4);
  frame[ip] = static_cast<uint8_t>(0x40 | ihl);
  frame[ip + 9] = IPPROTO_TCP;
  for (int i = 0; i < 4; ++i) {
    frame[ip + 16 + i] = static_cast<uint8_t>(address.ToHost() >> (24 - 8 * i));
  }
  Append16(frame, 40000);
  Append16(frame, port);
  frame.resize(frame.size() + 16);
  return frame;
}

std::map<ServiceAddress, WrittenService> Services() {
  std::map<ServiceAddress, WrittenService> services;
  services[{IPPROTO_TCP, kVip, 80}];
  services[{IPPROTO_TCP, kVip, 0}];
  services[{IPPROTO_TCP, kOther, 443}];
  return services;
}

TEST(PacketInTest, IsBehindTheHeaderAndTags) {
  const Frame untagged = FrameTo(kVip, 80);
  EXPECT_EQ(PacketIn(untagged).data(), untagged.data() + 14);
  EXPECT_EQ(PacketIn(untagged).size(), 40u);
  const Frame tagged = FrameTo(kVip, 80, {0x88a8, 0x8100});
  EXPECT_EQ(PacketIn(tagged).data(), tagged.data() + 22);
  EXPECT_EQ(PacketIn(tagged).size(), 40u);
}

TEST(PacketInTest, IsEmptyWhereThereIsNone) {
  Frame frame = FrameTo(kVip, 80, {0x8100});
  for (size_t size = 0; size < 18; ++size) {
    EXPECT_TRUE(PacketIn(absl::MakeConstSpan(frame).first(size)).empty());
  }
  frame[16] = 0x86;  // IPv6
  frame[17] = 0xdd;
  EXPECT_TRUE(PacketIn(frame).empty());
}

TEST(ServiceOfTest, IsTheOneOnThePortOrOnAllPorts) {
  const auto services = Services();
  const ServiceAddress port = {IPPROTO_TCP, kVip, 80};
  const ServiceAddress all_ports = {IPPROTO_TCP, kVip, 0};
  EXPECT_EQ(ServiceOf(FrameTo(kVip, 80), services), port);
  EXPECT_EQ(ServiceOf(FrameTo(kVip, 80, {0x8100}, 15), services), port);
  EXPECT_EQ(ServiceOf(FrameTo(kVip, 443), services), all_ports);
  EXPECT_EQ(ServiceOf(FrameTo(kOther, 80), services), std::nullopt);
}

TEST(ServiceOfTest, IsNoneOfAFrameThatEndsBeforeThePort) {
  const Frame frame = FrameTo(kVip, 80);
  for (size_t size = 0; size < 38; ++size) {
    EXPECT_EQ(ServiceOf(absl::MakeConstSpan(frame).first(size), Services()),
              std::nullopt);
  }
}

}  // namespace
}  // namespace l275
