// Frames that end at every possible place.

#include <gtest/gtest.h>

#include <memory>

#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr size_t kIpEnd = 14 + 20;
constexpr size_t kPortsEnd = kIpEnd + 4;
constexpr size_t kWhole = 60;

Frame Whole(Ipv4Address vip, uint16_t port) {
  return FrameBuilder().To(vip, port).Payload(kWhole - 54).Build();
}

class TruncationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto program = host_.NewProgram();
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
  }

  // Expects what the verdict is for the first `length` bytes of the frame.
  void ExpectVerdict(Frame frame, size_t length, l275_verdict verdict) {
    SCOPED_TRACE(length);
    frame.resize(length);
    const auto judged = program_->Judge(frame, kIn);
    ASSERT_TRUE(judged.ok()) << judged.status();
    EXPECT_EQ(judged->verdict, verdict);
    if (verdict != L275_FORWARD_TX) {
      EXPECT_EQ(judged->outcome.frame, frame);
    }
  }

  LbHost host_;
  std::unique_ptr<LbProgram> program_;
};

// Where the ports are cut off nobody can say that the frame is for the service.
TEST_F(TruncationTest, OfAServiceOnOnePort) {
  const Frame whole = Whole(kVip, kTx);
  for (size_t length = 14; length < kPortsEnd; ++length) {
    ExpectVerdict(whole, length, L275_PASS_SHORT);
  }
  for (size_t length = kPortsEnd; length < kWhole; ++length) {
    ExpectVerdict(whole, length, L275_DROP_TRUNCATED);
  }
  ExpectVerdict(whole, kWhole, L275_FORWARD_TX);
}

TEST_F(TruncationTest, OfAServiceOnAllPorts) {
  const Frame whole = Whole(kAllPortsVip, 80);
  for (size_t length = 14; length < kIpEnd; ++length) {
    ExpectVerdict(whole, length, L275_PASS_SHORT);
  }
  for (size_t length = kIpEnd; length < kWhole; ++length) {
    ExpectVerdict(whole, length, L275_DROP_TRUNCATED);
  }
  ExpectVerdict(whole, kWhole, L275_FORWARD_TX);
}

TEST_F(TruncationTest, OfWhatIsForNoService) {
  const Frame whole = Whole(kVip, kNoService);
  for (size_t length = 14; length <= kWhole; ++length) {
    ExpectVerdict(whole, length,
                  length < kPortsEnd ? L275_PASS_SHORT : L275_PASS_NO_SERVICE);
  }
}

// So that drivers give a program no such frame, and this one's own check for
// them (the verifier wants it) cannot be reached.
TEST_F(TruncationTest, WithinTheEthernetHeaderIsRefusedByTheKernel) {
  for (size_t length = 0; length < 14; ++length) {
    Frame frame = Whole(kVip, kTx);
    frame.resize(length);
    const auto outcome = program_->Run(frame, kIn);
    EXPECT_TRUE(absl::IsInvalidArgument(outcome.status()))
        << length << ": " << outcome.status();
  }
}

}  // namespace
}  // namespace l275
