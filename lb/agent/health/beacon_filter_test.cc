#include "lb/agent/health/beacon_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = BeaconMessage::State;

constexpr milliseconds kTimeout{1600};
constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a000065);  // 10.0.0.101
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a000066);
constexpr Ipv4Address kSender = Ipv4Address::FromHost(0x0a010065);

// 1: for all. 2: for A. 3: for B.
constexpr char kKeys[] =
    "1 * 000102030405060708090a0b0c0d0e0f\n"
    "2 10.0.0.101 101112131415161718191a1b1c1d1e1f\n"
    "3 10.0.0.102 202122232425262728292a2b2c2d2e2f\n";
// Key 9 is none of the agent's, key 1 has another secret.
constexpr char kStrangersKeys[] =
    "1 * ffffffffffffffffffffffffffffffff\n"
    "9 * 000102030405060708090a0b0c0d0e0f\n";

HealthTime At(int ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

BeaconKeys Keys(const char* text = kKeys) {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(text, "keys");
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *std::move(keys);
}

BeaconMessage Beacon(Ipv4Address address, uint64_t epoch, uint64_t sequence) {
  BeaconMessage message;
  message.address = address;
  message.state = State::kUp;
  message.interval_ms = 100;
  message.epoch = epoch;
  message.sequence = sequence;
  return message;
}

class BeaconFilterTest : public ::testing::Test {
 protected:
  BeaconFilterTest() {
    filter_.SetSubjects({{kA, 0}, {kA, 443}, {kB, 0}});
    insecure_.SetSubjects({{kA, 0}, {kB, 0}});
  }

  BeaconMessage::Bytes Signed(const BeaconMessage& message, uint32_t key) {
    return keys_.Find(key)->Sign(message);
  }

  // What the filter makes of the datagram, by its counters.
  std::string Result(absl::Span<const uint8_t> bytes, HealthTime now = At(0)) {
    return ResultOf(filter_, bytes, now);
  }

  static std::string ResultOf(BeaconFilter& filter,
                              absl::Span<const uint8_t> bytes, HealthTime now) {
    const BeaconCounters before = filter.counters();
    const bool accepted = filter.Check(bytes, kSender, now).has_value();
    std::string word;
    for (const BeaconResult result : AllOf<BeaconResult>()) {
      if (filter.counters().Of(result) == before.Of(result)) continue;
      EXPECT_EQ(word, "") << "counted twice";
      word = NameOf(result).word;
    }
    EXPECT_EQ(accepted, word == "accepted");
    return word;
  }

  const BeaconKeys keys_ = Keys();
  const BeaconKeys strangers_ = Keys(kStrangersKeys);
  BeaconFilter filter_{Keys(), kTimeout};
  BeaconFilter insecure_{std::nullopt, kTimeout};
  LogCapture log_;
};

TEST_F(BeaconFilterTest, BelievesWhatIsSignedWithAKeyOfTheFile) {
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 1), 1)), "accepted");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 2), 2)), "accepted");
  EXPECT_EQ(Result(Signed(Beacon(kB, 5, 1), 3)), "accepted");
}

TEST_F(BeaconFilterTest, HandsOverWhatTheBeaconSays) {
  BeaconMessage message = Beacon(kA, 5, 1);
  message.port = 443;
  message.weight = 70;
  const auto got = filter_.Check(Signed(message, 1), kSender, At(0));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->port, 443);
  EXPECT_EQ(got->weight, 70);
  EXPECT_EQ(got->key_id, 1u);
}

TEST_F(BeaconFilterTest, RefusesByTheFirstThingThatIsWrong) {
  EXPECT_EQ(Result({}), "malformed");
  BeaconMessage message = Beacon(Ipv4Address::FromHost(0x0a000067), 5, 1);
  EXPECT_EQ(Result(Signed(message, 1)), "unknown_backend");
  message = Beacon(kA, 5, 1);
  message.port = 80;
  EXPECT_EQ(Result(Signed(message, 1)), "unknown_backend") << "its port";
  message = Beacon(kA, 5, 1);
  EXPECT_EQ(Result(message.Encode()), "unsigned");
  EXPECT_EQ(Result(strangers_.Find(9)->Sign(message)), "unknown_key");
  EXPECT_EQ(Result(Signed(message, 3)), "wrong_server");
  EXPECT_EQ(Result(strangers_.Find(1)->Sign(message)), "bad_tag");
  EXPECT_EQ(Result(Signed(message, 1)), "accepted") << "none of them counted";
  EXPECT_EQ(Result(Signed(message, 1)), "replayed");
  EXPECT_EQ(Result(strangers_.Find(1)->Sign(message)), "replayed")
      << "before its tag is looked at";
}

