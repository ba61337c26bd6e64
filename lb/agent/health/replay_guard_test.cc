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
  EXPECT_TRUE(guard.IsNewer(kA, 0, 1));
  guard.Remember(kA, 5, 7, 9);
  EXPECT_TRUE(guard.IsNewer(kA, 5, 8));
  EXPECT_TRUE(guard.IsNewer(kA, 6, 1));
  EXPECT_FALSE(guard.IsNewer(kA, 5, 7));
  EXPECT_FALSE(guard.IsNewer(kA, 5, 6));
  EXPECT_FALSE(guard.IsNewer(kA, 4, 900));
}

TEST(ReplayGuardTest, APortHasAnOrderOfItsOwn) {
  ReplayGuard guard;
  guard.Remember(kA, 5, 7, 9);
  EXPECT_TRUE(guard.IsNewer(kAPort, 1, 1));
}

TEST(ReplayGuardTest, AnotherGuardKnowsWhatOneWrote) {
  ReplayGuard one;
  one.Remember(kA, ~uint64_t{0}, 1, 9);
  one.Remember(kAPort, 5, ~uint64_t{0}, 9);
  EXPECT_EQ(one.ToText(),
            "10.0.0.101 0 18446744073709551615 1 9\n"
            "10.0.0.101 443 5 18446744073709551615 9\n"
            "end 2\n");
  ReplayGuard other;
  ASSERT_EQ(other.AddText(one.ToText()), absl::OkStatus());
  EXPECT_FALSE(other.IsNewer(kA, ~uint64_t{0}, 1));
  EXPECT_FALSE(other.IsNewer(kAPort, 5, ~uint64_t{0}));
  EXPECT_TRUE(other.IsNewer(kAPort, 6, 1));
  EXPECT_EQ(other.KeyOf(kA), 9u);
}

TEST(ReplayGuardTest, KnowsTheKeyOfTheNewest) {
  ReplayGuard guard;
  EXPECT_EQ(guard.KeyOf(kA), std::nullopt);
  guard.Remember(kA, 5, 7, 1);
  guard.Remember(kA, 5, 8, 2);
  EXPECT_EQ(guard.KeyOf(kA), 2u);
}

TEST(ReplayGuardTest, WhoLeavesTheConfigurationIsRememberedAsGone) {
  ReplayGuard guard;
  guard.Remember(kA, 5, 7, 9);
  guard.Remember(kAPort, 5, 7, 9);
  EXPECT_THAT(guard.Senders(), ElementsAre(kA, kAPort));
  guard.SetSubjects({kA});
  EXPECT_THAT(guard.Senders(), ElementsAre(kA));
  EXPECT_FALSE(guard.IsNewer(kAPort, 5, 7)) << "nor when it comes back";
  ReplayGuard other;
  ASSERT_EQ(other.AddText(guard.ToText()), absl::OkStatus());
  EXPECT_THAT(other.Senders(), ElementsAre(kA));
  EXPECT_FALSE(other.IsNewer(kAPort, 5, 7));
  other.Remember(kAPort, 5, 8, 9);
  EXPECT_THAT(other.Senders(), ElementsAre(kA, kAPort));
}

TEST(ReplayGuardTest, TellsOfChangesUntilTheyAreSaved) {
  ReplayGuard guard;
  EXPECT_FALSE(guard.has_changed());
  guard.Remember(kA, 5, 7, 9);
  EXPECT_TRUE(guard.has_changed());
  EXPECT_TRUE(guard.has_changed());
  guard.OnSaved();
  EXPECT_FALSE(guard.has_changed());
  guard.SetSubjects({});
  EXPECT_TRUE(guard.has_changed());
  guard.OnSaved();
  guard.SetSubjects({});
  EXPECT_FALSE(guard.has_changed());
}

TEST(ReplayGuardTest, DamagedTextAddsNothing) {
  for (const char* line :
       {"10.0.0.101 0 5 7", "10.0.0.101 0 5 7 8 9", "10.0.0.101 0 5 7 gone",
        "10.0.0.101 0 5 7 9 gone 9", "10.0.0.101 65536 5 7 9", "web1 0 5 7 9",
        "10.0.0.101 0 -5 7 9", "10.0.0.101 0 5 x 9", "10.0.0.101 0 5 7 -1",
        "\x01\x02", "10.0.0.101 0 5 7 9gone"}) {
    ReplayGuard guard;
    const absl::Status added =
        guard.AddText(std::string("10.0.0.102 0 1 1 9\n") + line + "\nend 2\n");
    EXPECT_EQ(added.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(added.message()), HasSubstr("line 2: "));
    EXPECT_THAT(guard.Senders(), IsEmpty()) << line;
  }
}

TEST(ReplayGuardTest, ATextThatIsCutOffAnywhereAddsNothing) {
  ReplayGuard one;
  one.Remember(kA, 5, 7, 9);
  one.Remember(kAPort, 5, 7, 9);
  const std::string text = one.ToText();
  for (size_t size = 0; size < text.size(); ++size) {
    ReplayGuard guard;
    EXPECT_FALSE(guard.AddText(text.substr(0, size)).ok()) << size;
    EXPECT_THAT(guard.Senders(), IsEmpty()) << size;
  }
}

}  // namespace
}  // namespace l275
