// Whatever comes in on the wire: random frames, and good ones damaged.

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/ethernet.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr int kFrames = 100000;

using Random = std::mt19937;

uint32_t Below(Random& random, uint32_t end) {
  return std::uniform_int_distribution<uint32_t>(0, end - 1)(random);
}

// A good frame, mostly to a service, now and then with priority tags.
Frame Good(Random& random) {
  const bool all_ports = Below(random, 2) == 0;
  FrameBuilder builder;
  builder.To(all_ports ? kAllPortsVip : kVip,
             static_cast<uint16_t>(kTx + Below(random, 20)));
  if (Below(random, 8) == 0)
    builder.EthernetTo(
        VirtualRouterMac(Below(random, 2) == 0 ? kActiveVrid : kBackupVrid));
  if (Below(random, 8) == 0) builder.PriorityTag(0x88a8);
  if (Below(random, 8) == 0) builder.PriorityTag(ETHERTYPE_VLAN);
  builder.IpOptions(Below(random, 3)).TcpOptions(Below(random, 3));
  return builder.Payload(Below(random, 40)).Build();
}

void Damage(Random& random, Frame& frame) {
  for (uint32_t bytes = 1 + Below(random, 4); bytes > 0; --bytes) {
    frame[Below(random, static_cast<uint32_t>(frame.size()))] =
        static_cast<uint8_t>(random());
  }
  if (Below(random, 8) == 0) frame.resize(14 + Below(random, 46));
}

// With enough of a header now and then to get past the first checks.
Frame Junk(Random& random) {
  Frame frame(14 + Below(random, 120));
  for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random());
  const Frame good = Good(random);
  const size_t kept = std::min<size_t>(Below(random, 30), frame.size());
  std::copy(good.begin(), good.begin() + static_cast<long>(kept),
            frame.begin());
  return frame;
}

uint16_t Get16(const Frame& frame, size_t offset) {
  return static_cast<uint16_t>(frame[offset] << 8 | frame[offset + 1]);
}

bool HasIpHeader(const Frame& frame) {
  return frame.size() >= kIpOffset + 20 && Get16(frame, 12) == 0x0800;
}

// Of every other damaged frame the IP checksum says nothing.
Frame Next(Random& random) {
  if (Below(random, 3) == 0) return Junk(random);
  Frame frame = Good(random);
  Damage(random, frame);
  if (HasIpHeader(frame) && Below(random, 2) == 0) UpdateIpChecksum(frame);
  return frame;
}

bool IsTo(const Frame& frame, const MacAddress& mac) {
  return std::equal(mac.begin(), mac.end(), frame.begin());
}

// Whether frame and destination alone say that the frame could be for one of
// LbHost's services; said in other words than the program's.
bool MayBeForAService(const Frame& frame) {
  static const std::set<uint16_t> ports = [] {
    std::set<uint16_t> all;
    for (const auto& [address, service] : LbHost::Services().services) {
      if (address.vip == kVip) all.insert(address.port);
    }
    return all;
  }();
  if (!HasIpHeader(frame) || frame[kIpOffset + 9] != 6) return false;
  const Ipv4Address destination =
      Ipv4Address::FromHost(uint32_t{Get16(frame, kIpOffset + 16)} << 16 |
                            Get16(frame, kIpOffset + 18));
  if (destination != kVip && destination != kAllPortsVip) return false;
  // The active one's business, whatever it is.
  if (IsTo(frame, VirtualRouterMac(kBackupVrid))) return true;
  if (!IsTo(frame, kLbMac) && !IsTo(frame, VirtualRouterMac(kActiveVrid))) {
    return false;
  }
  const size_t ip_header = 4 * (frame[kIpOffset] & 0xf);
  if (frame[kIpOffset] >> 4 != 4 || ip_header < 20) return false;
  const bool fragment = (Get16(frame, kIpOffset + 6) & 0x3fff) != 0;
  const size_t port = kIpOffset + ip_header + 2;
  return destination == kAllPortsVip || fragment ||
         (frame.size() >= port + 2 && ports.count(Get16(frame, port)) > 0);
}

// All but the MAC addresses, the TTL and the checksum is as it was.
bool OnlyForwardingChanged(Frame before, Frame after) {
  if (before.size() != after.size()) return false;
  if (--before[kTtlOffset] != after[kTtlOffset]) return false;
  if (before[kTtlOffset] == 0) return false;
  for (Frame* frame : {&before, &after}) {
    std::fill_n(frame->begin(), 12, 0);
    std::fill_n(frame->begin() + kIpChecksumOffset, 2, 0);
  }
  return before == after;
}

TEST(JunkTest, PassesUntouchedUnlessItIsForAService) {
  LbHost host;
  const auto program = host.NewProgram();
  ASSERT_TRUE(program.ok()) << program.status();
  (*program)->SetHeartbeat(-std::chrono::minutes(10));
  Random random(20160316);  // the same frames in every run
  std::map<uint32_t, int> actions;
  for (int i = 0; i < kFrames; ++i) {
    SCOPED_TRACE(i);
    const Frame frame = Next(random);
    const auto outcome = (*program)->Run(frame, kIn);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ++actions[outcome->action];
    if (outcome->action == XDP_TX || outcome->action == XDP_REDIRECT) {
      ASSERT_TRUE(OnlyForwardingChanged(WithoutPriorityTags(frame),
                                        WithoutPriorityTags(outcome->frame)));
    } else {
      ASSERT_EQ(outcome->frame, frame);
    }
    ASSERT_EQ(outcome->action != XDP_PASS,
              MayBeForAService(WithoutPriorityTags(frame)))
        << absl::BytesToHexString(std::string(frame.begin(), frame.end()));
  }
  // None was aborted, and each way was taken often.
  EXPECT_EQ(actions.size(), 4u);
  for (uint32_t action : {XDP_PASS, XDP_DROP, XDP_TX, XDP_REDIRECT}) {
    EXPECT_GT(actions[action], kFrames / 200) << action;
  }
  uint64_t counted = 0;
  const auto verdicts = (*program)->VerdictCounters();
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  for (const l275_counter& counter : *verdicts) counted += counter.packets;
  EXPECT_EQ(counted, static_cast<uint64_t>(kFrames));
}

}  // namespace
}  // namespace l275
