#include "lb/agent/peers/wire/sync_options.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

absl::StatusOr<Endpoint> ParseHost(absl::string_view flag,
                                   absl::string_view text) {
  const absl::StatusOr<Endpoint> parsed = Endpoint::Parse(text);
  if (!parsed.ok()) return Annotate(parsed.status(), flag);
  const Endpoint endpoint = *parsed;
  if (!endpoint.address.IsHost() || endpoint.port == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": \"", text,
        "\": expected a load balancer's address of the health network and a "
        "port from 1, like 10.1.0.2:9276"));
  }
  return endpoint;
}

}  // namespace

absl::StatusOr<SyncOptions> SyncOptions::Parse(absl::string_view listen,
                                               absl::string_view peers) {
  SyncOptions options;
  L275_ASSIGN_OR_RETURN(options.listen, ParseHost("--sync_listen", listen));
  std::set<Ipv4Address> known = {options.listen.address};
  for (const absl::string_view text : absl::StrSplit(peers, ',')) {
    L275_ASSIGN_OR_RETURN(const Endpoint peer, ParseHost("--sync_peers", text));
    if (!known.insert(peer.address).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--sync_peers: ", text, ": ", peer.address.ToString(),
          peer.address == options.listen.address
              ? " is this load balancer itself; expected the others only"
              : " appears twice; expected each load balancer once"));
    }
    options.peers.push_back(peer);
  }
  return options;
}

}  // namespace l275
