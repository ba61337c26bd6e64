#include "bench/plain_programs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/bench_network.h"
#include "common/os/status_util.h"
#include "tests/packet/frame.h"

namespace l275 {
namespace {

absl::Status LoadStatus(int error, const char* program) {
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(-error, absl::StrCat("loading the program ", program));
}

absl::StatusOr<uint64_t> SumOfCpus(const bpf_map* map) {
  std::vector<uint64_t> counts(libbpf_num_possible_cpus());
  const uint32_t zero = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(map), &zero, counts.data()) != 0) {
    return ErrnoStatus(errno, "reading a program's counter");
  }
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

}  // namespace

absl::StatusOr<std::unique_ptr<PlainPrograms>> PlainPrograms::Create() {
  std::unique_ptr<PlainPrograms> programs(new PlainPrograms());
  L275_RETURN_IF_ERROR(programs->LoadFloor());
  L275_RETURN_IF_ERROR(programs->LoadLoad());
  L275_RETURN_IF_ERROR(programs->LoadLru());
  L275_RETURN_IF_ERROR(programs->LoadFib());
  return programs;
}

absl::Status PlainPrograms::LoadFloor() {
  floor_.reset(bench_floor__open());
  if (floor_ == nullptr) return ErrnoStatus(errno, "bench_floor__open()");
  return LoadStatus(bench_floor__load(floor_.get()), "floor");
}

absl::Status PlainPrograms::LoadLoad() {
  load_.reset(bench_load__open());
  if (load_ == nullptr) return ErrnoStatus(errno, "bench_load__open()");
  return LoadStatus(bench_load__load(load_.get()), "load");
}

absl::Status PlainPrograms::LoadLru() {
  lru_.reset(bench_lru__open());
  if (lru_ == nullptr) return ErrnoStatus(errno, "bench_lru__open()");
  lru_->rodata->vip = kFirstVip.ToNetwork();
  lru_->rodata->port = htons(kVipPort);
  L275_RETURN_IF_ERROR(LoadStatus(bench_lru__load(lru_.get()), "lru"));
  return WriteLruBackends();
}

absl::Status PlainPrograms::WriteLruBackends() {
  for (uint32_t backend = 0; backend < kBackends; ++backend) {
    const MacAddress destination = BackendMac(backend);
    std::array<uint8_t, 12> macs;
    std::copy(destination.begin(), destination.end(), macs.begin());
    std::copy(kLbMac.begin(), kLbMac.end(), macs.begin() + destination.size());
    if (bpf_map_update_elem(bpf_map__fd(lru_->maps.backends), &backend,
                            macs.data(), BPF_ANY) != 0) {
      return ErrnoStatus(errno, "writing a backend of the program lru");
    }
  }
  return absl::OkStatus();
}

absl::Status PlainPrograms::LoadFib() {
  fib_.reset(bench_fib__open());
  if (fib_ == nullptr) return ErrnoStatus(errno, "bench_fib__open()");
  fib_->rodata->first_backend = BackendAddress(0).ToHost();
  return LoadStatus(bench_fib__load(fib_.get()), "fib");
}

int PlainPrograms::floor_fd() const {
  return bpf_program__fd(floor_->progs.l275_bench_floor);
}

int PlainPrograms::load_fd() const {
  return bpf_program__fd(load_->progs.l275_bench_load);
}

int PlainPrograms::lru_fd() const {
  return bpf_program__fd(lru_->progs.l275_bench_lru);
}

int PlainPrograms::fib_fd() const {
  return bpf_program__fd(fib_->progs.l275_bench_fib);
}

absl::StatusOr<uint64_t> PlainPrograms::LruForwarded() const {
  return SumOfCpus(lru_->maps.forwarded);
}

absl::StatusOr<uint64_t> PlainPrograms::FibForwarded() const {
  return SumOfCpus(fib_->maps.forwarded);
}

}  // namespace l275
