#ifndef L275_BENCH_PLAIN_PROGRAMS_H_
#define L275_BENCH_PLAIN_PROGRAMS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/bpf/bench_fib.skel.h"
#include "bench/bpf/bench_floor.skel.h"
#include "bench/bpf/bench_load.skel.h"
#include "bench/bpf/bench_lru.skel.h"

namespace l275 {

// The programs that the load balancer is compared with, for the addresses of
// bench_network.h.
class PlainPrograms {
 public:
  static absl::StatusOr<std::unique_ptr<PlainPrograms>> Create();

  int floor_fd() const;
  int load_fd() const;
  int lru_fd() const;
  int fib_fd() const;
  // Packets that the program has forwarded.
  absl::StatusOr<uint64_t> LruForwarded() const;
  absl::StatusOr<uint64_t> FibForwarded() const;

 private:
  struct ObjectDeleter {
    void operator()(bench_floor* object) const { bench_floor__destroy(object); }
    void operator()(bench_load* object) const { bench_load__destroy(object); }
    void operator()(bench_lru* object) const { bench_lru__destroy(object); }
    void operator()(bench_fib* object) const { bench_fib__destroy(object); }
  };

  PlainPrograms() = default;
  absl::Status LoadFloor();
  absl::Status LoadLoad();
  absl::Status LoadLru();
  absl::Status WriteLruBackends();
  absl::Status LoadFib();

  std::unique_ptr<bench_floor, ObjectDeleter> floor_;
  std::unique_ptr<bench_load, ObjectDeleter> load_;
  std::unique_ptr<bench_lru, ObjectDeleter> lru_;
  std::unique_ptr<bench_fib, ObjectDeleter> fib_;
};

}  // namespace l275

#endif  // L275_BENCH_PLAIN_PROGRAMS_H_
