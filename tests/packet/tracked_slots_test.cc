// Random lives of services and flows, on the real program, map writer and flow
// sweep: every packet goes where the model says and userspace predicts, and the
// promise is kept.
//
// The program's clock cannot be set. Time passes here by making all entries of
// the flow table older, and by giving the map writer times that are as much
// later; the sweep compares with entries and gets the real time. When a tick of
// real time passes, entries are made younger by it. Time passes in steps of
// which no few add up to just the time after which something happens.

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/abi/flow_hash.h"
#include "lb/agent/flows/flow_sweep.h"
#include "lb/agent/flows/packet_choice.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/fallback.h"
#include "tests/packet/flow_model.h"
#include "tests/packet/flow_promise.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr uint32_t kSlots = 4096;
constexpr uint32_t kShortStepTicks = 25;
constexpr uint32_t kStepTicks = 200;
constexpr uint32_t kIdleTicks = 1110;  // no multiple of a step
constexpr uint32_t kIdleSteps = 6;     // the least that is more
// For so long an entry with only SYNs is kept, with room for all and without.
constexpr uint32_t kHandshakeTicks = 56;
constexpr uint32_t kShortHandshakeTicks = 4;
constexpr uint32_t kPortTicks = 56;
constexpr uint32_t kRoomForAll = 4096;
constexpr uint16_t kHttp = 80;
constexpr uint16_t kOtherPort = 81;
const ServiceAddress kService = {IPPROTO_TCP, kVip, kHttp};
const ServiceAddress kAllPorts = {IPPROTO_TCP, kVip, 0};

// Of a TCP header in a frame without IP options.
constexpr size_t kFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kOtherFlags[] = {0x10, 0x18, 0x12, 0x04, 0x11};

