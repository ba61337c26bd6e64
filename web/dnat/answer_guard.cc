#include "web/dnat/answer_guard.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace l275 {

std::string AnswerGuard::ToString() const {
  return absl::StrCat(local.ToString(), ":", port, " on ", interface);
}

std::vector<AnswerGuard> GuardsOf(const std::vector<NatRule>& rules) {
  std::set<AnswerGuard> guards;
  for (const NatRule& rule : rules) {
    if (rule.local_port == 0) continue;
    AnswerGuard guard;
    guard.local = rule.local;
    guard.port = rule.local_port;
    guard.interface = rule.interface;
    guards.insert(std::move(guard));
  }
  return {guards.begin(), guards.end()};
}

}  // namespace l275
