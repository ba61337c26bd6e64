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
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  L275_ASSIGN_OR_RETURN(DesiredState desired, p.state.Start());
  L275_ASSIGN_OR_RETURN(
      p.next_hops,
      NextHopMonitor::Create(p.base, callbacks_.on_next_hops_changed));
  L275_ASSIGN_OR_RETURN(
      p.local_addresses,
      LocalAddresses::Create(p.base, callbacks_.on_local_addresses_changed));
  L275_RETURN_IF_ERROR(p.attachments->Check(p.next_hops->links()));
  return desired;
}

absl::Status Startup::Run(DesiredState desired) {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  L275_RETURN_IF_ERROR(OpenMaps(desired));
  c.vips.WatchHolders(callbacks_.on_fault);
  StartPmtuWatch();
  L275_RETURN_IF_ERROR(StartHealth());
  L275_RETURN_IF_ERROR(c.reconciler.SetDesired(std::move(desired)));
  L275_RETURN_IF_ERROR(ListenToBeacons());
  StartSlowPath();
  c.OpenSlowPaths();
  c.reconciler.AllowWrites();
  L275_RETURN_IF_ERROR(c.reconciler.Write());
  CarryOver();
  L275_RETURN_IF_ERROR(StartSync());
  c.ReadDriverLosses();  // what was lost before is not the program's
  L275_RETURN_IF_ERROR(p.attachments->AttachAll(*p.maps, p.pins.get()));
  // The maps may be those of an agent that ended long ago. Not earlier: a start
  // that the kernel refuses here is no sign of life.
  L275_RETURN_IF_ERROR(p.maps->GiveSignOfLife());
  L275_RETURN_IF_ERROR(p.attachments->Keep());
  CarryRest();
  return absl::OkStatus();
}

absl::Status Startup::OpenMaps(const DesiredState& desired) {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  absl::StatusOr<std::unique_ptr<PinFolder>> pins =
      PinFolder::Create(p.options.bpffs_dir);
  if (!pins.ok()) return Annotate(pins.status(), "--bpffs_dir");
  p.pins = *std::move(pins);
  L275_ASSIGN_OR_RETURN(
      const MapSizes sizes,
      ChooseMapSizes(p.options.map_sizes, desired, p.options.table_size));
  L275_ASSIGN_OR_RETURN(
      OpenedMaps opened,
      OpenOrCreateMaps({p.options.map_sizes, sizes, p.options.hash_seed}, Now(),
                       p.pins.get()));
  p.maps = std::move(opened.maps);
  p.writer = std::move(opened.writer);
  carrier_ = std::move(opened.carrier);
  adopted_ = std::move(opened.adopted);
  has_earlier_agent_ = opened.has_earlier_agent;
  // Before anything is written that the program of an earlier agent reads.
  L275_RETURN_IF_ERROR(XdpAttachment::Verify(*p.maps, p.options.xdp));
  L275_ASSIGN_OR_RETURN(p.driver_losses, DriverLossWatch::Create(p.maps.get()));
  p.writer->BeforeFirstRecord([&c] { c.reconciler.FlushSlowPath(); });
  p.flows = std::make_unique<FlowKeeper>(p.base, p.maps.get(), p.writer.get(),
                                         p.options.xdp.tcp_idle_timeout);
  return absl::OkStatus();
}

absl::Status Startup::StartHealth() {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  if (!p.options.beacons.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(
      p.health, BeaconHealth::Create(p.base, *p.options.beacons,
                                     [&c] { c.reconciler.WriteLater(); }));
  p.health->PresumeUp(DrainingOf(adopted_));
  return absl::OkStatus();
}

// Otherwise the first backend whose beacon arrives would get all flows, to lose
// them a moment later when the others' beacons arrive; or, if that were written
// before any packet comes, all slots would be tracked from the start. And maps
// that an earlier agent left have flows, at backends that drain, or have a
// smaller weight, only by their beacons.
absl::Status Startup::ListenToBeacons() {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  bool late = false;
  Timer deadline(p.base, [&late] { late = true; });
  deadline.Start(kListenToBeacons);
  while (!late && p.health != nullptr && !p.health->HasHeardAll()) {
    event_base_loop(p.base, EVLOOP_ONCE);
    if (event_base_got_break(p.base)) {
      return absl::CancelledError("stopped while starting");
    }
  }
  return absl::OkStatus();
}

// Forwarding works without a slow path.
void Startup::StartSlowPath() {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  if (!p.options.slow_path.has_value()) return;
  StartSentCounter();
  absl::StatusOr<std::unique_ptr<SlowPath>> slow_path = SlowPath::Create(
      p.base, p.maps->slow_path_fd(), p.next_hops.get(), *p.options.slow_path,
      [&c] { c.reconciler.WriteLater(); },
      FrameForwarder::Callbacks{
          [&p](absl::Span<const uint8_t> frame) {
            const auto service = ServiceOf(frame, p.writer->services());
            if (service.has_value()) p.writer->tracker().AssumeUsed({*service});
          },
          [&p](Ipv4Address backend, absl::Span<const uint8_t> frame) {
            if (p.sent_counter != nullptr)
              p.sent_counter->Count(backend, frame);
          }});
  if (slow_path.ok()) {
    p.slow_path = *std::move(slow_path);
    return;
  }
  p.slow_path_error = std::string(slow_path.status().message());
  LOG(WARNING) << "no slow path: " << p.slow_path_error
               << "; frames for a backend whose MAC address is not known are "
                  "dropped";
}

void Startup::StartSentCounter() {
  absl::StatusOr<std::unique_ptr<SentCounter>> counter = SentCounter::Create(
      *control_path_.parts.maps, control_path_.parts.writer.get());
  if (counter.ok()) {
    control_path_.parts.sent_counter = *std::move(counter);
  } else {
    LOG(WARNING) << "frames of the slow path are not counted for their "
                    "services: "
                 << counter.status().message();
  }
}

// Forwarding works without it.
void Startup::StartPmtuWatch() {
  absl::StatusOr<std::unique_ptr<PmtuWatch>> pmtu =
      PmtuWatch::Create(control_path_.parts.base);
  if (pmtu.ok()) {
    control_path_.parts.pmtu = *std::move(pmtu);
  } else {
    LOG(WARNING) << "ICMP \"fragmentation needed\" is not counted: "
                 << pmtu.status().message();
  }
}

absl::Status Startup::StartSync() {
  ControlPath& c = control_path_;
  AgentParts& p = c.parts;
  if (!p.options.sync.has_value()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Sync>> sync =
      Sync::Create(p.base, *p.options.sync, p.maps.get(), p.writer.get(),
                   p.flows.get(), !has_earlier_agent_);
  if (!sync.ok()) return Annotate(sync.status(), "--sync_listen");
  p.sync = *std::move(sync);
  c.AnnounceConfiguration();
  c.vips.Update();
  return absl::OkStatus();
}

// The agent starts even if something cannot be carried over.
void Startup::CarryOver() {
  if (carrier_ == nullptr) return;
  const absl::Status carried = carrier_->CarryOver(
      TicksOf(control_path_.parts.options.xdp.tcp_idle_timeout), Now());
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
