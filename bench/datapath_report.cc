#include "bench/datapath_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/samples.h"

namespace l275 {
namespace {

const char* MetWord(bool met) { return met ? "met" : "MISSED"; }

// Both must: minima may each be from another moment, and medians tell more of
// the machine's other work.
std::string LimitText(const DatapathRow& row) {
  if (row.limit == 0) return "";
  return absl::StrFormat(
      "%5.1f  %s", row.limit,
      MetWord(std::max(row.minimum_ratio, row.median_ratio) <= row.limit));
}

const DatapathRow* Find(const std::vector<DatapathRow>& rows,
                        const std::string& name) {
  for (const DatapathRow& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

std::vector<DatapathRow> DatapathRows(
    const std::vector<BenchCase>& cases,
    const std::vector<std::vector<double>>& samples) {
  const double floor_minimum = Minimum(samples.front());
  const double floor_median = Median(samples.front());
  std::vector<DatapathRow> rows;
  for (size_t i = 0; i < cases.size(); ++i) {
    const double minimum = Minimum(samples[i]);
    const double median = Median(samples[i]);
    rows.push_back({cases[i].name, minimum, median, minimum / floor_minimum,
                    median / floor_median, cases[i].limit});
  }
  return rows;
}

std::optional<DatapathComparison> CompareDatapaths(
    const std::vector<DatapathRow>& rows, const std::string& slower,
    const std::string& faster, double at_least) {
  const DatapathRow* const slow = Find(rows, slower);
  const DatapathRow* const fast = Find(rows, faster);
  if (slow == nullptr || fast == nullptr) return std::nullopt;
  return DatapathComparison{absl::StrCat(slower, " / ", faster),
                            slow->minimum / fast->minimum,
                            slow->median / fast->median, at_least};
}

std::string DatapathTable(const std::vector<DatapathRow>& rows,
                          const std::optional<DatapathComparison>& comparison) {
  size_t width = 0;
  for (const DatapathRow& row : rows) width = std::max(width, row.name.size());
  std::string table =
      absl::StrFormat("%-*s  %7s  %7s  %7s  %7s  %5s\n", width, "ns a packet",
                      "min", "median", "x floor", "(median)", "limit");
  for (const DatapathRow& row : rows) {
    absl::StrAppendFormat(&table, "%-*s  %7.1f  %7.1f  %7.2f  %8.2f  %s\n",
                          width, row.name, row.minimum, row.median,
                          row.minimum_ratio, row.median_ratio, LimitText(row));
  }
  if (comparison.has_value()) {
    const double least =
        std::min(comparison->of_minima, comparison->of_medians);
    absl::StrAppendFormat(
        &table, "%s: %.2f of minima, %.2f of medians, at least %.1f: %s\n",
        comparison->name, comparison->of_minima, comparison->of_medians,
        comparison->at_least, MetWord(least >= comparison->at_least));
  }
  return table;
}

std::string DatapathJson(const std::vector<DatapathRow>& rows,
                         const std::optional<DatapathComparison>& comparison) {
  std::vector<std::string> objects;
  objects.reserve(rows.size() + 1);
  for (const DatapathRow& row : rows) {
    objects.push_back(absl::StrFormat(
        "\"%s\": {\"min_ns\": %.2f, \"median_ns\": %.2f, \"min_ratio\": %.3f, "
        "\"median_ratio\": %.3f, \"limit\": %s}",
        row.name, row.minimum, row.median, row.minimum_ratio, row.median_ratio,
        row.limit == 0 ? "null" : absl::StrFormat("%.1f", row.limit)));
  }
  if (comparison.has_value()) {
    objects.push_back(absl::StrFormat(
        "\"%s\": {\"min_ratio\": %.3f, \"median_ratio\": %.3f, \"at_least\": "
        "%.1f}",
        comparison->name, comparison->of_minima, comparison->of_medians,
        comparison->at_least));
  }
  return absl::StrCat("{", absl::StrJoin(objects, ", "), "}");
}

}  // namespace l275
