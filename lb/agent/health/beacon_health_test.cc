#include "lb/agent/health/beacon_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/event/libevent_ptr.h"
#include "common/os/read_file.h"
#include "common/os/write_file.h"
#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class BeaconHealthTest : public ::testing::Test {
 protected:
  BeaconHealthTest() {
    std::string folder = ::testing::TempDir() + "/beacon_health.XXXXXX";
    options_.state_file = std::string(mkdtemp(folder.data())) + "/beacons";
    options_.receiver.group = Ipv4Address::FromHost(0xef000001);
    options_.receiver.port = 4242;
    options_.receiver.interface = "lo";
  }

  void UseKeys() {
    options_.keys_file = options_.state_file + ".keys";
    ASSERT_EQ(WriteFileAtomically(options_.keys_file,
                                  "1 * 000102030405060708090a0b0c0d0e0f\n"),
              absl::OkStatus());
  }

  void RunAndEnd() {
    const auto health = BeaconHealth::Create(base_.get(), options_, [] {});
    ASSERT_TRUE(health.ok()) << health.status();
  }

  const EventBasePtr base_{event_base_new()};
  BeaconHealth::Options options_;
  LogCapture log_;
};

TEST_F(BeaconHealthTest, WithKeysTheNewestBeaconsAreWrittenDown) {
  UseKeys();
  RunAndEnd();
  EXPECT_TRUE(ReadFile(options_.state_file).ok());
}

TEST_F(BeaconHealthTest, WithoutKeysNothingIsWrittenDown) {
  RunAndEnd();
  EXPECT_NE(access(options_.state_file.c_str(), F_OK), 0);
}

TEST_F(BeaconHealthTest, WithoutKeysTheFileOfThoseWithKeysIsLeftAlone) {
  ASSERT_EQ(WriteFileAtomically(options_.state_file, "junk"), absl::OkStatus());
  RunAndEnd();
  EXPECT_EQ(*ReadFile(options_.state_file), "junk");
  EXPECT_THAT(log_.Take(), AllOf(Contains(HasSubstr("INSECURE")),
                                 Not(Contains(HasSubstr("line 1")))));
}

TEST_F(BeaconHealthTest, WithoutAFileItIsSaidWhatThatMeans) {
  UseKeys();
  options_.state_file.clear();
  RunAndEnd();
  EXPECT_THAT(log_.Take(), Contains(HasSubstr("can be replayed")));
}

}  // namespace
}  // namespace l275
