#include "lb/agent/slowpath/slow_path_sockets.h"

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include "common/abi/map_layout.h"
#include "common/os/unique_fd.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/slowpath/receive_queues.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A host with an interface of two receive queues.
class SlowPathSocketsTest : public ::testing::Test {
 protected:
  SlowPathSocketsTest() {
    MakeInterface();
    PCHECK(map_) << "bpf_map_create()";
  }

  void MakeInterface() {
    host_.Ip(
        "link add eth1 numrxqueues 2 numtxqueues 2 type veth peer name p1 "
        "numrxqueues 2 numtxqueues 2");
    host_.Ip("link set eth1 up");
  }

  uint32_t Eth1() { return if_nametoindex("eth1"); }

  SlowPathSockets NewSockets() {
    return SlowPathSockets(
        base_.get(), map_.get(), false, [](absl::Span<uint8_t>) {},
        [this] { ++changes_; });
  }

  int changes_ = 0;
  TestNamespace host_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  UniqueFd map_{bpf_map_create(BPF_MAP_TYPE_XSKMAP, "slow_path",
                               sizeof(uint32_t), sizeof(uint32_t),
                               L275_SLOW_PATH_QUEUES, nullptr)};
};

TEST_F(SlowPathSocketsTest, KnowsTheQueuesOfAnInterface) {
  const auto queues = ReceiveQueues("eth1");
  ASSERT_TRUE(queues.ok()) << queues.status();
  EXPECT_EQ(*queues, 2u);
  EXPECT_TRUE(absl::IsNotFound(ReceiveQueues("nope0").status()));
}

TEST_F(SlowPathSocketsTest, OpensASocketForEachQueue) {
  SlowPathSockets sockets = NewSockets();
  EXPECT_TRUE(sockets.queues().empty());
  sockets.Open("eth1", Eth1());
  const SlowPathQueues queues = sockets.queues().at(Eth1());
  EXPECT_EQ(queues.count, 2);
  const SlowPathSockets::Interface interface = sockets.interfaces().at(Eth1());
  EXPECT_EQ(interface.queues, 2u);
  EXPECT_EQ(interface.sockets, 2u);
  EXPECT_FALSE(interface.zero_copy);
  EXPECT_EQ(interface.reason, "");
  sockets.Close(Eth1());
  EXPECT_TRUE(sockets.queues().empty());
}

TEST_F(SlowPathSocketsTest, AFailureIsShownLoggedOnceAndTriedAgain) {
  auto first = XskSocket::Create("eth1", 1, false);
  ASSERT_TRUE(first.ok()) << first.status();
  SlowPathSockets sockets = NewSockets();
  LogCapture log;
  sockets.Open("eth1", Eth1());
  sockets.Open("eth1", Eth1());
  const SlowPathSockets::Interface interface = sockets.interfaces().at(Eth1());
  EXPECT_EQ(interface.sockets, 1u);
  EXPECT_THAT(interface.reason, HasSubstr("eth1, queue 1"));
  EXPECT_THAT(interface.reason, HasSubstr("busy"));
  EXPECT_THAT(log.Take(), ElementsAre(HasSubstr("slow path of eth1")));
  first->reset();
  ASSERT_TRUE(RunUntil(base_.get(), [&] {
    return sockets.interfaces().at(Eth1()).sockets == 2u;
  }));
  EXPECT_EQ(sockets.interfaces().at(Eth1()).reason, "");
  EXPECT_EQ(changes_, 0);  // the interface's place in the map is what it was
}

TEST_F(SlowPathSocketsTest, AnInterfaceThatIsNotThereIsNoError) {
  SlowPathSockets sockets = NewSockets();
  sockets.Open("nope0", 999);
  EXPECT_TRUE(sockets.queues().empty());
  EXPECT_THAT(sockets.interfaces().at(999).reason, HasSubstr("nope0"));
}

// Its sockets are readable for ever after, if nobody takes their error.
TEST_F(SlowPathSocketsTest, AnInterfaceThatGoesAwayDoesNotKeepTheLoopBusy) {
  SlowPathSockets sockets = NewSockets();
  const uint32_t ifindex = Eth1();
  sockets.Open("eth1", ifindex);
  host_.Ip("link del eth1");
  RunPending(base_.get());
  EXPECT_EQ(event_base_get_num_events(base_.get(), EVENT_BASE_COUNT_ACTIVE), 0);
  sockets.CloseOthers({});
  EXPECT_TRUE(sockets.interfaces().empty());
  MakeInterface();
  sockets.Open("eth1", Eth1());
  EXPECT_EQ(sockets.interfaces().at(Eth1()).sockets, 2u);
}

TEST_F(SlowPathSocketsTest, InterfacesHavePlacesOfTheirOwn) {
  host_.Ip("link set p1 up");
  SlowPathSockets sockets = NewSockets();
  sockets.Open("eth1", Eth1());
  sockets.Open("p1", if_nametoindex("p1"));
  EXPECT_NE(sockets.queues().at(Eth1()).first,
            sockets.queues().at(if_nametoindex("p1")).first);
  sockets.CloseOthers({Eth1()});
  EXPECT_EQ(sockets.queues().count(Eth1()), 1u);
  EXPECT_EQ(sockets.queues().size(), 1u);
}

}  // namespace
}  // namespace l275
