#include "lb/agent/maps/pin_folder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "common/abi/verdicts.h"
#include "common/testing/test_bpffs.h"
#include "lb/agent/maps/bpf_log.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/lb_object.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr MapSizes kSizes{3, 5, 33, 7};

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

class PinFolderTest : public ::testing::Test {
 protected:
  PinFolderTest() : path_(bpffs_.path() + "/l275") { RouteBpfLogs(); }

  void SetUp() override { Reopen(); }

  // As another process does when the one before has ended.
  void Reopen() {
    folder_.reset();
    auto folder = PinFolder::Create(path_);
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = *std::move(folder);
  }

  static std::unique_ptr<Maps> NewMaps() {
    auto maps = Maps::Create(kSizes);
    EXPECT_TRUE(maps.ok()) << maps.status();
    return *std::move(maps);
  }

  // A program that uses the maps.
  static LbObjectPtr Load(const Maps& maps) {
    auto object = OpenLbObject();
    EXPECT_TRUE(object.ok()) << object.status();
    EXPECT_TRUE(maps.ShareWith(object->get()).ok());
    EXPECT_EQ(lb__load(object->get()), 0);
    return *std::move(object);
  }

  void StageProgram(const std::string& interface, const Maps& maps) {
    const LbObjectPtr object = Load(maps);
    const absl::Status staged = folder_->StageProgram(
        interface, bpf_program__fd(object->progs.l275_lb));
    ASSERT_TRUE(staged.ok()) << staged;
  }

  uint32_t OpenedId() const {
    const auto maps = folder_->OpenMaps();
    EXPECT_TRUE(maps.ok()) << maps.status();
    return maps.ok() ? *(*maps)->SlotsMapId() : 0;
  }

  TestBpffs bpffs_;
  const std::string path_;
  std::unique_ptr<PinFolder> folder_;
};

TEST_F(PinFolderTest, HasNoMapsAtFirst) {
  EXPECT_EQ(folder_->OpenMaps().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(folder_->Interfaces(), IsEmpty());
}

TEST_F(PinFolderTest, MapsAndTheirContentOutliveTheirProcess) {
  auto maps = NewMaps();
  maps->slots()[32] = 4711;
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  maps.reset();
  Reopen();
  const auto opened = folder_->OpenMaps();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->sizes().services, kSizes.services);
  EXPECT_EQ((*opened)->sizes().backends, kSizes.backends);
  EXPECT_EQ((*opened)->sizes().slots, kSizes.slots);
  EXPECT_EQ((*opened)->sizes().flows, kSizes.flows);
  EXPECT_EQ((*opened)->slots()[32], 4711u);
}

TEST_F(PinFolderTest, InterfacesWithDotsAreFoundAgain) {
  const auto maps = NewMaps();
  StageProgram("eth1", *maps);
  StageProgram("eth0.100", *maps);
  ASSERT_TRUE(folder_->Commit().ok());
  EXPECT_THAT(folder_->Interfaces(), ElementsAre("eth0.100", "eth1"));
  ASSERT_TRUE(folder_->RemoveProgram("eth0.100").ok());
  EXPECT_THAT(folder_->Interfaces(), ElementsAre("eth1"));
}

TEST_F(PinFolderTest, OneAgentAFolder) {
  const absl::Status second = PinFolder::Create(path_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(second.message()),
            "another lb_agent has its maps in " + path_);
}

// The maps of an agent that ended before any program used them are forgotten.
TEST_F(PinFolderTest, StagedMapsWithoutAProgramAreForgotten) {
  const auto old = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*old).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  ASSERT_TRUE(folder_->StageMaps(*NewMaps()).ok());
  Reopen();
  EXPECT_EQ(OpenedId(), *old->SlotsMapId());
  EXPECT_FALSE(Exists(path_ + "/maps-new"));
}

TEST_F(PinFolderTest, StagedMapsThatAProgramUsesTakeTheirPlace) {
  ASSERT_TRUE(folder_->StageMaps(*NewMaps()).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  const auto maps = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  StageProgram("eth0", *maps);
  Reopen();
  EXPECT_EQ(OpenedId(), *maps->SlotsMapId());
  EXPECT_THAT(folder_->Interfaces(), ElementsAre("eth0"));
}

TEST_F(PinFolderTest, ACommitThatEndedHalfwayIsFinished) {
  const auto maps = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  StageProgram("eth0", *maps);
  ASSERT_EQ(rename((path_ + "/maps-new").c_str(), (path_ + "/maps").c_str()),
            0);
  Reopen();
  EXPECT_EQ(OpenedId(), *maps->SlotsMapId());
  EXPECT_THAT(folder_->Interfaces(), ElementsAre("eth0"));
}

TEST_F(PinFolderTest, ACommitThatFailedHalfwayIsUndone) {
  const auto old = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*old).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  ASSERT_TRUE(folder_->StageMaps(*NewMaps()).ok());
  ASSERT_EQ(rename((path_ + "/maps").c_str(), (path_ + "/maps-old").c_str()),
            0);
  ASSERT_EQ(rename((path_ + "/maps-new").c_str(), (path_ + "/maps").c_str()),
            0);
  folder_->Rollback();
  EXPECT_EQ(OpenedId(), *old->SlotsMapId());
  EXPECT_FALSE(Exists(path_ + "/maps-old"));
}

