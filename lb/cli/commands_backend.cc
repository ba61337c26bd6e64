#include "lb/cli/commands_backend.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/control/backend_spec.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/cli/backend_table.h"
#include "lb/cli/command_util.h"

namespace l275 {
namespace {

// The backend that the first argument names, of --service or of every service.
absl::StatusOr<control::BackendRef> RefOf(const Invocation& invocation) {
  control::BackendRef ref;
  L275_ASSIGN_OR_RETURN(*ref.mutable_address(),
                        ParseBackendAddress(invocation.arguments[0]));
  L275_ASSIGN_OR_RETURN(*ref.mutable_service(),
                        ServiceOfFlag(invocation.options));
  return ref;
}

absl::StatusOr<control::ServiceStates> ServicesOfFlag(
    const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const std::string name,
                        ServiceOfFlag(invocation.options));
  L275_ASSIGN_OR_RETURN(control::ServiceStates services,
                        invocation.agent.Services());
  if (name.empty()) return services;
  control::ServiceStates one;
  L275_ASSIGN_OR_RETURN(*one.add_service(), FindService(services, name));
  return one;
}

// The end of a drain, seconds since 1970; 0 is never, for an empty deadline.
absl::StatusOr<uint64_t> DrainUntil(const std::string& deadline) {
  if (deadline.empty()) return 0;
  absl::Duration duration;
  if (!absl::ParseDuration(deadline, &duration) ||
      duration < absl::Seconds(1) || duration > absl::Hours(24 * 365)) {
    return UsageError(absl::StrCat(
        "flag --deadline: \"", deadline,
        "\" is no time; expected 1s to 8760h, written like 10m or 1h30m"));
  }
  const absl::Duration since_1970 = absl::Now() + duration - absl::UnixEpoch();
  // Not a moment too early: flows that are left then are cut.
  return static_cast<uint64_t>(
      absl::ToInt64Seconds(absl::Ceil(since_1970, absl::Seconds(1))));
}

}  // namespace

absl::StatusOr<std::string> BackendList(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::ServiceStates services,
                        ServicesOfFlag(invocation));
  return invocation.options.json ? ToPrettyJson(services)
                                 : BackendTable(services);
}

absl::StatusOr<std::string> BackendAdd(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const BackendSpec spec,
                        ParseBackendSpec(invocation.arguments[0]));
  control::Change change;
  control::BackendChange* add = change.mutable_add_backend();
  L275_ASSIGN_OR_RETURN(*add->mutable_service(),
                        ServiceOfFlag(invocation.options));
  add->mutable_backend()->set_address(spec.address.ToString());
  add->mutable_backend()->set_weight(spec.weight);
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> BackendRemove(const Invocation& invocation) {
  control::Change change;
  L275_ASSIGN_OR_RETURN(*change.mutable_remove_backend(), RefOf(invocation));
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> BackendEnable(const Invocation& invocation) {
  control::Change change;
  L275_ASSIGN_OR_RETURN(*change.mutable_enable_backend(), RefOf(invocation));
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> BackendDisable(const Invocation& invocation) {
  control::Change change;
  L275_ASSIGN_OR_RETURN(*change.mutable_disable_backend(), RefOf(invocation));
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> BackendDrain(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::BackendRef ref, RefOf(invocation));
  control::Change change;
  control::BackendDrain* drain = change.mutable_drain_backend();
  drain->set_service(ref.service());
  drain->set_address(ref.address());
  L275_ASSIGN_OR_RETURN(const uint64_t until,
                        DrainUntil(invocation.options.deadline));
  drain->set_drain_until(until);
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> BackendWeight(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::BackendRef ref, RefOf(invocation));
  L275_ASSIGN_OR_RETURN(const uint32_t weight,
                        ParseWeight(invocation.arguments[1]));
  control::Change change;
  change.mutable_set_weight()->set_service(ref.service());
  change.mutable_set_weight()->set_address(ref.address());
  change.mutable_set_weight()->set_weight(weight);
  return MakeChange(invocation, change);
}

}  // namespace l275
