#include "lb/agent/health/reachability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <optional>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Mode = PanicWatch::Mode;

constexpr int kAfter = 4000;

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000064 + number);
}

ServiceAddress Service(uint16_t port = 80) {
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = Ipv4Address::FromHost(0x0a0000c8);
  service.port = port;
  return service;
}

NextHop Hop(NextHop::State state) {
  NextHop hop;
  hop.state = state;
  hop.reason = hop.ready() ? "" : "no ARP answer";
  return hop;
}

// One service and its backends, all of which answer at first.
class ReachabilityTest : public testing::Test {
 protected:
  void SetUp() override { Make(4); }

  void Make(uint32_t backends) {
    reachability_.emplace(options_);
    next_hops_.clear();
    candidates_ = {{Service(), {}}};
    for (uint32_t i = 1; i <= backends; ++i) {
      next_hops_[Backend(i)] = Hop(NextHop::State::kReady);
      candidates_[Service()].insert(Backend(i));
    }
    At(0);
  }

  void Set(uint32_t backend, NextHop::State state) {
    next_hops_[Backend(backend)] = Hop(state);
  }
  void Fail(uint32_t backend) { Set(backend, NextHop::State::kNoNeighbour); }
  void Answer(uint32_t backend) { Set(backend, NextHop::State::kReady); }

  bool At(int ms) {
    return reachability_->Update(next_hops_, candidates_, Time(ms));
  }
  static HealthTime Time(int ms) {
    return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
  }

  const Reachability::Backends& LeftOut() {
    return reachability_->services().at(Service()).left_out;
  }
  Mode PanicMode() {
    return reachability_->services().at(Service()).panic.mode();
  }

  Reachability::Options options_;
  std::optional<Reachability> reachability_;
  std::map<Ipv4Address, NextHop> next_hops_;
  Reachability::Candidates candidates_;
};

TEST_F(ReachabilityTest, OneThatFailsForLongIsLeftOut) {
  EXPECT_EQ(reachability_->NextUpdate(), std::nullopt);
  Fail(1);
  EXPECT_FALSE(At(100));
  EXPECT_EQ(reachability_->NextUpdate(), Time(100 + kAfter));
  EXPECT_FALSE(At(99 + kAfter));
  EXPECT_FALSE(reachability_->IsUnreachable(Backend(1)));
  EXPECT_TRUE(At(100 + kAfter));
  EXPECT_TRUE(reachability_->IsUnreachable(Backend(1)));
  EXPECT_TRUE(reachability_->IsLeftOut(Service(), Backend(1)));
  EXPECT_FALSE(reachability_->IsLeftOut(Service(), Backend(2)));
  EXPECT_FALSE(reachability_->IsLeftOut(Service(81), Backend(1)));
  EXPECT_EQ(reachability_->NextUpdate(), std::nullopt);
}

TEST_F(ReachabilityTest, EveryWayToFailCounts) {
  for (const auto state :
       {NextHop::State::kNoNeighbour, NextHop::State::kNoRoute,
        NextHop::State::kUnusable}) {
    Make(4);
    Set(1, state);
    EXPECT_FALSE(At(1));
    EXPECT_TRUE(At(1 + kAfter));
    EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
  }
}

TEST_F(ReachabilityTest, OneThatAnswersIsBackAtOnce) {
  Fail(1);
  At(1);
  At(1 + kAfter);
  Answer(1);
  EXPECT_TRUE(At(2 + kAfter));
  EXPECT_THAT(LeftOut(), IsEmpty());
  Fail(1);
  EXPECT_FALSE(At(3 + kAfter));
  EXPECT_FALSE(At(2 + 2 * kAfter));
  EXPECT_TRUE(At(3 + 2 * kAfter));
}

TEST_F(ReachabilityTest, AShortFailureChangesNothing) {
  for (int ms = 1; ms < 10 * kAfter; ms += kAfter) {
    Fail(1);
    EXPECT_FALSE(At(ms));
    EXPECT_FALSE(At(ms + kAfter - 2));
    Answer(1);
    EXPECT_FALSE(At(ms + kAfter - 1));
  }
}

TEST_F(ReachabilityTest, AnotherReasonIsTheSameFailure) {
  Fail(1);
  At(1);
  Set(1, NextHop::State::kNoRoute);
  EXPECT_FALSE(At(kAfter));
  EXPECT_TRUE(At(1 + kAfter));
}

TEST_F(ReachabilityTest, AColdStartWaitsToo) {
  Make(0);
  for (const uint32_t i : {1, 2, 3}) candidates_[Service()].insert(Backend(i));
  Fail(1);
  Answer(2);
  Answer(3);
  EXPECT_FALSE(At(1));
  EXPECT_THAT(LeftOut(), IsEmpty());
  EXPECT_TRUE(At(1 + kAfter));
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
}

// A new agent takes over, and an earlier one had asked in vain.
TEST_F(ReachabilityTest, OneThatHadFailedBeforeIsLeftOutAtOnce) {
  Make(0);
  for (const uint32_t i : {1, 2, 3}) candidates_[Service()].insert(Backend(i));
  Fail(1);
  next_hops_[Backend(1)].failed_before = true;
  Answer(2);
  Answer(3);
  EXPECT_TRUE(At(1));
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
}

