// Random lives of load balancers that tell each other where flows belong, with
// the real program, map writer and flow sweep of each: a flow stays on its
// backend, for as long as that lives, wherever the VIP moves.
//
// What load balancers are told of the backends comes to each at another time,
// and not in the same order; messages between them arrive late, or are lost
// with their session. A failover is synced when all that was said has arrived;
// before that a flow may be lost of which something was not told yet, and no
// other.

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/testing/virtual_clock.h"
#include "lb/agent/maps/tick.h"
#include "tests/packet/fake_sessions.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/synced_balancer.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kIdle{30};
// A follower hears of a packet within a quarter of the idle timeout.
constexpr uint32_t kPromiseTicks = 14;
// Everything that is to be said is said by then: a peer is told everything at
// most every five seconds, and entries are told again within eight.
constexpr int kSecondsToSync = 9;
// A flow that sent only SYNs, in a table that is running full, may be forgotten
// then.
constexpr uint32_t kShortHandshakeTicks = 4;
constexpr uint32_t kBackends = 6;
constexpr size_t kMostBehind = 6;  // changes
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};

constexpr size_t kFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kAck = 0x10;

Ipv4Address BackendAddress(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

// By which a frame tells the backend that it is for.
MacAddress MacOf(uint32_t number) {
  return {0x02, 0x0b, 0, 0, 0, static_cast<uint8_t>(number)};
}

// What a load balancer was told of a backend: none when it is removed.
struct Change {
  Ipv4Address backend;
  std::optional<SnapshotBackend> state;
};

// A load balancer and what it was told.
struct Host {
  std::unique_ptr<SyncedBalancer> lb;
  std::map<Ipv4Address, SnapshotBackend> backends;
  std::set<Ipv4Address> unheard;  // by this one alone: it takes them for dead
  std::deque<Change> to_come;
  std::map<Ipv4Address, uint32_t> deaths;

  bool IsAlive(Ipv4Address backend) const {
    const auto found = backends.find(backend);
    return found != backends.end() && found->second.alive &&
           unheard.count(backend) == 0;
  }
};

struct Flow {
  FlowKey key;
  Frame frame;
};

// A flow's backend, as the promise has it.
struct Bond {
  Ipv4Address backend;
  size_t holder = 0;    // where its packets go
  uint32_t deaths = 0;  // of the backend there
  uint32_t last_seen = 0;
  bool synced = false;     // nothing happened since all knew of it
  bool only_syns = false;  // it sent nothing else
};

class World {
 public:
  struct Settings {
    const char* description;
    size_t hosts;
    uint32_t inserts_per_tick;
    uint32_t table_entries = 4096;
    bool flooded = false;
  };

  World(const Settings& settings, FakeSessions::Loses loses)
      : settings_(settings) {
    sessions_.LoseThose(std::move(loses));
    for (uint32_t i = 0; i < settings.hosts; ++i) {
      SyncedBalancer::Options options;
      options.self = AddressOf(i);
      for (uint32_t peer = 0; peer < settings.hosts; ++peer) {
        if (peer != i) options.peers.insert(AddressOf(peer));
      }
      options.program.sizes = {8, 512, 4096, settings.table_entries};
      options.program.flow_inserts_per_tick = settings.inserts_per_tick;
      options.idle_timeout = kIdle;
      hosts_.emplace_back().lb =
          std::make_unique<SyncedBalancer>(options, &sessions_);
    }
  }

  // Lives through a sequence of what can happen; false when it failed.
  bool Live(uint32_t seed);

  const std::string& failure() const { return failure_; }
  uint64_t bound() const { return bound_; }
  uint64_t broken() const { return broken_; }
  uint64_t bound_through_failovers() const { return bound_moved_; }
  uint64_t bound_after_loss() const { return bound_unsynced_; }
  uint64_t bound_after_split() const { return bound_split_; }
  uint64_t failovers() const { return failovers_; }
  // Packets of floods, and sweeps of a table that was more than three quarters
  // full by them.
  uint64_t flooded() const { return flooded_; }
  uint64_t full_sweeps() const { return full_sweeps_; }
  void IgnoreBroken() { ignore_broken_ = true; }

 private:
  static Ipv4Address AddressOf(size_t host) {
    return Ipv4Address::FromHost(0x0a010001 + static_cast<uint32_t>(host));
  }

  using Bonds = std::map<FlowKey, Bond>;

  uint32_t Below(uint32_t end) { return random_() % end; }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  size_t RandomHost() { return Below(static_cast<uint32_t>(hosts_.size())); }
  size_t OtherThan(size_t host);
  uint32_t Tick() const { return TickOf(std::chrono::steady_clock::now()); }
  Host& Holder() { return hosts_[holder_]; }

  void Begin();
  void Step();
  void Note(const std::string& what) { story_ += " " + what; }

  void AddFlow();
  size_t HostOf(const FlowKey& key) const;
  void SendNew(size_t host, uint32_t count);
  void SendSome();
  void SendAll();
  void Flood();
  bool RunsFull(size_t host) const;
  void Send(size_t host, const Flow& flow, uint8_t flags);
  Bonds::iterator Break(Bonds::iterator bond);
  void ReplaceBroken();
  void Observe(size_t host, const FlowKey& key, bool syn,
               std::optional<Ipv4Address> backend);

  void ChangeBackend();
  void Catch(size_t host);
  void Unhear(size_t host);
  void Flap(size_t host);
  void Apply(size_t host, const std::function<void(Host&)>& change);
  Snapshot SnapshotOf(const Host& host) const;

  void Seconds(uint32_t count);
  void Quiet();
  void OpenSessions();
  void EndSession();
  void Connect(size_t from, size_t to);
  void Disconnect(size_t from, size_t to);
  void DeliverSome();
  void DeliverAll();
  bool DeliverOne(size_t from, size_t to);
  void Sync();

  void Restart();
  void LiveAndDeliver();
  void FailOver(bool synced);
  void Crash(size_t to);
  void HandOver(size_t to);
  void MoveBonds(size_t from, size_t to);
  void Split();
  void Unsettle();

  const Settings settings_;
  std::mt19937 random_;
  VirtualClock clock_;
  LbHost network_;
  FakeSessions sessions_;
  std::vector<Host> hosts_;
  size_t holder_ = 0;
  std::vector<Flow> flows_;
  Bonds bonds_;
  std::set<FlowKey> over_;
  std::set<FlowKey> moved_, unsynced_, split_;
  uint32_t synced_at_ = 0;
  bool ignore_broken_ = false;
  std::string failure_;
  std::string story_;
  uint64_t bound_ = 0, broken_ = 0, bound_moved_ = 0, bound_unsynced_ = 0;
  uint64_t bound_split_ = 0, failovers_ = 0;
  uint64_t flooded_ = 0, full_sweeps_ = 0;
};

bool World::Live(uint32_t seed) {
  random_.seed(seed);
  Begin();
  for (int step = 0; step < 40 && failure_.empty(); ++step) {
    story_ += "\n" + std::to_string(step) + ":";
    Step();
    ReplaceBroken();
  }
  return failure_.empty();
}

void World::Begin() {
  story_.clear();
  flows_.clear();
  bonds_.clear();
  over_.clear();
  moved_.clear();
  unsynced_.clear();
  split_.clear();
  std::map<Ipv4Address, SnapshotBackend> backends;
  for (uint32_t number = 1; number <= 3; ++number) {
    backends[BackendAddress(number)] = {100};
  }
  for (size_t i = 0; i < hosts_.size(); ++i) {
    for (size_t j = 0; j < hosts_.size(); ++j) {
      if (i != j) sessions_.End(AddressOf(i), AddressOf(j));
    }
    hosts_[i].backends = backends;
    hosts_[i].unheard.clear();
    hosts_[i].to_come.clear();
    hosts_[i].lb->Reboot(SnapshotOf(hosts_[i]));
  }
  holder_ = RandomHost();
  Holder().lb->SetHeld({kVip});
  OpenSessions();
  for (uint32_t count = 10 + Below(50); count > 0; --count) AddFlow();
  for (const Flow& flow : flows_) Send(holder_, flow, kSyn);
}

void World::Step() {
  if (settings_.flooded && OneIn(4)) return Flood();
  const uint32_t kind = Below(40);
  if (kind < 6) {
    SendSome();
  } else if (kind < 8) {
    SendNew(holder_, 1 + Below(5));
  } else if (kind < 10) {
    SendAll();
  } else if (kind < 15) {
    ChangeBackend();
  } else if (kind < 19) {
    Catch(RandomHost());
  } else if (kind < 21) {
    OneIn(3) ? Unhear(RandomHost()) : Flap(RandomHost());
  } else if (kind < 25) {
    Seconds(1 + Below(3));
  } else if (kind < 28) {
    DeliverSome();
  } else if (kind < 29) {
    OneIn(2) ? EndSession() : OpenSessions();
  } else if (kind < 30) {
    Restart();
  } else if (kind < 32) {
    Quiet();
  } else if (kind < 33) {
    Sync();
  } else if (kind < 38) {
    FailOver(/*synced=*/true);
  } else if (kind < 39) {
    FailOver(/*synced=*/false);
  } else {
    Split();
  }
}

size_t World::OtherThan(size_t host) {
  const size_t other = Below(static_cast<uint32_t>(hosts_.size() - 1));
  return other < host ? other : other + 1;
}

void World::AddFlow() {
  Flow flow;
  flow.key = {ClientAddress(random_()), static_cast<uint16_t>(random_()), kVip,
              kService.port};
  flow.frame = FrameBuilder()
                   .From(flow.key.source, flow.key.source_port)
                   .To(flow.key.vip, flow.key.port)
                   .Build();
  flows_.push_back(std::move(flow));
}

void World::SendNew(size_t host, uint32_t count) {
  Note("new");
  for (; count > 0; --count) {
    AddFlow();
    Send(host, flows_.back(), kSyn);
    if (OneIn(2)) Send(host, flows_.back(), kAck);
  }
}

// Where the flow's packets come.
size_t World::HostOf(const FlowKey& key) const {
  const auto bond = bonds_.find(key);
  return bond == bonds_.end() ? holder_ : bond->second.holder;
}

void World::SendSome() {
  Note("some");
  for (uint32_t count = 5 + Below(25); count > 0; --count) {
    const Flow& flow = flows_[Below(static_cast<uint32_t>(flows_.size()))];
    Send(HostOf(flow.key), flow, OneIn(8) ? kSyn : kAck);
  }
}

void World::SendAll() {
  Note("all");
  for (const Flow& flow : flows_) Send(HostOf(flow.key), flow, kAck);
}

bool World::RunsFull(size_t host) const {
  return hosts_[host].lb->entries() > settings_.table_entries / 4 * 3;
}

// Packets that are each of another flow. The tables get more than three
// quarters full by it, and not quite full: a peer that has no room for an entry
// loses it.
void World::Flood() {
  Note("flood");
  const uint8_t flags = OneIn(2) ? kSyn : kAck;
  for (int i = 0; i < 400; ++i) {
    for (size_t host = 0; i % 10 == 0 && host < hosts_.size(); ++host) {
      if (RunsFull(host)) return Seconds(1 + Below(8));
    }
    AddFlow();
    Send(holder_, flows_.back(), flags);
    bonds_.erase(flows_.back().key);
    flows_.pop_back();
    ++flooded_;
  }
}

// What has an entry goes where that says, SYN or not.
void World::Send(size_t host, const Flow& flow, uint8_t flags) {
  if (over_.count(flow.key) > 0) return;
  Frame frame = flow.frame;
  frame[kFlagsOffset] = flags;
  const std::optional<Ipv4Address> entry = hosts_[host].lb->EntryOf(flow.key);
  const std::optional<uint8_t> number = hosts_[host].lb->Run(flow.key, frame);
  std::optional<Ipv4Address> backend;
  if (number.has_value()) backend = BackendAddress(*number);
  if (entry.has_value() && backend != entry && failure_.empty()) {
    failure_ = "the flow from " + flow.key.source.ToString() +
               " does not follow its entry" + story_;
  }
  Observe(host, flow.key, flags == kSyn, backend);
}

void World::Observe(size_t host, const FlowKey& key, bool syn,
                    std::optional<Ipv4Address> backend) {
  const auto found = bonds_.find(key);
  const bool lives =
      found != bonds_.end() && found->second.holder == host &&
      found->second.deaths == hosts_[host].deaths[found->second.backend] &&
      Tick() - found->second.last_seen <=
          (settings_.flooded && found->second.only_syns ? kShortHandshakeTicks
                                                        : kPromiseTicks);
  // The client sends it again, or somebody forged it: the flow lives no longer
  // by it.
  if (lives && syn && backend == found->second.backend) return;
  const bool bound = lives && !syn;
  bound_ += bound;
  if (bound && backend == found->second.backend) {
    found->second.last_seen = Tick();
    found->second.only_syns = false;
    bound_moved_ += moved_.count(key);
    bound_unsynced_ += unsynced_.count(key);
    bound_split_ += split_.count(key);
    return;
  }
  if (bound) {
    ++broken_;
    if (failure_.empty() && !ignore_broken_) {
      failure_ = "host " + std::to_string(host) + ": the flow from " +
                 key.source.ToString() + " went from " +
                 found->second.backend.ToString() + " to " +
                 (backend.has_value() ? backend->ToString() : "nowhere") +
                 story_;
    }
  }
  const bool moves =
      found != bonds_.end() && !syn && backend != found->second.backend;
  moved_.erase(key);
  unsynced_.erase(key);
  split_.erase(key);
  bonds_.erase(key);
  if (moves) {
    over_.insert(key);
  } else if (backend.has_value()) {
    bonds_[key] = {*backend, host,  hosts_[host].deaths[*backend],
                   Tick(),   false, syn};
  }
}

// Of no connection any more: the client begins a new one, from another port.
World::Bonds::iterator World::Break(Bonds::iterator bond) {
  over_.insert(bond->first);
  return bonds_.erase(bond);
}

void World::ReplaceBroken() {
  const auto is_over = [&](const Flow& flow) {
    return over_.count(flow.key) > 0;
  };
  flows_.erase(std::remove_if(flows_.begin(), flows_.end(), is_over),
               flows_.end());
  SendNew(holder_, static_cast<uint32_t>(over_.size()));
  over_.clear();
}

// Adds, removes, drains, weighs, fails or recovers a backend: everybody will be
// told.
void World::ChangeBackend() {
  Change change = {BackendAddress(1 + Below(kBackends)), std::nullopt};
  switch (Below(6)) {
    case 0:
      break;
    case 1:
      change.state = SnapshotBackend{0, false};
      break;
    case 2:
      change.state = SnapshotBackend{0, true};
      break;
    case 3:
      change.state = SnapshotBackend{1 + Below(300), true};
      break;
    default:
      change.state = SnapshotBackend{100, true};
  }
  Note("change " + change.backend.ToString() + "=" +
       (change.state.has_value() ? std::to_string(change.state->weight) +
                                       (change.state->alive ? "" : " dead")
                                 : "none"));
  for (size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i].to_come.push_back(change);
    while (hosts_[i].to_come.size() > kMostBehind) Catch(i);
  }
  if (OneIn(2)) Catch(RandomHost());
}

