#ifndef L275_BENCH_DATAPATH_REPORT_H_
#define L275_BENCH_DATAPATH_REPORT_H_

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

// A line a case.
std::string DatapathTable(const std::vector<DatapathRow>& rows);
// One object on one line: {case: {"min_ns": .., ..}}.
std::string DatapathJson(const std::vector<DatapathRow>& rows);

// How many times slower one case is than another, as a line; empty when one of
// them was not measured.
std::string DatapathComparison(const std::vector<DatapathRow>& rows,
                               const std::string& slower,
                               const std::string& faster, double at_least);

}  // namespace l275

#endif  // L275_BENCH_DATAPATH_REPORT_H_
