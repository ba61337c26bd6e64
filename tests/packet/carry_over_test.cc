// Maps of other sizes take the place of a program's, and a new program that of
// the old one, in the midst of random connections: none of them moves.

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/testing/test_bpffs.h"
#include "lb/agent/publish/written_maps.h"
#include "lb/agent/takeover/map_carrier.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr uint32_t kIdleTicks = 900;
constexpr uint32_t kBackends = 6;
constexpr size_t kFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kAck = 0x10;
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};

Ipv4Address BackendAddress(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

// By which a frame tells the backend that it is for.
MacAddress MacOf(uint32_t number) {
  return {0x02, 0x0b, 0, 0, 0, static_cast<uint8_t>(number)};
}

class CarryOverTest : public ::testing::Test {
 protected:
  struct Connection {
    Frame frame;
    uint32_t backend = 0;
  };

  uint32_t Below(uint32_t end) { return random_() % end; }

  void Begin(uint32_t seed) {
    random_.seed(seed);
    connections_.clear();
    snapshot_ = Snapshot();
    snapshot_.ingress = {{kIn, kLbMac}};
    for (uint32_t number = 1; number <= kBackends; ++number) {
      snapshot_.next_hops[BackendAddress(number)] = {kIn, MacOf(number),
                                                     kLbMac};
    }
    snapshot_.services[kService].table_size = 251;
    Backend(1) = {100};
    Backend(2) = {100};
    old_ = Program({8, 512, 4096, 1024});
    Write(*old_);
  }

  SnapshotBackend& Backend(uint32_t number) {
    return snapshot_.services[kService].backends[BackendAddress(number)];
  }

  std::unique_ptr<LbProgram> Program(const MapSizes& sizes) {
    LbProgram::Options options;
    options.sizes = sizes;
    options.tcp_idle_ticks = kIdleTicks;
    auto program = LbProgram::Create(options);
    EXPECT_TRUE(program.ok()) << program.status();
    return program.ok() ? *std::move(program) : nullptr;
  }

  void Write(LbProgram& program) {
    const absl::Status written = program.Write(snapshot_);
    ASSERT_TRUE(written.ok()) << written;
  }

  // Nobody dies: connections of such a backend would be lost.
  void ChangeSome(bool may_drain) {
    for (uint32_t count = Below(3); count > 0; --count) {
      const uint32_t number = 1 + Below(kBackends);
      const bool drains = may_drain && Below(3) == 0;
      Backend(number) = {drains ? 0 : 50 + Below(200)};
    }
  }

  // Which backend a packet goes to.
  uint32_t Send(LbProgram& program, Frame frame, uint8_t flags) {
    frame[kFlagsOffset] = flags;
    const auto outcome = program.Run(frame, kIn);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok() || outcome->action != XDP_TX) return 0;
    return outcome->frame[5];
  }

  void OpenSome(LbProgram& program) {
    for (uint32_t count = 20 + Below(40); count > 0; --count) {
      Connection connection;
      connection.frame =
          FrameBuilder()
              .From(ClientAddress(random_()), static_cast<uint16_t>(random_()))
              .To(kVip, 80)
              .Build();
      connection.backend = Send(program, connection.frame, kSyn);
      EXPECT_NE(connection.backend, 0u);
      connections_.push_back(std::move(connection));
    }
  }

  // How many of the connections are not where they were.
  uint32_t Moved(LbProgram& program) {
    uint32_t moved = 0;
    for (const Connection& connection : connections_) {
      if (Send(program, connection.frame, kAck) != connection.backend) ++moved;
    }
    return moved;
  }

  // Of the old program's maps, as another process has them.
  std::unique_ptr<MapCarrier> Carrier(LbProgram& to) {
    const TestBpffs bpffs;
    EXPECT_TRUE(old_->maps().Pin(bpffs.path()).ok());
    auto from = Maps::Open(bpffs.path());
    EXPECT_TRUE(from.ok()) << from.status();
    if (!from.ok()) return nullptr;
    auto written = WrittenMaps::Read(**from);
    EXPECT_TRUE(written.ok()) << written.status();
    if (!written.ok()) return nullptr;
    return std::make_unique<MapCarrier>(*std::move(from), *std::move(written),
                                        to.maps(), &to.writer());
  }

  // Connections come and go, tables change.
  void Live(bool may_drain) {
    for (uint32_t steps = Below(4); steps > 0; --steps) {
      OpenSome(*old_);
      ChangeSome(may_drain);
      Write(*old_);
    }
    OpenSome(*old_);
    ASSERT_EQ(Moved(*old_), 0u);
  }

  LbHost host_;
  std::mt19937 random_;
  std::unique_ptr<LbProgram> old_;
  Snapshot snapshot_;
  std::vector<Connection> connections_;
};

std::chrono::steady_clock::time_point Now() {
  return std::chrono::steady_clock::now();
}

TEST_F(CarryOverTest, ConnectionsDoNotMove) {
  uint64_t entries = 0;
  for (uint32_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const bool may_drain = seed % 2 == 0;
    Begin(seed);
    Live(may_drain);
    ChangeSome(may_drain);
    const auto made = Program({16, 256, 8192, 2048});
    Write(*made);
    const auto carrier = Carrier(*made);
    ASSERT_NE(carrier, nullptr);
    ASSERT_TRUE(carrier->CarryOver(kIdleTicks, Now()).ok());
    OpenSome(*old_);
    ASSERT_EQ(Moved(*old_), 0u);
    // The new program is attached, and its agent still at work.
    if (!may_drain) {
      ASSERT_EQ(Moved(*made), 0u);
    }
    ASSERT_TRUE(carrier->CarryRest(Now()).ok());
    ASSERT_EQ(Moved(*made), 0u);
    ChangeSome(may_drain);
    Write(*made);
    ASSERT_EQ(Moved(*made), 0u);
    entries += carrier->report().flows.stored;
  }
  EXPECT_GT(entries, 100u);
}

TEST_F(CarryOverTest, TheOldProgramGoesOnWhenTheStartFails) {
  for (uint32_t seed = 1; seed <= 10 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Begin(seed);
    Live(/*may_drain=*/true);
    const auto made = Program({16, 256, 8192, 2048});
    Write(*made);
    auto carrier = Carrier(*made);
    ASSERT_NE(carrier, nullptr);
    ASSERT_TRUE(carrier->CarryOver(kIdleTicks, Now()).ok());
    OpenSome(*old_);
    carrier.reset();
    OpenSome(*old_);
    ASSERT_EQ(Moved(*old_), 0u);
    ASSERT_TRUE(old_->RestartWriter(Now()).ok());
    ChangeSome(/*may_drain=*/true);
    Write(*old_);
    ASSERT_EQ(Moved(*old_), 0u);
  }
}

// Nothing but the carrier keeps them where they are.
TEST_F(CarryOverTest, ControlWithoutIt) {
  uint32_t moved = 0;
  for (uint32_t seed = 1; seed <= 10 && !HasFailure(); ++seed) {
    Begin(seed);
    Live(/*may_drain=*/false);
    const auto made = Program({16, 256, 8192, 2048});
    Write(*made);
    moved += Moved(*made);
  }
  EXPECT_GT(moved, 50u);
}

}  // namespace
}  // namespace l275