// One of the oldest changes comes to the host; those of one backend in order.
void World::Catch(size_t host) {
  std::deque<Change>& to_come = hosts_[host].to_come;
  if (to_come.empty()) return;
  size_t pick =
      Below(std::min<uint32_t>(3, static_cast<uint32_t>(to_come.size())));
  for (size_t i = 0; i < pick; ++i) {
    if (to_come[i].backend == to_come[pick].backend) pick = i;
  }
  const Change change = to_come[pick];
  to_come.erase(to_come.begin() + static_cast<ptrdiff_t>(pick));
  Note("catch" + std::to_string(host) + " " + change.backend.ToString());
  Apply(host, [&](Host& state) {
    state.backends.erase(change.backend);
    if (change.state.has_value()) {
      state.backends[change.backend] = *change.state;
    }
  });
}

// Beacons of a backend do not come through to the host alone; or again.
void World::Unhear(size_t host) {
  const Ipv4Address backend = BackendAddress(1 + Below(kBackends));
  std::set<Ipv4Address>& unheard = hosts_[host].unheard;
  const bool again = !unheard.empty() && OneIn(2);
  const Ipv4Address which = again ? *unheard.begin() : backend;
  Note((again ? "hear" : "unhear") + std::to_string(host) + " " +
       which.ToString());
  Apply(host, [&](Host& state) {
    again ? (void)state.unheard.erase(which)
          : (void)state.unheard.insert(which);
  });
}

