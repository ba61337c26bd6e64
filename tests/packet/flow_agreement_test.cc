// The program and userspace send every flow to the same backend.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "common/abi/flow_hash.h"
#include "lb/agent/maps/counters.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr int kFlows = 10000;
constexpr uint16_t kHttp = 80;
constexpr uint16_t kHttps = 443;

Ipv4Address BackendAddress(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

// By which a frame tells the backend that it is for.
MacAddress MacOfBackend(Ipv4Address address) {
  const uint32_t value = address.ToHost();
  return {0x02,
          0x0b,
          0,
          0,
          static_cast<uint8_t>(value >> 8),
          static_cast<uint8_t>(value)};
}

SnapshotService Service(uint32_t table_size, uint32_t first_backend,
                        const std::vector<uint32_t>& weights) {
  SnapshotService service;
  service.table_size = table_size;
  for (uint32_t weight : weights) {
    service.backends[BackendAddress(first_backend++)] = {weight};
  }
  return service;
}

// Backends of two services overlap, and sizes of tables differ.
Snapshot SeveralServices() {
  Snapshot snapshot;
  snapshot.services = {
      {{IPPROTO_TCP, kVip, kHttp}, Service(251, 1, {100, 100, 50, 0, 10})},
      {{IPPROTO_TCP, kVip, kHttps}, Service(65537, 3, {1, 2, 3, 4, 5, 6, 7})},
      {{IPPROTO_TCP, kAllPortsVip, 0}, Service(4099, 20, {100, 100, 100})},
      {{IPPROTO_TCP, kAllPortsVip, kHttp}, Service(2, 30, {100, 100})},
  };
  for (const auto& [address, service] : snapshot.services) {
    for (const auto& [backend, state] : service.backends) {
      snapshot.next_hops[backend] = {kIn, MacOfBackend(backend), kLbMac};
    }
  }
  snapshot.ingress = {{kIn, kLbMac}};
  return snapshot;
}

struct Flow {
  ServiceAddress service;
  Ipv4Address source;
  uint16_t source_port;
  uint16_t port;
};

class FlowAgreementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LbProgram::Options options;
    options.hash_seed = 0x0123456789abcdef;
    auto program = LbProgram::Create(options);
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
    ASSERT_TRUE(program_->Write(snapshot_).ok());
  }

  Flow RandomFlow() {
    auto service = snapshot_.services.begin();
    std::advance(service, random_() % snapshot_.services.size());
    Flow flow = {service->first, ClientAddress(random_()),
                 static_cast<uint16_t>(random_()), service->first.port};
    while (flow.port == 0 || (service->first.port == 0 && flow.port == kHttp)) {
      flow.port = static_cast<uint16_t>(random_());
    }
    return flow;
  }

  // The backend's id in the flow's slot.
  uint32_t PredictedId(const Flow& flow) const {
    const WrittenService& service =
        program_->writer().services().at(flow.service);
    const uint64_t hash =
        l275_flow_hash(service.hash_key, flow.source.ToNetwork(),
                       htons(flow.source_port), htons(flow.port));
    const uint32_t slot = l275_slot_of_hash(hash, service.source.table_size);
    return program_->maps().slots()[service.first_slot + slot];
  }

  LbHost host_;
  const Snapshot snapshot_ = SeveralServices();
  std::unique_ptr<LbProgram> program_;
  std::mt19937 random_{1};
};

TEST_F(FlowAgreementTest, RandomFlowsGoWhereUserspaceSays) {
  std::map<uint32_t, uint64_t> flows;  // by backend id
  for (int i = 0; i < kFlows; ++i) {
    const Flow flow = RandomFlow();
    const Frame frame = FrameBuilder()
                            .From(flow.source, flow.source_port)
                            .To(flow.service.vip, flow.port)
                            .Build();
    const uint32_t id = PredictedId(flow);
    const Ipv4Address backend =
        Ipv4Address::FromNetwork(program_->maps().backends()[id].address);
    const auto outcome = program_->Run(frame, kIn);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->action, static_cast<uint32_t>(XDP_TX));
    ASSERT_EQ(outcome->frame, Forwarded(frame, MacOfBackend(backend), kLbMac,
                                        /*decrement_ttl=*/true))
        << flow.source.ToString() << ":" << flow.source_port << " to "
        << flow.service.vip.ToString() << ":" << flow.port;
    ++flows[id];
  }
  // Each backend with a weight had flows, and its counter says how many.
  EXPECT_EQ(flows.size(), 4u + 7 + 3 + 2);
  for (const auto& [id, count] : flows) {
    const auto counters =
        ReadCounters(program_->maps().backend_counters_fd(), {id});
    ASSERT_TRUE(counters.ok()) << counters.status();
    EXPECT_EQ(counters->front().packets, count) << "backend " << id;
  }
}

// Packets of one connection differ in flags, lengths, TTL and options.
TEST_F(FlowAgreementTest, AllPacketsOfAFlowGoToOneBackend) {
  for (int i = 0; i < 100; ++i) {
    const Flow flow = RandomFlow();
    std::set<Frame> destinations;
    for (uint32_t kind = 0; kind < 8; ++kind) {
      const Frame frame = FrameBuilder()
                              .From(flow.source, flow.source_port)
                              .To(flow.service.vip, flow.port)
                              .Id(static_cast<uint16_t>(kind))
                              .Ttl(static_cast<uint8_t>(64 + kind))
                              .IpOptions(kind % 2)
                              .TcpOptions(kind % 4)
                              .Payload(100 * kind)
                              .Build();
      const auto outcome = program_->Run(frame, kIn);
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      destinations.emplace(outcome->frame.begin(), outcome->frame.begin() + 6);
    }
    EXPECT_EQ(destinations.size(), 1u);
  }
}

}  // namespace
}  // namespace l275
