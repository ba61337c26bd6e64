#ifndef L275_LB_AGENT_PEERS_FLOW_BATCHES_H_
#define L275_LB_AGENT_PEERS_FLOW_BATCHES_H_

#include <cstdint>
#include <functional>
#include <map>

#include "common/abi/map_layout.h"
#include "common/net/service_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/publish/map_writer.h"

namespace l275 {

// Collects entries of the flow table into messages for peers, one service a
// message.
class FlowBatches {
 public:
  using Send = std::function<void(const sync::Message& message)>;

  static constexpr int kFlowsOfMessage = 1024;

  // Maps and writer outlive it.
  FlowBatches(const Maps* maps, const MapWriter* writer, Send send);

  // Sends a message that is full by it. What is of no service, or of slots that
  // are not its service's, is left out.
  void Add(const l275_flow_key& key, const l275_flow& flow, uint32_t tick);

  // Sends all that was not sent.
  void Flush();

  // Forgets it.
  void Clear() { batches_.clear(); }

 private:
  struct Batch {
    sync::Message message;
    std::map<uint32_t, uint32_t> indices;  // by backend id
  };

  bool IsOfSlotsOf(const ServiceAddress& address, const l275_flow& flow) const;
  Batch& BatchOf(const ServiceAddress& service);

  const Maps& maps_;
  const MapWriter& writer_;
  const Send send_;
  std::map<ServiceAddress, Batch> batches_;
};

// The service that a flow is of, if there is one: that of its port comes before
// that of all ports.
const ServiceAddress* FindService(const MapWriter& writer,
                                  const l275_flow_key& key);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_FLOW_BATCHES_H_
