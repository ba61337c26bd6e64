#include "lb/agent/health/subject_state.h"

#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using State = BeaconMessage::State;
using Transition = SubjectState::Transition;

HealthTime At(int64_t ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

// One subject, a sender with a sequence, and a clock that the test moves. The
// agent started at 0 ms.
class SubjectStateTest : public ::testing::Test {
 protected:
  static constexpr bool kTrusted = true;

  BeaconMessage Message(State state) {
    BeaconMessage message;
    message.state = state;
    message.interval_ms = 100;
    message.epoch = 5;
    message.sequence = ++sequence_;
    return message;
  }

  Transition Send(State state, int64_t at_ms, bool trusted = false) {
    return subject_.OnBeacon(Message(state), trusted, At(at_ms));
  }

  // As many beacons at once as make a backend up.
  void SendRow(State state, int64_t at_ms) {
    for (int i = 0; i < options_.up_after; ++i) Send(state, at_ms);
  }

  // By "down" and "up" beacons at `at_ms`.
  void BringTo(Health health, int64_t at_ms) {
    if (health == Health::kUnknown) return;
    Send(State::kUp, at_ms);
    if (health == Health::kDraining) Send(State::kDraining, at_ms);
    if (health == Health::kDown) Send(State::kDown, at_ms);
    if (health == Health::kSilent) subject_.OnTime(At(at_ms + 1650));
    if (health == Health::kDamped) {
      for (State state : {State::kDown, State::kUp, State::kDown, State::kUp}) {
        SendRow(state, at_ms);
      }
    }
    ASSERT_EQ(subject_.state(), health);
  }

  std::string StateName() const { return HealthWord(subject_.state()); }

  uint64_t sequence_ = 0;
  SubjectState::Options options_;
  SubjectState subject_{&options_, At(0), At(1600)};
};

// --- The table of events

struct Row {
  Health from;
  Health down;       // after a "down" beacon
  Health up;         // after one "up" beacon
  Health ups;        // after three
  Health no_beacon;  // after the timeout
};

class SubjectStateTableTest : public SubjectStateTest,
                              public ::testing::WithParamInterface<Row> {
 protected:
  // When the start, in which one beacon suffices, is over.
  static constexpr int64_t kLater = 10'000;

  SubjectStateTableTest() {
    if (GetParam().from == Health::kUnknown) return;
    BringTo(GetParam().from, 0);
    // Its last beacon came at kLater, unless it is silent.
    if (IsUp(GetParam().from)) Send(Reported(), kLater);
    if (GetParam().from == Health::kDamped) Send(State::kUp, kLater);
  }

  State Reported() const {
    return GetParam().from == Health::kDraining ? State::kDraining : State::kUp;
  }

  void ExpectState(Health expected) {
    EXPECT_EQ(StateName(), HealthWord(expected));
  }
};

TEST_P(SubjectStateTableTest, Down) {
  Send(State::kDown, kLater + 1);
  ExpectState(GetParam().down);
}

TEST_P(SubjectStateTableTest, Up) {
  Send(State::kUp, kLater + 1);
  ExpectState(GetParam().up);
  Send(State::kUp, kLater + 1);
  Send(State::kUp, kLater + 1);
  ExpectState(GetParam().ups);
}

TEST_P(SubjectStateTableTest, NoBeacon) {
  subject_.OnTime(At(kLater + 1649));
  ExpectState(GetParam().from);
  subject_.OnTime(At(kLater + 1650));
  ExpectState(GetParam().no_beacon);
}

INSTANTIATE_TEST_SUITE_P(
    All, SubjectStateTableTest,
    ::testing::Values(Row{Health::kUnknown, Health::kDown, Health::kUnknown,
                          Health::kUp, Health::kUnknown},
                      Row{Health::kUp, Health::kDown, Health::kUp, Health::kUp,
                          Health::kSilent},
                      Row{Health::kDraining, Health::kDown, Health::kUp,
                          Health::kUp, Health::kSilent},
                      Row{Health::kDown, Health::kDown, Health::kDown,
                          Health::kUp, Health::kDown},
                      Row{Health::kSilent, Health::kDown, Health::kSilent,
                          Health::kUp, Health::kSilent},
                      Row{Health::kDamped, Health::kDown, Health::kDamped,
                          Health::kDamped, Health::kSilent}),
    [](const auto& row) { return HealthWord(row.param.from); });

// --- Beacons

TEST_F(SubjectStateTest, IsUnknownUntilABeaconArrives) {
  EXPECT_EQ(StateName(), "unknown");
  EXPECT_EQ(subject_.reason(), "never heard");
  EXPECT_EQ(subject_.last_change(), At(0));
  EXPECT_EQ(subject_.last_beacon(), std::nullopt);
  EXPECT_EQ(subject_.SilentAt(), std::nullopt);
  EXPECT_FALSE(subject_.has_beacon());
}

TEST_F(SubjectStateTest, ABeaconSetsEverythingThatItsFieldsReport) {
  BeaconMessage message = Message(State::kUp);
  message.key_id = 9;
  message.weight = 70;
  subject_.OnBeacon(message, false, At(40));
  message.sequence += 2;
  subject_.OnBeacon(message, false, At(140));
  EXPECT_EQ(StateName(), "up");
  EXPECT_EQ(subject_.reason(), "its first beacon");
  EXPECT_EQ(subject_.last_change(), At(40));
  EXPECT_EQ(subject_.last_beacon(), At(140));
  EXPECT_EQ(subject_.interval(), milliseconds(100));
  EXPECT_EQ(subject_.key_id(), 9u);
  EXPECT_EQ(subject_.weight(), 70);
  EXPECT_DOUBLE_EQ(*subject_.loss().Percent(), 50);
  EXPECT_TRUE(subject_.has_beacon());
}

TEST_F(SubjectStateTest, ATransitionNamesBothStates) {
  const Transition up = Send(State::kUp, 0);
  EXPECT_EQ(up.from, Health::kUnknown);
  EXPECT_EQ(up.to, Health::kUp);
  EXPECT_TRUE(up.state_changed());
  EXPECT_FALSE(Send(State::kUp, 100).state_changed());
  EXPECT_FALSE(subject_.OnTime(At(1749)).state_changed());
  const Transition silent = subject_.OnTime(At(1750));
  EXPECT_EQ(silent.from, Health::kUp);
  EXPECT_EQ(silent.to, Health::kSilent);
  EXPECT_EQ(subject_.previous(), Health::kUp);
  EXPECT_EQ(subject_.reason(), "no beacon for 1650 ms");
}

TEST_F(SubjectStateTest, AtTheStartOneBeaconSuffices) {
  Send(State::kUp, 1599);
  EXPECT_EQ(StateName(), "up");
}

TEST_F(SubjectStateTest, AfterTheStartItTakesSomeInARow) {
  Send(State::kUp, 1600);
  Send(State::kUp, 1700);
  EXPECT_EQ(StateName(), "unknown");
  Send(State::kUp, 1800);
  EXPECT_EQ(StateName(), "up");
  EXPECT_EQ(subject_.reason(), "3 beacons in a row say so");
}

TEST_F(SubjectStateTest, ADownOrAGapEndsTheRow) {
  BringTo(Health::kDown, 100);
  Send(State::kUp, 200);
  Send(State::kUp, 300);
  Send(State::kDown, 400);
  Send(State::kUp, 500);
  Send(State::kUp, 600);
  EXPECT_EQ(StateName(), "down");
  Send(State::kUp, 600 + 1600);
  EXPECT_EQ(StateName(), "down") << "after the timeout it counts from 1";
  Send(State::kUp, 2300);
  Send(State::kUp, 2400);
  EXPECT_EQ(StateName(), "up");
}

TEST_F(SubjectStateTest, ATrustedOneReturnsWithItsFirstBeacon) {
  BringTo(Health::kSilent, 0);
  Send(State::kUp, 5000, kTrusted);
  EXPECT_EQ(StateName(), "up");
  EXPECT_EQ(subject_.reason(), "its beacon says so");
}

TEST_F(SubjectStateTest, AStaleCheckIsDown) {
  BeaconMessage message = Message(State::kUp);
  message.check_validity_ms = 900;
  message.check_age_ms = 900;
  subject_.OnBeacon(message, false, At(100));
  EXPECT_EQ(StateName(), "up");
  message.check_age_ms = 901;
  subject_.OnBeacon(message, false, At(200));
  EXPECT_EQ(StateName(), "down");
  EXPECT_EQ(subject_.reason(),
            "its check is stale: 901 ms old, expected at most 900");
  message.state = State::kDraining;
  message.check_age_ms = 0;
  for (int ms : {300, 400, 500}) subject_.OnBeacon(message, false, At(ms));
  EXPECT_EQ(StateName(), "draining");
}

// --- Silence

TEST_F(SubjectStateTest, IsSilentAfterTheTimeoutAndHalfAnInterval) {
  BringTo(Health::kUp, 0);
  EXPECT_EQ(subject_.SilentAt(), At(1650));
  BeaconMessage message = Message(State::kUp);
  message.interval_ms = 20;
  subject_.OnBeacon(message, false, At(0));
  EXPECT_EQ(subject_.SilentAt(), At(1610));
  message.interval_ms = 1000;
  subject_.OnBeacon(message, false, At(0));
  EXPECT_EQ(subject_.SilentAt(), At(1650)) << "50 ms at most";
}

TEST_F(SubjectStateTest, IsQuietAfterFourIntervalsOrHalfTheTimeout) {
  BringTo(Health::kUp, 0);
  EXPECT_FALSE(subject_.IsQuiet(At(400)));
  EXPECT_TRUE(subject_.IsQuiet(At(401)));
  BeaconMessage message = Message(State::kUp);
  message.interval_ms = 1000;
  subject_.OnBeacon(message, false, At(0));
  EXPECT_FALSE(subject_.IsQuiet(At(800)));
  EXPECT_TRUE(subject_.IsQuiet(At(801)));
}

// --- What an earlier agent knew

TEST_F(SubjectStateTest, PresumedUpUntilItsSilence) {
  subject_.Presume(/*draining=*/false, At(0));
  EXPECT_EQ(StateName(), "up");
  EXPECT_TRUE(subject_.presumed());
  EXPECT_EQ(subject_.reason(), "it was when the earlier agent ended");
  EXPECT_FALSE(subject_.has_beacon());
  EXPECT_FALSE(subject_.IsQuiet(At(800)));
  Send(State::kUp, 100);
  EXPECT_FALSE(subject_.presumed());
  subject_.OnTime(At(1749));
  EXPECT_EQ(StateName(), "up");
  subject_.OnTime(At(1750));
  EXPECT_EQ(StateName(), "silent");
}

TEST_F(SubjectStateTest, PresumedDrainingUntilABeaconReportsUp) {
  subject_.Presume(/*draining=*/true, At(0));
  EXPECT_EQ(StateName(), "draining");
  Send(State::kUp, 10);
  EXPECT_EQ(StateName(), "up");
}

TEST_F(SubjectStateTest, PresumedDrainingOnlyIfAllServicesSaySo) {
  subject_.Presume(/*draining=*/true, At(0));
  subject_.Presume(/*draining=*/false, At(0));
  EXPECT_EQ(StateName(), "up");
  subject_.Presume(/*draining=*/true, At(0));
  EXPECT_EQ(StateName(), "up");
}

// --- Weight, and drain

TEST_F(SubjectStateTest, AWeightChangesAtMostOnceASecond) {
  BringTo(Health::kUp, 0);
  BeaconMessage message = Message(State::kUp);
  const auto send_weight = [&](uint16_t weight, int64_t at_ms) {
    message.weight = weight;
    return subject_.OnBeacon(message, false, At(at_ms)).share_changed;
  };
  EXPECT_TRUE(send_weight(60, 100));
  EXPECT_EQ(subject_.weight(), 60);
  EXPECT_FALSE(send_weight(50, 1099));
  EXPECT_EQ(subject_.weight(), 60);
  EXPECT_TRUE(send_weight(50, 1100));
  EXPECT_EQ(subject_.weight(), 50);
  EXPECT_FALSE(send_weight(50, 9000));
}

TEST_F(SubjectStateTest, ADrainBeginsAtOnceAndLastsASecond) {
  BringTo(Health::kUp, 0);
  Send(State::kDraining, 100);
  EXPECT_EQ(StateName(), "draining");
  Send(State::kUp, 1099);
  EXPECT_EQ(StateName(), "draining");
  Send(State::kUp, 1100);
  EXPECT_EQ(StateName(), "up");
  EXPECT_EQ(subject_.flaps().changes(), 0u);
}

TEST_F(SubjectStateTest, AServerThatCannotDecideToDrainChangesLittle) {
  BringTo(Health::kUp, 0);
  int changes = 0;
  for (int ms = 1; ms <= 10'000; ++ms) {
    const State state = ms % 2 == 0 ? State::kUp : State::kDraining;
    changes += Send(state, ms).state_changed();
  }
  EXPECT_LE(changes, 21);
  EXPECT_GE(changes, 19);
}

TEST_F(SubjectStateTest, ADrainChangesTheShareOfADampedOne) {
  BringTo(Health::kDamped, 0);
  EXPECT_FALSE(subject_.drains());
  const Transition drain = Send(State::kDraining, 1);
  EXPECT_FALSE(drain.state_changed());
  EXPECT_TRUE(drain.share_changed);
  EXPECT_TRUE(subject_.drains());
  EXPECT_FALSE(Send(State::kDraining, 2).share_changed);
}

TEST_F(SubjectStateTest, ADrainChangesNoShareOfOneThatIsDown) {
  BringTo(Health::kDown, 0);
  EXPECT_FALSE(Send(State::kDraining, 1).share_changed);
}

// --- Flapping

TEST_F(SubjectStateTest, AServerThatFlapsOnceASecondChangesLittle) {
  BringTo(Health::kUp, 0);
  int changes = 0;
  for (int ms = 100; ms <= 30'000; ms += 100) {
    const bool was_up = IsUp(subject_.state());
    Send(ms % 1000 < 500 ? State::kDown : State::kUp, ms);
    subject_.OnTime(At(ms));
    changes += IsUp(subject_.state()) != was_up;
  }
  EXPECT_EQ(changes, 3);
  EXPECT_FALSE(IsUp(subject_.state()));
  EXPECT_EQ(subject_.flaps().dampings(), 1u);
  for (int ms = 30'100; ms <= 59'900; ms += 100) {
    Send(State::kUp, ms);
    ASSERT_EQ(StateName(), ms < 30'300 ? "down" : "damped") << ms;
  }
  for (int ms = 60'000; ms <= 60'500; ms += 100) Send(State::kUp, ms);
  EXPECT_EQ(StateName(), "up") << "steady for the damping";
}

TEST_F(SubjectStateTest, DampingDoesNotPassInSilenceAfterADown) {
  BringTo(Health::kDamped, 1);
  EXPECT_EQ(subject_.reason(),
            "it says up, but changed 3 times within 60 s; has to stay up for "
            "30000 ms");
  Send(State::kDown, 1000);
  ASSERT_EQ(StateName(), "down");
  // The damping starts again with the third of these.
  for (int ms = 60'000; ms <= 60'500; ms += 100) Send(State::kUp, ms);
  EXPECT_EQ(StateName(), "damped");
  for (int ms = 60'600; ms < 90'200; ms += 100) {
    Send(State::kUp, ms);
    ASSERT_EQ(StateName(), "damped") << ms;
  }
  Send(State::kUp, 90'200);
  EXPECT_EQ(StateName(), "up") << "it reported up for the whole damping";
}

TEST_F(SubjectStateTest, SilencesAreFlapsToo) {
  BringTo(Health::kUp, 0);
  int changes = 0;
  for (int ms = 100; ms <= 60'000; ms += 100) {
    const bool was_up = IsUp(subject_.state());
    if (ms % 4000 < 2000) Send(State::kUp, ms);
    subject_.OnTime(At(ms));
    changes += IsUp(subject_.state()) != was_up;
  }
  EXPECT_EQ(changes, 3);
  EXPECT_FALSE(IsUp(subject_.state()));
}

TEST_F(SubjectStateTest, ASilenceCountsOnlyIfItWasNotTrusted) {
  BringTo(Health::kSilent, 0);
  EXPECT_EQ(subject_.flaps().changes(), 0u) << "not yet known";
  Send(State::kUp, 5000, kTrusted);
  EXPECT_EQ(subject_.flaps().changes(), 0u);
  subject_.OnTime(At(9000));
  ASSERT_EQ(StateName(), "silent");
  SendRow(State::kUp, 9000);
  ASSERT_EQ(StateName(), "up");
  EXPECT_EQ(subject_.flaps().changes(), 2u) << "its begin and its end";
}

TEST_F(SubjectStateTest, SilenceDoesNotEndADamping) {
  BringTo(Health::kDamped, 0);
  subject_.OnTime(At(1650));
  ASSERT_EQ(StateName(), "silent");
  Send(State::kUp, 40'000, kTrusted);
  EXPECT_EQ(StateName(), "damped");
  EXPECT_EQ(subject_.flaps().damped_until(), At(70'000));
}

}  // namespace
}  // namespace l275
