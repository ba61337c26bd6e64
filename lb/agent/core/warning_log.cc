#include "lb/agent/core/warning_log.h"

#include "absl/strings/str_cat.h"

namespace l275 {

void WarningLog::Update(const std::vector<control::Warning>& warnings,
                        HealthTime now) {
  std::map<Key, std::string> next;
  for (const control::Warning& warning : warnings) {
    const Key key = {warning.check(), warning.subject()};
    if (current_.count(key) == 0 && next.count(key) == 0) {
      begun_.Log(absl::StrCat("warning: ", warning.text()), now);
    }
    next[key] = warning.text();
  }
  for (const auto& [key, text] : current_) {
    if (next.count(key) == 0) over_.Log(absl::StrCat("over: ", text), now);
  }
  begun_.Tick(now);
  over_.Tick(now);
  current_ = std::move(next);
}

}  // namespace l275