TEST_F(BeaconFilterTest, OlderBeaconsAreWorthlessForEver) {
  const BeaconMessage::Bytes first = Signed(Beacon(kA, 5, 1), 1);
  const BeaconMessage::Bytes older_start = Signed(Beacon(kA, 4, 900), 1);
  EXPECT_EQ(Result(first), "accepted");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 2), 1)), "accepted");
  for (int ms : {1, 1600, 100'000'000}) {
    EXPECT_EQ(Result(first, At(ms)), "replayed");
    EXPECT_EQ(Result(older_start, At(ms)), "replayed");
  }
  EXPECT_EQ(Result(Signed(Beacon(kA, 6, 1), 1)), "accepted") << "a new start";
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 3), 1)), "replayed");
}

TEST_F(BeaconFilterTest, AnEarlierAgentsMemoryCounts) {
  ASSERT_EQ(filter_.guard().AddText("10.0.0.101 0 5 7 1\nend 1\n"),
            absl::OkStatus());
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 7), 1)), "replayed");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 8), 1)), "accepted");
}

TEST_F(BeaconFilterTest, WhatWasRefusedIsNotRemembered) {
  EXPECT_EQ(Result(strangers_.Find(1)->Sign(Beacon(kA, ~uint64_t{0}, 1))),
            "bad_tag");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 1), 1)), "accepted");
}

TEST_F(BeaconFilterTest, KeysCanBeReplacedWithoutAGap) {
  filter_.SetKeys(
      Keys("1 * 000102030405060708090a0b0c0d0e0f\n"
           "4 * 303132333435363738393a3b3c3d3e3f\n"));
  const BeaconKeys both = Keys("4 * 303132333435363738393a3b3c3d3e3f\n");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 1), 1)), "accepted");
  EXPECT_EQ(Result(both.Find(4)->Sign(Beacon(kA, 6, 1))), "accepted");
  filter_.SetKeys(Keys("4 * 303132333435363738393a3b3c3d3e3f\n"));
  EXPECT_EQ(Result(Signed(Beacon(kA, 7, 1), 1)), "unknown_key");
  EXPECT_EQ(Result(both.Find(4)->Sign(Beacon(kA, 6, 2))), "accepted");
}

