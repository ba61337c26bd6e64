#include "bench/datapath_cases.h"

#include "absl/strings/str_cat.h"
#include "bench/bench_network.h"
#include "common/abi/flow_events.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/publish/map_contents.h"

namespace l275 {
namespace {

constexpr uint32_t kTableSize = 65537;
constexpr uint32_t kManyServices = 1000;
constexpr uint32_t kManyServicesTableSize = 16381;

constexpr uint32_t kMillion = 1 << 20;

// The load balancer with a snapshot written, in maps as large as it needs.
absl::StatusOr<std::unique_ptr<LbProgram>> NewLb(const Snapshot& snapshot,
                                                 uint32_t flows = 1) {
  const uint32_t services = static_cast<uint32_t>(snapshot.services.size());
  const SnapshotService& service = snapshot.services.begin()->second;
  LbProgram::Options options;
  options.sizes.services = services;
  options.sizes.backends =
      services * static_cast<uint32_t>(service.backends.size());
  options.sizes.slots = services * service.table_size;
  options.sizes.flows = flows;
  options.flow_inserts_per_tick = kMillion;
  L275_ASSIGN_OR_RETURN(auto program, LbProgram::Create(options));
  L275_RETURN_IF_ERROR(program->Write(snapshot));
  return program;
}

// Where all slots are tracked.
absl::StatusOr<std::unique_ptr<LbProgram>> NewTrackedLb() {
  L275_ASSIGN_OR_RETURN(auto program,
                        NewLb(ServiceBeforeMove(kTableSize), 2 * kMillion));
  MarkUsed(program->maps(), program->writer().services().begin()->second);
  L275_RETURN_IF_ERROR(program->Write(ServiceAfterMove(kTableSize)));
  for (uint32_t slot = 0; slot < kTableSize; ++slot) {
    if ((program->maps().slots()[slot] & L275_SLOT_TRACKED) == 0) {
      return absl::InternalError(
          absl::StrCat("slot ", slot, " is not tracked"));
    }
  }
  return program;
}

// Packets whose flow was found in the flow table, or put into it.
absl::StatusOr<uint64_t> FlowsKnown(const LbProgram& program) {
  const int fd = program.maps().flow_events_fd();
  L275_ASSIGN_OR_RETURN(const uint64_t found, ReadSum(fd, L275_FLOW_FOUND));
  L275_ASSIGN_OR_RETURN(const uint64_t recorded,
                        ReadSum(fd, L275_FLOW_RECORDED));
  return found + recorded;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatapathCases>> DatapathCases::Create() {
  std::unique_ptr<DatapathCases> result(new DatapathCases());
  L275_RETURN_IF_ERROR(result->LoadPrograms());
  const Traffic many_flows;
  Traffic many_services;
  many_services.services = kManyServices;
  result->cases_.push_back({"floor: parse, swap MACs, send",
                            result->plain_->floor_fd(), many_flows, XDP_TX,
                            nullptr, 0});
  result->AddOneServiceCases();
  result->AddTrackedCase();
  result->AddLb("1,000 services, 1M flows", *result->many_services_,
                many_services, 2.6);
  Traffic cached = many_services;
  cached.flow_bits = 10;
  result->AddLb("1,000 services, 1,024 flows", *result->many_services_, cached,
                2.6);
  result->cases_.push_back({"floor and one load from 65 MB, 1M flows",
                            result->plain_->load_fd(), many_services, XDP_TX,
                            nullptr, 0});
  result->AddLb("1M flows, no next-hop records", *result->without_next_hops_,
                many_flows, 0);
  result->AddPlainCases();
  return result;
}

absl::Status DatapathCases::LoadPrograms() {
  L275_ASSIGN_OR_RETURN(plain_, PlainPrograms::Create());
  L275_ASSIGN_OR_RETURN(one_service_, NewLb(Services(1, kTableSize)));
  L275_ASSIGN_OR_RETURN(tracked_, NewTrackedLb());
  L275_ASSIGN_OR_RETURN(many_services_,
                        NewLb(Services(kManyServices, kManyServicesTableSize)));
  L275_ASSIGN_OR_RETURN(without_next_hops_,
                        NewLb(ServicesWithoutNextHops(1, kTableSize)));
  return absl::OkStatus();
}

void DatapathCases::AddOneServiceCases() {
  const Traffic many_flows;
  Traffic one_flow;
  one_flow.flow_bits = 0;
  Traffic syns;
  syns.syn = true;
  Traffic passing;
  passing.to_service = false;
  AddLb("1 flow", *one_service_, one_flow, 2.0);
  AddLb(kManyFlowsCase, *one_service_, many_flows, 2.3);
  AddLb("1M new SYNs", *one_service_, syns, 2.3);
  AddLb("not a service, passes", *one_service_, passing, 1.4);
}

void DatapathCases::AddTrackedCase() {
  const LbProgram& program = *tracked_;
  cases_.push_back({"1M flows, every slot tracked", program.program_fd(),
                    Traffic(), XDP_TX,
                    [&program] { return FlowsKnown(program); }, 0});
}

void DatapathCases::AddPlainCases() {
  const PlainPrograms* plain = plain_.get();
  const Traffic many_flows;
  cases_.push_back({kLruCase, plain->lru_fd(), many_flows, XDP_TX,
                    [plain] { return plain->LruForwarded(); }, 0});
  cases_.push_back({"plain bpf_fib_lookup, 1M flows", plain->fib_fd(),
                    many_flows, XDP_TX,
                    [plain] { return plain->FibForwarded(); }, 0});
}

void DatapathCases::AddLb(const char* name, const LbProgram& program,
                          const Traffic& traffic, double limit) {
  const l275_verdict verdict =
      traffic.to_service ? L275_FORWARD_TX : L275_PASS_NO_SERVICE;
  auto counted = [&program, verdict]() -> absl::StatusOr<uint64_t> {
    L275_ASSIGN_OR_RETURN(const auto counters, program.VerdictCounters());
    return counters[verdict].packets;
  };
  cases_.push_back({name, program.program_fd(), traffic,
                    traffic.to_service ? XDP_TX : XDP_PASS, counted, limit});
}

}  // namespace l275
