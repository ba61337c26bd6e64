#include "web/healthbeacon/healthbeacon.h"

#include <glog/logging.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
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

absl::StatusOr<BeaconSigner> MakeSigner(const BeaconSigner::Options& options) {
  absl::StatusOr<BeaconSigner> signer = BeaconSigner::Create(options);
  if (!signer.ok()) return Annotate(signer.status(), "--key_file");
  return signer;
}

bool AreSame(const HealthChecks::Options& a, const HealthChecks::Options& b) {
  const auto same_check = [](const CheckSpec& x, const CheckSpec& y) {
    return x.text == y.text;
  };
  return std::equal(a.checks.begin(), a.checks.end(), b.checks.begin(),
                    b.checks.end(), same_check) &&
         a.host == b.host && a.repeat.interval == b.repeat.interval &&
         a.repeat.timeout == b.repeat.timeout &&
         a.repeat.judge.rise == b.repeat.judge.rise &&
         a.repeat.judge.fall == b.repeat.judge.fall;
}

// Load balancers know a backend by these.
absl::Status CheckFixed(const Healthbeacon::Options& now,
                        const Healthbeacon::Options& next) {
  const struct {
    const char* flag;
    bool same;
  } rows[] = {
      {"--address", now.beacon.address == next.beacon.address},
      {"--service_port", now.beacon.port == next.beacon.port},
      {"--group", now.multicast.group == next.multicast.group},
      {"--port", now.multicast.port == next.multicast.port},
      {"--interface", now.multicast.interface == next.multicast.interface},
      {"--state_file", now.state_file == next.state_file},
  };
  for (const auto& [flag, same] : rows) {
    if (same) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " is another one: expected a restart for that"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Healthbeacon>> Healthbeacon::Create(
    event_base* base, const Options& options) {
  absl::StatusOr<MulticastSender> multicast =
      MulticastSender::Create(options.multicast);
  if (!multicast.ok()) return Annotate(multicast.status(), "--interface");
  L275_ASSIGN_OR_RETURN(BeaconSigner signer, MakeSigner(options.signer));
  L275_RETURN_IF_ERROR(CheckPrograms(options.checks));
  L275_ASSIGN_OR_RETURN(auto weight_file,
                        OpenWeightFile(base, options.weight_file));
  L275_ASSIGN_OR_RETURN(auto feedback,
                        MakeLoadFeedback(base, options.load_feedback_floor));
  BeaconSender::Options beacon = options.beacon;
  beacon.epoch =
      NextEpoch(options.state_file, std::chrono::system_clock::now());
  return absl::WrapUnique(new Healthbeacon(
      base, options, beacon, *std::move(multicast), std::move(signer),
      std::move(weight_file), std::move(feedback)));
}

Healthbeacon::Healthbeacon(event_base* base, const Options& options,
                           const BeaconSender::Options& beacon,
                           MulticastSender multicast, BeaconSigner signer,
                           std::unique_ptr<WeightFile> weight_file,
                           std::unique_ptr<LoadFeedback> load_feedback)
    : base_(base),
      options_(options),
      drain_file_(options.state_file + ".drain"),
      draining_(drain_file_.Exists()),
      signer_(std::move(signer)),
      weight_file_(std::move(weight_file)),
      load_feedback_(std::move(load_feedback)),
      checks_(NewChecks(options.checks)),
      sender_(base, beacon, std::move(multicast), &signer_,
              [this] { return Report(); }) {}

std::unique_ptr<HealthChecks> Healthbeacon::NewChecks(
    const HealthChecks::Options& options) {
  return std::make_unique<HealthChecks>(base_, options, [this] { OnChange(); });
}

void Healthbeacon::Start() {
  LOG_IF(WARNING, draining_)
      << "draining, since before this start: no new flows, until SIGUSR2";
  checks_->Start();
  sender_.Start();
}

void Healthbeacon::Drain() { SetDraining(true); }

void Healthbeacon::EndDrain() { SetDraining(false); }

absl::Status Healthbeacon::Reload(const Options& options) {
  L275_RETURN_IF_ERROR(CheckFixed(options_, options));
  L275_ASSIGN_OR_RETURN(BeaconSigner signer, MakeSigner(options.signer));
  L275_RETURN_IF_ERROR(CheckPrograms(options.checks));
  L275_ASSIGN_OR_RETURN(auto weight_file,
                        OpenWeightFile(base_, options.weight_file));
  // One that stays keeps its average.
  const bool same_feedback =
      options_.load_feedback_floor == options.load_feedback_floor;
  std::unique_ptr<LoadFeedback> feedback;
  if (!same_feedback) {
    L275_ASSIGN_OR_RETURN(feedback,
                          MakeLoadFeedback(base_, options.load_feedback_floor));
  }
  // From here on nothing fails.
  signer_ = std::move(signer);
  weight_file_ = std::move(weight_file);
  if (!same_feedback) load_feedback_ = std::move(feedback);
  sender_.SetInterval(options.beacon.interval);
  if (!AreSame(options_.checks, options.checks)) {
    checks_ = NewChecks(options.checks);
    checks_->Start();
  }
  options_ = options;
  OnChange();
  return absl::OkStatus();
}

void Healthbeacon::SayDown(std::function<void()> done) {
  drain_file_.Remove();
  sender_.SayDown(std::move(done));
}

std::optional<BeaconSender::Report> Healthbeacon::Report() const {
  const CheckJudge::Verdict verdict = checks_->verdict();
  if (verdict == CheckJudge::Verdict::kNone) return std::nullopt;
  BeaconSender::Report report;
  report.state = draining_ ? State::kDraining : State::kUp;
  if (verdict == CheckJudge::Verdict::kBad) report.state = State::kDown;
  report.weight = Weight();
  report.check_age = checks_->Age(std::chrono::steady_clock::now());
  report.check_validity = checks_->Validity();
  return report;
}

// Load alone never makes it 0, which would be a drain.
uint16_t Healthbeacon::Weight() const {
  const int weight =
      weight_file_ != nullptr ? weight_file_->weight() : options_.weight;
  const int percent =
      load_feedback_ != nullptr ? load_feedback_->percent() : 100;
  const int announced = (weight * percent + 50) / 100;
  return static_cast<uint16_t>(std::max(announced, std::min(weight, 1)));
}

void Healthbeacon::OnChange() {
  sender_.Announce();
  sd_notify(0, absl::StrCat("STATUS=", StatusText()).c_str());
}

std::string Healthbeacon::StatusText() const {
  const std::optional<BeaconSender::Report> report = Report();
  if (!report) return "silent until each check has a result";
  return absl::StrCat(StateWord(report->state),
                      options_.checks.checks.empty()
                          ? ", checks nothing but that the host runs"
                          : "");
}

void Healthbeacon::SetDraining(bool draining) {
  if (draining == draining_) return;
  draining_ = draining;
  draining ? drain_file_.Write() : drain_file_.Remove();
  LOG(INFO) << (draining ? "draining: no new flows, until SIGUSR2"
                         : "the drain is over");
  OnChange();
}

}  // namespace l275
