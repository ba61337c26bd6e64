#include "tests/packet/synced_balancer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <glog/logging.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "common/testing/virtual_clock.h"
#include "lb/agent/flows/flow_age.h"
#include "lb/agent/flows/flow_reader.h"
#include "lb/agent/flows/packet_choice.h"
#include "lb/agent/maps/tick.h"
#include "tests/packet/lb_host.h"

namespace l275 {
namespace {

// All have the same --hash_seed.
constexpr char kSeedTag[] = "seed";

uint32_t AgentTick() { return TickOf(std::chrono::steady_clock::now()); }

l275_flow_key MapKeyOf(const FlowKey& key) {
  return {key.source.ToNetwork(), key.vip.ToNetwork(), htons(key.source_port),
          htons(key.port),        IPPROTO_TCP,         {}};
}

}  // namespace

SyncedBalancer::SyncedBalancer(const Options& options, FakeSessions* sessions)
    : options_(options), sessions_(*sessions) {
  LoadProgram();
  StartAgent({});
}

SyncedBalancer::~SyncedBalancer() { StopAgent(); }

void SyncedBalancer::LoadProgram() {
  LbProgram::Options options = options_.program;
  options.tell_flows = true;
  options.tcp_idle_ticks = TicksOf(options_.idle_timeout);
  auto program = LbProgram::Create(options);
  CHECK(program.ok()) << program.status();
  program_ = *std::move(program);
  ring_.reset(ring_buffer__new(
      program_->maps().flow_news_fd(),
      [](void* news, void* data, size_t size) {
        l275_flow_news entry;
        CHECK_EQ(size, sizeof(entry));
        std::memcpy(&entry, data, sizeof(entry));
        entry.flow.last_seen += AgentTick() - VirtualClock::KernelTick();
        static_cast<std::vector<l275_flow_news>*>(news)->push_back(entry);
        return 0;
      },
      &news_, nullptr));
  CHECK(ring_ != nullptr);
}

void SyncedBalancer::StartAgent(const Snapshot& snapshot) {
  base_.reset(event_base_new());
  const absl::Status written = program_->Write(snapshot);
  CHECK(written.ok()) << written;
  keeper_ =
      std::make_unique<FlowKeeper>(base_.get(), &program_->maps(),
                                   &program_->writer(), options_.idle_timeout);
  SyncSource::Peers* const peers = this;
  source_ = std::make_unique<SyncSource>(options_.peers, &program_->maps(),
                                         &program_->writer(), keeper_.get(),
                                         options_.idle_timeout, peers);
  SyncSink::Callbacks callbacks;
  callbacks.owes = [this](Ipv4Address peer) { return source_->Owes(peer); };
  callbacks.ask = [this](Ipv4Address peer) {
    sync::Message message;
    message.mutable_resync_request();
    Send(peer, message);
  };
  callbacks.asked = [this](Ipv4Address peer) { source_->Resync(peer); };
  callbacks.same_seed = [](Ipv4Address, const std::string& tag) {
    return tag == kSeedTag;
  };
  sink_ =
      std::make_unique<SyncSink>(options_.peers, &program_->writer(),
                                 options_.idle_timeout, std::move(callbacks));
  SetHeld(held_);
}

void SyncedBalancer::StopAgent() {
  sink_.reset();
  source_.reset();
  keeper_.reset();
  base_.reset();
}

void SyncedBalancer::RestartAgent(const Snapshot& snapshot) {
  StopAgent();
  news_.clear();
  const absl::Status adopted =
      program_->RestartWriter(std::chrono::steady_clock::now());
  CHECK(adopted.ok()) << adopted;
  StartAgent(snapshot);
}

void SyncedBalancer::Reboot(const Snapshot& snapshot) {
  StopAgent();
  held_.clear();
  news_.clear();
  ring_.reset();
  LoadProgram();
  StartAgent(snapshot);
}

void SyncedBalancer::Write(const Snapshot& snapshot) {
  const absl::Status written = program_->Write(snapshot);
  CHECK(written.ok()) << written;
  source_->OnTablesWritten();
  sink_->OnTablesWritten();
}

// As Sync::SetHeld().
void SyncedBalancer::SetHeld(const std::set<Ipv4Address>& vips) {
  held_ = vips;
  sink_->SetHeld(vips);
  source_->SetHeld(vips);
  sink_->OnPaid();
}

// As Sync::OnConnected().
void SyncedBalancer::Connected(Ipv4Address peer) {
  sync::Message hello;
  hello.mutable_hello();
  Send(peer, hello);
  source_->OnConnected(peer);
  sync::Message declared;
  declared.mutable_declared()->set_hash_seed_tag(kSeedTag);
  Send(peer, declared);
}

void SyncedBalancer::Heard(Ipv4Address peer, const sync::Message& message) {
  sink_->OnMessage(peer, message);
}

void SyncedBalancer::Gone(Ipv4Address peer) { sink_->OnGone(peer); }

void SyncedBalancer::ReadNews() {
  if (!news_.empty()) source_->OnNews(news_);
  news_.clear();
}

void SyncedBalancer::ReadRing() {
  CHECK_GE(ring_buffer__consume(ring_.get()), 0);
}

void SyncedBalancer::Second() {
  SetHeld(held_);
  Turn();
}

void SyncedBalancer::Turn() {
  ReadNews();
  // A pass may be wanted soon after another.
  for (int pass = 0; pass < 3; ++pass) {
    event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  }
}

std::optional<uint8_t> SyncedBalancer::Run(const FlowKey& key,
                                           const Frame& frame) {
  const l275_flow_key map_key = MapKeyOf(key);
  ShiftEntry(map_key, AgentTick(), VirtualClock::KernelTick());
  const auto outcome = program_->Run(frame, kIn);
  CHECK(outcome.ok()) << outcome.status();
  ShiftEntry(map_key, VirtualClock::KernelTick(), AgentTick());
  ReadRing();
  if (outcome->action == XDP_DROP) return std::nullopt;
  CHECK_EQ(outcome->action, static_cast<uint32_t>(XDP_TX));
  return outcome->frame[5];
}

void SyncedBalancer::ShiftEntry(const l275_flow_key& key, uint32_t from,
                                uint32_t to) {
  const int fd = program_->maps().flows_fd();
  l275_flow flow = {};
  if (bpf_map_lookup_elem(fd, &key, &flow) != 0) return;
  flow.last_seen += to - from;
  CHECK_EQ(bpf_map_update_elem(fd, &key, &flow, BPF_EXIST), 0);
}

std::optional<Ipv4Address> SyncedBalancer::EntryOf(const FlowKey& key) const {
  const Maps& maps = program_->maps();
  const std::optional<l275_flow> flow = FindFlow(maps, MapKeyOf(key));
  if (!flow.has_value() ||
      !IsLiveFlow(maps, *flow, keeper_->idle_ticks(),
                  TickOf(std::chrono::steady_clock::now()))) {
    return std::nullopt;
  }
  return Ipv4Address::FromNetwork(maps.backends()[flow->backend].address);
}

uint32_t SyncedBalancer::entries() const {
  FlowReader reader(&program_->maps());
  FlowReader::Chunk chunk;
  uint32_t count = 0;
  for (bool more = true; more;) {
    const absl::StatusOr<bool> read = reader.Read(chunk);
    CHECK(read.ok()) << read.status();
    more = *read;
    count += static_cast<uint32_t>(chunk.keys.size());
  }
  return count;
}

bool SyncedBalancer::IsConnected(Ipv4Address peer) const {
  return sessions_.IsOpen(options_.self, peer);
}

void SyncedBalancer::Send(Ipv4Address peer, const sync::Message& message) {
  sessions_.Send(options_.self, peer, message);
}

}  // namespace l275
