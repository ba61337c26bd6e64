#include "bench/harness.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/bench_network.h"
#include "bench/machine.h"
#include "common/os/status_util.h"
#include "tests/packet/frame.h"

namespace l275 {
namespace {

constexpr size_t kTcpFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kAck = 0x10;

Ipv4Address FirstDestination(const Traffic& traffic) {
  return traffic.to_service ? kFirstVip : kNoVip;
}

Frame FrameOf(const Traffic& traffic) {
  Frame frame = FrameBuilder().To(FirstDestination(traffic), kVipPort).Build();
  if (!traffic.syn) frame[kTcpFlagsOffset] = kAck;
  frame.resize(kFrameBytes);
  return frame;
}

// Of the IP header's words, as they are in memory, without its checksum.
uint32_t SumWithoutAddresses(const Frame& frame) {
  constexpr size_t kAddressesOffset = kIpOffset + 12;
  uint32_t sum = 0;
  for (size_t i = kIpOffset; i < kAddressesOffset; i += sizeof(uint16_t)) {
    uint16_t word;
    memcpy(&word, frame.data() + i, sizeof(word));
    if (i != kIpChecksumOffset) sum += word;
  }
  return sum;
}

// Tells the program of the harness what to make of the frame.
void Configure(const Traffic& traffic, const Frame& frame, uint32_t order,
               bench_harness::bench_harness__bss& settings) {
  settings.flow_bits = traffic.flow_bits;
  settings.order = order;
  settings.services = traffic.services;
  settings.first_vip = FirstDestination(traffic).ToHost();
  settings.vip_port = htons(kVipPort);
  memcpy(&settings.macs_begin, frame.data(), sizeof(settings.macs_begin));
  memcpy(&settings.macs_end, frame.data() + sizeof(settings.macs_begin),
         sizeof(settings.macs_end));
  memcpy(&settings.ttl_protocol, frame.data() + kTtlOffset,
         sizeof(settings.ttl_protocol));
  settings.header_sum = SumWithoutAddresses(frame);
}

absl::StatusOr<uint64_t> Counted(const BenchCase& bench_case) {
  if (!bench_case.counted) return 0;
  return bench_case.counted();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Harness>> Harness::Create(uint32_t ifindex) {
  ObjectPtr object(bench_harness__open_and_load());
  if (object == nullptr) {
    return ErrnoStatus(errno, "loading the benchmark's harness");
  }
  return std::unique_ptr<Harness>(new Harness(std::move(object), ifindex));
}

Harness::Harness(ObjectPtr object, uint32_t ifindex)
    : object_(std::move(object)), ifindex_(ifindex) {}

absl::StatusOr<double> Harness::Run(const BenchCase& bench_case,
                                    uint32_t packets, uint32_t order) {
  const Frame frame = FrameOf(bench_case.traffic);
  L275_RETURN_IF_ERROR(PutUnderTest(bench_case.program_fd));
  Configure(bench_case.traffic, frame, order, *object_->bss);
  L275_ASSIGN_OR_RETURN(const uint64_t before, Counted(bench_case));
  L275_ASSIGN_OR_RETURN(const double nanoseconds,
                        TestRun(bench_case, frame, packets));
  L275_ASSIGN_OR_RETURN(const uint64_t after, Counted(bench_case));
  if (bench_case.counted && after - before != packets) {
    return absl::InternalError(absl::StrCat(bench_case.name, ": of ", packets,
                                            " packets only ", after - before,
                                            " became what they should"));
  }
  return nanoseconds / packets;
}

absl::Status Harness::PutUnderTest(int program_fd) {
  const uint32_t zero = 0;
  const int map_fd = bpf_map__fd(object_->maps.under_test);
  if (bpf_map_update_elem(map_fd, &zero, &program_fd, BPF_ANY) != 0) {
    return ErrnoStatus(errno, "putting a program behind the harness");
  }
  return absl::OkStatus();
}

absl::StatusOr<double> Harness::TestRun(const BenchCase& bench_case,
                                        const Frame& frame, uint32_t packets) {
  xdp_md context = {};
  context.data_end = static_cast<uint32_t>(frame.size());
  context.ingress_ifindex = ifindex_;
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
              .data_size_in = static_cast<uint32_t>(frame.size()),
              .ctx_in = &context, .ctx_size_in = sizeof(context),
              .repeat = static_cast<int>(packets));
  const double start = CpuNanoseconds();
  const int error = bpf_prog_test_run_opts(
      bpf_program__fd(object_->progs.l275_bench_harness), &options);
  const double nanoseconds = CpuNanoseconds() - start;
  if (error != 0) {
    return ErrnoStatus(-error, absl::StrCat(bench_case.name, ": test run"));
  }
  if (options.retval != static_cast<uint32_t>(bench_case.action)) {
    return absl::InternalError(absl::StrCat(bench_case.name, ": XDP action ",
                                            options.retval, " instead of ",
                                            bench_case.action));
  }
  return nanoseconds;
}

}  // namespace l275
