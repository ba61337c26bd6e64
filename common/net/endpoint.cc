#include "common/net/endpoint.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/net/service_address.h"
#include "common/os/status_util.h"

namespace l275 {

absl::StatusOr<Endpoint> Endpoint::Parse(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\": expected ADDRESS:PORT like 10.0.0.1:40000"));
  }
  const absl::StatusOr<Ipv4Address> address = Ipv4Address::Parse(parts[0]);
  const std::string who = absl::StrCat("\"", text, "\"");
  if (!address.ok()) return Annotate(address.status(), who);
  const absl::StatusOr<uint16_t> port = ParsePort(parts[1]);
  if (!port.ok()) return Annotate(port.status(), who);
  return Endpoint{*address, *port};
}

std::string Endpoint::ToString() const {
  return absl::StrCat(address.ToString(), ":", port);
}

}  // namespace l275
