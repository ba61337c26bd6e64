// How long it takes to build Maglev tables and to publish them, and how much
// memory they take.
//
//   bazel run -c opt //bench:table [-- --rounds=9 --json]

#include <gflags/gflags.h>

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/bench_network.h"
#include "bench/machine.h"
#include "bench/map_memory.h"
#include "bench/samples.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/table/maglev.h"

DEFINE_uint32(rounds, 9, "Rounds of all cases, at least 1.");
DEFINE_bool(json, false, "Print one JSON object on the last line.");

namespace l275 {
namespace {

// Milliseconds of CPU time in each round, in the order of the table.
struct Case {
  std::string name;
  std::vector<double> samples;
};
class Results {
 public:
  void Add(const std::string& name, double milliseconds) {
    for (Case& known : cases_) {
      if (known.name == name) return known.samples.push_back(milliseconds);
    }
    cases_.push_back({name, {milliseconds}});
  }
  const std::vector<Case>& cases() const { return cases_; }

 private:
  std::vector<Case> cases_;
};

constexpr uint32_t kTableSize = 65537;
constexpr uint32_t kManyServices = 1000;
constexpr uint32_t kManyServicesTableSize = 16381;
constexpr uint32_t kWeight = 100;
constexpr uint64_t kHashSeed = 1;

// In milliseconds; by the cases' names.
const std::map<std::string, double>& Limits() {
  static const auto* const limits = new std::map<std::string, double>{
      {"build, 100 backends", 1},
      {"publish a new service, 100 backends", 0.3},
      {"publish a change, 100 backends", 0.3},
      {"a backend of 1,000 equal services fails", 250},
      {"a backend of 1,000 unequal services fails", 250},
  };
  return *limits;
}

double MillisecondsSince(double start) {
  return (CpuNanoseconds() - start) / 1e6;
}

// Maps with room for a snapshot, and their writer.
struct Plane {
  static absl::StatusOr<Plane> Create(const Snapshot& snapshot) {
    MapSizes sizes;
    for (const auto& [address, service] : snapshot.services) {
      ++sizes.services;
      sizes.backends += static_cast<uint32_t>(service.backends.size());
      sizes.slots += service.table_size;
    }
    L275_ASSIGN_OR_RETURN(auto maps, Maps::Create(sizes));
    auto writer = std::make_unique<MapWriter>(maps.get(), kHashSeed);
    return Plane{std::move(maps), std::move(writer)};
  }

  // Milliseconds until the last slot is written.
  absl::StatusOr<double> Write(const Snapshot& snapshot) {
    const double start = CpuNanoseconds();
    L275_RETURN_IF_ERROR(
        writer->Write(snapshot, std::chrono::steady_clock::now()));
    return MillisecondsSince(start);
  }

