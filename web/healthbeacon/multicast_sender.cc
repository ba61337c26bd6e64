#include "web/healthbeacon/multicast_sender.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

absl::Status CheckOptions(const MulticastSender::Options& options) {
  if (!options.group.IsMulticast()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.group.ToString(),
                     " is no multicast group; expected one of 224.0.0.0/4"));
  }
  if (options.port == 0) {
    return absl::InvalidArgumentError("port 0; expected 1 to 65535");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MulticastSender> MulticastSender::Create(
    const Options& options) {
  L275_RETURN_IF_ERROR(CheckOptions(options));
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET, SOCK_DGRAM)");
  const int ttl = 1;
  if (setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) !=
      0) {
    return ErrnoStatus(errno, "setsockopt(IP_MULTICAST_TTL, 1)");
  }
  MulticastSender sender(options, std::move(fd));
  L275_RETURN_IF_ERROR(sender.SelectInterface());
  return sender;
}

MulticastSender::MulticastSender(const Options& options, UniqueFd socket)
    : options_(options), socket_(std::move(socket)) {}

absl::Status MulticastSender::Send(absl::Span<const uint8_t> bytes) {
  L275_RETURN_IF_ERROR(SelectInterface());
  sockaddr_in group = {};
  group.sin_family = AF_INET;
  group.sin_addr.s_addr = options_.group.ToNetwork();
  group.sin_port = htons(options_.port);
  if (sendto(socket_.get(), bytes.data(), bytes.size(), 0,
             reinterpret_cast<const sockaddr*>(&group), sizeof(group)) >= 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno,
                     absl::StrCat("sendto(", options_.group.ToString(), ":",
                                  options_.port, ") on ", options_.interface));
}

// By index, which does not depend on the interface's addresses. Selecting is
// needed again only when the name stands for another index.
absl::Status MulticastSender::SelectInterface() {
  ip_mreqn request = {};
  request.imr_ifindex =
      static_cast<int>(if_nametoindex(options_.interface.c_str()));
  if (request.imr_ifindex == 0) {
    return absl::NotFoundError(
        absl::StrCat("interface \"", options_.interface, "\" does not exist"));
  }
  if (request.imr_ifindex == ifindex_) return absl::OkStatus();
  if (setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &request,
                 sizeof(request)) != 0) {
    return ErrnoStatus(errno, absl::StrCat("setsockopt(IP_MULTICAST_IF, ",
                                           options_.interface, ")"));
  }
  ifindex_ = request.imr_ifindex;
  return absl::OkStatus();
}

}  // namespace l275
