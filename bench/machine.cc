#include "bench/machine.h"

#include <sched.h>

#include <cerrno>
#include <ctime>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {

absl::Status PinToOneCpu() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return ErrnoStatus(errno, "sched_getaffinity()");
  }
  int cpu = CPU_SETSIZE - 1;
  while (!CPU_ISSET(cpu, &allowed)) --cpu;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) {
    return ErrnoStatus(errno, absl::StrCat("sched_setaffinity(CPU ", cpu, ")"));
  }
  return absl::OkStatus();
}

absl::Status LeaveCpu() {
  cpu_set_t mine;
  if (sched_getaffinity(0, sizeof(mine), &mine) != 0) {
    return ErrnoStatus(errno, "sched_getaffinity()");
  }
  cpu_set_t others;
  CPU_ZERO(&others);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mine)) CPU_SET(cpu, &others);
  }
  // The kernel leaves out those that there are not.
  if (sched_setaffinity(0, sizeof(others), &others) != 0) {
    return ErrnoStatus(errno, "sched_setaffinity(all CPUs but the pinned one)");
  }
  return absl::OkStatus();
}

absl::Status CheckBpfStatsAreOff() {
  constexpr char kPath[] = "/proc/sys/kernel/bpf_stats_enabled";
  std::ifstream file(kPath);
  int enabled = -1;
  if (!(file >> enabled)) {
    return absl::UnavailableError(absl::StrCat("cannot read ", kPath));
  }
  if (enabled == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("kernel.bpf_stats_enabled is ", enabled,
                   ", which adds to every packet; expected 0"));
}

double CpuNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 +
         static_cast<double>(time.tv_nsec);
}

}  // namespace l275
