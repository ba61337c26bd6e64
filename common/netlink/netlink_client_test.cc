#include "common/netlink/netlink_client.h"

#include <linux/rtnetlink.h>

#include <set>
#include <string>

#include "common/testing/test_namespace.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

class NetlinkClientTest : public testing::Test {
 protected:
  absl::Status GetLink(int ifindex, std::set<int>* seen, int flags = 0) {
    ifinfomsg header{};
    header.ifi_index = ifindex;
    return client_->Call(
        NetlinkRequest(RTM_GETLINK, flags, header), "GETLINK",
        [seen](nlmsghdr* message) {
          const auto* info = static_cast<const ifinfomsg*>(nlmsg_data(message));
          seen->insert(info->ifi_index);
        });
  }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  absl::StatusOr<NetlinkClient> client_ = NetlinkClient::Create();
};

TEST_F(NetlinkClientTest, AnswersOneQuestion) {
  std::set<int> seen;
  ASSERT_TRUE(GetLink(1, &seen).ok());
  EXPECT_EQ(seen, std::set<int>{1});
}

TEST_F(NetlinkClientTest, DumpsOverManyDatagrams) {
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    host_.Connect("a" + n, peer_, "b" + n);
  }
  std::set<int> seen;
  ASSERT_TRUE(GetLink(0, &seen, NLM_F_DUMP).ok());
  EXPECT_EQ(seen.size(), 31u);  // with lo
}

TEST_F(NetlinkClientTest, RefusalNamesCallAndReason) {
  std::set<int> seen;
  const absl::Status status = GetLink(999, &seen);
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_EQ(status.message(), "GETLINK: No such device");
  EXPECT_FALSE(IsFailure(status)) << "an answer";
  EXPECT_TRUE(IsFailure(absl::ResourceExhaustedError("no answer")));
  EXPECT_FALSE(IsFailure(absl::OkStatus()));
  EXPECT_TRUE(seen.empty());
}

TEST_F(NetlinkClientTest, RefusalDoesNotDisturbTheNextCall) {
  std::set<int> seen;
  ASSERT_FALSE(GetLink(999, &seen).ok());
  ASSERT_TRUE(GetLink(1, &seen).ok());
  EXPECT_EQ(seen, std::set<int>{1});
}

}  // namespace
}  // namespace l275
