#include "lb/agent/health/replay_guard.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

std::string EndLine(size_t lines) { return absl::StrCat("end ", lines, "\n"); }

}  // namespace

bool ReplayGuard::IsNewer(const HealthSubject& subject, uint64_t epoch,
                          uint64_t sequence) const {
  const auto newest = entries_.find(subject);
  return newest == entries_.end() ||
         std::tie(epoch, sequence) >
             std::tie(newest->second.epoch, newest->second.sequence);
}

std::optional<uint64_t> ReplayGuard::EpochOf(
    const HealthSubject& subject) const {
  const auto newest = entries_.find(subject);
  if (newest == entries_.end()) return std::nullopt;
  return newest->second.epoch;
}

std::optional<uint32_t> ReplayGuard::KeyOf(const HealthSubject& subject) const {
  const auto newest = entries_.find(subject);
  if (newest == entries_.end()) return std::nullopt;
  return newest->second.key_id;
}

void ReplayGuard::Remember(const HealthSubject& subject, uint64_t epoch,
                           uint64_t sequence, uint32_t key_id) {
  entries_[subject] = {epoch, sequence, key_id, false};
  has_changed_ = true;
}

void ReplayGuard::SetSubjects(const std::set<HealthSubject>& subjects) {
  for (auto& [subject, newest] : entries_) {
    if (newest.gone || subjects.count(subject) > 0) continue;
    newest.gone = true;
    has_changed_ = true;
  }
}

std::set<HealthSubject> ReplayGuard::Senders() const {
  std::set<HealthSubject> senders;
  for (const auto& [subject, newest] : entries_) {
    if (!newest.gone) senders.insert(subject);
  }
  return senders;
}

std::string ReplayGuard::ToText() const {
  std::string text;
  for (const auto& [subject, newest] : entries_) {
    absl::StrAppend(&text, subject.address.ToString(), " ", subject.port, " ",
                    newest.epoch, " ", newest.sequence, " ", newest.key_id,
                    newest.gone ? " gone\n" : "\n");
  }
  absl::StrAppend(&text, EndLine(entries_.size()));
  return text;
}

absl::Status ReplayGuard::AddText(absl::string_view text) {
  L275_ASSIGN_OR_RETURN(Entries added, Parse(text));
  for (const auto& [subject, newest] : added) entries_[subject] = newest;
  return absl::OkStatus();
}

absl::StatusOr<ReplayGuard::Entries> ReplayGuard::Parse(
    absl::string_view text) {
  const size_t lines =
      static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines == 0 || !absl::ConsumeSuffix(&text, EndLine(lines - 1))) {
    return absl::InvalidArgumentError(
        absl::StrCat("cut off or damaged: ", lines,
                     " lines; expected the last to be \"end\" "
                     "and how many there are before it"));
  }
  Entries entries;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    L275_RETURN_IF_ERROR(
        Annotate(ParseLine(line, &entries), absl::StrCat("line ", ++number)));
  }
  return entries;
}

absl::Status ReplayGuard::ParseLine(absl::string_view line, Entries* entries) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  Newest newest;
  newest.gone = words.size() == 6 && words[5] == "gone";
  if ((words.size() != 5 && !newest.gone) ||
      !absl::SimpleAtoi(words[2], &newest.epoch) ||
      !absl::SimpleAtoi(words[3], &newest.sequence) ||
      !absl::SimpleAtoi(words[4], &newest.key_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CEscape(line),
                     "\"; expected ADDRESS PORT EPOCH SEQUENCE KEY [gone]"));
  }
  HealthSubject subject;
  L275_ASSIGN_OR_RETURN(subject.address, ParseHostAddress(words[0]));
  L275_ASSIGN_OR_RETURN(subject.port, ParsePort(words[1]));
  (*entries)[subject] = newest;
  return absl::OkStatus();
}

}  // namespace l275
