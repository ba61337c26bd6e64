#include "common/os/status_util.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace l275 {

absl::Status ErrnoStatus(int error_number, absl::string_view call) {
  return absl::ErrnoToStatus(error_number, call);
}

absl::Status Annotate(const absl::Status& status, absl::string_view prefix) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(prefix, ": ", status.message()));
}

}  // namespace l275