TEST_F(BeaconFilterTest, AStolenKeyThatIsRemovedLeavesNoEpochBehind) {
  constexpr uint64_t kLast = ~uint64_t{0};
  EXPECT_EQ(Result(Signed(Beacon(kA, kLast, kLast), 2)), "accepted");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 1), 1)), "replayed");
  filter_.SetKeys(Keys("1 * 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_EQ(Result(Signed(Beacon(kA, kLast, kLast), 2)), "unknown_key");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 2), 1)), "accepted");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 2), 1)), "replayed");
  EXPECT_EQ(Result(Signed(Beacon(kA, 5, 1), 1)), "replayed");
}

TEST_F(BeaconFilterTest, WithoutKeysEverybodyIsBelieved) {
  EXPECT_EQ(ResultOf(insecure_, Beacon(kA, 5, 1).Encode(), At(0)), "accepted");
  EXPECT_EQ(ResultOf(insecure_, Signed(Beacon(kB, 5, 1), 1), At(0)),
            "accepted");
  EXPECT_EQ(ResultOf(insecure_, Beacon(kA, 5, 1).Encode(), At(0)), "replayed");
}

TEST_F(BeaconFilterTest, WithoutKeysAnOlderStartCountsAfterTheTimeout) {
  ResultOf(insecure_, Beacon(kA, 5, 7).Encode(), At(0));
  const BeaconMessage::Bytes older = Beacon(kA, 4, 900).Encode();
  EXPECT_EQ(ResultOf(insecure_, older, At(1599)), "replayed");
  EXPECT_EQ(ResultOf(insecure_, Beacon(kA, 5, 7).Encode(), At(5000)),
            "replayed");
  EXPECT_EQ(ResultOf(insecure_, older, At(1600)), "accepted");
}

TEST_F(BeaconFilterTest, LogsTheFirstOfAKindInAMinute) {
  for (int second = 0; second < 61; ++second) {
    Result(Beacon(kA, 5, 1).Encode(), At(1000 * second));
    Result({}, At(1000 * second));
  }
  const std::vector<std::string> lines = log_.Take();
  EXPECT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines, Contains("59 more datagrams to the beacon group "
                              "(malformed) are not logged: at most 1 are in "
                              "60 seconds"));
  Result({}, At(61'000));
  filter_.Tick(At(119'000));
  EXPECT_THAT(log_.Take(), IsEmpty());
  filter_.Tick(At(120'000));
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("1 more datagrams")));
  Result(Signed(Beacon(kA, 5, 1), 3));
  EXPECT_THAT(log_.Take(),
              ElementsAre("ignoring what 10.1.0.101 sent to the beacon group: "
                          "a beacon for 10.0.0.101, key 3, epoch 5, sequence "
                          "1: signed with a key that is bound to another "
                          "server"));
}

// A million datagrams of the kinds that an attacker who sees all beacons can
// make. tests/run.sh runs it with
// sanitizers as well.
class BeaconFilterFloodTest : public BeaconFilterTest {
 protected:
  BeaconMessage::Bytes Genuine() {
    BeaconMessage message = Beacon(random_() % 2 == 0 ? kA : kB, 5, ++sent_);
    return Signed(message, 1);
  }

  std::vector<uint8_t> Forged() {
    const BeaconMessage::Bytes& base = recorded_[random_() % recorded_.size()];
    std::vector<uint8_t> bytes(base.begin(), base.end());
    switch (random_() % 6) {
      case 0:  // replayed
        break;
      case 1:  // truncated, or with something behind it
        bytes.resize((80 + 1 + random_() % 159) % 160);
        break;
      case 2:  // a bit of it flipped, more news than any before
        std::fill_n(bytes.begin() + 16, 6, 0xff);
        bytes[random_() % 80] ^= 1 << random_() % 8;
        break;
      case 3: {  // a message of the attacker's own, with a key of his own
        BeaconMessage message = Beacon(kA, random_(), 1 + random_() % 1000);
        const auto made =
            strangers_.Find(random_() % 2 == 0 ? 1 : 9)->Sign(message);
        bytes.assign(made.begin(), made.end());
        break;
      }
      case 4:  // junk of any length
        bytes.resize(random_() % 160);
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
        break;
      case 5:  // another backend's, as far as its address says
        bytes[15] ^= 3;
        std::fill_n(bytes.begin() + 16, 6, 0xff);
        break;
    }
    return bytes;
  }

  std::mt19937_64 random_{275};
  uint64_t sent_ = 0;
  std::vector<BeaconMessage::Bytes> recorded_;
};

TEST_F(BeaconFilterFloodTest, NoneOfAMillionForgeriesIsAccepted) {
  for (int i = 0; i < 1000; ++i) {
    recorded_.push_back(Genuine());
    ASSERT_EQ(Result(recorded_.back()), "accepted");
  }
  const uint64_t accepted = filter_.counters().Of(BeaconResult::kAccepted);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::vector<uint8_t> bytes = Forged();
    ASSERT_FALSE(filter_.Check(bytes, kSender, At(i)).has_value()) << i;
  }
  EXPECT_EQ(filter_.counters().Of(BeaconResult::kAccepted), accepted);
  for (const BeaconResult result : AllOf<BeaconResult>()) {
    const uint64_t count = filter_.counters().Of(result);
    RecordProperty(NameOf(result).word, std::to_string(count));
    if (result == BeaconResult::kUnsigned) continue;
    EXPECT_GT(count, 0u) << NameOf(result).word << " was not tried";
  }
  EXPECT_EQ(Result(Genuine()), "accepted") << "the genuine are still heard";
}

}  // namespace
}  // namespace l275