TEST_F(PinFolderTest, OldMapsComeBackWhenTheNewOnesNeverCame) {
  const auto old = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*old).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  ASSERT_EQ(rename((path_ + "/maps").c_str(), (path_ + "/maps-old").c_str()),
            0);
  Reopen();
  EXPECT_EQ(OpenedId(), *old->SlotsMapId());
}

TEST_F(PinFolderTest, AFolderThatOthersCanWriteIsRefused) {
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  folder_.reset();
  const absl::Status status = PinFolder::Create(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("with mode 0777"));
}

TEST_F(PinFolderTest, ClearLeavesWhatIsNotItsOwn) {
  const UniqueFd map(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 4, 1, nullptr));
  const std::string other = path_ + "/other";
  ASSERT_EQ(bpf_obj_pin(map.get(), other.c_str()), 0);
  EXPECT_FALSE(folder_->Clear().ok());
  EXPECT_TRUE(Exists(other));
}

TEST_F(PinFolderTest, RollbackForgetsWhatWasStaged) {
  const auto maps = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  StageProgram("eth0", *maps);
  folder_->Rollback();
  ASSERT_TRUE(folder_->Commit().ok());
  EXPECT_EQ(folder_->OpenMaps().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(folder_->Interfaces(), IsEmpty());
}

TEST_F(PinFolderTest, ClearLeavesNothing) {
  const auto maps = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  StageProgram("eth0", *maps);
  ASSERT_TRUE(folder_->Commit().ok());
  ASSERT_TRUE(folder_->Clear().ok());
  EXPECT_FALSE(Exists(path_));
}

TEST_F(PinFolderTest, MapsOfAnotherVersionAreRefused) {
  ASSERT_TRUE(folder_->StageMaps(*NewMaps()).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  const UniqueFd fd(bpf_obj_get((path_ + "/maps/layout").c_str()));
  const l275_layout layout = {L275_LAYOUT_VERSION + 1, 3, 5, 33, 7, 0, 0};
  const uint32_t zero = 0;
  ASSERT_EQ(bpf_map_update_elem(fd.get(), &zero, &layout, BPF_ANY), 0);
  const absl::Status status = folder_->OpenMaps().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("are of layout version 2, this agent's of version 1"));
}

TEST_F(PinFolderTest, MissingMapsAndThoseOfAnotherShapeAreRefusedByName) {
  ASSERT_TRUE(folder_->StageMaps(*NewMaps()).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  const std::string priors = path_ + "/maps/priors";
  ASSERT_EQ(rename(priors.c_str(), (path_ + "/maps/kept").c_str()), 0);
  EXPECT_EQ(std::string(folder_->OpenMaps().status().message()),
            priors + " is missing");
  const UniqueFd slots(bpf_obj_get((path_ + "/maps/flows").c_str()));
  ASSERT_EQ(bpf_obj_pin(slots.get(), priors.c_str()), 0);
  EXPECT_EQ(std::string(folder_->OpenMaps().status().message()),
            priors + " is of another shape than this agent's");
}

// As before and after an upgrade from a version that knows fewer verdicts; a
// start that fails leaves what that version needs.
TEST_F(PinFolderTest, VerdictsAreAddedToMapsOfAnEarlierVersion) {
  const auto maps = NewMaps();
  ASSERT_TRUE(folder_->StageMaps(*maps).ok());
  ASSERT_TRUE(folder_->Commit().ok());
  ASSERT_EQ(unlink((path_ + "/maps/verdicts").c_str()), 0);
  const std::string earlier = path_ + "/maps/verdict_counters";
  EXPECT_EQ(std::string(folder_->OpenMaps().status().message()),
            earlier + " is missing");
  const UniqueFd few(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "few", 4,
                                    sizeof(l275_counter), 3, nullptr));
  const uint32_t second = 1;
  const std::vector<l275_counter> counted(PossibleCpus(), {5, 500});
  ASSERT_EQ(bpf_map_update_elem(few.get(), &second, counted.data(), BPF_ANY),
            0);
  ASSERT_EQ(bpf_obj_pin(few.get(), earlier.c_str()), 0);

  for (const char* when : {"at the upgrade", "later"}) {
    const auto opened = folder_->OpenMaps();
    ASSERT_TRUE(opened.ok()) << when << ": " << opened.status();
    EXPECT_EQ(*(*opened)->SlotsMapId(), *maps->SlotsMapId()) << when;
    const auto counters = ReadCounters(
        (*opened)->verdicts_fd(),
        {0, second, static_cast<uint32_t>(L275_VERDICT_COUNT) - 1});
    ASSERT_TRUE(counters.ok()) << when << ": " << counters.status();
    EXPECT_EQ((*counters)[0].packets, 0u) << when;
    EXPECT_EQ((*counters)[1].packets, 5u * PossibleCpus()) << when;
    EXPECT_EQ((*counters)[1].bytes, 500u * PossibleCpus()) << when;
    EXPECT_EQ((*counters)[2].packets, 0u) << when;
    EXPECT_TRUE(Exists(earlier)) << when;
  }
}

TEST_F(PinFolderTest, APathOutsideOfABpffsIsRefused) {
  for (const char* path : {"", "l275", "/tmp/", "/tmp/l275-pins"}) {
    const absl::Status status = PinFolder::Create(path).status();
    EXPECT_FALSE(status.ok()) << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr("bpffs")) << path;
  }
}

}  // namespace
}  // namespace l275