// The host alone takes a backend for dead, and not for long.
void World::Flap(size_t host) {
  const Ipv4Address backend = BackendAddress(1 + Below(kBackends));
  if (hosts_[host].unheard.count(backend) > 0) return;
  Note("flap" + std::to_string(host) + " " + backend.ToString());
  Apply(host, [&](Host& state) { state.unheard.insert(backend); });
  if (OneIn(2)) SendSome();
  if (OneIn(2)) Seconds(1);
  Apply(host, [&](Host& state) { state.unheard.erase(backend); });
}

void World::Apply(size_t host, const std::function<void(Host&)>& change) {
  Host& state = hosts_[host];
  std::set<Ipv4Address> alive;
  for (uint32_t number = 1; number <= kBackends; ++number) {
    if (state.IsAlive(BackendAddress(number))) {
      alive.insert(BackendAddress(number));
    }
  }
  change(state);
  for (const Ipv4Address backend : alive) {
    if (!state.IsAlive(backend)) ++state.deaths[backend];
  }
  state.lb->Write(SnapshotOf(state));
  Unsettle();
}

Snapshot World::SnapshotOf(const Host& host) const {
  Snapshot snapshot;
  SnapshotService& service = snapshot.services[kService];
  service.table_size = 61;
  service.backends = host.backends;
  for (const Ipv4Address backend : host.unheard) {
    const auto found = service.backends.find(backend);
    if (found != service.backends.end()) found->second = {0, false};
  }
  snapshot.ingress = {{kIn, kLbMac}};
  for (uint32_t number = 1; number <= kBackends; ++number) {
    snapshot.next_hops[BackendAddress(number)] = {kIn, MacOf(number), kLbMac};
  }
  return snapshot;
}

