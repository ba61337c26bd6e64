#include "web/healthbeacon/testing/healthbeacon_rig.h"

#include <glog/logging.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace l275 {
namespace {

constexpr char kProgram[] = "web/healthbeacon/healthbeacon";

}  // namespace

HealthbeaconRig::HealthbeaconRig()
    : folder_(::testing::TempDir() + "/rig.XXXXXX") {
  PCHECK(mkdtemp(folder_.data()) != nullptr);
  Connect();
}

HealthbeaconRig::~HealthbeaconRig() { std::filesystem::remove_all(folder_); }

void HealthbeaconRig::Connect() {
  lb_.Connect("lb0", web_, "web0");
  lb_.Ip("addr add 10.1.0.2/24 dev lb0");
  web_.Ip("addr add 10.1.0.101/24 dev web0");
}

std::unique_ptr<Program> HealthbeaconRig::StartWith(
    const std::vector<std::string>& flags) {
  const TestNamespace::Scope scope(web_);
  return std::make_unique<Program>(kProgram, flags);
}

std::vector<std::string> HealthbeaconRig::RequiredFlags() const {
  return {"--interface=web0", "--address=10.0.0.101", "--insecure_beacons",
          "--state_file=" + folder_ + "/epoch"};
}

std::unique_ptr<Program> HealthbeaconRig::Start(
    const std::vector<std::string>& flags) {
  std::vector<std::string> all = RequiredFlags();
  all.push_back("--interval_ms=20");
  all.insert(all.end(), flags.begin(), flags.end());
  return StartWith(all);
}

void HealthbeaconRig::ExpectLastBeacons(Listener* listener) {
  BeaconMessage message = listener->Receive();
  uint64_t sequence = message.sequence;
  while (message.state == BeaconMessage::State::kUp) {
    message = listener->Receive();
    EXPECT_EQ(message.sequence, ++sequence);
  }
  for (int i = 1; i < 3; ++i) {
    message = listener->Receive();
    EXPECT_EQ(message.state, BeaconMessage::State::kDown);
    EXPECT_EQ(message.sequence, ++sequence);
  }
  EXPECT_EQ(listener->ReceiveWithin(std::chrono::milliseconds(100)),
            std::nullopt);
}

std::string HealthbeaconRig::Write(const std::string& name,
                                   const std::string& text, mode_t mode) const {
  std::string path = folder_ + "/" + name;
  std::ofstream(path) << text;
  PCHECK(chmod(path.c_str(), mode) == 0);
  return path;
}

}  // namespace l275
