#include "lb/agent/core/control_path.h"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lb/agent/config/desired_state_proto.h"

namespace l275 {

ControlPath::ControlPath(event_base* base, AgentOptions options,
                         DesiredSource source)
    : reconciler(base, options.reachability, &parts,
                 [this] { vips.WriteVirtualRouters(); }),
      vips(base, &parts, &reconciler.desired()),
      parts(base, std::move(options), std::move(source)) {}

AgentView ControlPath::View() const {
  const AgentParts& p = parts;
  const std::string& first_name = p.options.interfaces.front();
  const XdpAttachment* const first = p.attachments->Find(first_name);
  return {
      reconciler.desired(),
      p.state,
      p.reload,
      *p.writer,
      reconciler.written(),
      *p.maps,
      *p.next_hops,
      reconciler.reachability(),
      *p.attachments,
      p.driver_losses->losses(),
      p.slow_path.get(),
      p.options.slow_path.has_value() ? p.slow_path_error : "--slow_path=off",
      p.health.get(),
      vips.roles(),
      vips.holders(),
      *p.local_addresses,
      p.sync.get(),
      p.pmtu.get(),
      p.flows->last(),
      *p.flows,
      first == nullptr ? 0 : first->ifindex(),
      first_name,
      p.started,
      std::chrono::steady_clock::now()};
}

void ControlPath::ReadDriverLosses() {
  std::set<std::string> interfaces(parts.options.interfaces.begin(),
                                   parts.options.interfaces.end());
  for (const auto& [address, next_hop] : parts.next_hops->next_hops()) {
    if (next_hop.ready()) interfaces.insert(next_hop.interface);
  }
  parts.driver_losses->Read(interfaces, std::chrono::steady_clock::now());
}

void ControlPath::OpenSlowPaths() {
  if (parts.slow_path == nullptr) return;
  const auto& links = parts.next_hops->links();
  std::vector<uint32_t> interfaces;
  for (const auto& [ifindex, mac] : parts.attachments->IngressMacs(links)) {
    parts.slow_path->sockets().Open(links.at(ifindex).name, ifindex);
    interfaces.push_back(ifindex);
  }
  parts.slow_path->sockets().CloseOthers(interfaces);
}

// With table sizes as they are in effect: --table_size must be the same too.
void ControlPath::AnnounceConfiguration() {
  if (parts.sync == nullptr) return;
  DesiredState declared = reconciler.desired();
  for (auto& [address, service] : declared) {
    if (service.table_size == 0) service.table_size = parts.options.table_size;
  }
  parts.sync->SetDeclared(DesiredStateToProto(declared));
}

}  // namespace l275
