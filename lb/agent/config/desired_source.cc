#include "lb/agent/config/desired_source.h"

#include <utility>
#include <vector>

#include "common/control/backend_spec.h"
#include "common/net/service_address.h"
#include "common/os/status_util.h"
#include "lb/agent/config/services_file.h"

namespace l275 {

absl::StatusOr<DesiredSource> DesiredSource::Create(const Options& options) {
  if (options.services_file == "-") {
    return absl::InvalidArgumentError(
        "--services_file=-: expected a file, which can be read again");
  }
  if (!options.services_file.empty() && !options.service.empty()) {
    return absl::InvalidArgumentError(
        "--services_file and --service are both given; expected one of them");
  }
  if (!options.backends.empty() && options.service.empty()) {
    return absl::InvalidArgumentError(
        "--backends is given without --service, whose backends they are");
  }
  return DesiredSource(options);
}

absl::StatusOr<DesiredState> DesiredSource::Read() const {
  if (!is_file()) return ReadFlags();
  L275_ASSIGN_OR_RETURN(
      ServicesFile file,
      ReadServicesFile(options_.services_file, options_.allow_empty));
  return std::move(file.state);
}

absl::StatusOr<DesiredState> DesiredSource::ReadFlags() const {
  DesiredState state;
  if (options_.service.empty()) return state;
  const absl::StatusOr<ServiceAddress> address =
      ServiceAddress::Parse(options_.service);
  if (!address.ok()) return Annotate(address.status(), "--service");
  DesiredService& service = state[*address];
  if (options_.backends.empty()) return state;
  const absl::StatusOr<std::vector<BackendSpec>> backends =
      ParseBackendList(options_.backends);
  if (!backends.ok()) return Annotate(backends.status(), "--backends");
  for (const BackendSpec& spec : *backends) {
    L275_RETURN_IF_ERROR(
        Annotate(CheckBackend(*address, spec.address), "--backends"));
    service.backends[spec.address].weight = spec.weight;
  }
  return state;
}

}  // namespace l275
