#include "lb/agent/attach/xdp_attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iterator>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/os/unique_fd.h"
#include "common/testing/log_capture.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/maps/bpf_log.h"

namespace l275 {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

constexpr int kEth0 = 101;
constexpr int kEth1 = 102;

// What the kernel says is attached to an interface.
struct Attached {
  uint8_t mode = XDP_ATTACHED_NONE;
  uint32_t id = 0;
  std::string name;
};

Attached AttachedTo(int ifindex) {
  LIBBPF_OPTS(bpf_xdp_query_opts, query);
  EXPECT_EQ(bpf_xdp_query(ifindex, 0, &query), 0);
  Attached attached;
  attached.mode = query.attach_mode;
  attached.id = query.prog_id;
  if (attached.id == 0) return attached;
  const UniqueFd fd(bpf_prog_get_fd_by_id(attached.id));
  bpf_prog_info info = {};
  uint32_t length = sizeof(info);
  EXPECT_EQ(bpf_obj_get_info_by_fd(fd.get(), &info, &length), 0);
  attached.name = info.name;
  return attached;
}

// A program of somebody else's that lets everything pass.
UniqueFd LoadOtherProgram() {
  const bpf_insn instructions[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_XDP, "other", "GPL", instructions,
                            std::size(instructions), nullptr));
  EXPECT_TRUE(fd) << "bpf_prog_load()";
  return fd;
}

class XdpAttachmentTest : public ::testing::Test {
 protected:
  XdpAttachmentTest() : scope_(namespace_) {
    RouteBpfLogs();
    namespace_.IpBatch(
        "link add eth0 index 101 type veth peer peer0\n"
        "link add eth1 index 102 type veth peer peer1\n");
  }

  void SetUp() override {
    auto maps = Maps::Create({1, 1, 13});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
  }

  absl::StatusOr<std::unique_ptr<XdpAttachment>> Attach(
      const std::string& interface, XdpMode mode = XdpMode::kAuto) {
    XdpAttachment::Options options;
    options.mode = mode;
    return XdpAttachment::Create(*maps_, interface, options);
  }

  TestNamespace namespace_;
  TestNamespace::Scope scope_;
  std::unique_ptr<Maps> maps_;
};

struct ModeRow {
  const char* description;
  const char* interface;
  int ifindex;
  XdpMode mode;
  uint8_t attached;
};

std::ostream& operator<<(std::ostream& out, const ModeRow& row) {
  return out << row.description;
}

class XdpAttachmentModeTest : public XdpAttachmentTest,
                              public ::testing::WithParamInterface<ModeRow> {};

TEST_P(XdpAttachmentModeTest, AttachesUntilItsEnd) {
  const ModeRow& row = GetParam();
  auto attachment = Attach(row.interface, row.mode);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_EQ(AttachedTo(row.ifindex).mode, row.attached);
  EXPECT_EQ((*attachment)->native(), row.attached == XDP_ATTACHED_DRV);
  EXPECT_EQ((*attachment)->interface(), row.interface);
  EXPECT_EQ((*attachment)->ifindex(), static_cast<uint32_t>(row.ifindex));
  EXPECT_EQ(AttachedTo(row.ifindex).name,
            (*attachment)->uses_dispatcher() ? "xdp_dispatcher" : "l275_lb");
  attachment->reset();
  EXPECT_EQ(AttachedTo(row.ifindex).mode, XDP_ATTACHED_NONE);
}

// veth's driver knows XDP, the loopback interface's does not.
INSTANTIATE_TEST_SUITE_P(
    All, XdpAttachmentModeTest,
    ::testing::Values(
        ModeRow{"native", "eth0", kEth0, XdpMode::kNative, XDP_ATTACHED_DRV},
        ModeRow{"generic", "eth0", kEth0, XdpMode::kGeneric, XDP_ATTACHED_SKB},
        ModeRow{"auto_where_the_driver_can", "eth0", kEth0, XdpMode::kAuto,
                XDP_ATTACHED_DRV},
        ModeRow{"auto_where_the_driver_cannot", "lo", 1, XdpMode::kAuto,
                XDP_ATTACHED_SKB}),
    [](const ::testing::TestParamInfo<ModeRow>& row) {
      return std::string(row.param.description);
    });

TEST_F(XdpAttachmentTest, NativeModeIsRefusedWhereTheDriverCannot) {
  const absl::Status status = Attach("lo", XdpMode::kNative).status();
  EXPECT_EQ(std::string(status.message()),
            "attaching to lo in native mode: Operation not supported");
  EXPECT_EQ(AttachedTo(1).mode, XDP_ATTACHED_NONE);
}

TEST_F(XdpAttachmentTest, SeveralInterfacesAtOnce) {
  auto first = Attach("eth0");
  ASSERT_TRUE(first.ok()) << first.status();
  auto second = Attach("eth1");
  ASSERT_TRUE(second.ok()) << second.status();
  first->reset();
  EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_NONE);
  EXPECT_EQ(AttachedTo(kEth1).mode, XDP_ATTACHED_DRV);
}

