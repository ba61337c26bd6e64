#ifndef L275_WEB_HEALTHBEACON_CHECK_SPEC_H_
#define L275_WEB_HEALTHBEACON_CHECK_SPEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/endpoint.h"

namespace l275 {

// A check as an operator writes it:
//
//   tcp:127.0.0.1:80               something accepts connections there
//   http://127.0.0.1:80/healthz    a GET is answered with status 2xx or 3xx;
//                                  port 80 and path / may be left out
//   exec:/usr/local/bin/check      the program exits with code 0
//
// Hosts are IPv4 addresses, not names: to resolve one would block.
struct CheckSpec {
  enum class Kind { kTcp, kHttp, kExec };

  Kind kind = Kind::kTcp;
  std::string text;   // as written, its name in the log
  Endpoint endpoint;  // of kTcp and kHttp
  std::string path;   // of kHttp with its query, of kExec absolute

  // InvalidArgument names the text and the part of it that is wrong.
  static absl::StatusOr<CheckSpec> Parse(absl::string_view text);
};

// Checks with commas between; none in an empty text. A comma within a URL has
// to be written %2C. InvalidArgument as above, and for a check that appears
// twice.
absl::StatusOr<std::vector<CheckSpec>> ParseChecks(absl::string_view text);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_CHECK_SPEC_H_