Ipv4Address BackendAddress(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

// By which a frame tells the backend that it is for.
MacAddress MacOf(uint32_t number) {
  return {0x02, 0x0b, 0, 0, 0, static_cast<uint8_t>(number)};
}

// What is done to the program behind the model's back.
enum class Sabotage { kNone, kEvictEntries, kTrackNothing };

// A program with its clock, its model and its promise, and the world that they
// live in.
class World {
 public:
  struct Settings {
    const char* description;
    uint32_t table_entries;
    uint32_t inserts_per_tick;

    // Every flow can be recorded.
    bool roomy() const {
      return table_entries == kRoomForAll && inserts_per_tick > kRoomForAll;
    }
  };

  World(const Settings& settings, Sabotage sabotage)
      : sabotage_(sabotage),
        model_({kSlots, kIdleTicks, settings.table_entries,
                settings.inserts_per_tick}),
        promise_({kIdleTicks,
                  settings.table_entries == kRoomForAll ? kHandshakeTicks
                                                        : kShortHandshakeTicks,
                  kPortTicks, settings.roomy()}) {
    LbProgram::Options options;
    options.sizes = {8, 512, kSlots, settings.table_entries};
    options.tcp_idle_ticks = kIdleTicks;
    options.flow_inserts_per_tick = settings.inserts_per_tick;
    auto program = LbProgram::Create(options);
    if (!program.ok()) {
      Fail(program.status().ToString());
      return;
    }
    program_ = *std::move(program);
    sweep_ = std::make_unique<FlowSweep>(&program_->maps(), kIdleTicks);
  }

  // Lives through a sequence of changes and packets; false when it failed.
  bool Live(uint32_t seed);

  const FlowModel& model() const { return model_; }
  const FlowPromise& promise() const { return promise_; }
  uint64_t decisions() const { return decisions_; }
  uint64_t restarts() const { return restarts_; }
  const std::string& failure() const { return failure_; }

 private:
  struct Flow {
    FlowKey key;
    Frame frame;
  };

  uint32_t Below(uint32_t end) { return random_() % end; }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  void Fail(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  void Begin();
  void Step();
  void End();

  void MakeFlows();
  void AddFlow();
  void SendUnknown();
  void SendSome();
  void SendAll();
  void SendAllFromTwoCpus();
  void SendForgedSyns();
  void SendFlood();
  void FloodAndSweep();
  void Send(const Flow& flow, uint8_t flags);
  std::optional<Ipv4Address> Run(const Flow& flow, uint8_t flags);

  // What userspace says of a packet.
  struct Prediction {
    std::optional<Ipv4Address> choice;      // nullopt: it is dropped
    std::optional<Ipv4Address> unrecorded;  // of a SYN that gets no entry
  };
  std::optional<Prediction> Predict(const FlowKey& key, bool syn) const;

  void ChangeSome();
  void ChangeBackend(SnapshotService& service);
  void ChangeOtherService();
  void CloseService();
  void TableThereAndBack();
  SnapshotBackend RandomBackend();
  uint32_t RandomTableSize();
  void Write();

  void Advance(uint32_t ticks);
  void AgeEntries(uint32_t ticks);
  void RefillBudget();
  void WatchTick();
  void Sweep();
  void Quiet();
  void RestartAgent();
  void Disturb();
  void CompareTables();

  std::chrono::steady_clock::time_point Now() const { return start_ + offset_; }

  const Sabotage sabotage_;
  std::mt19937 random_;
  LbHost host_;
  std::unique_ptr<LbProgram> program_;
  std::unique_ptr<FlowSweep> sweep_;
  FlowModel model_;
  FlowPromise promise_;
  Snapshot snapshot_;
  std::vector<Flow> flows_;
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  std::chrono::nanoseconds offset_{0};
  uint32_t tick_ = 0;
  uint64_t decisions_ = 0;
  uint64_t restarts_ = 0;
  std::string failure_;
};

bool World::Live(uint32_t seed) {
  if (!failure_.empty()) return false;
  random_.seed(seed);
  Begin();
  for (int step = 0; step < 20 && failure_.empty(); ++step) Step();
  if (failure_.empty()) End();
  return failure_.empty();
}

void World::Begin() {
  MakeFlows();
  SnapshotService& service = snapshot_.services[kService];
  service.table_size = RandomTableSize();
  for (uint32_t number = 1 + Below(3); number <= 6; number += 1 + Below(2)) {
    service.backends[BackendAddress(number)] = {100};
  }
  snapshot_.ingress = {{kIn, kLbMac}};
  for (uint32_t number = 1; number <= 6; ++number) {
    snapshot_.next_hops[BackendAddress(number)] = {kIn, MacOf(number), kLbMac};
  }
  Write();
}

void World::Step() {
  const uint32_t kind = Below(26);
  if (kind < 8) {
    SendSome();
  } else if (kind < 10) {
    OneIn(4) ? SendAllFromTwoCpus() : SendAll();
  } else if (kind < 15) {
    ChangeSome();
  } else if (kind < 16) {
    Advance((1 + Below(3)) * kStepTicks);
  } else if (kind < 18) {
    Advance((1 + Below(4)) * kShortStepTicks);
  } else if (kind < 20) {
    Sweep();
  } else if (kind < 21) {
    SendForgedSyns();
  } else if (kind < 22) {
    SendFlood();
  } else if (kind < 25) {
    FloodAndSweep();
  } else if (OneIn(3)) {
    RestartAgent();
  } else {
    OneIn(2) ? Quiet() : Advance(kIdleSteps * kStepTicks);
  }
  if (sabotage_ != Sabotage::kNone) Disturb();
}

// A new agent takes over, and may have been told of changes meanwhile.
void World::RestartAgent() {
  const absl::Status adopted = program_->RestartWriter(Now());
  if (!adopted.ok()) Fail(adopted.ToString());
  model_.RestartAgent();
  ++restarts_;
  SendAll();
  OneIn(2) ? ChangeSome() : Write();
}

// Leaves nothing that the next sequence could find.
void World::End() {
  snapshot_.services.clear();
  Write();
  Advance((kIdleSteps + 1) * kStepTicks);
  Sweep();
  CompareTables();
}

void World::MakeFlows() {
  flows_.clear();
  for (uint32_t count = 4 + Below(60); count > 0; --count) AddFlow();
}

void World::AddFlow() {
  Flow flow;
  flow.key = {ClientAddress(random_()), static_cast<uint16_t>(random_()), kVip,
              OneIn(3) ? kOtherPort : kHttp};
  flow.frame = FrameBuilder()
                   .From(flow.key.source, flow.key.source_port)
                   .To(flow.key.vip, flow.key.port)
                   .Build();
  flows_.push_back(std::move(flow));
}

// Of flows that were silent for longer than anybody remembers.
void World::SendUnknown() {
  for (int i = 0; i < 4; ++i) {
    AddFlow();
    Send(flows_.back(), kOtherFlags[0]);
  }
}

void World::SendSome() {
  for (uint32_t count = 5 + Below(25); count > 0; --count) {
    const Flow& flow = flows_[Below(static_cast<uint32_t>(flows_.size()))];
    Send(flow, OneIn(3) ? kSyn : kOtherFlags[Below(5)]);
  }
}

// As if another CPU, which read the clock a tick later, had just seen every
// flow that has an entry.
void World::SendAllFromTwoCpus() {
  SendAll();
  AgeEntries(~uint32_t{0});
  SendAll();
}

// Of connections that have just spoken.
void World::SendForgedSyns() {
  SendAll();
  if (OneIn(2)) ChangeSome();
  if (OneIn(2)) SendAll();
  for (const Flow& flow : flows_) {
    if (OneIn(2)) Send(flow, kSyn);
  }
  if (OneIn(2)) Advance(kShortStepTicks);
  SendAll();
}

// Each packet is of a flow of its own.
void World::SendFlood() {
  const bool syns = OneIn(2);
  const size_t own = flows_.size();
  for (uint32_t count = 1 + Below(20); count > 0; --count) {
    AddFlow();
    Send(flows_.back(), syns ? kSyn : kOtherFlags[0]);
  }
  flows_.resize(own);
}

// Until more than three quarters of the table are in use, as far as slots are
// tracked. The first sweep sees that, and may close priors; the second one
// acts.
void World::FloodAndSweep() {
  if (OneIn(2)) Advance(kIdleSteps * kStepTicks);
  const size_t most = program_->maps().sizes().flows;
  for (int i = 0; i < 8 && model_.entries() <= most - most / 4; ++i) {
    SendFlood();
  }
  Sweep();
  if (OneIn(2)) ChangeSome();
  Advance(OneIn(4) ? kIdleSteps * kStepTicks : kShortStepTicks);
  if (OneIn(2)) SendFlood();
  Sweep();
  SendAll();
}

// As open connections do.
void World::SendAll() {
  for (const Flow& flow : flows_) Send(flow, kOtherFlags[Below(5)]);
}

void World::Send(const Flow& flow, uint8_t flags) {
  if (!failure_.empty() || !model_.Serves(flow.key)) return;
  WatchTick();
  const bool syn = flags == kSyn;
  const std::optional<Prediction> predicted = Predict(flow.key, syn);
  const std::optional<Ipv4Address> got = Run(flow, flags);
  const std::optional<Ipv4Address> wanted = model_.Decide(flow.key, syn);
  const bool kept = promise_.Observed(flow.key, syn, got, model_.now());
  ++decisions_;
  if (sabotage_ != Sabotage::kNone) return;
  if (!kept) Fail("promise broken");
  if (predicted.has_value() && got != predicted->choice &&
      !(syn && got == predicted->unrecorded)) {
    Fail("userspace predicted something else");
  }
  if (got == wanted) return;
  Fail("flags " + std::to_string(flags) + ": went to " +
       (got.has_value() ? got->ToString() : "nowhere") + ", should to " +
       (wanted.has_value() ? wanted->ToString() : "nowhere"));
}

// nullopt: there is no service.
std::optional<World::Prediction> World::Predict(const FlowKey& key,
                                                bool syn) const {
  const auto& services = program_->writer().services();
  auto service = services.find({IPPROTO_TCP, key.vip, key.port});
  if (service == services.end()) service = services.find(kAllPorts);
  if (service == services.end()) return std::nullopt;
  const Maps& maps = program_->maps();
  const l275_flow_key in_table = {
      key.source.ToNetwork(), key.vip.ToNetwork(), htons(key.source_port),
      htons(key.port),        IPPROTO_TCP,         {}};
  const uint64_t hash =
      l275_flow_hash(service->second.hash_key, in_table.source,
                     in_table.source_port, in_table.destination_port);
  const uint32_t slot =
      service->second.first_slot +
      l275_slot_of_hash(hash, service->second.source.table_size);
  const auto address_of = [&maps](uint32_t id) {
    return id == 0 ? std::optional<Ipv4Address>()
                   : Ipv4Address::FromNetwork(maps.backends()[id].address);
  };
  return Prediction{
      address_of(ChoiceOf(maps, slot, FindFlow(maps, in_table), syn, kIdleTicks,
                          TickOf(std::chrono::steady_clock::now()))),
      address_of(FallbackOf(maps, slot))};
}

std::optional<Ipv4Address> World::Run(const Flow& flow, uint8_t flags) {
  Frame frame = flow.frame;
  frame[kFlagsOffset] = flags;
  const auto outcome = program_->Run(frame, kIn);
  if (!outcome.ok()) {
    Fail(outcome.status().ToString());
    return std::nullopt;
  }
  if (outcome->action == XDP_DROP) return std::nullopt;
  if (outcome->action != XDP_TX) Fail("neither sent nor dropped");
  return BackendAddress(outcome->frame[5]);
}

void World::ChangeSome() {
  for (uint32_t count = 1 + Below(3); count > 0; --count) {
    if (OneIn(6)) {
      ChangeOtherService();
    } else {
      ChangeBackend(OneIn(5) && snapshot_.services.count(kAllPorts) > 0
                        ? snapshot_.services[kAllPorts]
                        : snapshot_.services[kService]);
    }
  }
  if (OneIn(12)) snapshot_.services[kService].table_size = RandomTableSize();
  if (OneIn(12)) CloseService();
  if (OneIn(25)) TableThereAndBack();
  // A service on a port of its own goes, and its flows to the one on all ports.
  if (OneIn(5) && snapshot_.services.size() == 2) {
    const SnapshotService service = snapshot_.services[kService];
    snapshot_.services.erase(kService);
    Write();
    SendAll();
    snapshot_.services[kService] = service;
  }
  Write();
}

// The table lies where it was before in the end, and entries that were made
// then name its slots. Flows are elsewhere since.
void World::TableThereAndBack() {
  uint32_t& size = snapshot_.services[kService].table_size;
  const uint32_t before = std::exchange(size, RandomTableSize());
  Write();
  Advance(kStepTicks);
  snapshot_.services[kService].table_size = before;
  ChangeBackend(snapshot_.services[kService]);
  Write();
  SendAll();
  ChangeBackend(snapshot_.services[kService]);
  Write();
  SendAll();
}

// All backends drain; or all that are left are gone.
void World::CloseService() {
  const bool drain = !OneIn(3);
  for (auto& [address, backend] : snapshot_.services[kService].backends) {
    backend = {0, backend.alive && drain};
  }
}

// Adds, removes, drains, weighs, fails, recovers.
void World::ChangeBackend(SnapshotService& service) {
  const Ipv4Address address = BackendAddress(1 + Below(6));
  if (OneIn(6)) {
    service.backends.erase(address);
  } else {
    service.backends[address] = RandomBackend();
  }
}

SnapshotBackend World::RandomBackend() {
  switch (Below(6)) {
    case 0:
      return {0, false};  // failed, disabled, or drained
    case 1:
      return {0, true};  // draining
    case 2:
      return {1 + Below(300), true};
    default:
      return {100, true};
  }
}

void World::ChangeOtherService() {
  if (snapshot_.services.count(kAllPorts) > 0) {
    snapshot_.services.erase(kAllPorts);
    return;
  }
  SnapshotService& service = snapshot_.services[kAllPorts];
  service.table_size = RandomTableSize();
  for (uint32_t i = 0; i < 3; ++i) ChangeBackend(service);
}

uint32_t World::RandomTableSize() {
  constexpr uint32_t kSizes[] = {13, 31, 61, 127, 251};
  return kSizes[Below(5)];
}

void World::Write() {
  const absl::Status written = program_->writer().Write(snapshot_, Now());
  if (!written.ok()) return Fail(written.ToString());
  const auto& services = program_->writer().services();
  for (const ServiceAddress& address : {kService, kAllPorts}) {
    const auto service = services.find(address);
    if (service != services.end()) {
      model_.Write(address, snapshot_.services.at(address),
                   service->second.hash_key, service->second.first_slot);
    } else if (model_.Has(address)) {
      model_.Remove(address);
    }
  }
  promise_.Written(snapshot_);
}

void World::Advance(uint32_t ticks) {
  WatchTick();
  offset_ += std::chrono::nanoseconds(int64_t{ticks} << L275_TICK_SHIFT);
  AgeEntries(ticks);
  RefillBudget();
  model_.Advance(ticks);
}

void World::AgeEntries(uint32_t ticks) {
  const int fd = program_->maps().flows_fd();
  uint32_t count = program_->maps().sizes().flows;
  uint32_t position = 0;
  std::vector<l275_flow_key> keys(count);
  std::vector<l275_flow> flows(count);
  const int error = bpf_map_lookup_batch(fd, nullptr, &position, keys.data(),
                                         flows.data(), &count, nullptr);
  if (error != 0 && errno != ENOENT) Fail("bpf_map_lookup_batch(flows)");
  for (uint32_t i = 0; i < count; ++i) {
    flows[i].last_seen -= ticks;
    if (bpf_map_update_elem(fd, &keys[i], &flows[i], BPF_EXIST) != 0) {
      Fail("bpf_map_update_elem(flows)");
    }
  }
}

void World::RefillBudget() {
  const std::vector<l275_flow_budget> zeroes(
      static_cast<size_t>(libbpf_num_possible_cpus()));
  const uint32_t index = 0;
  if (bpf_map_update_elem(program_->flow_budget_fd(), &index, zeroes.data(),
                          BPF_ANY) != 0) {
    Fail("bpf_map_update_elem(flow_budget)");
  }
}

// With a new tick, the budget of insertions is whole again, and entries are as
// old as they were. Keeps away from moments when the program might see another
// tick than this does.
void World::WatchTick() {
  constexpr uint64_t kTick = uint64_t{1} << L275_TICK_SHIFT;
  constexpr uint64_t kGuard = 20'000'000;
  uint64_t now = 0;
  do {
    timespec time = {};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    now = static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 +
          static_cast<uint64_t>(time.tv_nsec);
  } while (now % kTick > kTick - kGuard);
  const uint32_t tick = static_cast<uint32_t>(now >> L275_TICK_SHIFT);
  const uint32_t before = std::exchange(tick_, tick);
  if (before == tick) return;
  model_.RefillBudget();
  if (before != 0) AgeEntries(before - tick);
}

// A pass of the sweep and what the agent does after it.
void World::Sweep() {
  WatchTick();
  absl::StatusOr<std::optional<FlowSweep::Result>> result;
  do {
    result = sweep_->Step(tick_);
    if (!result.ok()) return Fail(result.status().ToString());
  } while (!result->has_value());
  const std::set<uint32_t> kept_away = model_.Sweep();
  // Packets come while the agent makes up its mind.
  if (OneIn(2)) OneIn(2) ? SendUnknown() : SendSome();
  program_->writer().tracker().Settle(
      [&](uint32_t slot) { return (*result)->kept_away.count(slot) > 0; },
      kIdleTicks, Now());
  model_.Settle(kept_away);
  CompareTables();
}

// Nothing changes for long, and connections send now and then.
void World::Quiet() {
  for (uint32_t step = 0; step < 2 * kIdleSteps; ++step) {
    Advance(kStepTicks);
    if (OneIn(2)) SendAll();
    Sweep();
  }
}

void World::Disturb() {
  Maps& maps = program_->maps();
  if (sabotage_ == Sabotage::kTrackNothing) {
    for (uint32_t slot = 0; slot < kSlots; ++slot) {
      maps.slots()[slot] &= L275_SLOT_OWNER;
    }
    return;
  }
  l275_flow_key key = {};
  while (OneIn(2) &&
         bpf_map_get_next_key(maps.flows_fd(), nullptr, &key) == 0) {
    bpf_map_delete_elem(maps.flows_fd(), &key);
  }
}

void World::CompareTables() {
  if (sabotage_ != Sabotage::kNone) return;
  const uint32_t tracked = program_->writer().tracker().tracked();
  if (tracked != model_.tracked()) {
    Fail(std::to_string(tracked) + " slots tracked, should be " +
         std::to_string(model_.tracked()));
  }
}

// Budgets are of CPUs.
void StayOnThisCpu() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(sched_getcpu(), &cpus);
  ASSERT_EQ(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
}

// L275_SEQUENCES=n lives n sequences instead, in each world.
uint32_t Sequences(uint32_t by_default) {
  const char* const number = getenv("L275_SEQUENCES");
  return number == nullptr ? by_default
                           : static_cast<uint32_t>(std::stoul(number));
}

constexpr World::Settings kWorlds[] = {
    {"room for all", kRoomForAll, 1000000},
    {"room for 32 flows", 32, 1000000},
    {"room for 4 flows", 4, 1000000},
    {"no insertions", kRoomForAll, 0},
    {"3 insertions at a time", kRoomForAll, 3},
    {"little room, few insertions", 40, 12},
};

TEST(TrackedSlotsTest, EveryPacketGoesWhereTheModelSays) {
  StayOnThisCpu();
  FlowModel::RuleCounts rules{};
  uint64_t sequences = 0, decisions = 0, bound = 0, through_changes = 0;
  uint64_t restarts = 0, syns = 0;
  for (const World::Settings& settings : kWorlds) {
    World world(settings, Sabotage::kNone);
    for (uint32_t seed = 1; seed <= Sequences(334); ++seed, ++sequences) {
      ASSERT_TRUE(world.Live(seed))
          << settings.description << ", seed " << seed << ", decision "
          << world.decisions() << ": " << world.failure();
    }
    decisions += world.decisions();
    restarts += world.restarts();
    bound += world.promise().bound();
    syns += world.promise().bound_syns();
    through_changes += world.promise().bound_through_changes();
    for (size_t i = 0; i < rules.size(); ++i) {
      rules[i] += world.model().rules()[i];
    }
  }
  std::cout << sequences << " sequences, " << decisions
            << " decisions compared; " << bound
            << " packets bound by the promise, " << through_changes
            << " of them after a change, " << syns << " of them SYNs; "
            << restarts << " restarts of the agent\n";
  EXPECT_GE(restarts, 100u);
  EXPECT_GE(syns, 5000u);
  for (size_t i = 0; i < rules.size(); ++i) {
    const char* const description = Description(static_cast<FlowRule>(i));
    std::cout << rules[i] << "\t" << description << "\n";
    EXPECT_GE(rules[i], 100u) << description;
  }
}

// The controls: the promise is seen to be broken where it must be.
class SabotageTest : public ::testing::TestWithParam<Sabotage> {};

TEST_P(SabotageTest, BreaksThePromise) {
  StayOnThisCpu();
  World world(kWorlds[0], GetParam());
  for (uint32_t seed = 1; seed <= 80; ++seed) {
    ASSERT_TRUE(world.Live(seed)) << world.failure();
  }
  std::cout << world.promise().broken() << " of " << world.promise().bound()
            << " packets did not go where the promise says\n";
  EXPECT_GE(world.promise().broken(), 20u);
}

std::string NameOf(const ::testing::TestParamInfo<Sabotage>& info) {
  return info.param == Sabotage::kEvictEntries ? "EntriesEvicted"
                                               : "NothingTracked";
}

INSTANTIATE_TEST_SUITE_P(All, SabotageTest,
                         ::testing::Values(Sabotage::kEvictEntries,
                                           Sabotage::kTrackNothing),
                         NameOf);

}  // namespace
}  // namespace l275