TEST_F(XdpAttachmentTest, MissingInterfaceIsNamed) {
  const absl::Status status = Attach("eth7").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "there is no interface \"eth7\"");
}

TEST_F(XdpAttachmentTest, SecondAgentIsRefusedAndTheFirstGoesOn) {
  const auto first = Attach("eth0");
  ASSERT_TRUE(first.ok()) << first.status();
  const Attached before = AttachedTo(kEth0);
  const absl::Status second = Attach("eth0").status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(second.message()), "another lb_agent serves eth0");
  EXPECT_EQ(AttachedTo(kEth0).id, before.id);
}

struct OtherRow {
  const char* description;
  uint32_t flags;
  uint8_t attached;
  const char* off;  // what makes ip(8) detach it
};

std::ostream& operator<<(std::ostream& out, const OtherRow& row) {
  return out << row.description;
}

class XdpAttachmentOtherTest : public XdpAttachmentTest,
                               public ::testing::WithParamInterface<OtherRow> {
};

// The line's advice is followed to the letter.
TEST_P(XdpAttachmentOtherTest, AnotherProgramIsRefusedUntilItIsDetached) {
  const UniqueFd other = LoadOtherProgram();
  ASSERT_EQ(bpf_xdp_attach(kEth0, other.get(), GetParam().flags, nullptr), 0);
  const Attached before = AttachedTo(kEth0);
  for (XdpMode mode : {XdpMode::kAuto, XdpMode::kNative, XdpMode::kGeneric}) {
    const absl::Status status = Attach("eth0", mode).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(
        status.message(),
        absl::StrCat("eth0 has another XDP program already: \"other\", "
                     "id ",
                     before.id, "; detach it first (ip ", GetParam().off, ")"));
  }
  EXPECT_EQ(AttachedTo(kEth0).id, before.id);
  EXPECT_EQ(AttachedTo(kEth0).mode, GetParam().attached);

  namespace_.Ip(GetParam().off);
  EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_NONE);
  const auto attachment = Attach("eth0");
  EXPECT_TRUE(attachment.ok()) << attachment.status();
}

INSTANTIATE_TEST_SUITE_P(
    All, XdpAttachmentOtherTest,
    ::testing::Values(OtherRow{"native", XDP_FLAGS_DRV_MODE, XDP_ATTACHED_DRV,
                               "link set dev eth0 xdp off"},
                      OtherRow{"generic", XDP_FLAGS_SKB_MODE, XDP_ATTACHED_SKB,
                               "link set dev eth0 xdpgeneric off"}),
    [](const ::testing::TestParamInfo<OtherRow>& row) {
      return std::string(row.param.description);
    });

// As when an agent is killed: its process ends, its program stays.
void AttachAndDie(const Maps& maps, const std::string& interface,
                  XdpMode mode) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    XdpAttachment::Options options;
    options.mode = mode;
    const auto attachment = XdpAttachment::Create(maps, interface, options);
    if (attachment.ok()) (*attachment)->Keep();
    _exit(attachment.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
}

TEST_F(XdpAttachmentTest, ReplacesWhatAKilledAgentLeft) {
  for (XdpMode left : {XdpMode::kNative, XdpMode::kGeneric}) {
    AttachAndDie(*maps_, "eth0", left);
    const Attached before = AttachedTo(kEth0);
    ASSERT_NE(before.mode, XDP_ATTACHED_NONE);
    auto attachment = Attach("eth0", XdpMode::kNative);
    ASSERT_TRUE(attachment.ok()) << attachment.status();
    EXPECT_NE(AttachedTo(kEth0).id, before.id);
    EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_DRV);
    (*attachment)->Keep();
    attachment->reset();
    EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_DRV);
    EXPECT_TRUE(XdpAttachment::Detach("eth0").ok());
    EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_NONE);
  }
}

TEST_F(XdpAttachmentTest, TakesOverInTheModeThatIsThere) {
  AttachAndDie(*maps_, "eth0", XdpMode::kNative);
  const Attached before = AttachedTo(kEth0);
  auto attachment = Attach("eth0", XdpMode::kAuto);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_NE(AttachedTo(kEth0).id, before.id);
  EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_DRV);
}

TEST_F(XdpAttachmentTest, AutoLeavesGenericModeWhereNativeWorks) {
  AttachAndDie(*maps_, "eth0", XdpMode::kGeneric);
  ASSERT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_SKB);
  LogCapture log;
  auto attachment = Attach("eth0", XdpMode::kAuto);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_THAT(log.Take(),
              Contains("eth0 changed from generic to native mode; it had no "
                       "program in between"));
  EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_DRV);
  EXPECT_TRUE((*attachment)->native());
}

