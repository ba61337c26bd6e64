#include "common/net/service_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace l275 {
namespace {

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("service \"", text, "\": ", why));
}

}  // namespace

absl::StatusOr<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &port) || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no port; expected 0 to 65535"));
  }
  return static_cast<uint16_t>(port);
}

absl::StatusOr<ServiceAddress> ServiceAddress::Parse(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 3) {
    return Refuse(text, "expected PROTOCOL:VIP:PORT like tcp:10.0.0.200:80");
  }
  if (parts[0] != "tcp") {
    return Refuse(text, absl::StrCat("protocol \"", parts[0],
                                     "\" is not known; expected tcp"));
  }
  const absl::StatusOr<Ipv4Address> vip = ParseHostAddress(parts[1]);
  if (!vip.ok()) return Refuse(text, vip.status().message());
  const absl::StatusOr<uint16_t> port = ParsePort(parts[2]);
  if (!port.ok()) return Refuse(text, port.status().message());

  ServiceAddress address;
  address.protocol = IPPROTO_TCP;
  address.vip = *vip;
  address.port = *port;
  return address;
}

std::string ServiceAddress::ToString() const {
  return absl::StrCat("tcp:", vip.ToString(), ":", port);
}

}  // namespace l275
