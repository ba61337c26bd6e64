// How long it takes to tell a load balancer that comes back of a million flows,
// and what that costs the packets of the one that tells.
//
//   bazel run -c opt //bench:resync [-- --rounds=9 --json]
//
// Two load balancers in one process, each with its maps, its program and its
// thread; they talk by TCP over loopback, signed. Packets go through the first
// one's program on a CPU of their own.

#include <gflags/gflags.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/bench_network.h"
#include "bench/harness.h"
#include "bench/machine.h"
#include "bench/samples.h"
#include "bench/sync_host.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"
#include "lb/agent/publish/map_contents.h"

DEFINE_uint32(rounds, 9, "Resyncs, at least 1.");
DEFINE_bool(json, false, "Print one JSON object on the last line.");

namespace l275 {
namespace {

using std::chrono::steady_clock;

constexpr uint32_t kTableSize = 65537;
constexpr uint32_t kFlows = 1 << 20;
constexpr uint32_t kPackets = 1 << 17;  // of a sample
constexpr double kLimitSeconds = 5;
constexpr std::chrono::seconds kPatience{60};
constexpr Ipv4Address kFirst = Ipv4Address::FromHost(0x7f000002);
constexpr Ipv4Address kSecond = Ipv4Address::FromHost(0x7f000003);

// A key that speaks for both; gone with this.
class KeysFile {
 public:
  KeysFile() : fd_(mkstemp(path_)) {
    const std::string key = absl::StrCat("1 * ", std::string(64, '5'), "\n");
    written_ = fd_ && write(fd_.get(), key.data(), key.size()) ==
                          static_cast<ssize_t>(key.size());
  }
  ~KeysFile() { unlink(path_); }
  KeysFile(const KeysFile&) = delete;
  KeysFile& operator=(const KeysFile&) = delete;

  absl::StatusOr<std::string> path() const {
    if (written_) return path_;
    return absl::UnavailableError(absl::StrCat("cannot write ", path_));
  }

 private:
  char path_[32] = "/tmp/l275-resync-keys-XXXXXX";
  UniqueFd fd_;
  bool written_ = false;
};

absl::StatusOr<std::unique_ptr<LbProgram>> NewLb(bool tell_flows) {
  LbProgram::Options options;
  options.sizes = {1, 2 * kBackends, kTableSize, 2 * kFlows};
  options.flow_inserts_per_tick = kFlows;
  options.tell_flows = tell_flows;
  return LbProgram::Create(options);
}

// Where every slot is tracked.
absl::StatusOr<std::unique_ptr<LbProgram>> NewTrackedLb() {
  L275_ASSIGN_OR_RETURN(auto program, NewLb(/*tell_flows=*/true));
  L275_RETURN_IF_ERROR(program->Write(ServiceBeforeMove(kTableSize)));
  MarkUsed(program->maps(), program->writer().services().begin()->second);
  L275_RETURN_IF_ERROR(program->Write(ServiceAfterMove(kTableSize)));
  return program;
}

struct Samples {
  std::vector<double> quiet;  // ns a packet, while nobody is told
  std::vector<double> telling;
};

class Bench {
 public:
  absl::Status Run() {
    L275_ASSIGN_OR_RETURN(harness_, Harness::Create(kIngress));
    L275_ASSIGN_OR_RETURN(keys_path_, keys_.path());
    L275_ASSIGN_OR_RETURN(first_, NewTrackedLb());
    L275_ASSIGN_OR_RETURN(steady_, NewLb(/*tell_flows=*/true));
    L275_RETURN_IF_ERROR(steady_->Write(Services(1, kTableSize)));
    // Records all flows.
    L275_RETURN_IF_ERROR(Measure(*first_, kFlows).status());
    L275_RETURN_IF_ERROR(Measure(*steady_, kFlows).status());
    L275_ASSIGN_OR_RETURN(
        host_,
        SyncHost::Create(first_.get(), {kFirst, kSecond, keys_path_, true}));
    for (uint32_t round = 0; round < FLAGS_rounds; ++round) {
      L275_RETURN_IF_ERROR(MeasureQuiet());
      L275_RETURN_IF_ERROR(MeasureResync());
    }
    return absl::OkStatus();
  }