void World::Seconds(uint32_t count) {
  for (; count > 0; --count) {
    Note("second");
    VirtualClock::Advance(std::chrono::seconds(1));
    for (size_t i = 0; i < hosts_.size(); ++i) full_sweeps_ += RunsFull(i);
    for (Host& host : hosts_) host.lb->Second();
    if (OneIn(2)) DeliverSome();
  }
}

// Nothing changes for long, and connections send now and then.
void World::Quiet() {
  Note("quiet");
  for (int i = 0; i < 5; ++i) {
    Seconds(8);
    SendAll();
    if (OneIn(4)) SendNew(holder_, 2);
  }
}

void World::OpenSessions() {
  for (size_t from = 0; from < hosts_.size(); ++from) {
    for (size_t to = 0; to < hosts_.size(); ++to) {
      if (from != to && !sessions_.IsOpen(AddressOf(from), AddressOf(to))) {
        Connect(from, to);
      }
    }
  }
}

void World::Connect(size_t from, size_t to) {
  Note("connect" + std::to_string(from) + std::to_string(to));
  sessions_.Begin(AddressOf(from), AddressOf(to));
  hosts_[from].lb->Connected(AddressOf(to));
}

// The listener may hear of it by the next session's Hello only.
void World::Disconnect(size_t from, size_t to) {
  Note("disconnect" + std::to_string(from) + std::to_string(to));
  sessions_.End(AddressOf(from), AddressOf(to));
  if (OneIn(2)) hosts_[to].lb->Gone(AddressOf(from));
  Unsettle();
}

