#include "lb/agent/agent.h"

#include <glog/logging.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mac_address.h"
#include "common/status_util.h"
#include "common/version.h"
#include "lb/agent/config/change.h"
#include "lb/agent/config/desired_state_proto.h"
#include "lb/agent/health_services.h"
#include "lb/agent/map_sizing.h"
#include "lb/agent/snapshot_builder.h"
#include "lb/agent/views/explain.h"
#include "lb/agent/views/flow_event_view.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/service_view.h"
#include "lb/agent/views/status_view.h"
#include "lb/agent/views/verdict_view.h"

namespace l275 {
namespace {

// A backend's beacons come every 100 ms by default.
constexpr suseconds_t kHearBeaconsMicroseconds = 200'000;

uint64_t WallClock() {
  return static_cast<uint64_t>(
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

HealthTime Now() { return std::chrono::steady_clock::now(); }

const Link* FindLink(const std::map<uint32_t, Link>& links,
                     const std::string& name) {
  for (const auto& [ifindex, link] : links) {
    if (link.name == name) return &link;
  }
  return nullptr;
}

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
    : base_(base),
      options_(std::move(options)),
      source_(std::move(source)),
      started_(Now()) {}

Agent::~Agent() = default;

absl::Status Agent::Start() {
  L275_ASSIGN_OR_RETURN(DesiredState desired, source_.Read());
  L275_ASSIGN_OR_RETURN(next_hops_, NextHopMonitor::Create(base_, [this] {
                          OnNextHopsChanged();
                        }));
  L275_RETURN_IF_ERROR(CheckInterfaces());
  L275_RETURN_IF_ERROR(StartServers());
  L275_ASSIGN_OR_RETURN(
      const MapSizes sizes,
      ChooseMapSizes(options_.map_sizes, desired, options_.table_size));
  L275_ASSIGN_OR_RETURN(maps_, Maps::Create(sizes));
  writer_ = std::make_unique<MapWriter>(maps_.get(), options_.hash_seed);
  flows_ = std::make_unique<FlowKeeper>(base_, maps_.get(), writer_.get(),
                                        options_.xdp.tcp_idle_timeout);
  const event_callback_fn write = [](evutil_socket_t, short, void* agent) {
    const absl::Status written = static_cast<Agent*>(agent)->WriteMaps();
    if (!written.ok()) LOG(ERROR) << "maps not written: " << written;
  };
  write_event_.reset(event_new(base_, -1, 0, write, this));
  drain_timer_.reset(evtimer_new(base_, write, this));
  L275_RETURN_IF_ERROR(StartHealth());
  L275_RETURN_IF_ERROR(Desire(std::move(desired)).status());
  L275_RETURN_IF_ERROR(HearBeacons());
  for (const std::string& interface : options_.interfaces) {
    L275_RETURN_IF_ERROR(Attach(interface));
  }
  return absl::OkStatus();
}

absl::Status Agent::StartHealth() {
  if (!options_.beacons.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(health_,
                        BeaconHealth::Create(base_, *options_.beacons,
                                             [this] { WriteMapsLater(); }));
  return absl::OkStatus();
}

// Without this the first backend that is heard would get all flows, to lose
// them when the others are heard a moment later; or, were it written before any
// packet comes, all slots would be tracked from the start.
absl::Status Agent::HearBeacons() {
  hearing_ = true;
  bool late = false;
  const EventPtr deadline(evtimer_new(
      base_,
      [](evutil_socket_t, short, void* flag) {
        *static_cast<bool*>(flag) = true;
      },
      &late));
  const timeval delay = {0, kHearBeaconsMicroseconds};
  evtimer_add(deadline.get(), &delay);
  while (!late && health_ != nullptr && !health_->HasHeardAll()) {
    event_base_loop(base_, EVLOOP_ONCE);
    if (event_base_got_break(base_)) {
      return absl::CancelledError("stopped while starting");
    }
  }
  hearing_ = false;
  return WriteMaps();
}

absl::Status Agent::CheckInterfaces() const {
  std::map<uint32_t, std::string> by_index;
  for (const std::string& name : options_.interfaces) {
    const Link* link = FindLink(next_hops_->links(), name);
    if (link == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("there is no interface \"", name, "\""));
    }
    if (!link->ethernet) {
      return absl::InvalidArgumentError(
          absl::StrCat("interface \"", name, "\" is no Ethernet interface"));
    }
    const auto [other, is_first] =
        by_index.emplace(link->ifindex % L275_INGRESS_ENTRIES, name);
    if (!is_first) {
      return absl::FailedPreconditionError(absl::StrCat(
          other->second, " and ", name, " cannot be served together: their ",
          "interface indexes are equal modulo ", L275_INGRESS_ENTRIES));
    }
  }
  return absl::OkStatus();
}

absl::Status Agent::Attach(const std::string& interface) {
  L275_ASSIGN_OR_RETURN(attachments_[interface],
                        XdpAttachment::Create(*maps_, interface, options_.xdp));
  return absl::OkStatus();
}

// An interface that was deleted took its program along; when one of its name
// comes back it is attached anew.
void Agent::FollowInterfaces() {
  for (auto& [name, attachment] : attachments_) {
    if (attachment != nullptr &&
        next_hops_->links().count(attachment->ifindex()) == 0) {
      LOG(ERROR) << "interface " << name << " is gone";
      attachment.reset();
    }
    if (attachment != nullptr ||
        FindLink(next_hops_->links(), name) == nullptr) {
      continue;
    }
    const absl::Status attached = Attach(name);
    if (!attached.ok()) LOG(ERROR) << name << ": " << attached.message();
  }
}

absl::Status Agent::StartServers() {
  L275_ASSIGN_OR_RETURN(
      control_, ControlServer::Create(base_, options_.control_socket, this));
  if (!options_.http_listen.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(
      metrics_, MetricsServer::Create(base_, *options_.http_listen, this));
  return absl::OkStatus();
}

void Agent::Reload() {
  if (health_ != nullptr) {
    const absl::Status read = health_->ReloadKeys();
    LOG_IF(ERROR, !read.ok())
        << "SIGHUP: the beacons' keys stay as they are: " << read.message();
  }
  ReloadServices();
}

void Agent::ReloadServices() {
  if (!source_.is_file()) {
    LOG_IF(WARNING, health_ == nullptr || health_->options().keys_file.empty())
        << "SIGHUP: nothing to read again without --services_file";
    return;
  }
  absl::StatusOr<DesiredState> desired = source_.Read();
  absl::StatusOr<control::ChangeReply> reply =
      desired.ok() ? Desire(*std::move(desired)) : desired.status();
  if (!reply.ok()) {
    LOG(ERROR) << "SIGHUP: nothing changed: " << reply.status().message();
    return;
  }
  LOG(INFO) << "SIGHUP: read " << source_.services_file() << ", "
            << reply->change_size() << " changes";
}

absl::StatusOr<control::ChangeReply> Agent::Desire(DesiredState desired) {
  control::ChangeReply reply;
  for (std::string& line : DescribeChanges(desired_, desired)) {
    reply.add_change(std::move(line));
  }
  // Also those that are to go: what is known of them must outlast a refusal.
  std::set<Ipv4Address> backends = BackendAddresses(desired_);
  const HealthServices services = HealthServicesOf(desired_);
  std::swap(desired_, desired);
  backends.merge(BackendAddresses(desired_));
  SetBackends(backends, Merge(HealthServicesOf(desired_), services));
  absl::Status written = WriteMaps();
  if (!written.ok()) {
    std::swap(desired_, desired);
    SetBackends(BackendAddresses(desired_), HealthServicesOf(desired_));
    return written;
  }
  SetBackends(BackendAddresses(desired_), HealthServicesOf(desired_));
  for (const std::string& line : reply.change()) LOG(INFO) << line;
  return reply;
}

void Agent::SetBackends(const std::set<Ipv4Address>& backends,
                        const HealthServices& services) {
  next_hops_->SetTargets(backends);
  if (health_ != nullptr) health_->SetServices(services, Now());
}

absl::Status Agent::WriteMaps() {
  const std::map<uint32_t, MacAddress> ingress = IngressMacs();
  const uint64_t wall_clock = WallClock();
  ArmDrainTimer(wall_clock);
  const Snapshot snapshot =
      BuildSnapshot({desired_, options_.table_size,
                     health_ == nullptr ? nullptr : &health_->monitor(),
                     next_hops_->next_hops(), ingress, wall_clock});
  absl::Status written = writer_->Write(snapshot, Now());
  if (!written.ok()) ++counters_.write_failures;
  return written;
}

// At the next end of a drain the maps are written again.
void Agent::ArmDrainTimer(uint64_t wall_clock) {
  constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
  uint64_t next = kNever;
  for (const auto& [address, service] : desired_) {
    for (const auto& [backend_address, backend] : service.backends) {
      if (backend.drain_until > wall_clock) {
        next = std::min(next, backend.drain_until);
      }
    }
  }
  evtimer_del(drain_timer_.get());
  if (next == kNever) return;
  // Not for longer than a day at once: the wall clock may be set.
  const timeval delay = {
      static_cast<time_t>(std::min<uint64_t>(next - wall_clock, 86400)), 0};
  evtimer_add(drain_timer_.get(), &delay);
}

void Agent::WriteMapsLater() {
  if (hearing_) return;
  event_active(write_event_.get(), EV_TIMEOUT, 0);
}

void Agent::OnNextHopsChanged() {
  FollowInterfaces();
  if (health_ != nullptr) health_->OnLinksChanged();
  WriteMapsLater();
}

// By name before they are attached: the program shall know all when it starts.
// By index from then on: an attached interface may get another name.
std::map<uint32_t, MacAddress> Agent::IngressMacs() const {
  const std::map<uint32_t, Link>& links = next_hops_->links();
  std::map<uint32_t, MacAddress> macs;
  for (const std::string& name : options_.interfaces) {
    const auto attachment = attachments_.find(name);
    if (attachment == attachments_.end() || attachment->second == nullptr) {
      const Link* link = FindLink(links, name);
      if (link != nullptr) macs[link->ifindex] = link->mac;
      continue;
    }
    const auto link = links.find(attachment->second->ifindex());
    if (link != links.end()) macs[link->first] = link->second.mac;
  }
  return macs;
}

uint32_t Agent::FirstIngress() const {
  const auto attachment = attachments_.find(options_.interfaces.front());
  return attachment == attachments_.end() || attachment->second == nullptr
             ? 0
             : attachment->second->ifindex();
}

AgentView Agent::View() const {
  return {desired_,
          *writer_,
          *maps_,
          next_hops_->next_hops(),
          health_.get(),
          flows_->last(),
          *flows_,
          FirstIngress(),
          options_.interfaces.front(),
          Now()};
}

absl::StatusOr<control::Status> Agent::GetStatus() {
  control::Status status;
  status.set_version(kVersion);
  status.set_pid(static_cast<uint32_t>(getpid()));
  status.set_uptime_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(Now() - started_)
          .count());
  for (const std::string& name : options_.interfaces) {
    FillInterface(name, status.add_interface());
  }
  L275_RETURN_IF_ERROR(FillStatus(View(), &status));
  return status;
}

void Agent::FillInterface(const std::string& name,
                          control::Interface* message) const {
  message->set_name(name);
  const auto found = attachments_.find(name);
  if (found == attachments_.end() || found->second == nullptr) {
    message->set_attachment("none");
    return;
  }
  const XdpAttachment& attachment = *found->second;
  message->set_ifindex(attachment.ifindex());
  message->set_xdp_mode(attachment.native() ? "native" : "generic");
  message->set_attachment(attachment.uses_dispatcher() ? "dispatcher"
                                                       : "single");
  const auto link = next_hops_->links().find(attachment.ifindex());
  if (link != next_hops_->links().end()) {
    message->set_mac(MacToString(link->second.mac));
  }
}

absl::Status Agent::GetHealth() {
  for (const std::string& name : options_.interfaces) {
    const auto attachment = attachments_.find(name);
    if (attachment == attachments_.end() || attachment->second == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("the program is not attached to ", name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<control::ServiceStates> Agent::GetServices() {
  return ViewServices(View());
}

absl::StatusOr<control::Stats> Agent::GetStats() {
  control::Stats stats;
  L275_ASSIGN_OR_RETURN(const auto verdicts, ViewVerdicts(*maps_));
  L275_ASSIGN_OR_RETURN(const auto services, ViewServices(View()));
  *stats.mutable_verdict() = {verdicts.begin(), verdicts.end()};
  L275_ASSIGN_OR_RETURN(const auto events, ViewFlowEvents(*maps_));
  *stats.mutable_service() = services.service();
  *stats.mutable_flow_event() = {events.begin(), events.end()};
  return stats;
}

control::HealthStates Agent::GetHealthStates() { return ViewHealth(View()); }

control::Services Agent::GetConfig() { return DesiredStateToProto(desired_); }

control::Explanation Agent::Explain(const Endpoint& source,
                                    const Endpoint& destination) {
  return l275::Explain(View(), source, destination);
}

absl::StatusOr<control::ChangeReply> Agent::Change(
    const control::Change& change) {
  L275_ASSIGN_OR_RETURN(DesiredState desired, ApplyChange(desired_, change));
  return Desire(std::move(desired));
}

absl::StatusOr<control::ChangeReply> Agent::Apply(
    const control::Services& services) {
  L275_ASSIGN_OR_RETURN(DesiredState desired, DesiredStateFromProto(services));
  return Desire(std::move(desired));
}

absl::StatusOr<std::string> Agent::GetMetrics() {
  AgentCounters counters = counters_;
  counters.netlink_resyncs = next_hops_->resyncs();
  L275_ASSIGN_OR_RETURN(const auto families,
                        CollectMetrics(View(), counters, kVersion));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace l275
