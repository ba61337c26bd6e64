#ifndef L275_BENCH_DATAPATH_CASES_H_
#define L275_BENCH_DATAPATH_CASES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bench_case.h"
#include "bench/plain_programs.h"
#include "common/abi/verdicts.h"
#include "tests/packet/lb_program.h"

namespace l275 {

// The programs of the data path's benchmark, loaded and configured, and its
// cases. Wants to be made and used within a BenchNetwork.
class DatapathCases {
 public:
  static absl::StatusOr<std::unique_ptr<DatapathCases>> Create();

  // The first is the floor. They refer to this object.
  const std::vector<BenchCase>& cases() const { return cases_; }

  // Names of cases whose times are compared as well: the first at least `limit`
  // times the second.
  static constexpr char kLruCase[] = "plain LRU design, 1M flows";
  static constexpr char kManyFlowsCase[] = "1M flows";

 private:
  DatapathCases() = default;
  absl::Status LoadPrograms();
  void AddPlainCases();
  void AddOneServiceCases();
  void AddTrackedCase();
  void AddLb(const char* name, const LbProgram& program, const Traffic& traffic,
             double limit);

  std::unique_ptr<PlainPrograms> plain_;
  std::unique_ptr<LbProgram> one_service_;
  std::unique_ptr<LbProgram> tracked_;
  std::unique_ptr<LbProgram> many_services_;
  std::unique_ptr<LbProgram> without_next_hops_;
  std::vector<BenchCase> cases_;
};

}  // namespace l275

#endif  // L275_BENCH_DATAPATH_CASES_H_