void World::EndSession() {
  const size_t from = RandomHost();
  Disconnect(from, OtherThan(from));
}

bool World::DeliverOne(size_t from, size_t to) {
  sync::Message message;
  if (from == to || !sessions_.Take(AddressOf(from), AddressOf(to), &message)) {
    return false;
  }
  hosts_[to].lb->Heard(AddressOf(from), message);
  return true;
}

void World::DeliverSome() {
  Note("deliver");
  for (uint32_t count = 1 + Below(20); count > 0; --count) {
    const size_t from = RandomHost();
    if (OneIn(2)) hosts_[from].lb->ReadNews();
    DeliverOne(from, RandomHost());
  }
}

void World::DeliverAll() {
  uint64_t before = 0;
  do {
    before = sessions_.taken();
    for (size_t from = 0; from < hosts_.size(); ++from) {
      hosts_[from].lb->ReadNews();
      for (size_t to = 0; to < hosts_.size(); ++to) {
        while (DeliverOne(from, to)) {
        }
      }
    }
  } while (sessions_.taken() != before);
}

void World::Sync() {
  Note("sync");
  OpenSessions();
  for (int second = 0; second < kSecondsToSync; ++second) {
    DeliverAll();
    VirtualClock::Advance(std::chrono::seconds(1));
    for (Host& host : hosts_) host.lb->Second();
  }
  DeliverAll();
  for (auto& [key, bond] : bonds_) bond.synced = true;
  synced_at_ = Tick();
}

