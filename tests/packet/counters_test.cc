// What is counted for verdicts, services and backends.

#include "lb/agent/maps/counters.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <memory>

#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

class CountersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto program = host_.NewProgram();
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
  }

  void Send(const Frame& frame, Interface ingress = kIn) {
    const auto outcome = program_->Run(frame, ingress);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  l275_counter Read(int fd, uint32_t index) {
    const auto counters = ReadCounters(fd, {index});
    if (counters.ok()) return counters->front();
    ADD_FAILURE() << counters.status();
    return {};
  }

  const WrittenService& Service(uint16_t port) {
    return program_->writer().services().at({IPPROTO_TCP, kVip, port});
  }
  l275_counter OfService(uint16_t port) {
    return Read(program_->maps().service_counters_fd(), Service(port).id);
  }
  l275_counter OfBackend(uint16_t port) {
    const WrittenService& service = Service(port);
    return Read(program_->maps().backend_counters_fd(),
                service.backends.begin()->second.id);
  }

  LbHost host_;
  std::unique_ptr<LbProgram> program_;
};

void ExpectCounter(const l275_counter& counter, uint64_t packets,
                   uint64_t bytes) {
  EXPECT_EQ(counter.packets, packets);
  EXPECT_EQ(counter.bytes, bytes);
}

// Sizes are of whole frames: 54 bytes, and payload and padding.
TEST_F(CountersTest, WhatIsForwardedCountsForVerdictServiceAndBackend) {
  Send(FrameBuilder().To(kVip, kTx).Build());
  Send(FrameBuilder().To(kVip, kTx).Payload(1460).Build());
  Send(FrameBuilder().To(kVip, kTx).Padding(6).Build());
  Send(FrameBuilder().To(kVip, kRedirect).Payload(100).Build());

  const auto verdicts = program_->VerdictCounters();
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  ExpectCounter((*verdicts)[L275_FORWARD_TX], 3, 54 + 1514 + 60);
  ExpectCounter((*verdicts)[L275_FORWARD_REDIRECT], 1, 154);
  ExpectCounter(OfService(kTx), 3, 54 + 1514 + 60);
  ExpectCounter(OfBackend(kTx), 3, 54 + 1514 + 60);
  ExpectCounter(OfService(kRedirect), 1, 154);
  ExpectCounter(OfBackend(kRedirect), 1, 154);
  ExpectCounter(OfService(kFibTx), 0, 0);
  ExpectCounter(OfBackend(kFibTx), 0, 0);
}

// The agent counts it as forwarded when it has sent it.
TEST_F(CountersTest, WhatIsHandedToTheAgentCountsForItsVerdictOnly) {
  Send(FrameBuilder().EthernetTo(kSlowMac).To(kVip, kFibNoNeighbour).Build(),
       kSlow);
  const auto verdicts = program_->VerdictCounters();
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  ExpectCounter((*verdicts)[L275_SLOW_PATH], 1, 54);
  ExpectCounter(OfService(kFibNoNeighbour), 0, 0);
  ExpectCounter(OfBackend(kFibNoNeighbour), 0, 0);
}

TEST_F(CountersTest, WhatIsDroppedOrPassedCountsForItsVerdictOnly) {
  Send(FrameBuilder().To(kVip, kTx).Ttl(1).Build());
  Send(FrameBuilder().To(kVip, kTx).ClaimTotalLength(39).Payload(9).Build());
  Send(FrameBuilder().To(kVip, kNoEgress).Build());
  Send(FrameBuilder().To(kVip, kFibNoNeighbour).Build());
  Send(FrameBuilder().To(kVip, kNoService).Payload(1).Build());

  const auto verdicts = program_->VerdictCounters();
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  ExpectCounter((*verdicts)[L275_DROP_TTL_EXCEEDED], 1, 54);
  ExpectCounter((*verdicts)[L275_DROP_MALFORMED], 1, 63);
  ExpectCounter((*verdicts)[L275_DROP_NO_EGRESS], 1, 54);
  ExpectCounter((*verdicts)[L275_DROP_NO_NEIGHBOUR], 1, 54);
  ExpectCounter((*verdicts)[L275_PASS_NO_SERVICE], 1, 55);
  for (uint16_t port : {kTx, kNoEgress, kFibNoNeighbour}) {
    ExpectCounter(OfService(port), 0, 0);
    ExpectCounter(OfBackend(port), 0, 0);
  }
}

}  // namespace
}  // namespace l275
