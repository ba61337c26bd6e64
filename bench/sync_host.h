#ifndef L275_BENCH_SYNC_HOST_H_
#define L275_BENCH_SYNC_HOST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/libevent_ptr.h"
#include "common/event/repeated_timer.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/peers/sync.h"
#include "tests/packet/lb_program.h"

namespace l275 {

// What of a load balancer's agent has to do with its peer: flow keeper and
// sync, on a thread of their own, on the CPUs that the benchmark's thread is
// not on.
class SyncHost {
 public:
  struct Options {
    Ipv4Address self;
    Ipv4Address peer;
    std::string keys_file;
    bool holds_vip = false;  // kFirstVip; else it begins with empty maps
  };

  // From now on the program's writer is the thread's. The program outlives
  // this.
  static absl::StatusOr<std::unique_ptr<SyncHost>> Create(
      LbProgram* program, const Options& options);
  ~SyncHost();
  SyncHost(const SyncHost&) = delete;
  SyncHost& operator=(const SyncHost&) = delete;

  // Whether the peer has told all that it knows.
  bool resynced() const { return resynced_; }
  // Entries that it told of and that were stored.
  uint64_t stored() const { return stored_; }

 private:
  SyncHost() : base_(event_base_new()) {}

  absl::Status Start(LbProgram* program, const Options& options);
  void OnTick();

  EventBasePtr base_;
  std::unique_ptr<FlowKeeper> keeper_;
  std::unique_ptr<Sync> sync_;
  std::optional<RepeatedTimer> tick_;
  std::set<Ipv4Address> held_;
  Ipv4Address peer_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> resynced_{false};
  std::atomic<uint64_t> stored_{0};
  std::thread thread_;
};

}  // namespace l275

#endif  // L275_BENCH_SYNC_HOST_H_
