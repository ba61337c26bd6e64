#include "lb/agent/core/reconciler.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/wall_clock.h"
#include "lb/agent/core/health_services.h"

namespace l275 {
namespace {

HealthTime Now() { return std::chrono::steady_clock::now(); }

std::set<ServiceAddress> AddressesOf(const HealthServices& services) {
  std::set<ServiceAddress> addresses;
  for (const auto& [address, backends] : services) addresses.insert(address);
  return addresses;
}

// The next end of a drain, in seconds since 1970.
std::optional<uint64_t> NextEndOfDrain(const DesiredState& desired,
                                       uint64_t wall_clock) {
  std::optional<uint64_t> next;
  for (const auto& [address, service] : desired) {
    for (const auto& [backend_address, backend] : service.backends) {
      if (backend.drain_until <= wall_clock) continue;
      next = std::min(next.value_or(backend.drain_until), backend.drain_until);
    }
  }
  return next;
}

}  // namespace

Reconciler::Reconciler(event_base* base,
                       const Reachability::Options& reachability,
                       AgentParts* parts, std::function<void()> before_write)
    : parts_(*parts),
      before_write_(std::move(before_write)),
      reachability_(reachability),
      log_(base, "failures to write the maps", google::GLOG_ERROR),
      write_timer_(base, [this] { WriteAndLog(); }),
      drain_timer_(base, [this] { WriteAndLog(); }),
      reachability_timer_(base, [this] {
        if (UpdateReachability()) WriteLater();
      }) {}

absl::Status Reconciler::SetDesired(DesiredState desired) {
  if (allowed_) L275_RETURN_IF_ERROR(CheckFits(desired));
  desired_ = std::move(desired);
  WatchBackends();
  return allowed_ ? Write() : absl::OkStatus();
}

// Whether there is room does not depend on who is healthy or reachable.
absl::Status Reconciler::CheckFits(const DesiredState& desired) const {
  return parts_.writer->CheckFits(BuildSnapshot(Sources(desired, {})), Now());
}

void Reconciler::WatchBackends() {
  parts_.next_hops->SetTargets(BackendAddresses(desired_));
  const HealthServices services = HealthServicesOf(desired_);
  if (parts_.health != nullptr) parts_.health->SetServices(services, Now());
  if (parts_.pmtu != nullptr) parts_.pmtu->SetServices(AddressesOf(services));
  FlushSlowPath();
}

void Reconciler::FlushSlowPath() {
  if (parts_.slow_path != nullptr) parts_.slow_path->Flush();
}

SnapshotSources Reconciler::Sources(
    const DesiredState& desired,
    const std::map<uint32_t, MacAddress>& ingress) const {
  return {desired,
          parts_.options.table_size,
          parts_.health == nullptr ? nullptr : &parts_.health->monitor(),
          parts_.next_hops->next_hops(),
          ingress,
          WallClock(),
          reachability_};
}

// Returns whether the maps must be written for that.
bool Reconciler::UpdateReachability() {
  const bool changed =
      reachability_.Update(parts_.next_hops->next_hops(),
                           CandidatesOf(Sources(desired_, {})), Now());
  reachability_timer_.Stop();
  if (const auto next = reachability_.NextUpdate()) {
    reachability_timer_.StartAt(*next);
  }
  return changed;
}

absl::Status Reconciler::Write() {
  UpdateReachability();
  before_write_();
  FlushSlowPath();  // so that the services of all frames in it count as used
  const std::map<uint32_t, MacAddress> ingress =
      parts_.attachments->IngressMacs(parts_.next_hops->links());
  const SnapshotSources sources = Sources(desired_, ingress);
  StartDrainTimer(sources.wall_clock);
  Snapshot snapshot = BuildSnapshot(sources);
  if (parts_.slow_path != nullptr) {
    snapshot.slow_path = parts_.slow_path->sockets().queues();
  }
  written_ = parts_.writer->Write(snapshot, Now());
  if (!written_.ok()) ++write_failures_;
  if (written_.ok() && parts_.sync != nullptr) parts_.sync->OnTablesWritten();
  return written_;
}

void Reconciler::WriteAndLog() {
  const absl::Status written = Write();
  if (written.ok()) return;
  log_.Log(absl::StrCat("maps not written: ", written.ToString()));
}

void Reconciler::WriteLater() {
  if (allowed_) write_timer_.Start(std::chrono::seconds(0));
}

// Not for longer than a day at once: the wall clock may be set.
void Reconciler::StartDrainTimer(uint64_t wall_clock) {
  constexpr uint64_t kDay = 86400;
  drain_timer_.Stop();
  if (const auto next = NextEndOfDrain(desired_, wall_clock)) {
    drain_timer_.Start(
        std::chrono::seconds(std::min(*next - wall_clock, kDay)));
  }
}

}  // namespace l275
