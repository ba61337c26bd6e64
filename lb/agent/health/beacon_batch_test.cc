#include "lb/agent/health/beacon_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/os/unique_fd.h"

namespace l275 {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// A pair of sockets on the loopback interface.
class BeaconBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(receiver_.get(), raw, size), 0);
    ASSERT_EQ(getsockname(receiver_.get(), raw, &size), 0);
    ASSERT_EQ(connect(sender_.get(), raw, size), 0);
  }

  void Send(size_t size) {
    const std::vector<uint8_t> bytes(size, static_cast<uint8_t>(size));
    ASSERT_EQ(send(sender_.get(), bytes.data(), size, 0),
              static_cast<ssize_t>(size));
  }

  UniqueFd receiver_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  UniqueFd sender_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  BeaconBatch batch_;
};

TEST_F(BeaconBatchTest, IsEmptyWhenNothingWaits) {
  const absl::StatusOr<size_t> count = batch_.Receive(receiver_.get());
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 0u);
}

TEST_F(BeaconBatchTest, HasEachDatagramsBytesAndSender) {
  for (size_t size : {32, 0, 1}) Send(size);
  ASSERT_EQ(*batch_.Receive(receiver_.get()), 3u);
  EXPECT_THAT(batch_.bytes(0), SizeIs(32));
  EXPECT_THAT(batch_.bytes(0), Each(32));
  EXPECT_THAT(batch_.bytes(1), SizeIs(0));
  EXPECT_THAT(batch_.bytes(2), ElementsAre(1));
  EXPECT_EQ(batch_.sender(2).ToString(), "127.0.0.1");
}

TEST_F(BeaconBatchTest, KeepsEnoughOfALongDatagramToTellItFromABeacon) {
  for (size_t size : {33, 1400}) Send(size);
  ASSERT_EQ(*batch_.Receive(receiver_.get()), 2u);
  EXPECT_THAT(batch_.bytes(0), SizeIs(33));
  EXPECT_GT(batch_.bytes(1).size(), BeaconMessage::kSize);
}

TEST_F(BeaconBatchTest, LeavesWhatDoesNotFitForTheNextCall) {
  for (size_t i = 0; i < BeaconBatch::kSize + 1; ++i) Send(i);
  EXPECT_EQ(*batch_.Receive(receiver_.get()), BeaconBatch::kSize);
  EXPECT_EQ(*batch_.Receive(receiver_.get()), 1u);
  EXPECT_THAT(batch_.bytes(0), SizeIs(BeaconBatch::kSize));
  EXPECT_EQ(*batch_.Receive(receiver_.get()), 0u);
}

TEST_F(BeaconBatchTest, NamesTheCallThatFails) {
  EXPECT_EQ(batch_.Receive(-1).status().message(),
            "recvmmsg(beacon socket): Bad file descriptor");
}

}  // namespace
}  // namespace l275
