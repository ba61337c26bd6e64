#ifndef L275_LB_AGENT_TAKEOVER_COUNTER_CARRIER_H_
#define L275_LB_AGENT_TAKEOVER_COUNTER_CARRIER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// Has the counters of new maps go on from those of old ones, while a program
// counts in either.
//
// Carry() adds to the new ones what was counted in the old ones since it was
// last called. It is exact while no program counts in the new ones; else it
// loses what one counts in the microseconds between reading and writing a
// counter that has changed.
class CounterCarrier {
 public:
  // Of verdicts and flow events. Both outlive the carrier.
  CounterCarrier(const Maps& from, const Maps& to);

  // And of a service, and the backends that it has in both.
  void AddService(const WrittenService& from, const WrittenService& to);

  // Errors are a system call's.
  absl::Status Carry();

 private:
  // A counter of one or more words on each CPU.
  struct Counter {
    int from_map;
    uint32_t from_index;
    int to_map;
    uint32_t to_index;
    std::vector<uint64_t> carried;
  };

  void Add(int from_map, uint32_t from_index, int to_map, uint32_t to_index,
           size_t size);
  absl::Status CarryOne(Counter& counter);

  const Maps& from_;
  const Maps& to_;
  std::vector<Counter> counters_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_TAKEOVER_COUNTER_CARRIER_H_
