#include "lb/cli/commands_ready.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/control.pb.h"
#include "common/json.h"
#include "common/status_util.h"
#include "lb/agent/dataplane/static_plane.h"

namespace l275 {
namespace {

absl::Status NotReady(absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("not ready: ", why));
}

absl::StatusOr<std::string> ReadyWithoutAgent(const Options& options,
                                              std::chrono::milliseconds age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  if (seconds.count() > options.static_for_s) {
    return NotReady(
        absl::StrCat("without an agent for ", seconds.count(),
                     " s, over --static_for_s=", options.static_for_s));
  }
  const std::string note =
      absl::StrCat("without an agent for ", seconds.count(), " s");
  if (!options.json) return absl::StrCat("ready, ", note, "\n");
  control::Readiness readiness;
  readiness.set_ready(true);
  readiness.add_reason(note);
  return ToPrettyJson(readiness);
}

}  // namespace

absl::StatusOr<std::string> Ready(const Invocation& invocation) {
  // Whatever an agent believes: somebody may have taken the program away.
  const auto age = StaticPlaneAge(invocation.options.bpffs_dir);
  if (!age.ok()) return NotReady(age.status().message());
  const auto readiness = invocation.agent.Readiness();
  if (!readiness.ok()) return ReadyWithoutAgent(invocation.options, *age);
  if (!readiness->ready()) {
    return NotReady(absl::StrJoin(readiness->reason(), "; "));
  }
  if (invocation.options.json) return ToPrettyJson(*readiness);
  std::string text = "ready\n";
  for (const control::Warning& warning : readiness->warning()) {
    absl::StrAppend(&text, "warning: ", warning.text(), "\n");
  }
  return text;
}

}  // namespace l275
