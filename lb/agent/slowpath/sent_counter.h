#ifndef L275_LB_AGENT_SLOWPATH_SENT_COUNTER_H_
#define L275_LB_AGENT_SLOWPATH_SENT_COUNTER_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bpf/count_sent.skel.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/map_writer.h"

namespace l275 {

// Adds the frames that the agent sends for the program to the counters of their
// services and backends, in the program's own maps: so they outlive the agent
// as the others do.
//
// One thread.
class SentCounter {
 public:
  // `writer`, of these maps, outlives the object. Needs CAP_BPF and a kernel
  // from 5.14 on.
  static absl::StatusOr<std::unique_ptr<SentCounter>> Create(
      const Maps& maps, const MapWriter* writer);

  // The Ethernet frame with a TCP packet was sent to a backend. Does nothing
  // when its service, or the backend of it, was removed while it waited: their
  // counters are gone too.
  void Count(Ipv4Address backend, absl::Span<const uint8_t> frame) const;

 private:
  struct ObjectDeleter {
    void operator()(count_sent* object) const { count_sent__destroy(object); }
  };
  using ObjectPtr = std::unique_ptr<count_sent, ObjectDeleter>;

  SentCounter(ObjectPtr object, const MapWriter* writer)
      : object_(std::move(object)), writer_(*writer) {}

  const ObjectPtr object_;
  const MapWriter& writer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_SENT_COUNTER_H_
