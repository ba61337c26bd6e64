#ifndef L275_COMMON_OS_STATUS_UTIL_H_
#define L275_COMMON_OS_STATUS_UTIL_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace l275 {

// The status of a failed system call: the code that fits `error_number`, and
// "<call>: <strerror>". The call is given with its arguments, as in
// "bind(/run/l275/agent.sock)".
absl::Status ErrnoStatus(int error_number, absl::string_view call);

// The same status with "<prefix>: " before its message. OK stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view prefix);

}  // namespace l275

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in them.

// Returns from the current function when `expression` is not OK.
#define L275_RETURN_IF_ERROR(expression)       \
  do {                                         \
    absl::Status l275_status = (expression);   \
    if (!l275_status.ok()) return l275_status; \
  } while (false)

// `L275_ASSIGN_OR_RETURN(auto fd, Open(path));` assigns the value of a
// StatusOr, or returns its status from the current function.
#define L275_ASSIGN_OR_RETURN(target, expression)                              \
  L275_ASSIGN_OR_RETURN_IMPL_(L275_CONCAT_(l275_status_or_, __LINE__), target, \
                              expression)
#define L275_ASSIGN_OR_RETURN_IMPL_(status_or, target, expression) \
  auto status_or = (expression);                                   \
  if (!status_or.ok()) return std::move(status_or).status();       \
  target = *std::move(status_or)
#define L275_CONCAT_(a, b) L275_CONCAT_IMPL_(a, b)
#define L275_CONCAT_IMPL_(a, b) a##b

// NOLINTEND(bugprone-macro-parentheses)

#endif  // L275_COMMON_OS_STATUS_UTIL_H_
