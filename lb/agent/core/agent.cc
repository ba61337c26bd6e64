#include "lb/agent/core/agent.h"

#include <glog/logging.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/abi/verdicts.h"
#include "common/event/libevent_time.h"
#include "common/os/status_util.h"
#include "common/os/version.h"
#include "lb/agent/announce/virtual_routers.h"
#include "lb/agent/config/change.h"
#include "lb/agent/config/desired_state_proto.h"
#include "lb/agent/core/health_services.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/map_sizing.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/slowpath/handed_frame.h"
#include "lb/agent/takeover/heritage.h"
#include "lb/agent/views/explain.h"
#include "lb/agent/views/flow_event_view.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/next_hop_view.h"
#include "lb/agent/views/preference.h"
#include "lb/agent/views/service_view.h"
#include "lb/agent/views/status_view.h"
#include "lb/agent/views/verdict_view.h"
#include "lb/agent/views/vip_view.h"
#include "lb/agent/views/warnings.h"

namespace l275 {
namespace {

// A backend's beacons come every 100 ms by default.
constexpr suseconds_t kHearBeaconsMicroseconds = 200'000;

// A driver may take milliseconds to answer.
constexpr int kDriverLossesEvery = 5;  // seconds

uint64_t WallClock() {
  return static_cast<uint64_t>(
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

HealthTime Now() { return std::chrono::steady_clock::now(); }

// Whether each of them drains, in all of its services on a port.
std::map<HealthSubject, bool> DrainingOf(
    const std::vector<LivingBackend>& backends) {
  std::map<HealthSubject, bool> draining;
  for (const LivingBackend& backend : backends) {
    const HealthSubject subject = {backend.address, backend.port};
    const auto known = draining.emplace(subject, backend.draining).first;
    known->second = known->second && backend.draining;
  }
  return draining;
}

absl::StatusOr<std::map<Ipv4Address, uint64_t>> PacketsOfVips(
    const Maps& maps, const MapWriter& writer) {
  std::map<Ipv4Address, uint64_t> packets;
  for (const auto& [address, service] : writer.services()) {
    L275_ASSIGN_OR_RETURN(
        const auto counters,
        ReadCounters(maps.service_counters_fd(), {service.id}));
    packets[address.vip] += counters.front().packets;
  }
  return packets;
}

std::set<ServiceAddress> AddressesOf(const HealthServices& services) {
  std::set<ServiceAddress> addresses;
  for (const auto& [address, backends] : services) addresses.insert(address);
  return addresses;
}

// Of a driver without statistics, or an interface that is gone.
bool IsUnexpected(const absl::Status& status) {
  return !status.ok() && !absl::IsUnimplemented(status) &&
         !absl::IsNotFound(status);
}

// By the program itself.
absl::StatusOr<uint64_t> FramesSent(const Maps& maps) {
  constexpr uint32_t kSent[] = {L275_FORWARD_TX, L275_FORWARD_REDIRECT};
  L275_ASSIGN_OR_RETURN(const auto counters,
                        ReadCounters(maps.verdicts_fd(), kSent));
  return counters[0].packets + counters[1].packets;
}

std::set<Ipv4Address> HeldVips(const VipRoles& roles) {
  std::set<Ipv4Address> held;
  for (const auto& [address, vip] : roles.vips()) {
    if (vip.role.held) held.insert(address);
  }
  return held;
}

control::ChangeReply ReplyOf(const DesiredState& before,
                             const DesiredState& after) {
  control::ChangeReply reply;
  for (std::string& line : DescribeChanges(before, after)) {
    reply.add_change(std::move(line));
  }
  return reply;
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
      state_(std::move(source), options_.state_file),
      started_(Now()),
      write_log_(base, "failures to write the maps", google::GLOG_ERROR),
      vips_log_(base, "moves of VIPs"),
      reachability_(options_.reachability),
      attachments_(
          std::make_unique<Attachments>(options_.interfaces, options_.xdp)) {}

// Programs and maps stay after a start that succeeded.
Agent::~Agent() {
  if (!IsStarting()) ForwardAsAnyMember();
  attachments_.reset();
  if (pins_ != nullptr && IsStarting()) pins_->Rollback();
}

absl::Status Agent::Start() {
  L275_ASSIGN_OR_RETURN(DesiredState desired, state_.Start());
  L275_ASSIGN_OR_RETURN(next_hops_, NextHopMonitor::Create(base_, [this] {
                          OnNextHopsChanged();
                        }));
  L275_ASSIGN_OR_RETURN(driver_statistics_, DriverStatistics::Create());
  L275_ASSIGN_OR_RETURN(local_addresses_, LocalAddresses::Create(base_, [this] {
                          OnLocalAddressesChanged();
                        }));
  L275_RETURN_IF_ERROR(attachments_->Check(next_hops_->links()));
  L275_RETURN_IF_ERROR(StartServers());
  L275_RETURN_IF_ERROR(StartMaps(desired));
  StartTimers();
  StartPmtuWatch();
  L275_RETURN_IF_ERROR(StartHealth());
  L275_RETURN_IF_ERROR(Desire(std::move(desired)).status());
  L275_RETURN_IF_ERROR(HearBeacons());
  StartSlowPath();
  OpenSlowPaths();
  L275_RETURN_IF_ERROR(WriteMaps());
  CarryOver();
  L275_RETURN_IF_ERROR(StartSync());
  ReadDriverLosses();  // what was lost before is not the program's
  L275_RETURN_IF_ERROR(attachments_->AttachAll(*maps_, pins_.get()));
  // The maps may be those of an agent that ended long ago. Not before this: a
  // start that the kernel refuses here is no sign of life.
  L275_RETURN_IF_ERROR(maps_->GiveSignOfLife());
  L275_RETURN_IF_ERROR(attachments_->Keep());
  CarryRest();
  Save(nullptr);
  reload_.last_success_unix_s = WallClock();
  started_all_ = true;
  return absl::OkStatus();
}

absl::Status Agent::StartMaps(const DesiredState& desired) {
  absl::StatusOr<std::unique_ptr<PinFolder>> pins =
      PinFolder::Create(options_.bpffs_dir);
  if (!pins.ok()) return Annotate(pins.status(), "--bpffs_dir");
  pins_ = *std::move(pins);
  L275_ASSIGN_OR_RETURN(
      const MapSizes sizes,
      ChooseMapSizes(options_.map_sizes, desired, options_.table_size));
  L275_ASSIGN_OR_RETURN(
      Heritage heritage,
      InheritOrCreateMaps({options_.map_sizes, sizes, options_.hash_seed},
                          Now(), pins_.get()));
  maps_ = std::move(heritage.maps);
  writer_ = std::move(heritage.writer);
  carrier_ = std::move(heritage.carrier);
  living_ = std::move(heritage.living);
  inherited_ = heritage.inherited;
  // Before anything is written that the program of an earlier agent reads.
  L275_RETURN_IF_ERROR(XdpAttachment::Verify(*maps_, options_.xdp));
  writer_->BeforeFirstRecord([this] { FlushSlowPath(); });
  flows_ = std::make_unique<FlowKeeper>(base_, maps_.get(), writer_.get(),
                                        options_.xdp.tcp_idle_timeout);
  return absl::OkStatus();
}

// What cannot be carried over keeps no agent from starting.
void Agent::CarryOver() {
  if (carrier_ == nullptr) return;
  const absl::Status carried =
      carrier_->CarryOver(TicksOf(options_.xdp.tcp_idle_timeout), Now());
  LOG_IF(ERROR, !carried.ok()) << "not all carried over: " << carried.message();
}

void Agent::CarryRest() {
  if (carrier_ == nullptr) return;
  const absl::Status carried = carrier_->CarryRest(Now());
  LOG_IF(ERROR, !carried.ok()) << "not all carried over: " << carried.message();
  LOG(INFO) << carrier_->report().Summary();
  for (const std::string& line : carrier_->report().Losses()) {
    LOG(WARNING) << line;
  }
  carrier_.reset();
}

void Agent::StartTimers() {
  life_timer_.reset(event_new(
      base_, -1, EV_PERSIST,
      [](evutil_socket_t, short, void* agent) {
        static_cast<Agent*>(agent)->OnSecond();
      },
      this));
  constexpr timeval kSignOfLife = {1, 0};
  event_add(life_timer_.get(), &kSignOfLife);
  holders_timer_.reset(event_new(
      base_, -1, EV_PERSIST,
      [](evutil_socket_t, short, void* agent) {
        static_cast<Agent*>(agent)->WatchHolders();
      },
      this));
  constexpr timeval kOften = {0, 250'000};
  event_add(holders_timer_.get(), &kOften);
  const event_callback_fn write = [](evutil_socket_t, short, void* agent) {
    Agent& self = *static_cast<Agent*>(agent);
    const absl::Status written = self.WriteMaps();
    if (written.ok()) return;
    self.write_log_.Log(absl::StrCat("maps not written: ", written.ToString()));
  };
  write_event_.reset(event_new(base_, -1, 0, write, this));
  drain_timer_.reset(evtimer_new(base_, write, this));
  reachability_timer_.reset(evtimer_new(
      base_,
      [](evutil_socket_t, short, void* agent) {
        static_cast<Agent*>(agent)->OnReachabilityTimer();
      },
      this));
  save_timer_.reset(evtimer_new(
      base_,
      [](evutil_socket_t, short, void* agent) {
        static_cast<Agent*>(agent)->Save(nullptr);
      },
      this));
}

absl::Status Agent::StartHealth() {
  if (!options_.beacons.has_value()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(health_,
                        BeaconHealth::Create(base_, *options_.beacons,
                                             [this] { WriteMapsLater(); }));
  health_->PresumeUp(DrainingOf(living_));
  return absl::OkStatus();
}

// Without this the first backend that is heard would get all flows, to lose
// them when the others are heard a moment later; or, were it written before any
// packet comes, all slots would be tracked from the start. And in the maps that
// an earlier agent left there are flows, at backends that drain or weigh less
// by their own word.
absl::Status Agent::HearBeacons() {
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
  return absl::OkStatus();
}

// Forwarding works without it.
void Agent::StartSlowPath() {
  if (!options_.slow_path.has_value()) return;
  StartSentCounter();
  absl::StatusOr<std::unique_ptr<SlowPath>> slow_path = SlowPath::Create(
      base_, maps_->slow_path_fd(), next_hops_.get(), *options_.slow_path,
      [this] { WriteMapsLater(); },
      FrameForwarder::Callbacks{
          [this](absl::Span<const uint8_t> frame) {
            const auto service = ServiceOf(frame, writer_->services());
            if (service.has_value()) writer_->tracker().AssumeUsed({*service});
          },
          [this](Ipv4Address backend, absl::Span<const uint8_t> frame) {
            if (sent_counter_ != nullptr) sent_counter_->Count(backend, frame);
          }});
  if (slow_path.ok()) {
    slow_path_ = *std::move(slow_path);
    return;
  }
  slow_path_error_ = std::string(slow_path.status().message());
  LOG(WARNING) << "no slow path: " << slow_path_error_
               << "; frames for a backend whose MAC address is not known are "
                  "dropped";
}

void Agent::StartSentCounter() {
  absl::StatusOr<std::unique_ptr<SentCounter>> counter =
      SentCounter::Create(*maps_, writer_.get());
  if (counter.ok()) {
    sent_counter_ = *std::move(counter);
  } else {
    LOG(WARNING) << "frames of the slow path are not counted for their "
                    "services: "
                 << counter.status().message();
  }
}

// Nor does counting matter to it.
void Agent::StartPmtuWatch() {
  absl::StatusOr<std::unique_ptr<PmtuWatch>> pmtu = PmtuWatch::Create(base_);
  if (pmtu.ok()) {
    pmtu_ = *std::move(pmtu);
  } else {
    LOG(WARNING) << "ICMP \"fragmentation needed\" is not counted: "
                 << pmtu.status().message();
  }
}

void Agent::OpenSlowPaths() {
  if (slow_path_ == nullptr) return;
  std::vector<uint32_t> interfaces;
  for (const auto& [ifindex, mac] :
       attachments_->IngressMacs(next_hops_->links())) {
    const Link& link = next_hops_->links().at(ifindex);
    slow_path_->sockets().Open(link.name, ifindex);
    interfaces.push_back(ifindex);
  }
  slow_path_->sockets().CloseOthers(interfaces);
}

void Agent::FlushSlowPath() {
  if (slow_path_ != nullptr) slow_path_->Flush();
}

absl::Status Agent::StartSync() {
  if (!options_.sync.has_value()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Sync>> sync =
      Sync::Create(base_, *options_.sync, maps_.get(), writer_.get(),
                   flows_.get(), !inherited_);
  if (!sync.ok()) return Annotate(sync.status(), "--sync_listen");
  sync_ = *std::move(sync);
  TellDeclared();
  WatchVips();
  return absl::OkStatus();
}

// With table sizes as they are in effect: --table_size has to be the same too.
void Agent::TellDeclared() {
  DesiredState declared = desired_;
  for (auto& [address, service] : declared) {
    if (service.table_size == 0) service.table_size = options_.table_size;
  }
  sync_->SetDeclared(DesiredStateToProto(declared));
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
  std::vector<std::string> errors;
  const auto check = [&errors](const absl::Status& read, const char* effect) {
    if (!read.ok()) errors.push_back(absl::StrCat(effect, read.message()));
  };
  if (health_ != nullptr) {
    check(health_->ReloadKeys(), "the beacons' keys stay as they are: ");
  }
  if (sync_ != nullptr) {
    check(sync_->ReloadKeys(), "the peers' keys stay as they are: ");
  }
  check(ReloadServices(), "nothing changed: ");
  for (const std::string& error : errors) LOG(ERROR) << "SIGHUP: " << error;
  reload_.errors = std::move(errors);
  if (reload_.errors.empty()) reload_.last_success_unix_s = WallClock();
}

absl::Status Agent::ReloadServices() {
  if (!state_.source().is_file()) {
    LOG_IF(WARNING, health_ == nullptr || health_->options().keys_file.empty())
        << "SIGHUP: nothing to read again without --services_file";
    return absl::OkStatus();
  }
  L275_ASSIGN_OR_RETURN(StateKeeper::Reread reread, state_.ReadAgain(desired_));
  L275_ASSIGN_OR_RETURN(const control::ChangeReply reply,
                        Desire(reread.merged.state));
  state_.Declare(std::move(reread));
  Save(nullptr);
  LOG(INFO) << "SIGHUP: read " << state_.source().services_file() << ", "
            << reply.change_size() << " changes";
  return absl::OkStatus();
}

absl::StatusOr<control::ChangeReply> Agent::Desire(DesiredState desired) {
  control::ChangeReply reply = ReplyOf(desired_, desired);
  // Also those that are to go: what is known of them must outlast a refusal.
  std::set<Ipv4Address> backends = BackendAddresses(desired_);
  const HealthServices services = HealthServicesOf(desired_);
  std::swap(desired_, desired);
  backends.merge(BackendAddresses(desired_));
  SetBackends(backends, Merge(HealthServicesOf(desired_), services));
  const absl::Status before = written_;
  absl::Status written = hearing_ ? absl::OkStatus() : WriteMaps();
  if (!written.ok()) {
    written_ = before;  // the maps are as they were
    std::swap(desired_, desired);
    SetBackends(BackendAddresses(desired_), HealthServicesOf(desired_));
    // The timers are set for what was refused.
    UpdateReachability();
    ArmDrainTimer(WallClock());
    return written;
  }
  SetBackends(BackendAddresses(desired_), HealthServicesOf(desired_));
  for (const std::string& line : reply.change()) LOG(INFO) << line;
  if (sync_ != nullptr) TellDeclared();
  if (!IsStarting()) Save(&reply);
  return reply;
}

// What cannot be saved is in effect nevertheless, and saved when that is
// possible again: a full disk shall keep nobody from draining a server.
void Agent::Save(control::ChangeReply* reply) {
  const absl::Status saved = state_.Save(desired_);
  if (saved.ok()) return;
  if (reply != nullptr) {
    reply->add_warning(absl::StrCat(
        "in effect, but not saved: a restart forgets it: ", saved.message()));
  }
  constexpr timeval kRetry = {5, 0};
  evtimer_add(save_timer_.get(), &kRetry);
}

void Agent::SetBackends(const std::set<Ipv4Address>& backends,
                        const HealthServices& services) {
  next_hops_->SetTargets(backends);
  if (health_ != nullptr) health_->SetServices(services, Now());
  if (pmtu_ != nullptr) pmtu_->SetServices(AddressesOf(services));
  FlushSlowPath();
}

SnapshotSources Agent::Sources(
    const std::map<uint32_t, MacAddress>& ingress) const {
  return {desired_,
          options_.table_size,
          health_ == nullptr ? nullptr : &health_->monitor(),
          next_hops_->next_hops(),
          ingress,
          WallClock(),
          reachability_};
}

// Returns whether the maps have to be written for that.
bool Agent::UpdateReachability() {
  const bool changed = reachability_.Update(next_hops_->next_hops(),
                                            CandidatesOf(Sources({})), Now());
  evtimer_del(reachability_timer_.get());
  if (const auto next = reachability_.NextUpdate()) {
    const timeval delay = DelayUntil(*next);
    evtimer_add(reachability_timer_.get(), &delay);
  }
  return changed;
}

void Agent::OnReachabilityTimer() {
  if (UpdateReachability()) WriteMapsLater();
}

absl::Status Agent::WriteMaps() {
  UpdateReachability();
  WriteVirtualRouters();
  FlushSlowPath();  // so that the services of all frames in it count as used
  const std::map<uint32_t, MacAddress> ingress =
      attachments_->IngressMacs(next_hops_->links());
  const SnapshotSources sources = Sources(ingress);
  ArmDrainTimer(sources.wall_clock);
  Snapshot snapshot = BuildSnapshot(sources);
  if (slow_path_ != nullptr) {
    snapshot.slow_path = slow_path_->sockets().queues();
  }
  written_ = writer_->Write(snapshot, Now());
  if (!written_.ok()) ++counters_.write_failures;
  if (written_.ok() && sync_ != nullptr) sync_->OnTablesWritten();
  return written_;
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
  WriteVirtualRouters();
  FlushSlowPath();
  attachments_->DropGone(next_hops_->links());
  OpenSlowPaths();
  AttachReturned();
  if (health_ != nullptr) health_->OnLinksChanged();
  WriteMapsLater();
}

// First of all: until the program knows that this host has become the active
// one, it drops what comes for the virtual router.
void Agent::OnLocalAddressesChanged() {
  WriteVirtualRouters();
  WatchVips();
}

void Agent::WriteVirtualRouters() {
  if (writer_ != nullptr) writer_->SetVirtualRouters(CurrentVirtualRouters());
}

std::map<uint32_t, VirtualRouters> Agent::CurrentVirtualRouters() const {
  std::set<Ipv4Address> vips;
  for (const auto& [address, service] : desired_) vips.insert(address.vip);
  return FindVirtualRouters(next_hops_->links(), local_addresses_->entries(),
                            attachments_->IngressMacs(next_hops_->links()),
                            vips);
}

// Until the next agent nobody tells the program who is the active one. Frames
// that come twice do less harm than a VIP that nobody serves.
void Agent::ForwardAsAnyMember() {
  std::map<uint32_t, VirtualRouters> routers = CurrentVirtualRouters();
  for (auto& [ifindex, of_interface] : routers) {
    of_interface.active = of_interface.member;
  }
  writer_->SetVirtualRouters(std::move(routers));
}

void Agent::OnSecond() {
  const absl::Status given = maps_->GiveSignOfLife();
  if (!given.ok()) LOG(ERROR) << given.message();
  WatchVips();
  AttachReturned();
  if (++seconds_ % kDriverLossesEvery == 0) ReadDriverLosses();
  UpdateWarningLog();
}

void Agent::UpdateWarningLog() {
  if (!IsStarting()) warning_log_.Update(ViewWarnings(View()), Now());
}

// Of the interfaces by which the program sends. Some drivers have no
// statistics.
void Agent::ReadDriverLosses() {
  std::set<std::string> interfaces(options_.interfaces.begin(),
                                   options_.interfaces.end());
  for (const auto& [address, next_hop] : next_hops_->next_hops()) {
    if (next_hop.ready()) interfaces.insert(next_hop.interface);
  }
  DriverLosses::Counters counters;
  for (const std::string& interface : interfaces) {
    auto losses = driver_statistics_->ReadXdpLosses(interface);
    LOG_IF_EVERY_N(WARNING, IsUnexpected(losses.status()), 100)
        << losses.status().message();
    if (losses.ok()) counters[interface] = *std::move(losses);
  }
  const auto sent = FramesSent(*maps_);
  if (!sent.ok()) {
    LOG(ERROR) << sent.status().message();
    return;
  }
  driver_losses_.Update(std::move(counters), *sent, Now());
}

void Agent::AttachReturned() {
  attachments_->AttachReturned(next_hops_->links(),
                               [this] { return WriteMaps(); });
}

void Agent::WatchVips() {
  const absl::StatusOr<std::map<Ipv4Address, uint64_t>> packets =
      PacketsOfVips(*maps_, *writer_);
  const auto before = vips_.vips();
  if (packets.ok()) {
    vips_.Update(*packets, local_addresses_->addresses(), Now());
  } else {
    LOG(ERROR) << packets.status().message();
  }
  // Also as it was: it is a sign of life.
  if (sync_ != nullptr) sync_->SetHeld(HeldVips(vips_));
  for (const auto& [address, vip] : vips_.vips()) {
    const auto known = before.find(address);
    if (known != before.end() && known->second.role.held == vip.role.held) {
      continue;
    }
    vips_log_.Log(absl::StrCat(
        "VIP ", address.ToString(),
        vip.role.held ? " is on this host" : " is not on this host"));
  }
}

// Without peers nobody knows whether another host holds a VIP.
void Agent::WatchHolders() {
  if (sync_ == nullptr) return;
  std::set<Ipv4Address> vips;
  for (const auto& [address, vip] : vips_.vips()) vips.insert(address);
  std::map<Ipv4Address, VipHolders::Peer> peers;
  const auto heard = sync_->listener().heard();
  for (const auto& [address, peer] : heard) {
    if (!peer.since.has_value() || !peer.last.has_value()) continue;
    peers[address] = {sync_->sink().peers().at(address).held, *peer.last};
  }
  const bool all_heard = !heard.empty() && peers.size() == heard.size();
  const size_t before = vip_holders_.faults().size();
  vip_holders_.Update(vips, HeldVips(vips_), peers, all_heard, Now());
  if (vip_holders_.faults().size() != before) UpdateWarningLog();
}

AgentView Agent::View() const {
  const std::string& first_name = options_.interfaces.front();
  const XdpAttachment* const first = attachments_->Find(first_name);
  return {desired_,
          state_,
          reload_,
          *writer_,
          written_,
          *maps_,
          *next_hops_,
          reachability_,
          *attachments_,
          driver_losses_,
          slow_path_.get(),
          options_.slow_path.has_value() ? slow_path_error_ : "--slow_path=off",
          health_.get(),
          vips_,
          vip_holders_,
          *local_addresses_,
          sync_.get(),
          pmtu_.get(),
          flows_->last(),
          *flows_,
          first == nullptr ? 0 : first->ifindex(),
          first_name,
          started_,
          Now()};
}

absl::StatusOr<control::Status> Agent::GetStatus() {
  return ViewStatus(View());
}

control::Readiness Agent::GetReadiness() {
  control::Readiness readiness;
  for (const absl::Status& status :
       {GetHealth(), written_,
        sync_ == nullptr ? absl::OkStatus() : sync_->CheckResynced()}) {
    if (!status.ok()) readiness.add_reason(std::string(status.message()));
  }
  for (VipCoverage& coverage : ViewVipCoverage(View())) {
    if (coverage.state != VipCoverage::State::kUncovered) continue;
    readiness.add_reason(std::move(coverage.text));
  }
  readiness.set_ready(readiness.reason().empty());
  for (std::string& reason : ViewNotPreferred(View())) {
    readiness.add_not_preferred(std::move(reason));
  }
  for (control::Warning& warning : ViewWarnings(View())) {
    *readiness.add_warning() = std::move(warning);
  }
  return readiness;
}

absl::Status Agent::GetHealth() { return attachments_->CheckAttached(); }

absl::StatusOr<control::ServiceStates> Agent::GetServices() {
  return ViewServices(View());
}

control::NextHops Agent::GetNextHops() { return ViewNextHops(View()); }

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
    const control::Services& services, const ApplyOptions& options) {
  L275_ASSIGN_OR_RETURN(DesiredState desired, DesiredStateFromProto(services));
  if (desired.empty() && !options.allow_empty) {
    return absl::InvalidArgumentError(
        absl::StrCat("no service in it, so all ", desired_.size(),
                     " would be removed; expected one, or allow_empty"));
  }
  if (options.dry_run) return ReplyOf(desired_, desired);
  L275_ASSIGN_OR_RETURN(control::ChangeReply reply, Desire(std::move(desired)));
  state_.ForgetReplaced();
  return reply;
}

absl::StatusOr<std::string> Agent::GetMetrics() {
  AgentCounters counters = counters_;
  counters.netlink_resyncs = next_hops_->resyncs();
  L275_ASSIGN_OR_RETURN(const auto families,
                        CollectMetrics(View(), counters, kVersion));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace l275
