#include "tests/packet/flow_promise.h"

#include <netinet/in.h>

#include <algorithm>

namespace l275 {
namespace {

bool Lives(const SnapshotService* service, Ipv4Address address) {
  if (service == nullptr) return false;
  const auto backend = service->backends.find(address);
  return backend != service->backends.end() && backend->second.alive;
}

}  // namespace

void FlowPromise::Written(const Snapshot& snapshot) {
  for (const auto& [address, before] : snapshot_.services) {
    const auto found = snapshot.services.find(address);
    const SnapshotService* const after =
        found == snapshot.services.end() ? nullptr : &found->second;
    if (after == nullptr || after->table_size != before.table_size) {
      ++tables_[address];
    }
    for (const auto& [backend, state] : before.backends) {
      if (state.alive && !Lives(after, backend)) ++deaths_[{address, backend}];
    }
  }
  snapshot_ = snapshot;
  ++changes_;
}

bool FlowPromise::Observed(const FlowKey& key, bool syn,
                           std::optional<Ipv4Address> backend, uint64_t tick) {
  const ServiceAddress& service = *ServiceOf(key);
  const auto found = flows_.find(key);
  const bool lives =
      found != flows_.end() && IsBound(found->second, service, tick);
  const bool bound = lives && (!syn || OutlivesSyn(found->second, tick));
  const bool kept = !bound || backend == found->second.backend;
  bound_ += bound;
  broken_ += !kept;
  if (bound && found->second.began != changes_) ++bound_through_changes_;
  bound_syns_ += bound && syn;
  if (lives && backend == found->second.backend) {
    Sent(found->second, syn, tick);
  } else if (backend.has_value()) {
    const uint64_t until =
        tick + (syn ? settings_.handshake_ticks : settings_.idle_ticks);
    flows_[key] = {service,
                   *backend,
                   deaths_[{service, *backend}],
                   tables_[service],
                   changes_,
                   until,
                   tick,
                   changes_};
  }
  return kept;
}

void FlowPromise::Sent(Flow& flow, bool syn, uint64_t tick) const {
  if (syn && IsDraining(flow.service, flow.backend)) return;
  flow.sent = tick;
  flow.sent_in = changes_;
  flow.until = std::max(flow.until, tick + (syn ? settings_.handshake_ticks
                                                : settings_.idle_ticks));
}

bool FlowPromise::OutlivesSyn(const Flow& flow, uint64_t tick) const {
  return settings_.syns_move_nothing && flow.sent_in == changes_ &&
         tick - flow.sent <= settings_.port_ticks;
}

bool FlowPromise::IsDraining(const ServiceAddress& service,
                             Ipv4Address backend) const {
  return snapshot_.services.at(service).backends.at(backend).weight == 0;
}

// The service on its port, else the one on all ports.
const ServiceAddress* FlowPromise::ServiceOf(const FlowKey& key) const {
  for (const uint16_t port : {key.port, uint16_t{0}}) {
    const auto service = snapshot_.services.find({IPPROTO_TCP, key.vip, port});
    if (service != snapshot_.services.end()) return &service->first;
  }
  return nullptr;
}

bool FlowPromise::IsBound(const Flow& flow, const ServiceAddress& service,
                          uint64_t tick) const {
  if (!(flow.service == service) || tick > flow.until) return false;
  const auto deaths = deaths_.find({service, flow.backend});
  const auto table = tables_.find(service);
  return (deaths == deaths_.end() ? 0 : deaths->second) == flow.life &&
         (table == tables_.end() ? 0 : table->second) == flow.table;
}

}  // namespace l275
