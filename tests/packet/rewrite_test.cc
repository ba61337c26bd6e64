// What is changed in a frame that is sent on: MAC addresses, TTL, checksum.

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <memory>
#include <set>

#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

class RewriteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto program = host_.NewProgram();
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
  }

  Frame Sent(const LbProgram& program, const Frame& frame) {
    const auto outcome = program.Run(frame, kIn);
    if (!outcome.ok() || outcome->action != XDP_TX) {
      ADD_FAILURE() << outcome.status();
      return {};
    }
    return outcome->frame;
  }

  LbHost host_;
  std::unique_ptr<LbProgram> program_;
};

uint16_t ChecksumOf(const Frame& frame) {
  return static_cast<uint16_t>(frame[kIpChecksumOffset] << 8 |
                               frame[kIpChecksumOffset + 1]);
}

// The identification runs the checksum through each value that a header can
// have, which is all but 0xffff (RFC 1624, section 3).
TEST_F(RewriteTest, ChecksumIsRightForEveryChecksumBefore) {
  std::set<uint16_t> checksums;
  for (uint32_t id = 0; id <= 0xffff; ++id) {
    const Frame frame =
        FrameBuilder().To(kVip, kTx).Id(static_cast<uint16_t>(id)).Build();
    checksums.insert(ChecksumOf(frame));
    ASSERT_EQ(Sent(*program_, frame),
              Forwarded(frame, kBackendMac, kLbMac, /*decrement_ttl=*/true))
        << "checksum " << ChecksumOf(frame);
  }
  EXPECT_EQ(checksums.size(), 0xffffu);
  EXPECT_EQ(checksums.count(0xffff), 0u);
}

TEST_F(RewriteTest, ChecksumIsRightForEveryTtlAndHeaderLength) {
  for (uint32_t ttl = 2; ttl <= 255; ++ttl) {
    for (size_t options = 0; options <= 10; ++options) {
      const Frame frame = FrameBuilder()
                              .To(kVip, kTx)
                              .Ttl(static_cast<uint8_t>(ttl))
                              .IpOptions(options)
                              .Build();
      ASSERT_EQ(Sent(*program_, frame),
                Forwarded(frame, kBackendMac, kLbMac, /*decrement_ttl=*/true))
          << "TTL " << ttl << ", " << options << " words of options";
    }
  }
}

// Some senders write 0xffff for 0, which verifies as well.
TEST_F(RewriteTest, ChecksumOfAllOnesStaysRight) {
  for (uint32_t id = 0; id <= 0xffff; ++id) {
    Frame frame =
        FrameBuilder().To(kVip, kTx).Id(static_cast<uint16_t>(id)).Build();
    if (ChecksumOf(frame) != 0) continue;
    frame[kIpChecksumOffset] = frame[kIpChecksumOffset + 1] = 0xff;
    ASSERT_TRUE(IpChecksumIsRight(frame));
    EXPECT_TRUE(IpChecksumIsRight(Sent(*program_, frame)));
    return;
  }
  FAIL() << "no header has the checksum 0";
}

// RFC 1812, section 5.2.2: not forwarded, and not made right.
TEST_F(RewriteTest, WrongChecksumIsNotSent) {
  const Frame right = FrameBuilder().To(kVip, kTx).Build();
  for (int damage = 1; damage < 0xffff; damage += 0x101) {
    Frame frame = right;
    frame[kIpChecksumOffset] ^= static_cast<uint8_t>(damage >> 8);
    frame[kIpChecksumOffset + 1] ^= static_cast<uint8_t>(damage);
    ASSERT_FALSE(IpChecksumIsRight(frame)) << damage;
    const auto outcome = program_->Run(frame, kIn);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->action, XDP_DROP) << damage;
    EXPECT_EQ(outcome->frame, frame) << damage;
  }
}

TEST_F(RewriteTest, TtlStaysWhenToldSo) {
  const auto keeps = host_.NewProgram(/*decrement_ttl=*/false);
  ASSERT_TRUE(keeps.ok()) << keeps.status();
  for (int ttl : {0, 1, 2, 64, 255}) {
    const Frame frame =
        FrameBuilder().To(kVip, kTx).Ttl(static_cast<uint8_t>(ttl)).Build();
    EXPECT_EQ(Sent(**keeps, frame),
              Forwarded(frame, kBackendMac, kLbMac, /*decrement_ttl=*/false))
        << "TTL " << ttl;
  }
}

}  // namespace
}  // namespace l275
