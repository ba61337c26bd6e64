#include "lb/agent/views/next_hop_view.h"

#include <chrono>
#include <string>

#include "common/net/mac_address.h"

namespace l275 {
namespace {

const char* WordOf(NextHop::State state) {
  switch (state) {
    case NextHop::State::kReady:
      return "ready";
    case NextHop::State::kNoRoute:
      return "no_route";
    case NextHop::State::kNoNeighbour:
      return "no_neighbour";
    case NextHop::State::kUnusable:
      return "unusable";
  }
  return "";
}

// The neighbour entry's state, unless the way does not even lead to one.
std::string StateWord(const AgentView& view, Ipv4Address backend) {
  const NextHop::State state = view.next_hops.next_hops().at(backend).state;
  return state == NextHop::State::kNoRoute || state == NextHop::State::kUnusable
             ? WordOf(state)
             : view.next_hops.NeighbourState(backend);
}

control::BackendNextHop ViewOne(const AgentView& view, Ipv4Address backend) {
  control::BackendNextHop message;
  message.set_address(backend.ToString());
  *message.mutable_next_hop() = ViewNextHop(view, backend);
  message.set_neighbour_state(StateWord(view, backend));
  message.set_age_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                         view.now - view.next_hops.ChangedAt(backend))
                         .count());
  if (view.slow_path != nullptr) {
    message.set_frames_waiting(
        static_cast<uint32_t>(view.slow_path->waiting().SizeOf(backend)));
  }
  return message;
}

}  // namespace

control::NextHop ViewNextHop(const AgentView& view, Ipv4Address backend) {
  control::NextHop message;
  const auto found = view.next_hops.next_hops().find(backend);
  if (found == view.next_hops.next_hops().end()) return message;
  const NextHop& next_hop = found->second;
  message.set_state(WordOf(next_hop.state));
  message.set_reason(next_hop.reason);
  message.set_interface(next_hop.interface);
  if (next_hop.gateway.has_value()) {
    message.set_gateway(next_hop.gateway->ToString());
  }
  if (!next_hop.ready()) return message;
  message.set_destination_mac(MacToString(next_hop.destination));
  message.set_source_mac(MacToString(next_hop.source));
  return message;
}

control::NextHops ViewNextHops(const AgentView& view) {
  control::NextHops message;
  for (const auto& [backend, next_hop] : view.next_hops.next_hops()) {
    *message.add_next_hop() = ViewOne(view, backend);
  }
  return message;
}

}  // namespace l275