TEST_F(XdpAttachmentTest, AutoStaysInGenericModeWhereTheDriverCannot) {
  AttachAndDie(*maps_, "lo", XdpMode::kGeneric);
  const Attached before = AttachedTo(1);
  LogCapture log;
  auto attachment = Attach("lo", XdpMode::kAuto);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_THAT(log.Take(),
              Contains("attaching to lo in native mode: Operation not "
                       "supported; it stays in generic mode, which is slower"));
  EXPECT_NE(AttachedTo(1).id, before.id);
  EXPECT_EQ(AttachedTo(1).mode, XDP_ATTACHED_SKB);
  EXPECT_FALSE((*attachment)->native());
}

TEST_F(XdpAttachmentTest, TheEarlierProgramIsBackWhereTheDriverCannot) {
  AttachAndDie(*maps_, "lo", XdpMode::kGeneric);
  const Attached before = AttachedTo(1);
  const absl::Status status = Attach("lo", XdpMode::kNative).status();
  EXPECT_EQ(std::string(status.message()),
            "attaching to lo in native mode: Operation not supported");
  EXPECT_EQ(AttachedTo(1).id, before.id);
  EXPECT_EQ(AttachedTo(1).mode, XDP_ATTACHED_SKB);
}

TEST_F(XdpAttachmentTest, AChangeOfModeThatIsNotKeptIsUndone) {
  AttachAndDie(*maps_, "eth0", XdpMode::kGeneric);
  const Attached before = AttachedTo(kEth0);
  auto attachment = Attach("eth0", XdpMode::kNative);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  attachment->reset();
  EXPECT_EQ(AttachedTo(kEth0).id, before.id);
  EXPECT_EQ(AttachedTo(kEth0).mode, XDP_ATTACHED_SKB);
}

TEST_F(XdpAttachmentTest, SeesThatItWasTakenAway) {
  const auto attachment = Attach("eth0", XdpMode::kNative);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_EQ((*attachment)->IsAttached().value(), true);
  const UniqueFd other = LoadOtherProgram();
  ASSERT_EQ(bpf_xdp_attach(kEth0, other.get(), XDP_FLAGS_DRV_MODE, nullptr), 0);
  EXPECT_EQ((*attachment)->IsAttached().value(), false);
  namespace_.Ip("link set dev eth0 xdp off");
  EXPECT_EQ((*attachment)->IsAttached().value(), false);
}

TEST_F(XdpAttachmentTest, WhatIsNotKeptIsUndone) {
  AttachAndDie(*maps_, "eth0", XdpMode::kNative);
  const Attached before = AttachedTo(kEth0);
  auto attachment = Attach("eth0");
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_NE(AttachedTo(kEth0).id, before.id);
  attachment->reset();
  EXPECT_EQ(AttachedTo(kEth0).id, before.id);
}

TEST_F(XdpAttachmentTest, DetachSaysWhenThereIsNothing) {
  EXPECT_EQ(std::string(XdpAttachment::Detach("eth0").message()),
            "no load balancer's program is on eth0");
  EXPECT_EQ(std::string(XdpAttachment::Detach("eth7").message()),
            "there is no interface \"eth7\"");
  const auto attachment = Attach("eth0");
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_EQ(std::string(XdpAttachment::Detach("eth0").message()),
            "another lb_agent serves eth0");
}

// Whoever forces a program onto the interface keeps it.
TEST_F(XdpAttachmentTest, EndDetachesNoOtherProgram) {
  auto attachment = Attach("eth0", XdpMode::kNative);
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  const UniqueFd other = LoadOtherProgram();
  ASSERT_EQ(bpf_xdp_attach(kEth0, other.get(), XDP_FLAGS_DRV_MODE, nullptr), 0);
  const Attached forced = AttachedTo(kEth0);
  LogCapture log;
  attachment->reset();
  EXPECT_THAT(log.Take(),
              ElementsAre("the program was gone from eth0 already"));
  EXPECT_EQ(AttachedTo(kEth0).id, forced.id);
}

TEST_F(XdpAttachmentTest, SurvivesTheEndOfItsInterface) {
  auto attachment = Attach("eth0");
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  namespace_.Ip("link del eth0");
  LogCapture log;
  attachment->reset();
  EXPECT_THAT(log.Take(),
              ElementsAre("the program was gone from eth0 already"));
  namespace_.Ip("link add eth0 index 101 type veth peer peer0");
  EXPECT_TRUE(Attach("eth0").ok());
}

TEST(ParseXdpModeTest, TakesTheNamesOfTheFlag) {
  EXPECT_EQ(*ParseXdpMode("auto"), XdpMode::kAuto);
  EXPECT_EQ(*ParseXdpMode("native"), XdpMode::kNative);
  EXPECT_EQ(*ParseXdpMode("generic"), XdpMode::kGeneric);
}

TEST(ParseXdpModeTest, RefusesAnythingElse) {
  for (const char* text : {"", "Native", "native ", "skb"}) {
    const absl::Status status = ParseXdpMode(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()),
              absl::StrCat("\"", text,
                           "\" is no XDP mode; expected auto, native or "
                           "generic"));
  }
}

}  // namespace
}  // namespace l275
