#include "lb/agent/health/replay_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr HealthSubject kA = {Ipv4Address::FromHost(0x0a000065), 0};
constexpr HealthSubject kAPort = {Ipv4Address::FromHost(0x0a000065), 443};

TEST(ReplayGuardTest, NewerIsALaterEpochOrALaterSequence) {
  ReplayGuard guard;
  EXPECT_TRUE(guard.IsNews(kA, 0, 1));
  guard.Remember(kA, 5, 7);
  EXPECT_TRUE(guard.IsNews(kA, 5, 8));
  EXPECT_TRUE(guard.IsNews(kA, 6, 1));
  EXPECT_FALSE(guard.IsNews(kA, 5, 7));
  EXPECT_FALSE(guard.IsNews(kA, 5, 6));
  EXPECT_FALSE(guard.IsNews(kA, 4, 900));
}

TEST(ReplayGuardTest, APortHasAnOrderOfItsOwn) {
  ReplayGuard guard;
  guard.Remember(kA, 5, 7);
  EXPECT_TRUE(guard.IsNews(kAPort, 1, 1));
}

TEST(ReplayGuardTest, AnotherGuardKnowsWhatOneWrote) {
  ReplayGuard one;
  one.Remember(kA, ~uint64_t{0}, 1);
  one.Remember(kAPort, 5, ~uint64_t{0});
  EXPECT_EQ(one.ToText(),
            "10.0.0.101 0 18446744073709551615 1\n"
            "10.0.0.101 443 5 18446744073709551615\n");
  ReplayGuard other;
  ASSERT_EQ(other.AddText(one.ToText()), absl::OkStatus());
  EXPECT_FALSE(other.IsNews(kA, ~uint64_t{0}, 1));
  EXPECT_FALSE(other.IsNews(kAPort, 5, ~uint64_t{0}));
  EXPECT_TRUE(other.IsNews(kAPort, 6, 1));
}

TEST(ReplayGuardTest, WhoLeavesTheConfigurationIsRememberedAsGone) {
  ReplayGuard guard;
  guard.Remember(kA, 5, 7);
  guard.Remember(kAPort, 5, 7);
  EXPECT_THAT(guard.Speakers(), ElementsAre(kA, kAPort));
  guard.SetSubjects({kA});
  EXPECT_THAT(guard.Speakers(), ElementsAre(kA));
  EXPECT_FALSE(guard.IsNews(kAPort, 5, 7)) << "nor when it comes back";
  ReplayGuard other;
  ASSERT_EQ(other.AddText(guard.ToText()), absl::OkStatus());
  EXPECT_THAT(other.Speakers(), ElementsAre(kA));
  EXPECT_FALSE(other.IsNews(kAPort, 5, 7));
  other.Remember(kAPort, 5, 8);
  EXPECT_THAT(other.Speakers(), ElementsAre(kA, kAPort));
}

TEST(ReplayGuardTest, TellsOfChangesOnce) {
  ReplayGuard guard;
  EXPECT_FALSE(guard.TakeChanged());
  guard.Remember(kA, 5, 7);
  EXPECT_TRUE(guard.TakeChanged());
  EXPECT_FALSE(guard.TakeChanged());
  guard.SetSubjects({});
  EXPECT_TRUE(guard.TakeChanged());
  guard.SetSubjects({});
  EXPECT_FALSE(guard.TakeChanged());
}

TEST(ReplayGuardTest, DamagedTextAddsNothing) {
  for (const char* line :
       {"10.0.0.101 0 5", "10.0.0.101 0 5 7 8", "10.0.0.101 0 5 7 gone 9",
        "10.0.0.101 65536 5 7", "web1 0 5 7", "10.0.0.101 0 -5 7",
        "10.0.0.101 0 5 x", "\x01\x02", "10.0.0.101 0 5 7gone"}) {
    ReplayGuard guard;
    const absl::Status added =
        guard.AddText(std::string("10.0.0.102 0 1 1\n") + line);
    EXPECT_EQ(added.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(added.message()), HasSubstr("line 2: "));
    EXPECT_THAT(guard.Speakers(), IsEmpty()) << line;
  }
}

}  // namespace
}  // namespace l275
