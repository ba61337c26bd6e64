#include "lb/agent/config/services_file.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

absl::Status CheckEnd(const std::string& text, const std::string& name) {
  if (text.empty() || absl::EndsWith(text, "\n")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, ":", std::count(text.begin(), text.end(), '\n') + 1,
      ": the last line does not end with a newline, the file may be cut off"));
}

}  // namespace

absl::StatusOr<ServicesFile> ReadServicesFile(const std::string& path,
                                              bool allow_empty) {
  const std::string name = path == "-" ? "stdin" : path;
  L275_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ServicesFile file;
  L275_ASSIGN_OR_RETURN(file.text, ParseServicesText(text, name));
  L275_RETURN_IF_ERROR(CheckEnd(text, name));
  L275_ASSIGN_OR_RETURN(file.state, DesiredStateFromText(file.text));
  if (file.state.empty() && !allow_empty) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": no service in it; expected one, or --allow_empty"));
  }
  return file;
}

}  // namespace l275
