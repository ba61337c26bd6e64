#include "common/netlink/netlink_subscription.h"

#include <linux/rtnetlink.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

class NetlinkSubscriptionTest : public testing::Test {
 protected:
  NetlinkSubscriptionTest() { host_.Connect("eth1", peer_, "p1"); }

  void Subscribe(absl::Span<const int> groups) {
    auto subscription = NetlinkSubscription::Create(
        base_.get(), groups,
        [this](nlmsghdr* message) { types_.push_back(message->nlmsg_type); },
        [this](bool complete) { batches_.push_back(complete); });
    ASSERT_TRUE(subscription.ok()) << subscription.status();
    subscription_ = *std::move(subscription);
  }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  std::vector<int> types_;
  std::vector<bool> batches_;
  std::unique_ptr<NetlinkSubscription> subscription_;
};

TEST_F(NetlinkSubscriptionTest, HearsWhatHappensInOneBatch) {
  Subscribe({RTNLGRP_IPV4_IFADDR});
  host_.Ip("addr add 10.0.0.1/24 dev eth1");
  host_.Ip("addr del 10.0.0.1/24 dev eth1");
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  EXPECT_EQ(types_, (std::vector<int>{RTM_NEWADDR, RTM_DELADDR}));
  EXPECT_EQ(batches_, std::vector<bool>{true});
}

TEST_F(NetlinkSubscriptionTest, HearsOnlyItsGroups) {
  Subscribe({RTNLGRP_IPV4_ROUTE});
  host_.Ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth1");
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  EXPECT_TRUE(types_.empty());
  EXPECT_TRUE(batches_.empty());
}

TEST_F(NetlinkSubscriptionTest, SaysWhenMessagesWereLostAndGoesOn) {
  Subscribe({RTNLGRP_NEIGH});
  std::string commands;
  for (int i = 0; i < 4000; ++i) {
    absl::StrAppend(&commands, "neigh replace 10.0.0.2 lladdr 02:00:00:00:0",
                    i % 2, ":00 dev eth1 nud permanent\n");
  }
  host_.IpBatch(commands);
  EXPECT_TRUE(RunUntil(base_.get(), [this] { return !batches_.empty(); }));
  EXPECT_FALSE(batches_.front());
  EXPECT_LT(types_.size(), 4000u);

  types_.clear();
  host_.Ip("neigh del 10.0.0.2 dev eth1");
  EXPECT_TRUE(RunUntil(base_.get(), [this] {
    return !types_.empty() && types_.back() == RTM_DELNEIGH;
  }));
  EXPECT_TRUE(batches_.back());
}

TEST_F(NetlinkSubscriptionTest, NamesGroupThatDoesNotExist) {
  const auto subscription = NetlinkSubscription::Create(
      base_.get(), {9999}, [](nlmsghdr*) {}, [](bool) {});
  ASSERT_FALSE(subscription.ok());
  EXPECT_NE(subscription.status().message().find("9999"), std::string::npos)
      << subscription.status();
}

}  // namespace
}  // namespace l275