TEST_F(ReachabilityTest, OneThatNeverWasAServerIsLeftOutAtOnceAndInAPanic) {
  Make(0);
  for (const uint32_t i : {1, 2, 3}) candidates_[Service()].insert(Backend(i));
  Set(1, NextHop::State::kUnusable);
  Fail(2);
  Fail(3);
  EXPECT_TRUE(At(1));
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
  EXPECT_FALSE(At(1 + kAfter));
  EXPECT_EQ(PanicMode(), Mode::kPanic);
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
}

// The interface is taken down, and the default route leads to a router.
TEST_F(ReachabilityTest, OneThatBecomesUnusableIsOneThatFails) {
  for (const uint32_t i : {1, 2, 3, 4}) Set(i, NextHop::State::kUnusable);
  EXPECT_FALSE(At(1));
  EXPECT_FALSE(At(1 + kAfter));
  EXPECT_EQ(PanicMode(), Mode::kPanic);
  EXPECT_THAT(LeftOut(), IsEmpty());
}

TEST_F(ReachabilityTest, HalfOfThemAreLeftOut) {
  Fail(1);
  Fail(2);
  At(1);
  EXPECT_TRUE(At(1 + kAfter));
  EXPECT_EQ(PanicMode(), Mode::kCalm);
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1), Backend(2)));
}

TEST_F(ReachabilityTest, MoreThanHalfArePanic) {
  for (const uint32_t i : {1, 2, 3}) Fail(i);
  At(1);
  EXPECT_FALSE(At(1 + kAfter));
  EXPECT_EQ(PanicMode(), Mode::kPanic);
  EXPECT_TRUE(reachability_->IsUnreachable(Backend(1)));
  EXPECT_THAT(LeftOut(), IsEmpty());
  const PanicWatch::Census& census =
      reachability_->services().at(Service()).census;
  EXPECT_EQ(census.total, 4);
  EXPECT_EQ(census.up, 1);
}

// The neighbour entries of one fault fail one after another.
TEST_F(ReachabilityTest, NoneIsLeftOutOnTheWayToAPanic) {
  for (const uint32_t i : {1, 2, 3, 4}) {
    Fail(i);
    At(static_cast<int>(500 * i));
  }
  for (int ms = 2000; ms < 3 * kAfter; ms += 100) {
    EXPECT_FALSE(At(ms)) << ms;
    EXPECT_THAT(LeftOut(), IsEmpty()) << ms;
  }
  EXPECT_EQ(PanicMode(), Mode::kPanic);
}

TEST_F(ReachabilityTest, AfterAPanicTheRestIsLeftOut) {
  for (const uint32_t i : {1, 2, 3}) Fail(i);
  At(1);
  At(1 + kAfter);
  ASSERT_EQ(PanicMode(), Mode::kPanic);
  Answer(1);
  EXPECT_FALSE(At(2 + kAfter));
  ASSERT_TRUE(reachability_->NextUpdate().has_value());
  EXPECT_LE(*reachability_->NextUpdate(), Time(102 + kAfter));
  EXPECT_FALSE(At(1 + 2 * kAfter));
  EXPECT_TRUE(At(2 + 2 * kAfter));
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(2), Backend(3)));
}

TEST_F(ReachabilityTest, OnlyBackendsThatWouldGetNewFlowsCount) {
  candidates_[Service()] = {Backend(1), Backend(2)};
  Fail(1);
  Fail(2);
  Fail(3);
  At(1);
  EXPECT_FALSE(At(1 + kAfter));
  EXPECT_EQ(PanicMode(), Mode::kPanic);
  EXPECT_TRUE(reachability_->IsUnreachable(Backend(3)));
}

TEST_F(ReachabilityTest, WithoutPanicNoneGetsFlows) {
  options_.panic_percent = 0;
  Make(1);
  Fail(1);
  At(1);
  EXPECT_TRUE(At(1 + kAfter));
  EXPECT_THAT(LeftOut(), ElementsAre(Backend(1)));
}

TEST_F(ReachabilityTest, EachServiceHasItsOwnPanic) {
  candidates_[Service(81)] = {Backend(1)};
  Fail(1);
  At(1);
  EXPECT_TRUE(At(1 + kAfter));
  EXPECT_TRUE(reachability_->IsLeftOut(Service(80), Backend(1)));
  EXPECT_FALSE(reachability_->IsLeftOut(Service(81), Backend(1)));
}

TEST_F(ReachabilityTest, OneThatIsGoneIsForgotten) {
  Fail(1);
  At(1);
  At(1 + kAfter);
  next_hops_.erase(Backend(1));
  candidates_[Service()].erase(Backend(1));
  At(2 + kAfter);
  EXPECT_FALSE(reachability_->IsUnreachable(Backend(1)));
  EXPECT_EQ(reachability_->NextUpdate(), std::nullopt);
}

TEST_F(ReachabilityTest, SaysWhatChanged) {
  LogCapture log;
  Fail(1);
  At(1);
  At(1 + kAfter);
  Answer(1);
  At(2 + kAfter);
  EXPECT_THAT(log.Take(),
              ElementsAre("backend 10.0.0.101 is unreachable: no ARP answer",
                          "backend 10.0.0.101 is reachable again"));
}

}  // namespace
}  // namespace l275
