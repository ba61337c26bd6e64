#ifndef L275_TESTS_PACKET_LB_PROGRAM_H_
#define L275_TESTS_PACKET_LB_PROGRAM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "bpf/lb.skel.h"
#include "common/abi/verdicts.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/publish/snapshot.h"
#include "tests/packet/frame.h"

namespace l275 {

// The XDP program in the kernel, attached to nothing, with the maps and the map
// writer that the agent would use: frames are given to it by
// BPF_PROG_TEST_RUN.
class LbProgram {
 public:
  struct Options {
    MapSizes sizes{64, 64, 1 << 18};  // services, backends, slots
    bool decrement_ttl = true;
    uint64_t hash_seed = 1;
    uint32_t tcp_idle_ticks = 900;
    uint32_t flow_inserts_per_tick = 100000;
    bool tell_flows = false;
  };

  // What became of a frame.
  struct Outcome {
    uint32_t action = 0;  // XDP_...
    Frame frame;          // as the program left it
  };

  static absl::StatusOr<std::unique_ptr<LbProgram>> Create(
      const Options& options);

  // Writes the snapshot as the agent would at this moment.
  absl::Status Write(const Snapshot& snapshot);

  // Has a new map writer take over from the one that wrote so far, as an agent
  // does that was started again.
  absl::Status RestartWriter(MapWriter::TimePoint now);

  // Runs the program on a frame that came in on an interface of the thread's
  // network namespace. The kernel refuses frames of less than 14 bytes with
  // InvalidArgument.
  absl::StatusOr<Outcome> Run(const Frame& frame, uint32_t ifindex) const;

  // The verdict that was counted for the frame, and its outcome. An error when
  // not exactly one verdict was counted, once and with the bytes of the frame
  // as the program left it.
  struct Judged {
    l275_verdict verdict = L275_VERDICT_COUNT;
    Outcome outcome;
  };
  absl::StatusOr<Judged> Judge(const Frame& frame, uint32_t ifindex) const;

  // Of every verdict, in their order.
  absl::StatusOr<std::vector<l275_counter>> VerdictCounters() const;

  // Writes that the last heartbeat of the agent was so long ago. It is
  // dead 3 s later; with a negative age it lives until the test is over.
  void SetHeartbeat(std::chrono::nanoseconds age);

  const Maps& maps() const { return *maps_; }
  Maps& maps() { return *maps_; }
  const MapWriter& writer() const { return *writer_; }
  MapWriter& writer() { return *writer_; }
  int program_fd() const;
  int flow_budget_fd() const;

 private:
  struct ObjectDeleter {
    void operator()(lb* object) const { lb__destroy(object); }
  };

  LbProgram(std::unique_ptr<Maps> maps, uint64_t hash_seed);
  absl::Status Load(const Options& options);

  std::unique_ptr<Maps> maps_;
  const uint64_t hash_seed_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<lb, ObjectDeleter> object_;
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_LB_PROGRAM_H_
