#include "lb/cli/commands_explain.h"

#include "absl/strings/str_cat.h"
#include "common/control/json.h"
#include "common/net/endpoint.h"
#include "common/os/status_util.h"
#include "lb/cli/format.h"

namespace l275 {
namespace {

// " (no beacon for 1600 ms)"; of one that is up nobody asks why.
std::string HealthReasonText(const control::BackendState& backend) {
  if (backend.health() == control::UP || backend.health_reason().empty()) {
    return "";
  }
  return absl::StrCat(" (", backend.health_reason(), ")");
}

std::string BackendText(const control::BackendState& backend) {
  return absl::StrCat(backend.address(), ", ", StateText(backend), ", health ",
                      BackendHealthText(backend), HealthReasonText(backend),
                      ", weight ", WeightText(backend));
}

std::string ExplainedNextHop(const control::NextHop& next_hop) {
  if (next_hop.state() == "ready") return NextHopText(next_hop);
  return absl::StrCat("none: ", NextHopText(next_hop));
}

// "291 of 65537", and what a change left to be said about it.
std::string SlotText(const control::Explanation& explanation) {
  const char* const tracked = !explanation.tracked() ? ""
                              : explanation.recorded()
                                  ? ", tracked; the flow has an entry"
                                  : ", tracked; no entry";
  return absl::StrCat(explanation.slot(), " of ", explanation.table_size(),
                      tracked);
}

// The steps that an explanation with a service has got to.
void AddSteps(const control::Explanation& explanation, Lines* lines) {
  // A bad source ends before the hash.
  if (explanation.hash().empty() && explanation.table_size() == 0) return;
  lines->push_back({"hash", explanation.hash()});
  if (explanation.table_size() > 0) {
    lines->push_back({"slot", SlotText(explanation)});
  }
  if (!explanation.has_backend()) {
    lines->push_back({"backend", "none"});
    return;
  }
  const control::BackendState& backend = explanation.backend();
  lines->push_back({"backend", BackendText(backend)});
  lines->push_back({"next hop", ExplainedNextHop(backend.next_hop())});
}

std::string ExplanationText(const control::Explanation& explanation) {
  const bool has_service = !explanation.service().empty();
  Lines lines = {{"flow", absl::StrCat(explanation.source(), " -> ",
                                       explanation.destination())},
                 {"service", has_service ? explanation.service() : "none"}};
  if (has_service) AddSteps(explanation, &lines);
  lines.push_back({"verdict", explanation.verdict()});
  lines.push_back({"reason", explanation.reason()});
  if (explanation.has_established()) {
    lines.push_back(
        {"established", absl::StrCat(BackendText(explanation.established()),
                                     ": ", explanation.established_verdict())});
  }
  return LinesText(lines);
}

}  // namespace

absl::StatusOr<std::string> Explain(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const Endpoint source,
                        Endpoint::Parse(invocation.arguments[0]));
  L275_ASSIGN_OR_RETURN(const Endpoint destination,
                        Endpoint::Parse(invocation.arguments[1]));
  L275_ASSIGN_OR_RETURN(const control::Explanation explanation,
                        invocation.agent.Explain(source, destination));
  return invocation.options.json ? ToPrettyJson(explanation)
                                 : ExplanationText(explanation);
}

}  // namespace l275