  std::unique_ptr<Maps> maps;
  std::unique_ptr<MapWriter> writer;
};

absl::Status Measure(Plane& plane, const Snapshot& snapshot,
                     const std::string& name, Results& results) {
  L275_ASSIGN_OR_RETURN(const double milliseconds, plane.Write(snapshot));
  results.Add(name, milliseconds);
  return absl::OkStatus();
}

ServiceAddress LastService(const Snapshot& snapshot) {
  return snapshot.services.rbegin()->first;
}

void MeasureBuild(uint32_t backends, const std::string& suffix,
                  Results& results) {
  std::vector<MaglevBackend> pool;
  for (uint32_t i = 0; i < backends; ++i) {
    pool.push_back({BackendAddress(i), kWeight});
  }
  // Once untimed: the kernel frees the last round's maps in the meantime.
  BuildMaglevTable(pool, kTableSize);
  const double start = CpuNanoseconds();
  const std::vector<uint32_t> table = BuildMaglevTable(pool, kTableSize);
  results.Add("build, " + suffix, MillisecondsSince(start));
}

// Two services with equal backends: the second one's table is that which was
// built for the first, so that writing it is publishing alone.
absl::Status MeasurePublish(uint32_t backends, const std::string& suffix,
                            Results& results) {
  Snapshot both = ServicesWithoutNextHops(2, kTableSize, backends);
  Snapshot one = both;
  one.services.erase(LastService(one));
  L275_ASSIGN_OR_RETURN(Plane plane, Plane::Create(both));
  L275_RETURN_IF_ERROR(plane.Write(one).status());
  L275_RETURN_IF_ERROR(
      Measure(plane, both, "publish a new service, " + suffix, results));
  for (auto& [address, service] : both.services) {
    service.backends.begin()->second.weight = kWeight / 2;
    const bool is_first = address == both.services.begin()->first;
    L275_RETURN_IF_ERROR(Measure(
        plane, both,
        (is_first ? "build and publish a change, " : "publish a change, ") +
            suffix,
        results));
  }
  return absl::OkStatus();
}

absl::Status MeasureFailure(Snapshot snapshot, const std::string& name,
                            Results& results) {
  L275_ASSIGN_OR_RETURN(Plane plane, Plane::Create(snapshot));
  L275_RETURN_IF_ERROR(plane.Write(snapshot).status());
  for (auto& [address, service] : snapshot.services) {
    service.backends.at(BackendAddress(0)) = {0, false};
  }
  return Measure(plane, snapshot, name, results);
}

// Services that have the first backend in common, and no other.
Snapshot UnequalServices() {
  Snapshot snapshot =
      ServicesWithoutNextHops(kManyServices, kManyServicesTableSize, 1);
  uint32_t next = 1;
  for (auto& [address, service] : snapshot.services) {
    for (uint32_t i = 1; i < kBackends; ++i) {
      service.backends[BackendAddress(next++)].weight = kWeight;
    }
  }
  return snapshot;
}

absl::Status MeasureRound(Results& results) {
  MeasureBuild(kBackends, "100 backends", results);
  MeasureBuild(10 * kBackends, "1,000 backends", results);
  L275_RETURN_IF_ERROR(MeasurePublish(kBackends, "100 backends", results));
  L275_RETURN_IF_ERROR(
      MeasurePublish(10 * kBackends, "1,000 backends", results));
  L275_RETURN_IF_ERROR(MeasureFailure(
      ServicesWithoutNextHops(kManyServices, kManyServicesTableSize),
      "a backend of 1,000 equal services fails", results));
  return MeasureFailure(UnequalServices(),
                        "a backend of 1,000 unequal services fails", results);
}

std::string LimitText(const std::string& name, double median) {
  const auto limit = Limits().find(name);
  if (limit == Limits().end()) return "";
  return absl::StrFormat("%7.1f  %s", limit->second,
                         median <= limit->second ? "met" : "MISSED");
}

void PrintTable(const Results& results) {
  constexpr int kWidth = 46;
  absl::PrintF("%-*s  %8s  %8s  %7s\n", kWidth, "ms of CPU time", "min",
               "median", "limit");
  for (const auto& [name, samples] : results.cases()) {
    const double median = Median(samples);
    absl::PrintF("%-*s  %8.3f  %8.3f  %s\n", kWidth, name, Minimum(samples),
                 median, LimitText(name, median));
  }
}

// Of maps as large as the snapshot needs.
absl::StatusOr<uint64_t> PrintMemory(const std::string& title,
                                     const Snapshot& snapshot) {
  L275_ASSIGN_OR_RETURN(const Plane plane, Plane::Create(snapshot));
  L275_ASSIGN_OR_RETURN(const auto memory, MapMemory());
  uint64_t total = 0;
  for (const auto& [name, bytes] : memory) total += bytes;
  absl::PrintF("%s: %.2f MB (", title, static_cast<double>(total) / 1e6);
  std::vector<std::string> parts;
  for (const auto& [name, bytes] : memory) {
    if (bytes < total / 100) continue;
    parts.push_back(
        absl::StrFormat("%s %.2f", name, static_cast<double>(bytes) / 1e6));
  }
  absl::PrintF("%s)\n", absl::StrJoin(parts, ", "));
  return total;
}

void PrintJson(const Results& results, uint64_t memory) {
  std::vector<std::string> objects;
  for (const auto& [name, samples] : results.cases()) {
    objects.push_back(
        absl::StrFormat("\"%s\": {\"min_ms\": %.4f, \"median_ms\": %.4f}", name,
                        Minimum(samples), Median(samples)));
  }
  objects.push_back(
      absl::StrFormat("\"memory of 1,000 services\": {\"bytes\": %d}", memory));
  absl::PrintF("{%s}\n", absl::StrJoin(objects, ", "));
}

absl::Status Main() {
  L275_RETURN_IF_ERROR(PinToOneCpu());
  const BenchNetwork network;
  Results results;
  for (uint32_t round = 0; round < FLAGS_rounds; ++round) {
    L275_RETURN_IF_ERROR(MeasureRound(results));
  }
  PrintTable(results);
  L275_RETURN_IF_ERROR(PrintMemory("1 service, 100 backends, 65,537 slots",
                                   ServicesWithoutNextHops(1, kTableSize))
                           .status());
  L275_ASSIGN_OR_RETURN(
      const uint64_t memory,
      PrintMemory(
          "1,000 services, 100 backends each, 16,381 slots (limit 150)",
          ServicesWithoutNextHops(kManyServices, kManyServicesTableSize)));
  if (FLAGS_json) PrintJson(results, memory);
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags(
      "Benchmark of tables; needs root. Prints milliseconds of CPU time.",
      "bench/table_main.cc", argc, argv);
  if (FLAGS_rounds == 0) {
    std::cerr << "table: --rounds=0: expected at least 1\n";
    return 2;
  }
  const absl::Status status = l275::Main();
  if (status.ok()) return 0;
  std::cerr << "table: " << status.message() << "\n";
  return 1;
}
