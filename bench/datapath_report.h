#ifndef L275_BENCH_DATAPATH_REPORT_H_
#define L275_BENCH_DATAPATH_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/bench_case.h"

namespace l275 {

// The result of a case.
struct DatapathRow {
  std::string name;
  double minimum = 0;  // ns a packet
  double median = 0;
  double minimum_ratio = 0;  // to the floor's
  double median_ratio = 0;
  double limit = 0;  // of the ratios; 0: none
};

// Of RunRounds(). The first case is the floor.
std::vector<DatapathRow> DatapathRows(
    const std::vector<BenchCase>& cases,
    const std::vector<std::vector<double>>& samples);

// How many times slower one case is than another.
struct DatapathComparison {
  std::string name;
  double of_minima = 0;
  double of_medians = 0;
  double at_least = 0;  // of both
};

// None when one of the cases was not measured.
std::optional<DatapathComparison> CompareDatapaths(
    const std::vector<DatapathRow>& rows, const std::string& slower,
    const std::string& faster, double at_least);

// A line a case, and one for the comparison.
std::string DatapathTable(const std::vector<DatapathRow>& rows,
                          const std::optional<DatapathComparison>& comparison);
// One object on one line: {case: {"min_ns": .., ..}}.
std::string DatapathJson(const std::vector<DatapathRow>& rows,
                         const std::optional<DatapathComparison>& comparison);

}  // namespace l275

#endif  // L275_BENCH_DATAPATH_REPORT_H_
