#include "lb/agent/core/startup.h"

#include <glog/logging.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/event/timer.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/map_sizing.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/slowpath/handed_frame.h"

namespace l275 {
namespace {

// A backend sends a beacon every 100 ms by default.
constexpr std::chrono::milliseconds kListenToBeacons(200);

HealthTime Now() { return std::chrono::steady_clock::now(); }

// For each backend, whether it drains in all of its services on a port.
std::map<HealthSubject, bool> DrainingOf(
    const std::vector<AdoptedBackend>& backends) {
  std::map<HealthSubject, bool> draining;
  for (const AdoptedBackend& backend : backends) {
    const HealthSubject subject = {backend.address, backend.port};
    const auto known = draining.emplace(subject, backend.draining).first;
    known->second = known->second && backend.draining;
  }
  return draining;
}

}  // namespace

absl::StatusOr<DesiredState> Startup::Check() {
  L275_ASSIGN_OR_RETURN(DesiredState desired, parts_.state.Start());
  L275_ASSIGN_OR_RETURN(
      parts_.next_hops,
      NextHopMonitor::Create(parts_.base, callbacks_.on_next_hops_changed));
  L275_ASSIGN_OR_RETURN(
      parts_.local_addresses,
      LocalAddresses::Create(parts_.base,
                             callbacks_.on_local_addresses_changed));
  L275_RETURN_IF_ERROR(parts_.attachments->Check(parts_.next_hops->links()));
  return desired;
}

absl::Status Startup::Run(DesiredState desired) {
  L275_RETURN_IF_ERROR(OpenMaps(desired));
  control_path_.vips.WatchHolders(callbacks_.on_fault);
  StartPmtuWatch();
  L275_RETURN_IF_ERROR(StartHealth());
  L275_RETURN_IF_ERROR(control_path_.reconciler.SetDesired(std::move(desired)));
  L275_RETURN_IF_ERROR(ListenToBeacons());
  StartSlowPath();
  control_path_.OpenSlowPaths();
  control_path_.reconciler.AllowWrites();
  L275_RETURN_IF_ERROR(control_path_.reconciler.Write());
  CarryOver();
  L275_RETURN_IF_ERROR(StartSync());
  // Frames that were lost until now are not the program's.
  control_path_.ReadDriverLosses();
  L275_RETURN_IF_ERROR(
      parts_.attachments->AttachAll(*parts_.maps, parts_.pins.get()));
  // The maps may be those of an agent that ended long ago. Not earlier: a start
  // that the kernel refuses here leaves no agent running.
  L275_RETURN_IF_ERROR(parts_.maps->RenewHeartbeat());
  L275_RETURN_IF_ERROR(parts_.attachments->Keep());
  CarryRest();
  return absl::OkStatus();
}

absl::Status Startup::OpenMaps(const DesiredState& desired) {
  absl::StatusOr<std::unique_ptr<PinFolder>> pins =
      PinFolder::Create(parts_.options.bpffs_dir);
  if (!pins.ok()) return Annotate(pins.status(), "--bpffs_dir");
  parts_.pins = *std::move(pins);
  L275_ASSIGN_OR_RETURN(const MapSizes sizes,
                        ChooseMapSizes(parts_.options.map_sizes, desired,
                                       parts_.options.table_size));
  L275_ASSIGN_OR_RETURN(OpenedMaps opened,
                        OpenOrCreateMaps({parts_.options.map_sizes, sizes,
                                          parts_.options.hash_seed},
                                         Now(), parts_.pins.get()));
  parts_.maps = std::move(opened.maps);
  parts_.writer = std::move(opened.writer);
  carrier_ = std::move(opened.carrier);
  adopted_ = std::move(opened.adopted);
  has_earlier_agent_ = opened.has_earlier_agent;
  // Before anything is written that the program of an earlier agent reads.
  L275_RETURN_IF_ERROR(XdpAttachment::Verify(*parts_.maps, parts_.options.xdp));
  L275_ASSIGN_OR_RETURN(parts_.driver_losses,
                        DriverLossWatch::Create(parts_.maps.get()));
  parts_.writer->BeforeFirstRecord(
      [&c = control_path_] { c.reconciler.FlushSlowPath(); });
  parts_.flows = std::make_unique<FlowKeeper>(
      parts_.base, parts_.maps.get(), parts_.writer.get(),
      parts_.options.xdp.tcp_idle_timeout);
  return absl::OkStatus();
}

absl::Status Startup::StartHealth() {
  if (!parts_.options.beacons.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(
      parts_.health, BeaconHealth::Create(
                         parts_.base, *parts_.options.beacons,
                         [&c = control_path_] { c.reconciler.WriteLater(); }));
  parts_.health->PresumeUp(DrainingOf(adopted_));
  return absl::OkStatus();
}

// Otherwise the first backend whose beacon arrives would get all flows, to lose
// them a moment later when the others' beacons arrive; or, if that were written
// before any packet comes, all slots would be tracked from the start. And maps
// that an earlier agent left have flows, at backends that drain, or have a
// smaller weight, only by their beacons.
absl::Status Startup::ListenToBeacons() {
  bool late = false;
  Timer deadline(parts_.base, [&late] { late = true; });
  deadline.Start(kListenToBeacons);
  while (!late && parts_.health != nullptr && !parts_.health->HasHeardAll()) {
    event_base_loop(parts_.base, EVLOOP_ONCE);
    if (event_base_got_break(parts_.base)) {
      return absl::CancelledError("stopped while starting");
    }
  }
  return absl::OkStatus();
}

// Forwarding works without a slow path.
void Startup::StartSlowPath() {
  if (!parts_.options.slow_path.has_value()) return;
  StartSentCounter();
  absl::StatusOr<std::unique_ptr<SlowPath>> slow_path = SlowPath::Create(
      parts_.base, parts_.maps->slow_path_fd(), parts_.next_hops.get(),
      *parts_.options.slow_path,
      [&c = control_path_] { c.reconciler.WriteLater(); },
      FrameForwarder::Callbacks{
          [&parts = parts_](absl::Span<const uint8_t> frame) {
            const auto service = ServiceOf(frame, parts.writer->services());
            if (!service.has_value()) return;
            parts.writer->tracker().AssumeUsed({*service});
          },
          [&parts = parts_](Ipv4Address backend,
                            absl::Span<const uint8_t> frame) {
            if (parts.sent_counter == nullptr) return;
            parts.sent_counter->Count(backend, frame);
          }});
  if (slow_path.ok()) {
    parts_.slow_path = *std::move(slow_path);
    return;
  }
  parts_.slow_path_error = std::string(slow_path.status().message());
  LOG(WARNING) << "no slow path: " << parts_.slow_path_error
               << "; frames for a backend whose MAC address is not known are "
                  "dropped";
}

void Startup::StartSentCounter() {
  absl::StatusOr<std::unique_ptr<SentCounter>> counter =
      SentCounter::Create(*parts_.maps, parts_.writer.get());
  if (counter.ok()) {
    parts_.sent_counter = *std::move(counter);
  } else {
    LOG(WARNING) << "frames of the slow path are not counted for their "
                    "services: "
                 << counter.status().message();
  }
}

// Forwarding works without it.
void Startup::StartPmtuWatch() {
  absl::StatusOr<std::unique_ptr<PmtuWatch>> pmtu =
      PmtuWatch::Create(parts_.base);
  if (pmtu.ok()) {
    parts_.pmtu = *std::move(pmtu);
  } else {
    LOG(WARNING) << "ICMP \"fragmentation needed\" is not counted: "
                 << pmtu.status().message();
  }
}

absl::Status Startup::StartSync() {
  if (!parts_.options.sync.has_value()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Sync>> sync = Sync::Create(
      parts_.base, *parts_.options.sync, parts_.maps.get(), parts_.writer.get(),
      parts_.flows.get(), !has_earlier_agent_);
  if (!sync.ok()) return Annotate(sync.status(), "--sync_listen");
  parts_.sync = *std::move(sync);
  control_path_.AnnounceConfiguration();
  control_path_.vips.Update();
  return absl::OkStatus();
}

// The agent starts even if something cannot be carried over.
void Startup::CarryOver() {
  if (carrier_ == nullptr) return;
  const absl::Status carried =
      carrier_->CarryOver(TicksOf(parts_.options.xdp.tcp_idle_timeout), Now());
  LOG_IF(ERROR, !carried.ok()) << "not all carried over: " << carried.message();
}

void Startup::CarryRest() {
  if (carrier_ == nullptr) return;
  const absl::Status carried = carrier_->CarryRest(Now());
  LOG_IF(ERROR, !carried.ok()) << "not all carried over: " << carried.message();
  LOG(INFO) << carrier_->report().Summary();
  for (const std::string& line : carrier_->report().Losses()) {
    LOG(WARNING) << line;
  }
  carrier_.reset();
}

}  // namespace l275
