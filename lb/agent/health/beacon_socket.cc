#include "lb/agent/health/beacon_socket.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// Holds 20,000 beacons, each of which the kernel counts as about 800 bytes: a
// fifth of a second of a flood of 100,000 a second. The memory is used only
// while datagrams wait.
constexpr int kReceiveBufferBytes = 16 << 20;

absl::Status SetOption(int socket, int level, int name, int value,
                       absl::string_view call) {
  if (setsockopt(socket, level, name, &value, sizeof(value)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, call);
}

// SO_RCVBUFFORCE needs CAP_NET_ADMIN. Without it net.core.rmem_max limits the
// size, which is enough for all but the largest pools. The kernel doubles the
// size that it is given.
absl::Status EnlargeReceiveBuffer(int socket) {
  const int size = kReceiveBufferBytes / 2;
  if (SetOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, size, "").ok()) {
    return absl::OkStatus();
  }
  return SetOption(socket, SOL_SOCKET, SO_RCVBUF, size,
                   "setsockopt(SO_RCVBUF)");
}

absl::Status Bind(int socket, const BeaconSocket::Options& options) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = options.group.ToNetwork();
  address.sin_port = htons(options.port);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("bind(", options.group.ToString(), ":",
                                         options.port, ")"));
}

absl::Status Join(int socket, const BeaconSocket::Options& options,
                  int ifindex) {
  ip_mreqn request = {};
  request.imr_multiaddr.s_addr = options.group.ToNetwork();
  request.imr_ifindex = ifindex;
  if (setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
                 sizeof(request)) == 0) {
    return absl::OkStatus();
  }
  if (errno == ENODEV && ifindex == 0) {
    return absl::NotFoundError(
        absl::StrCat("no route to ", options.group.ToString(),
                     "; expected one, or --beacon_interface=INTERFACE"));
  }
  return ErrnoStatus(errno, absl::StrCat("setsockopt(IP_ADD_MEMBERSHIP, ",
                                         options.group.ToString(), ", ifindex ",
                                         ifindex, ")"));
}

absl::StatusOr<int> IndexOf(const std::string& interface) {
  const int ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (ifindex != 0) return ifindex;
  return absl::NotFoundError(
      absl::StrCat("interface \"", interface, "\" does not exist"));
}

absl::StatusOr<UniqueFd> Open(const BeaconSocket::Options& options,
                              int ifindex) {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET, SOCK_DGRAM)");
  L275_RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1,
                                 "setsockopt(SO_REUSEADDR)"));
  L275_RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IP, IP_MULTICAST_ALL, 0,
                                 "setsockopt(IP_MULTICAST_ALL)"));
  L275_RETURN_IF_ERROR(EnlargeReceiveBuffer(fd.get()));
  L275_RETURN_IF_ERROR(Bind(fd.get(), options));
  L275_RETURN_IF_ERROR(Join(fd.get(), options, ifindex));
  return fd;
}

}  // namespace

BeaconSocket::BeaconSocket(const Options& options) : options_(options) {}

absl::Status BeaconSocket::Reopen() {
  fd_.reset();
  ifindex_ = 0;
  if (!options_.interface.empty()) {
    L275_ASSIGN_OR_RETURN(ifindex_, IndexOf(options_.interface));
  }
  L275_ASSIGN_OR_RETURN(fd_, Open(options_, ifindex_));
  return absl::OkStatus();
}

bool BeaconSocket::IsCurrent() const {
  if (!fd_ || options_.interface.empty()) return static_cast<bool>(fd_);
  return static_cast<int>(if_nametoindex(options_.interface.c_str())) ==
         ifindex_;
}

std::string BeaconSocket::ToString() const {
  return absl::StrCat(options_.group.ToString(), ":", options_.port, " on ",
                      options_.interface.empty()
                          ? "the interface of the route to it"
                          : options_.interface);
}

}  // namespace l275