void World::Unsettle() {
  for (auto& [key, bond] : bonds_) bond.synced = false;
}

// Of an agent; or of a whole host that is not needed.
void World::Restart() {
  const size_t host = RandomHost();
  const bool reboot = host != holder_ && OneIn(2);
  Note((reboot ? "reboot" : "restart") + std::to_string(host));
  for (size_t peer = 0; peer < hosts_.size(); ++peer) {
    if (peer == host) continue;
    Disconnect(host, peer);
    Disconnect(peer, host);
  }
  if (reboot) {
    hosts_[host].lb->Reboot(SnapshotOf(hosts_[host]));
  } else {
    hosts_[host].lb->RestartAgent(SnapshotOf(hosts_[host]));
  }
  Unsettle();
}

// What is said at once suffices: nobody has to ask, or to wait for a pass.
void World::LiveAndDeliver() {
  if (OneIn(2)) Catch(holder_);
  SendNew(holder_, 10);
  if (OneIn(2)) Catch(holder_);
  SendSome();
  DeliverAll();
}

void World::FailOver(bool synced) {
  if (synced && OneIn(3)) Flap(OtherThan(holder_));
  if (synced) Sync();
  if (synced && OneIn(2)) LiveAndDeliver();
  const size_t to = OtherThan(holder_);
  ++failovers_;
  Note(std::string(synced ? "synced" : "unsynced") + " failover to " +
       std::to_string(to));
  const bool recent = Tick() - synced_at_ <= 5;
  for (auto it = bonds_.begin(); it != bonds_.end();) {
    const bool kept = synced || (recent && it->second.synced);
    if (kept && !synced) unsynced_.insert(it->first);
    it = kept ? std::next(it) : Break(it);
  }
  MoveBonds(holder_, to);
  OneIn(2) ? HandOver(to) : Crash(to);
  if (OneIn(2)) Seconds(2);
  SendAll();
}

// Those whose backend both know and believe alive stay.
void World::MoveBonds(size_t from, size_t to) {
  for (auto it = bonds_.begin(); it != bonds_.end();) {
    Bond& bond = it->second;
    const bool kept = bond.holder == from && hosts_[to].IsAlive(bond.backend) &&
                      bond.deaths == hosts_[from].deaths[bond.backend];
    if (!kept) {
      it = Break(it);
      continue;
    }
    bond.holder = to;
    bond.deaths = hosts_[to].deaths[bond.backend];
    moved_.insert(it->first);
    ++it;
  }
}

// Each notices in its own time.
void World::HandOver(size_t to) {
  Note("hand over");
  const bool first = OneIn(2);
  if (first) Holder().lb->SetHeld({});
  if (OneIn(2)) DeliverSome();
  hosts_[to].lb->SetHeld({kVip});
  if (OneIn(2)) DeliverSome();
  if (!first) Holder().lb->SetHeld({});
  holder_ = to;
}

// It comes back empty, or had only been cut off.
void World::Crash(size_t to) {
  Note("crash");
  const size_t from = std::exchange(holder_, to);
  const auto cut_off = [&] {
    for (size_t peer = 0; peer < hosts_.size(); ++peer) {
      if (peer == from) continue;
      Disconnect(from, peer);
      Disconnect(peer, from);
    }
  };
  const bool first = OneIn(2);
  if (first) cut_off();
  if (OneIn(2)) Catch(to);
  hosts_[to].lb->SetHeld({kVip});
  if (!first) cut_off();
  if (OneIn(2)) {
    hosts_[from].lb->Reboot(SnapshotOf(hosts_[from]));
  } else {
    hosts_[from].lb->SetHeld({});
  }
}

