#include "lb/agent/views/explain.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/abi/bad_source.h"
#include "common/abi/flow_hash.h"
#include "common/abi/map_layout.h"
#include "common/control/verdict_names.h"
#include "common/os/read_file.h"
#include "lb/agent/flows/flow_age.h"
#include "lb/agent/flows/packet_choice.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/views/no_backend_reason.h"
#include "lb/agent/views/service_view.h"
#include "lb/agent/views/slow_path_view.h"

namespace l275 {
namespace {

using Services = std::map<ServiceAddress, WrittenService>;

// As the program does: the port's own service, else the one on all ports.
Services::const_iterator FindService(const Services& services,
                                     const Endpoint& destination) {
  ServiceAddress address;
  address.protocol = IPPROTO_TCP;
  address.vip = destination.address;
  address.port = destination.port;
  const auto service = services.find(address);
  if (service != services.end()) return service;
  address.port = 0;
  return services.find(address);
}

void SetVerdict(l275_verdict verdict, const std::string& detail,
                control::Explanation* explanation) {
  const VerdictName& name = kVerdictNames[verdict];
  explanation->set_verdict(name.word);
  explanation->set_reason(
      detail.empty() ? name.help : absl::StrCat(name.help, " (", detail, ")"));
}

const Ipv4Address* FindBackend(const WrittenService& service, uint32_t id) {
  for (const auto& [address, backend] : service.backends) {
    if (backend.id == id) return &address;
  }
  return nullptr;
}

l275_flow_key KeyOf(const Endpoint& source, const Endpoint& destination) {
  l275_flow_key key = {};
  key.source = source.address.ToNetwork();
  key.destination = destination.address.ToNetwork();
  key.source_port = htons(source.port);
  key.destination_port = htons(destination.port);
  key.protocol = IPPROTO_TCP;
  return key;
}

// On a standby a packet does what is said here only if it comes here.
void NoteWhereVipIs(const AgentView& view, Ipv4Address vip,
                    control::Explanation* explanation) {
  const auto role = view.vips.vips().find(vip);
  if (role == view.vips.vips().end() || role->second.role.held) return;
  explanation->set_reason(absl::StrCat(
      explanation->reason(), "; but the VIP ", vip.ToString(),
      " is not held by this host: packets come here only once it is"));
}

// Whether net.ipv4.conf.<interface>.forwarding is on.
bool IsForwardingOn(const std::string& interface) {
  const absl::StatusOr<std::string> setting = ReadFile(
      absl::StrCat("/proc/sys/net/ipv4/conf/", interface, "/forwarding"));
  return setting.ok() && absl::StartsWith(*setting, "1");
}

// What becomes of a packet for a backend without a record. The program asks the
// FIB, which answers where forwarding is on, and then knows what the next-hop
// monitor knows; what only time can mend is the agent's.
l275_verdict VerdictWithoutRecord(const AgentView& view,
                                  const NextHop& next_hop) {
  const bool forwarding = IsForwardingOn(view.ingress_name);
  if (forwarding && next_hop.state != NextHop::State::kNoNeighbour) {
    return L275_DROP_NO_ROUTE;
  }
  if (HasSlowPath(view.slow_path, view.ingress)) return L275_SLOW_PATH;
  return forwarding ? L275_DROP_NO_NEIGHBOUR : L275_DROP_FORWARDING_OFF;
}

// What becomes of a packet once its backend is known.
struct Fate {
  const Ipv4Address* backend = nullptr;  // null: none
  l275_verdict verdict = L275_DROP_NO_BACKEND;
  std::string detail;
};

Fate FateOf(const AgentView& view, const WrittenService& service,
            uint32_t backend_id, const Endpoint& source) {
  Fate fate;
  fate.backend = FindBackend(service, backend_id);
  if (fate.backend == nullptr) return fate;
  const NextHop& next_hop = view.next_hops.next_hops().at(*fate.backend);
  if (*fate.backend == source.address) {
    fate.verdict = L275_DROP_BAD_SOURCE;
    fate.detail = "it is the backend";
  } else if (!next_hop.ready()) {
    fate.verdict = VerdictWithoutRecord(view, next_hop);
    fate.detail = next_hop.reason;
  } else {
    fate.verdict = view.ingress == next_hop.ifindex ? L275_FORWARD_TX
                                                    : L275_FORWARD_REDIRECT;
    fate.detail = next_hop.ToString();
  }
  return fate;
}

// Why the program drops the packet before it looks for a backend; empty: it
// does not.
std::string BadSourceDetail(const Endpoint& source,
                            const Endpoint& destination) {
  if (l275_is_bad_source(source.address.ToHost()) != 0) {
    return absl::StrCat("no host has ", source.address.ToString());
  }
  if (source.address == destination.address) return "it is the VIP";
  return "";
}

// A web server that calls its own VIP. Of its connections that come here, those
// for which the table picks another server work.
void NoteSourceIsABackend(const WrittenService& service, const Endpoint& source,
                          control::Explanation* explanation) {
  if (service.backends.count(source.address) == 0) return;
  explanation->set_reason(absl::StrCat(
      explanation->reason(), "; ", source.address.ToString(),
      " is a backend of this service: a connection of its own for which the "
      "table picks itself fails; after `dnat apply` there, its own connections "
      "do not leave the host"));
}

void JudgeService(const AgentView& view, const ServiceAddress& address,
                  const WrittenService& service, const Endpoint& source,
                  const Endpoint& destination,
                  control::Explanation* explanation) {
  const uint64_t hash =
      l275_flow_hash(service.hash_key, source.address.ToNetwork(),
                     htons(source.port), htons(destination.port));
  const uint32_t in_table = l275_slot_of_hash(hash, service.source.table_size);
  const uint32_t slot = service.first_slot + in_table;
  const std::optional<l275_flow> flow =
      FindFlow(view.maps, KeyOf(source, destination));
  const auto choose = [&](bool is_syn) {
    return ChoiceOf(view.maps, slot, flow, is_syn, view.flow_table.idle_ticks(),
                    TickOf(view.now));
  };
  const uint32_t of_syn = choose(true);
  const uint32_t of_others = choose(false);
  explanation->set_service(address.ToString());
  explanation->set_hash(absl::StrFormat("0x%016x", hash));
  explanation->set_slot(in_table);
  explanation->set_table_size(service.source.table_size);
  explanation->set_tracked(view.maps.slot(slot).tracked());
  explanation->set_recorded(
      explanation->tracked() && flow.has_value() && flow->slot == slot &&
      IsLiveFlow(view.maps, *flow, view.flow_table.idle_ticks(),
                 TickOf(view.now)));

  const Fate fate = FateOf(view, service, of_syn, source);
  SetVerdict(fate.verdict, fate.detail, explanation);
  if (fate.backend != nullptr) {
    *explanation->mutable_backend() = ViewBackend(view, address, *fate.backend);
    NoteSourceIsABackend(service, source, explanation);
  } else {
    std::vector<control::BackendState> backends;
    if (const auto desired = view.desired.find(address);
        desired != view.desired.end()) {
      for (const auto& [backend, wanted] : desired->second.backends) {
        if (service.backends.count(backend) == 0) continue;
        backends.push_back(ViewBackend(view, address, backend));
      }
    }
    explanation->set_reason(NoBackendReason(backends));
  }
  if (of_others == of_syn) return;
  const Fate others = FateOf(view, service, of_others, source);
  if (others.backend == nullptr) return;
  *explanation->mutable_established() =
      ViewBackend(view, address, *others.backend);
  explanation->set_established_verdict(kVerdictNames[others.verdict].word);
}

}  // namespace

control::Explanation Explain(const AgentView& view, const Endpoint& source,
                             const Endpoint& destination) {
  control::Explanation explanation;
  explanation.set_source(source.ToString());
  explanation.set_destination(destination.ToString());
  const auto service = FindService(view.writer.services(), destination);
  if (service == view.writer.services().end()) {
    SetVerdict(L275_PASS_NO_SERVICE, "", &explanation);
    return explanation;
  }
  const std::string bad_source = BadSourceDetail(source, destination);
  if (!bad_source.empty()) {
    explanation.set_service(service->first.ToString());
    SetVerdict(L275_DROP_BAD_SOURCE, bad_source, &explanation);
    return explanation;
  }
  JudgeService(view, service->first, service->second, source, destination,
               &explanation);
  NoteWhereVipIs(view, destination.address, &explanation);
  return explanation;
}

}  // namespace l275
