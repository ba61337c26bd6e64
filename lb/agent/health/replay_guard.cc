#include "lb/agent/health/replay_guard.h"

#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_util.h"

namespace l275 {

bool ReplayGuard::IsNews(const HealthSubject& subject, uint64_t epoch,
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

void ReplayGuard::Remember(const HealthSubject& subject, uint64_t epoch,
                           uint64_t sequence) {
  entries_[subject] = {epoch, sequence, false};
  changed_ = true;
}

void ReplayGuard::SetSubjects(const std::set<HealthSubject>& subjects) {
  for (auto& [subject, newest] : entries_) {
    if (newest.gone || subjects.count(subject) > 0) continue;
    newest.gone = true;
    changed_ = true;
  }
}

std::set<HealthSubject> ReplayGuard::Speakers() const {
  std::set<HealthSubject> speakers;
  for (const auto& [subject, newest] : entries_) {
    if (!newest.gone) speakers.insert(subject);
  }
  return speakers;
}

std::string ReplayGuard::ToText() const {
  std::string text;
  for (const auto& [subject, newest] : entries_) {
    absl::StrAppend(&text, subject.address.ToString(), " ", subject.port, " ",
                    newest.epoch, " ", newest.sequence,
                    newest.gone ? " gone\n" : "\n");
  }
  return text;
}

absl::Status ReplayGuard::AddText(absl::string_view text) {
  Entries entries = entries_;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    L275_RETURN_IF_ERROR(
        Annotate(ParseLine(line, &entries), absl::StrCat("line ", number)));
  }
  entries_ = std::move(entries);
  return absl::OkStatus();
}

absl::Status ReplayGuard::ParseLine(absl::string_view line, Entries* entries) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  const bool gone = words.size() == 5 && words[4] == "gone";
  Newest newest;
  newest.gone = gone;
  if ((words.size() != 4 && !gone) ||
      !absl::SimpleAtoi(words[2], &newest.epoch) ||
      !absl::SimpleAtoi(words[3], &newest.sequence)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", line, "\"; expected ADDRESS PORT EPOCH SEQUENCE [gone]"));
  }
  HealthSubject subject;
  L275_ASSIGN_OR_RETURN(subject.address, ParseHostAddress(words[0]));
  L275_ASSIGN_OR_RETURN(subject.port, ParsePort(words[1]));
  (*entries)[subject] = newest;
  return absl::OkStatus();
}

bool ReplayGuard::TakeChanged() { return std::exchange(changed_, false); }

}  // namespace l275
