// How many nanoseconds the XDP program takes for a packet, and how many times
// that is what the least program takes that sends packets on.
//
//   bazel run -c opt //bench:datapath [-- --rounds=9 --json --case=1M]

#include <gflags/gflags.h>
#include <glog/logging.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "bench/bench_network.h"
#include "bench/datapath_cases.h"
#include "bench/datapath_report.h"
#include "bench/harness.h"
#include "bench/machine.h"
#include "bench/rounds.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"

DEFINE_uint32(rounds, 9, "Rounds of all cases, at least 1.");
DEFINE_bool(json, false, "Print one JSON object on the last line.");
DEFINE_string(case, "",
              "Measure cases with this text in their names, and the floor. "
              "Empty: all.");

namespace l275 {
namespace {

constexpr double kLruAtLeast = 4;

std::vector<BenchCase> ChosenCases(const std::vector<BenchCase>& all) {
  std::vector<BenchCase> chosen = {all.front()};
  for (size_t i = 1; i < all.size(); ++i) {
    if (absl::StrContains(all[i].name, FLAGS_case)) chosen.push_back(all[i]);
  }
  return chosen;
}

void Print(const std::vector<DatapathRow>& rows) {
  const auto comparison =
      CompareDatapaths(rows, DatapathCases::kLruCase,
                       DatapathCases::kManyFlowsCase, kLruAtLeast);
  std::cout << DatapathTable(rows, comparison);
  if (FLAGS_json) std::cout << DatapathJson(rows, comparison) << "\n";
}

absl::Status Main() {
  L275_RETURN_IF_ERROR(CheckBpfStatsAreOff());
  L275_RETURN_IF_ERROR(PinToOneCpu());
  const BenchNetwork network;
  L275_ASSIGN_OR_RETURN(const auto programs, DatapathCases::Create());
  const std::vector<BenchCase> cases = ChosenCases(programs->cases());
  if (cases.size() == 1) {
    return absl::InvalidArgumentError("--case: no case has \"" + FLAGS_case +
                                      "\" in its name");
  }
  L275_ASSIGN_OR_RETURN(const auto harness, Harness::Create(kIngress));
  L275_ASSIGN_OR_RETURN(const auto samples,
                        RunRounds(*harness, cases, FLAGS_rounds));
  Print(DatapathRows(cases, samples));
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags(
      "Benchmark of the XDP program; needs root. Prints nanoseconds a packet.",
      "bench/datapath_main.cc", argc, argv);
  if (FLAGS_rounds == 0) {
    std::cerr << "datapath: --rounds=0: expected at least 1\n";
    return 2;
  }
  const absl::Status status = l275::Main();
  if (status.ok()) return 0;
  std::cerr << "datapath: " << status.message() << "\n";
  return 1;
}
