#include "lb/agent/takeover/carry_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr size_t kMostNames = 3;

std::string Names(const std::vector<ServiceAddress>& services) {
  std::string names;
  for (size_t i = 0; i < std::min(services.size(), kMostNames); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", services[i].ToString());
  }
  if (services.size() > kMostNames) absl::StrAppend(&names, ", ...");
  return names;
}

std::string LostPlaces(const CarryReport::Loss& loss, const char* why) {
  return absl::StrCat("not carried over: where flows without an entry go in ",
                      loss.slots, " slots of ", loss.services.size(),
                      " services that ", why, " (", Names(loss.services),
                      "); those of slots that get another owner move");
}

}  // namespace

std::string CarryReport::Summary() const {
  return absl::StrCat("carried over from the earlier maps: counters, ", slots,
                      " slots of ", services, " services, ", tracked,
                      " of them tracked, and ", flows.stored, " flow entries");
}

std::vector<std::string> CarryReport::Losses() const {
  std::vector<std::string> lines;
  if (!other_hash.services.empty()) {
    lines.push_back(LostPlaces(other_hash, "have another --hash_seed"));
  }
  if (!other_size.services.empty()) {
    lines.push_back(LostPlaces(other_size, "have a table of another size"));
  }
  if (!gone.services.empty()) {
    lines.push_back(absl::StrCat("not carried over: ", gone.services.size(),
                                 " services that are declared no more (",
                                 Names(gone.services), "), with ", gone.entries,
                                 " flow entries"));
  }
  if (slots_of_none + flows.unknown > 0) {
    lines.push_back(absl::StrCat(
        "not carried over: ", flows.unknown,
        " flow entries, and flows without "
        "an entry in ",
        slots_of_none, " slots, of backends that are gone or not up"));
  }
  if (flows.full > 0) {
    lines.push_back(
        absl::StrCat("not carried over: ", flows.full,
                     " flow entries, for which there is "
                     "no room; start with a greater --flow_table_entries"));
  }
  return lines;
}

}  // namespace l275
