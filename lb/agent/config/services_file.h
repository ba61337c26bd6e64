#ifndef L275_LB_AGENT_CONFIG_SERVICES_FILE_H_
#define L275_LB_AGENT_CONFIG_SERVICES_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/control/services_text.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {

// A services file that passed all checks which need no agent.
struct ServicesFile {
  ServicesText text;
  DesiredState state;
};

// Reads it, by the rules of --services_file and `lbctl apply` alike; "-" is
// stdin. NotFound for a file that cannot be read. InvalidArgument, with the
// file's name and where possible the place, for what is no valid configuration,
// and for what looks like a part of a file:
//
// * one whose last line does not end, since a file that is cut off within a
//   line could be valid nevertheless ("weight: 100" -> "weight: 10");
// * one without any service, unless `allow_empty`.
//
// A file that is cut off between two services cannot be told from a whole one.
absl::StatusOr<ServicesFile> ReadServicesFile(const std::string& path,
                                              bool allow_empty);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_SERVICES_FILE_H_
