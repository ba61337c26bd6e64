#include "lb/agent/pmtu/pmtu_watch.h"

#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// Two IPv4 headers with options, and the headers of ICMP and TCP.
constexpr size_t kMostBytes = 256;
// A flood holds the loop for well under a millisecond at a time.
constexpr int kMessagesPerTurn = 64;
constexpr uint16_t kLeastMtu = 576;
constexpr uint16_t kHeaderBytes = 40;

absl::StatusOr<UniqueFd> OpenSocket() {
  UniqueFd fd(
      socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP));
  if (!fd) return ErrnoStatus(errno, "socket(SOCK_RAW, IPPROTO_ICMP)");
  // Of all other types nothing is received.
  const icmp_filter filter = {~(1u << ICMP_DEST_UNREACH)};
  if (setsockopt(fd.get(), SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)) !=
      0) {
    return ErrnoStatus(errno, "setsockopt(ICMP_FILTER)");
  }
  return fd;
}

std::string DescribeMtu(uint16_t mtu) {
  return mtu == 0 ? "an MTU that the router does not say"
                  : absl::StrCat("MTU ", mtu);
}

}  // namespace

uint16_t MssFor(uint16_t mtu) {
  return static_cast<uint16_t>(std::max(mtu, kLeastMtu) - kHeaderBytes);
}

absl::StatusOr<std::unique_ptr<PmtuWatch>> PmtuWatch::Create(event_base* base) {
  L275_ASSIGN_OR_RETURN(UniqueFd fd, OpenSocket());
  return absl::WrapUnique(new PmtuWatch(base, std::move(fd)));
}

PmtuWatch::PmtuWatch(event_base* base, UniqueFd fd)
    : log_(base, "ICMP messages \"fragmentation needed\""),
      fd_(std::move(fd)),
      readable_(base, fd_.get(), FdWatch::kReadable, [this] { Read(); }) {}

void PmtuWatch::SetServices(const std::set<ServiceAddress>& services) {
  Services next;
  for (const ServiceAddress& service : services) {
    const auto known = services_.find(service);
    next[service] = known == services_.end() ? PmtuErrors() : known->second;
  }
  services_ = std::move(next);
}

void PmtuWatch::Read() {
  uint8_t bytes[kMostBytes];
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    const ssize_t size = recv(fd_.get(), bytes, sizeof(bytes), 0);
    // Nothing is left, or an error of the socket, which is then over.
    if (size < 0) return;
    const auto message = FragmentationNeeded::Parse(
        absl::MakeConstSpan(bytes, static_cast<size_t>(size)));
    if (message.has_value()) Count(*message);
  }
}

// A service of the port goes before one of all ports, as in the program.
void PmtuWatch::Count(const FragmentationNeeded& message) {
  ServiceAddress address = {IPPROTO_TCP, message.source.address,
                            message.source.port};
  auto service = services_.find(address);
  if (service == services_.end()) {
    address.port = 0;
    service = services_.find(address);
  }
  if (service == services_.end()) return;
  PmtuErrors& errors = service->second;
  ++errors.count;
  errors.last = HealthTime::clock::now();
  errors.client = message.destination;
  errors.mtu = message.mtu;
  log_.Log(absl::StrCat("segments from ", message.source.ToString(),
                        " are too long for the way to client ",
                        message.destination.ToString(), ", ",
                        DescribeMtu(message.mtu),
                        "; the server is not told of it (ICMP "
                        "\"fragmentation needed\")"));
}

}  // namespace l275
