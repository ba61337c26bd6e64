#ifndef L275_BENCH_MACHINE_H_
#define L275_BENCH_MACHINE_H_

#include "absl/status/status.h"

namespace l275 {

// Keeps the thread on the last of the CPUs that it may run on.
absl::Status PinToOneCpu();

// Moves the thread from the CPUs that it may run on to all others.
absl::Status LeaveCpu();

// FailedPrecondition when kernel.bpf_stats_enabled is not 0: the kernel then
// reads the clock twice for every run of a program.
absl::Status CheckBpfStatsAreOff();

// CPU time of this thread: what other processes do in the meantime does not
// count.
double CpuNanoseconds();

}  // namespace l275

#endif  // L275_BENCH_MACHINE_H_
