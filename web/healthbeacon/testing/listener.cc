#include "web/healthbeacon/testing/listener.h"

#include <glog/logging.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kDeadline{60'000};

}  // namespace

bool WaitReadable(int fd, milliseconds timeout) {
  pollfd poll_fd = {fd, POLLIN, 0};
  return poll(&poll_fd, 1, static_cast<int>(timeout.count())) == 1;
}

Listener::Listener(const TestNamespace& host, const char* interface,
                   const char* group, uint16_t port) {
  const TestNamespace::Scope scope(host);
  fd_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = Ipv4Address::Parse(group)->ToNetwork();
  address.sin_port = htons(port);
  PCHECK(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0);
  ip_mreqn request = {};
  request.imr_multiaddr = address.sin_addr;
  request.imr_ifindex = static_cast<int>(if_nametoindex(interface));
  SetOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
  SetOption(IPPROTO_IP, IP_RECVTTL, 1);
  SetOption(SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

BeaconMessage Listener::Receive() {
  std::optional<BeaconMessage> message = ReceiveWithin(kDeadline);
  CHECK(message) << "no beacon came";
  return *message;
}

BeaconMessage Listener::ReceiveUntil(
    absl::FunctionRef<bool(const BeaconMessage&)> wanted) {
  const auto deadline = steady_clock::now() + kDeadline;
  while (steady_clock::now() < deadline) {
    const BeaconMessage message = Receive();
    if (wanted(message)) return message;
  }
  LOG(FATAL) << "no such beacon came";
}

BeaconMessage Listener::ReceiveUntil(BeaconMessage::State state) {
  return ReceiveUntil(
      [state](const BeaconMessage& message) { return message.state == state; });
}

std::optional<BeaconMessage> Listener::ReceiveWithin(milliseconds timeout) {
  if (!WaitReadable(fd_.get(), timeout)) return std::nullopt;
  uint8_t bytes[BeaconMessage::kSize + 1];
  char control[100];
  iovec vector = {bytes, sizeof(bytes)};
  msghdr header = {};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  const ssize_t size = recvmsg(fd_.get(), &header, 0);
  PCHECK(size >= 0);
  for (const cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
       part = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(part))) {
    if (part->cmsg_type == IP_TTL) {
      std::memcpy(&ttl_, CMSG_DATA(part), sizeof(ttl_));
    } else if (part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time;
      std::memcpy(&time, CMSG_DATA(part), sizeof(time));
      arrived_ = std::chrono::seconds(time.tv_sec) +
                 std::chrono::nanoseconds(time.tv_nsec);
    }
  }
  const auto message = BeaconMessage::Decode(
      absl::MakeConstSpan(bytes, static_cast<size_t>(size)));
  CHECK(message.ok()) << message.status();
  std::copy(bytes, bytes + BeaconMessage::kSize, bytes_.begin());
  return *message;
}

void Listener::Skip() {
  while (ReceiveWithin(milliseconds(0))) {
  }
}

template <typename T>
void Listener::SetOption(int level, int name, const T& value) {
  PCHECK(setsockopt(fd_.get(), level, name, &value, sizeof(value)) == 0);
}

}  // namespace l275