  void Print() const {
    const double slowest = *std::max_element(seconds_.begin(), seconds_.end());
    std::cout << absl::StreamFormat(
        "%d flow entries told and stored: %.2f s (median), %.2f s (longest); "
        "limit %.0f s: %s\n",
        kFlows, Median(seconds_), slowest, kLimitSeconds,
        slowest <= kLimitSeconds ? "met" : "MISSED");
    PrintCase("every slot tracked", tracked_samples_);
    PrintCase("steady", steady_samples_);
    if (!FLAGS_json) return;
    std::cout << absl::StreamFormat(
        "{\"entries\": %d, \"seconds_median\": %.3f, \"seconds_max\": %.3f, "
        "\"tracked_ratio\": %.3f, \"steady_ratio\": %.3f}\n",
        kFlows, Median(seconds_), slowest, Ratio(tracked_samples_),
        Ratio(steady_samples_));
  }

 private:
  static double Ratio(const Samples& samples) {
    return Median(samples.telling) / Median(samples.quiet);
  }

  static void PrintCase(const char* name, const Samples& samples) {
    std::cout << absl::StreamFormat(
        "1M flows, %s: %.1f ns a packet (median; minimum %.1f); while telling "
        "%.1f (%.1f): x%.2f of medians, x%.2f of minima, %d samples\n",
        name, Median(samples.quiet), Minimum(samples.quiet),
        Median(samples.telling), Minimum(samples.telling), Ratio(samples),
        Minimum(samples.telling) / Minimum(samples.quiet),
        samples.telling.size());
  }

  absl::StatusOr<double> Measure(const LbProgram& program, uint32_t packets) {
    BenchCase bench_case;
    bench_case.name = "resync";
    bench_case.program_fd = program.program_fd();
    return harness_->Run(bench_case, packets, ++order_);
  }

  absl::Status AddSamples(std::vector<double>& tracked,
                          std::vector<double>& steady) {
    L275_ASSIGN_OR_RETURN(const double first, Measure(*first_, kPackets));
    L275_ASSIGN_OR_RETURN(const double second, Measure(*steady_, kPackets));
    tracked.push_back(first);
    steady.push_back(second);
    return absl::OkStatus();
  }

  absl::Status MeasureQuiet() {
    for (int i = 0; i < 5; ++i) {
      L275_RETURN_IF_ERROR(
          AddSamples(tracked_samples_.quiet, steady_samples_.quiet));
    }
    return absl::OkStatus();
  }

  absl::Status MeasureResync() {
    L275_ASSIGN_OR_RETURN(const auto second, NewLb(/*tell_flows=*/false));
    L275_RETURN_IF_ERROR(second->Write(ServiceAfterMove(kTableSize)));
    const auto begin = steady_clock::now();
    L275_ASSIGN_OR_RETURN(
        const auto host,
        SyncHost::Create(second.get(), {kSecond, kFirst, keys_path_, false}));
    while (!host->resynced()) {
      if (steady_clock::now() - begin > kPatience) {
        return absl::DeadlineExceededError("no resync within a minute");
      }
      L275_RETURN_IF_ERROR(
          AddSamples(tracked_samples_.telling, steady_samples_.telling));
    }
    seconds_.push_back(
        std::chrono::duration<double>(steady_clock::now() - begin).count());
    if (host->stored() < kFlows) {
      return absl::InternalError(absl::StrCat("only ", host->stored(), " of ",
                                              kFlows, " entries were stored"));
    }
    return absl::OkStatus();
  }

  const KeysFile keys_;
  std::string keys_path_;
  std::unique_ptr<Harness> harness_;
  std::unique_ptr<LbProgram> first_;
  std::unique_ptr<LbProgram> steady_;
  std::unique_ptr<SyncHost> host_;
  uint32_t order_ = 0;
  std::vector<double> seconds_;
  Samples tracked_samples_;
  Samples steady_samples_;
};

absl::Status Main() {
  L275_RETURN_IF_ERROR(CheckBpfStatsAreOff());
  L275_RETURN_IF_ERROR(PinToOneCpu());
  const BenchNetwork network;
  Bench bench;
  L275_RETURN_IF_ERROR(bench.Run());
  bench.Print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags(
      "Benchmark of the resync of a load balancer; needs root. Prints seconds, "
      "and nanoseconds a packet.",
      "bench/resync_main.cc", argc, argv);
  if (FLAGS_rounds == 0) {
    std::cerr << "resync: --rounds=0: expected at least 1\n";
    return 2;
  }
  const absl::Status status = l275::Main();
  if (status.ok()) return 0;
  std::cerr << "resync: " << status.message() << "\n";
  return 1;
}
