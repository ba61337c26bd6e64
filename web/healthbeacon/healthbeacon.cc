#include "web/healthbeacon/healthbeacon.h"

#include <glog/logging.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status_util.h"
#include "web/healthbeacon/epoch.h"
#include "web/healthbeacon/exec_check.h"

namespace l275 {
namespace {

using State = BeaconMessage::State;

const char* StateWord(State state) {
  switch (state) {
    case State::kUp:
      return "up";
    case State::kDown:
      return "down";
    case State::kDraining:
      return "draining";
  }
  return "invalid";
}

// Programs that are not there now would make the service "down" for ever.
absl::Status CheckPrograms(const HealthChecks::Options& options) {
  for (const CheckSpec& spec : options.checks) {
    if (spec.kind != CheckSpec::Kind::kExec) continue;
    L275_RETURN_IF_ERROR(
        Annotate(ExecCheck::CheckProgram(spec.path), "--check"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<WeightFile>> OpenWeightFile(
    event_base* base, const std::string& path) {
  if (path.empty()) return nullptr;
  auto file = WeightFile::Create(base, path);
  if (!file.ok()) return Annotate(file.status(), "--weight_file");
  return file;
}

absl::StatusOr<std::unique_ptr<LoadFeedback>> MakeLoadFeedback(
    event_base* base, std::optional<int> floor) {
  if (!floor) return nullptr;
  auto feedback = LoadFeedback::Create(base, *floor);
  if (!feedback.ok()) return Annotate(feedback.status(), "--load_feedback");
  return feedback;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Healthbeacon>> Healthbeacon::Create(
    event_base* base, const Options& options) {
  absl::StatusOr<MulticastSender> multicast =
      MulticastSender::Create(options.multicast);
  if (!multicast.ok()) return Annotate(multicast.status(), "--interface");
  absl::StatusOr<BeaconSigner> signer = BeaconSigner::Create(options.signer);
  if (!signer.ok()) return Annotate(signer.status(), "--key_file");
  L275_RETURN_IF_ERROR(CheckPrograms(options.checks));
  L275_ASSIGN_OR_RETURN(auto weight_file,
                        OpenWeightFile(base, options.weight_file));
  L275_ASSIGN_OR_RETURN(auto feedback,
                        MakeLoadFeedback(base, options.load_feedback_floor));
  BeaconSender::Options beacon = options.beacon;
  beacon.epoch =
      NextEpoch(options.state_file, std::chrono::system_clock::now());
  return absl::WrapUnique(new Healthbeacon(
      base, options, beacon, *std::move(multicast), *std::move(signer),
      std::move(weight_file), std::move(feedback)));
}

Healthbeacon::Healthbeacon(event_base* base, const Options& options,
                           const BeaconSender::Options& beacon,
                           MulticastSender multicast, BeaconSigner signer,
                           std::unique_ptr<WeightFile> weight_file,
                           std::unique_ptr<LoadFeedback> load_feedback)
    : weight_(options.weight),
      signer_(std::move(signer)),
      weight_file_(std::move(weight_file)),
      load_feedback_(std::move(load_feedback)),
      checks_(base, options.checks, [this] { OnChange(); }),
      sender_(base, beacon, std::move(multicast), &signer_,
              [this] { return Report(); }) {}

void Healthbeacon::Start() {
  checks_.Start();
  sender_.Start();
}

void Healthbeacon::Drain() { SetDraining(true); }

void Healthbeacon::EndDrain() { SetDraining(false); }

void Healthbeacon::Reload() {
  const absl::Status read = signer_.Reload();
  if (!read.ok()) {
    LOG(ERROR) << "--key_file: " << read.message() << "; the key before stays";
  } else if (signer_.key_id() != 0) {
    LOG(INFO) << "beacons are signed with key " << signer_.key_id();
  }
  if (weight_file_ != nullptr) weight_file_->Reload();
}

void Healthbeacon::SayDown(std::function<void()> done) {
  sender_.SayDown(std::move(done));
}

std::optional<BeaconSender::Report> Healthbeacon::Report() const {
  const CheckJudge::Verdict verdict = checks_.verdict();
  if (verdict == CheckJudge::Verdict::kNone) return std::nullopt;
  BeaconSender::Report report;
  report.state = draining_ ? State::kDraining : State::kUp;
  if (verdict == CheckJudge::Verdict::kBad) report.state = State::kDown;
  report.weight = Weight();
  report.check_age = checks_.Age(std::chrono::steady_clock::now());
  report.check_validity = checks_.Validity();
  return report;
}

// Load alone never makes it 0, which would be a drain.
uint16_t Healthbeacon::Weight() const {
  const int weight = weight_file_ != nullptr ? weight_file_->weight() : weight_;
  const int percent =
      load_feedback_ != nullptr ? load_feedback_->percent() : 100;
  const int announced = (weight * percent + 50) / 100;
  return static_cast<uint16_t>(std::max(announced, std::min(weight, 1)));
}

void Healthbeacon::OnChange() {
  sender_.Announce();
  if (const auto report = Report()) {
    sd_notify(0, absl::StrCat("STATUS=", StateWord(report->state)).c_str());
  }
}

void Healthbeacon::SetDraining(bool draining) {
  if (draining == draining_) return;
  draining_ = draining;
  LOG(INFO) << (draining ? "draining: no new flows, until SIGUSR2"
                         : "the drain is over");
  OnChange();
}

}  // namespace l275
