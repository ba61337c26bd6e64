#ifndef L275_LB_AGENT_TAKEOVER_CARRY_REPORT_H_
#define L275_LB_AGENT_TAKEOVER_CARRY_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/net/service_address.h"
#include "lb/agent/flows/flow_importer.h"

namespace l275 {

// What became of the flows when new maps took the place of old ones; see
// MapCarrier.
struct CarryReport {
  // Services of which something is lost for the same reason.
  struct Loss {
    std::vector<ServiceAddress> services;
    uint64_t slots = 0;    // of their tables
    uint64_t entries = 0;  // of the flow table

    void Add(const ServiceAddress& service, uint32_t service_slots) {
      services.push_back(service);
      slots += service_slots;
    }
  };

  uint32_t services = 0;       // in which flows without an entry stay
  uint64_t slots = 0;          // of their tables
  uint64_t tracked = 0;        // of these slots
  uint64_t slots_of_none = 0;  // whose backend is gone, or not alive
  FlowImporter::Result flows;
  Loss other_size;
  Loss other_hash;
  Loss gone;

  // One line, for the log.
  std::string Summary() const;
  // One line for each reason for which something is lost.
  std::vector<std::string> Losses() const;
};

}  // namespace l275

#endif  // L275_LB_AGENT_TAKEOVER_CARRY_REPORT_H_
