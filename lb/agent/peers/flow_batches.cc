#include "lb/agent/peers/flow_batches.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "lb/agent/flows/flow_age.h"
#include "lb/agent/peers/sync_messages.h"

namespace l275 {

FlowBatches::FlowBatches(const Maps* maps, const MapWriter* writer, Send send)
    : maps_(*maps), writer_(*writer), send_(std::move(send)) {}

void FlowBatches::Add(const l275_flow_key& key, const l275_flow& flow,
                      uint32_t tick) {
  const ServiceAddress* const service = FindService(writer_, key);
  if (service == nullptr || !IsOfSlotsOf(*service, flow)) return;
  Batch& batch = BatchOf(*service);
  sync::Flows& flows = *batch.message.mutable_flows();
  const auto [position, is_new] = batch.indices.emplace(
      flow.backend, static_cast<uint32_t>(flows.backend_size()));
  if (is_new) {
    flows.add_backend(
        Ipv4Address::FromNetwork(maps_.backends()[flow.backend].address)
            .ToHost());
  }
  flows.add_source(ntohl(key.source));
  flows.add_ports(static_cast<uint32_t>(ntohs(key.source_port)) << 16 |
                  ntohs(key.destination_port));
  flows.add_at(position->second);
  flows.add_age(
      static_cast<uint32_t>(std::max<int32_t>(0, AgeOfFlow(flow, tick))));
  flows.add_seen(SeenOfMark(MarkOfFlow(flow, tick)));
  if (flows.source_size() < kFlowsOfMessage) return;
  send_(batch.message);
  batches_.erase(*service);
}

// Not one from a time when the flow was another service's.
bool FlowBatches::IsOfSlotsOf(const ServiceAddress& address,
                              const l275_flow& flow) const {
  const WrittenService& service = writer_.services().at(address);
  return flow.slot >= service.first_slot &&
         flow.slot - service.first_slot < service.slot_count();
}

FlowBatches::Batch& FlowBatches::BatchOf(const ServiceAddress& service) {
  const auto [position, is_new] = batches_.try_emplace(service);
  if (is_new) {
    *position->second.message.mutable_flows()->mutable_service() =
        NameOfService(service);
  }
  return position->second;
}

void FlowBatches::Flush() {
  for (const auto& [service, batch] : batches_) send_(batch.message);
  batches_.clear();
}

const ServiceAddress* FindService(const MapWriter& writer,
                                  const l275_flow_key& key) {
  ServiceAddress address = {key.protocol,
                            Ipv4Address::FromNetwork(key.destination),
                            ntohs(key.destination_port)};
  auto found = writer.services().find(address);
  if (found == writer.services().end()) {
    address.port = 0;
    found = writer.services().find(address);
  }
  return found == writer.services().end() ? nullptr : &found->first;
}

}  // namespace l275