// Two hold the VIP and hear nothing of each other; flows that begin then are at
// the one or the other. Then one gives the VIP up.
void World::Split() {
  Sync();
  const size_t other = OtherThan(holder_);
  Note("split with " + std::to_string(other));
  Disconnect(holder_, other);
  Disconnect(other, holder_);
  hosts_[other].lb->SetHeld({kVip});
  for (int round = 0; round < 4; ++round) {
    SendNew(other, 5);
    SendAll();
    if (OneIn(2)) ChangeBackend();
    if (OneIn(2)) Catch(holder_);
    if (OneIn(2)) Catch(other);
    Seconds(1);
  }
  const size_t loser = OneIn(2) ? holder_ : other;
  const size_t winner = loser == holder_ ? other : holder_;
  Note("healed, the winner is " + std::to_string(winner));
  OpenSessions();
  if (OneIn(2)) Seconds(1 + Below(2));
  if (OneIn(2)) DeliverAll();
  // What needs no entry there may differ.
  Bonds winners;
  for (auto it = bonds_.begin(); it != bonds_.end();) {
    const bool lost =
        it->second.holder == loser &&
        hosts_[loser].lb->EntryOf(it->first) != it->second.backend;
    if (it->second.holder == winner) winners.insert(*it);
    if (lost) {
      it = Break(it);
    } else {
      it = it->second.holder == winner ? bonds_.erase(it) : std::next(it);
    }
  }
  hosts_[loser].lb->SetHeld({});
  Sync();
  MoveBonds(loser, winner);
  for (const auto& [key, bond] : bonds_) split_.insert(key);
  for (const auto& [key, bond] : winners) split_.insert(key);
  bonds_.merge(winners);
  holder_ = winner;
  SendAll();
}

// L275_SEQUENCES=n lives n sequences instead, in each world.
uint32_t Sequences(uint32_t by_default) {
  const char* const number = getenv("L275_SEQUENCES");
  return number == nullptr ? by_default
                           : static_cast<uint32_t>(std::stoul(number));
}

// L275_SEED=n begins with that one.
uint32_t FirstSeed() {
  const char* const seed = getenv("L275_SEED");
  return seed == nullptr ? 1 : static_cast<uint32_t>(std::stoul(seed));
}

constexpr World::Settings kWorlds[] = {
    {"two", 2, 1000000},
    {"two that can record nothing", 2, 0},
    {"three", 3, 1000000},
    {"two in floods", 2, 1000000, 256, true},
};

bool LosesNothing(const sync::Message&) { return false; }

TEST(SyncPromiseTest, NoFlowMoves) {
  uint64_t through_failovers = 0, after_loss = 0, after_split = 0;
  uint64_t full_sweeps = 0;
  for (const World::Settings& settings : kWorlds) {
    World world(settings, LosesNothing);
    const uint32_t first = FirstSeed();
    for (uint32_t seed = first; seed < first + Sequences(7); ++seed) {
      ASSERT_TRUE(world.Live(seed)) << settings.description << ", seed " << seed
                                    << ", " << world.failure();
    }
    std::cout << settings.description << ": " << world.failovers()
              << " failovers, " << world.bound()
              << " packets bound by the promise, "
              << world.bound_through_failovers()
              << " of them after a failover, " << world.bound_after_loss()
              << " after one that was not synced, " << world.bound_after_split()
              << " after a split brain; " << world.flooded()
              << " packets of floods, " << world.full_sweeps()
              << " sweeps of a table that they filled\n";
    through_failovers += world.bound_through_failovers();
    after_loss += world.bound_after_loss();
    after_split += world.bound_after_split();
    full_sweeps += world.full_sweeps();
  }
  EXPECT_GE(through_failovers, 3000u);
  EXPECT_GE(after_loss, 50u);
  EXPECT_GE(after_split, 100u);
  EXPECT_GE(full_sweeps, 50u);
}

// The controls: the promise is seen to be broken where it must be.
struct Loss {
  const char* name;
  FakeSessions::Loses loses;
};

class LossTest : public ::testing::TestWithParam<Loss> {};

TEST_P(LossTest, BreaksThePromise) {
  World world(kWorlds[0], GetParam().loses);
  world.IgnoreBroken();
  for (uint32_t seed = 1; seed <= 5; ++seed) world.Live(seed);
  std::cout << world.broken() << " of " << world.bound()
            << " packets did not go where the promise says\n";
  EXPECT_GE(world.broken(), 10u);
}

INSTANTIATE_TEST_SUITE_P(
    All, LossTest,
    ::testing::Values(
        Loss{"Everything", [](const auto&) { return true; }},
        Loss{"Tables", [](const auto& message) { return message.has_table(); }},
        Loss{"Slots", [](const auto& message) { return message.has_slots(); }},
        Loss{"Flows", [](const auto& message) { return message.has_flows(); }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace l275
