#include "lb/cli/commands_ready.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/control/control.pb.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/agent/attach/static_plane.h"

namespace l275 {
namespace {

// What is known without an agent.
control::Readiness ReadinessOf(const StaticPlane& plane,
                               const Options& options) {
  const double seconds = std::chrono::duration<double>(plane.age).count();
  const std::string note =
      absl::StrFormat("without an agent for %.1f s", seconds);
  control::Readiness readiness;
  readiness.set_ready(seconds <= options.static_for_s);
  readiness.add_reason(
      readiness.ready()
          ? note
          : absl::StrCat(note, ", over --static_for_s=", options.static_for_s));
  if (seconds > options.agentless_for_s) {
    readiness.add_not_preferred(absl::StrCat(
        note, ", over --agentless_for_s=", options.agentless_for_s));
  }
  for (const std::string& text : plane.unknown_vips) {
    control::Warning* const warning = readiness.add_warning();
    warning->set_check("vip_coverage");
    warning->set_text(text);
  }
  return readiness;
}

absl::Status Refusal(
    absl::string_view what,
    const google::protobuf::RepeatedPtrField<std::string>& why) {
  return absl::FailedPreconditionError(
      absl::StrCat(what, ": ", absl::StrJoin(why, "; ")));
}

std::string TextOf(const control::Readiness& readiness) {
  std::string text = "ready";
  for (const std::string& note : readiness.reason()) {
    absl::StrAppend(&text, ", ", note);
  }
  absl::StrAppend(&text, "\n");
  for (const std::string& reason : readiness.not_preferred()) {
    absl::StrAppend(&text, "not preferred: ", reason, "\n");
  }
  for (const control::Warning& warning : readiness.warning()) {
    absl::StrAppend(&text, "warning: ", warning.text(), "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> Ready(const Invocation& invocation) {
  const Options& options = invocation.options;
  // The agent is not asked for this: somebody may have stopped it in between,
  // or taken the program away.
  const auto plane = CheckStaticPlane(options.bpffs_dir);
  if (!plane.ok()) return Annotate(plane.status(), "not ready");
  auto readiness = invocation.agent.Readiness();
  if (!readiness.ok()) readiness = ReadinessOf(*plane, options);
  if (!readiness->ready()) return Refusal("not ready", readiness->reason());
  if (options.preferred && !readiness->not_preferred().empty()) {
    return Refusal("not preferred", readiness->not_preferred());
  }
  return options.json ? ToPrettyJson(*readiness) : TextOf(*readiness);
}

}  // namespace l275
