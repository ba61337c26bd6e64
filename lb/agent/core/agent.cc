#include "lb/agent/core/agent.h"

#include <glog/logging.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/wall_clock.h"
#include "lb/agent/core/startup.h"
#include "lb/agent/views/warnings.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kSaveAgain(5);
// A driver may take milliseconds to answer.
constexpr int kDriverLossesEvery = 5;  // seconds

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Create(event_base* base,
                                                     AgentOptions options,
                                                     DesiredSource source) {
  std::unique_ptr<Agent> agent(
      new Agent(base, std::move(options), std::move(source)));
  L275_RETURN_IF_ERROR(agent->Start());
  return agent;
}

Agent::Agent(event_base* base, AgentOptions options, DesiredSource source)
    : control_path_(base, std::move(options), std::move(source)),
      parts_(control_path_.parts),
      controller_(&control_path_,
                  [this](DesiredState desired) {
                    return SetDesired(std::move(desired));
                  }),
      save_timer_(base, [this] { Save(nullptr); }) {}

// Programs and maps stay after a start that succeeded.
Agent::~Agent() {
  if (!controller_.IsStarting()) control_path_.vips.ForwardAsAnyMember();
  parts_.attachments.reset();
  if (parts_.pins != nullptr && controller_.IsStarting()) {
    parts_.pins->Rollback();
  }
}

absl::Status Agent::Start() {
  Startup startup(&control_path_, {[this] { OnNextHopsChanged(); },
                                   [this] { OnLocalAddressesChanged(); },
                                   [this] { UpdateWarningLog(); }});
  L275_ASSIGN_OR_RETURN(DesiredState desired, startup.Check());
  L275_RETURN_IF_ERROR(StartServers());
  L275_RETURN_IF_ERROR(startup.Run(std::move(desired)));
  Save(nullptr);
  parts_.reload.last_success_unix_s = WallClock();
  second_timer_.emplace(parts_.base, std::chrono::seconds(1),
                        [this] { OnSecond(); });
  controller_.SetStarted();
  return absl::OkStatus();
}

absl::Status Agent::StartServers() {
  L275_ASSIGN_OR_RETURN(
      control_, ControlServer::Create(
                    parts_.base, parts_.options.control_socket, &controller_));
  if (!parts_.options.http_listen.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(
      metrics_, MetricsServer::Create(parts_.base, *parts_.options.http_listen,
                                      &controller_));
  return absl::OkStatus();
}

void Agent::OnSecond() {
  const absl::Status renewed = parts_.maps->RenewHeartbeat();
  if (!renewed.ok()) LOG(ERROR) << renewed.message();
  control_path_.vips.Update();
  AttachReturned();
  if (++seconds_ % kDriverLossesEvery == 0) control_path_.ReadDriverLosses();
  UpdateWarningLog();
}

void Agent::OnNextHopsChanged() {
  control_path_.vips.WriteVirtualRouters();
  control_path_.reconciler.FlushSlowPath();
  parts_.attachments->DropGone(parts_.next_hops->links());
  control_path_.OpenSlowPaths();
  AttachReturned();
  if (parts_.health != nullptr) parts_.health->OnLinksChanged();
  control_path_.reconciler.WriteLater();
}

// The virtual routers first: until the program knows that this host has become
// the active one, it drops frames for the virtual router.
void Agent::OnLocalAddressesChanged() {
  control_path_.vips.WriteVirtualRouters();
  control_path_.vips.Update();
}

void Agent::AttachReturned() {
  parts_.attachments->AttachReturned(parts_.next_hops->links(), [this] {
    return control_path_.reconciler.Write();
  });
}

void Agent::UpdateWarningLog() {
  if (controller_.IsStarting()) return;
  warning_log_.Update(ViewWarnings(control_path_.View()),
                      std::chrono::steady_clock::now());
}

absl::StatusOr<control::ChangeReply> Agent::SetDesired(DesiredState desired) {
  control::ChangeReply reply =
      ReplyOf(control_path_.reconciler.desired(), desired);
  L275_RETURN_IF_ERROR(control_path_.reconciler.SetDesired(std::move(desired)));
  for (const std::string& line : reply.change()) LOG(INFO) << line;
  control_path_.AnnounceConfiguration();
  Save(&reply);
  return reply;
}

// A change that cannot be saved is in effect nevertheless, and is saved as soon
// as that is possible: a full disk must not keep anybody from draining a
// server.
void Agent::Save(control::ChangeReply* reply) {
  const absl::Status saved =
      parts_.state.Save(control_path_.reconciler.desired());
  if (saved.ok()) return;
  if (reply != nullptr) {
    reply->add_warning(absl::StrCat(
        "in effect, but not saved: a restart forgets it: ", saved.message()));
  }
  save_timer_.Start(kSaveAgain);
}

void Agent::Reload() {
  std::vector<std::string> errors;
  const auto check = [&errors](const absl::Status& read, const char* effect) {
    if (!read.ok()) errors.push_back(absl::StrCat(effect, read.message()));
  };
  if (parts_.health != nullptr) {
    check(parts_.health->ReloadKeys(), "the beacons' keys stay as they are: ");
  }
  if (parts_.sync != nullptr) {
    check(parts_.sync->ReloadKeys(), "the peers' keys stay as they are: ");
  }
  check(ReloadServices(), "nothing changed: ");
  for (const std::string& error : errors) LOG(ERROR) << "SIGHUP: " << error;
  ReloadResult& result = parts_.reload;
  result.errors = std::move(errors);
  if (result.errors.empty()) result.last_success_unix_s = WallClock();
}

absl::Status Agent::ReloadServices() {
  StateKeeper& state = parts_.state;
  if (!state.source().is_file()) {
    LOG_IF(WARNING, parts_.health == nullptr ||
                        parts_.health->options().keys_file.empty())
        << "SIGHUP: nothing to read again without --services_file";
    return absl::OkStatus();
  }
  L275_ASSIGN_OR_RETURN(StateKeeper::Reread reread,
                        state.ReadAgain(control_path_.reconciler.desired()));
  L275_ASSIGN_OR_RETURN(const control::ChangeReply reply,
                        SetDesired(reread.merged.state));
  state.Declare(std::move(reread));
  Save(nullptr);
  LOG(INFO) << "SIGHUP: read " << state.source().services_file() << ", "
            << reply.change_size() << " changes";
  return absl::OkStatus();
}

}  // namespace l275
