#include "lb/agent/peers/wire/sync_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(SyncOptionsTest, TakesAListOfPeers) {
  const auto options =
      SyncOptions::Parse("10.1.0.2:9276", "10.1.0.3:9276,10.1.0.4:19276");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->listen.ToString(), "10.1.0.2:9276");
  ASSERT_EQ(options->peers.size(), 2u);
  EXPECT_EQ(options->peers[0].ToString(), "10.1.0.3:9276");
  EXPECT_EQ(options->peers[1].ToString(), "10.1.0.4:19276");
}

TEST(SyncOptionsTest, RefusesByName) {
  const struct {
    const char* why;
    const char* listen;
    const char* peers;
    const char* error;
  } kCases[] = {
      {"nothing to listen on", "", "10.1.0.3:9276",
       "--sync_listen: \"\": expected"},
      {"no port to listen on", "10.1.0.2", "10.1.0.3:9276", "\"10.1.0.2\""},
      {"port 0", "10.1.0.2:0", "10.1.0.3:9276", "\"10.1.0.2:0\""},
      {"every address", "0.0.0.0:9276", "10.1.0.3:9276", "\"0.0.0.0:9276\""},
      {"a group", "10.1.0.2:9276", "239.0.0.1:9276", "\"239.0.0.1:9276\""},
      {"no peers", "10.1.0.2:9276", "", "\"\": expected"},
      {"an empty peer", "10.1.0.2:9276", "10.1.0.3:9276,", "\"\": expected"},
      {"itself", "10.1.0.2:9276", "10.1.0.3:1,10.1.0.2:1",
       "--sync_peers: 10.1.0.2:1: 10.1.0.2 is this load balancer itself"},
      {"twice", "10.1.0.2:9276", "10.1.0.3:1,10.1.0.3:2",
       "--sync_peers: 10.1.0.3:2: 10.1.0.3 appears twice"},
  };
  for (const auto& c : kCases) {
    const absl::Status status = SyncOptions::Parse(c.listen, c.peers).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.why;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.error)) << c.why;
  }
}

}  // namespace
}  // namespace l275
