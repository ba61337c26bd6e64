// What beacons cost the agent: its receiver, filter and monitor on a real
// network, and a day of lost beacons on a clock of its own.
//
//   bazel run -c opt //bench:beacons [-- --seconds=10 --days=1]

#include <event2/event.h>
#include <gflags/gflags.h>
#include <netinet/in.h>
#include <time.h>

#include <atomic>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "bench/beacon_flood.h"
#include "common/event/libevent_ptr.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/health/beacon_receiver.h"
#include "lb/agent/health/loss_simulation.h"

DEFINE_uint32(seconds, 10, "Seconds of each flood, at least 1.");
DEFINE_uint32(days, 1, "Simulated days of 30 % loss.");

namespace l275 {
namespace {

constexpr Ipv4Address kGroup = Ipv4Address::FromHost(0xef000001);  // 239.0.0.1
constexpr uint16_t kPort = 4242;
constexpr HealthTime::duration kTimeout = std::chrono::milliseconds(1600);

double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

double ResidentMegabytes() {
  uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

HealthServices Pool(uint32_t servers) {
  HealthServices services;
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.port = 80;
  for (uint32_t i = 0; i < servers; ++i) {
    services[service][Ipv4Address::FromHost(0x0a000001 + i)] = true;
  }
  return services;
}

// A load balancer and the network from which beacons come.
class LoadBalancer {
 public:
  explicit LoadBalancer(uint32_t servers) {
    lb_.Connect("beacon0", web_, "beacon0");
    lb_.Ip("addr add 10.1.0.2/24 dev beacon0");
    web_.Ip("addr add 10.1.0.101/24 dev beacon0");
    filter_.SetSubjects(SubjectsOf(Pool(servers)));
    monitor_.SetServices(Pool(servers), HealthTime::clock::now());
  }

  absl::Status Run(const BeaconFlood& flood) {
    {
      const TestNamespace::Scope scope(lb_);
      L275_ASSIGN_OR_RETURN(
          receiver_,
          BeaconReceiver::Create(base_.get(), {kGroup, kPort, "beacon0"},
                                 &filter_, &monitor_));
    }
    FloodSent sent;
    std::atomic<bool> over = false;
    const double memory = ResidentMegabytes();
    const double cpu = CpuSeconds();
    const HealthTime begin = HealthTime::clock::now();
    std::thread sender([&] {
      sent = SendFlood(flood, web_, "beacon0", kGroup, kPort);
      over = true;
    });
    // The receiver's timer sees to it that the loop turns.
    while (!over) event_base_loop(base_.get(), EVLOOP_ONCE);
    sender.join();
    RunPending(base_.get());  // all that was sent waits at the socket
    const std::chrono::duration<double> elapsed =
        HealthTime::clock::now() - begin;
    Print(sent, elapsed.count(), CpuSeconds() - cpu,
          ResidentMegabytes() - memory);
    return absl::OkStatus();
  }

 private:
  void Print(const FloodSent& sent, double seconds, double cpu_seconds,
             double megabytes) {
    const BeaconCounters& counters = filter_.counters();
    const uint64_t accepted = counters.Of(BeaconResult::kAccepted);
    uint64_t heard = 0;
    for (const BeaconResult result : AllOf<BeaconResult>()) {
      heard += counters.Of(result);
    }
    std::cout << absl::StrFormat(
        "  took      %.1f s\n"
        "  genuine   sent %9d  accepted %9d  missed %d\n"
        "  forged    sent %9d  refused  %9d  not read %d\n"
        "  CPU       %.1f %% of a core, %.2f us a datagram\n"
        "  memory    %+.1f MB\n",
        seconds, sent.genuine, accepted, sent.genuine - accepted, sent.forged,
        heard - accepted, sent.genuine + sent.forged - heard,
        100 * cpu_seconds / seconds,
        1e6 * cpu_seconds / static_cast<double>(heard), megabytes);
  }

  TestNamespace lb_;
  TestNamespace web_;
  const EventBasePtr base_{event_base_new()};
  BeaconFilter filter_{FloodKeys(), kTimeout};
  HealthMonitor monitor_{HealthMonitor::Options(), [] {}};
  std::unique_ptr<BeaconReceiver> receiver_;
};

absl::Status RunFlood(const char* title, BeaconFlood flood) {
  flood.duration = std::chrono::seconds(FLAGS_seconds);
  std::cout << title << ", " << FLAGS_seconds << " s\n";
  return LoadBalancer(flood.servers).Run(flood);
}

void RunDays() {
  LossSimulation simulation;
  simulation.duration = FLAGS_days * std::chrono::hours(24);
  const LossResult result = Simulate(simulation);
  std::cout << absl::StrFormat(
      "30 %% of beacons lost, 100 servers, %d simulated days, default "
      "settings\n"
      "  sent %d  heard %d\n"
      "  false silences: expected %.2f, simulated %d; other changes: %d\n",
      FLAGS_days, result.sent, result.received, result.expected,
      result.silences, result.downs - result.silences);
}

absl::Status Run() {
  if (FLAGS_seconds == 0) {
    return absl::InvalidArgumentError("--seconds: 0; expected 1 or more");
  }
  BeaconFlood flood;
  flood.servers = 1000;
  L275_RETURN_IF_ERROR(RunFlood("10,000 beacons a second", flood));
  flood.servers = 100;
  flood.forged = 100'000;
  L275_RETURN_IF_ERROR(
      RunFlood("100,000 forged a second beside 100 servers", flood));
  if (FLAGS_days > 0) RunDays();
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags("beacons [--seconds=10] [--days=1]",
                          "bench/beacons_main.cc", argc, argv);
  const absl::Status status = l275::Run();
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << "beacons: " << status.message() << std::endl;
  return EXIT_FAILURE;
}
