#ifndef L275_BENCH_HARNESS_H_
#define L275_BENCH_HARNESS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/bench_case.h"
#include "bench/bpf/bench_harness.skel.h"
#include "tests/packet/frame.h"

namespace l275 {

// Measures XDP programs by BPF_PROG_TEST_RUN, behind bench/bpf/harness.bpf.c.
class Harness {
 public:
  // Frames come in on the interface `ifindex` of the thread's network
  // namespace.
  static absl::StatusOr<std::unique_ptr<Harness>> Create(uint32_t ifindex);

  // Sends `packets` packets of the case's traffic through its program; all
  // flows come in another order with another `order`. Returns the nanoseconds
  // of CPU time a packet takes. An error when a packet did not become what the
  // case says.
  absl::StatusOr<double> Run(const BenchCase& bench_case, uint32_t packets,
                             uint32_t order);

 private:
  struct ObjectDeleter {
    void operator()(bench_harness* object) const {
      bench_harness__destroy(object);
    }
  };
  using ObjectPtr = std::unique_ptr<bench_harness, ObjectDeleter>;

  Harness(ObjectPtr object, uint32_t ifindex);
  absl::Status PutUnderTest(int program_fd);
  absl::StatusOr<double> TestRun(const BenchCase& bench_case,
                                 const Frame& frame, uint32_t packets);

  const ObjectPtr object_;
  const uint32_t ifindex_;
};

}  // namespace l275

#endif  // L275_BENCH_HARNESS_H_
