#include "web/healthbeacon/cpu_times.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kPath[] = "/proc/stat";

// Words of the line: "cpu", user, nice, system, idle, iowait, irq, softirq,
// steal. What follows is contained in user and nice.
constexpr size_t kIdle = 4;
constexpr size_t kIowait = 5;
constexpr size_t kWords = 9;

// iowait may go backwards, see proc(5).
uint64_t Difference(uint64_t later, uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

}  // namespace

absl::StatusOr<CpuTimes> CpuTimes::Parse(absl::string_view stat) {
  const absl::string_view line = stat.substr(0, stat.find('\n'));
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, ' ', absl::SkipEmpty());
  const auto error = absl::InvalidArgumentError(
      absl::StrCat(kPath, ": \"", line.substr(0, 100),
                   "\"; expected \"cpu\" and eight numbers or more"));
  if (words.size() < kWords || words[0] != "cpu") return error;
  CpuTimes times;
  for (size_t i = 1; i < kWords; ++i) {
    uint64_t ticks;
    if (!absl::SimpleAtoi(words[i], &ticks)) return error;
    (i == kIdle || i == kIowait ? times.idle : times.busy) += ticks;
  }
  return times;
}

absl::StatusOr<CpuTimes> CpuTimes::Read() {
  L275_ASSIGN_OR_RETURN(const std::string stat, ReadFile(kPath));
  return Parse(stat);
}

double CpuTimes::BusySince(const CpuTimes& before) const {
  const auto busy_ticks = static_cast<double>(Difference(busy, before.busy));
  const auto idle_ticks = static_cast<double>(Difference(idle, before.idle));
  const double all = busy_ticks + idle_ticks;
  return all > 0 ? busy_ticks / all : 0;
}

}  // namespace l275
