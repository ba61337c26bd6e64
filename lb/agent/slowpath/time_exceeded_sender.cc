#include "lb/agent/slowpath/time_exceeded_sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/ipv4_address.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// The longest datagram that every host takes in (RFC 1812, section 4.3.2.3).
constexpr size_t kMaxBytes = 576;
constexpr size_t kHeaders = sizeof(iphdr) + sizeof(icmphdr);

// Internetwork control (RFC 1812, section 4.3.2.5).
constexpr uint8_t kPrecedence = 0xc0;

// RFC 1071; as it stands in memory.
uint16_t Checksum(absl::Span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<uint16_t>(~sum));
}

// The kernel fills in the source, the length and the header's checksum
// (raw(7)).
std::vector<uint8_t> AnswerTo(const iphdr& asked,
                              absl::Span<const uint8_t> packet) {
  const size_t quoted = std::min<size_t>(
      {packet.size(), ntohs(asked.tot_len), kMaxBytes - kHeaders});
  std::vector<uint8_t> answer(kHeaders + quoted);
  iphdr ip = {};
  ip.version = 4;
  ip.ihl = sizeof(ip) / 4;
  ip.tos = kPrecedence;
  ip.ttl = IPDEFTTL;
  ip.protocol = IPPROTO_ICMP;
  ip.daddr = asked.saddr;
  icmphdr icmp = {};
  icmp.type = ICMP_TIME_EXCEEDED;
  icmp.code = ICMP_EXC_TTL;
  std::copy_n(packet.begin(), quoted, answer.begin() + kHeaders);
  std::memcpy(answer.data() + sizeof(ip), &icmp, sizeof(icmp));
  icmp.checksum = Checksum(absl::MakeConstSpan(answer).subspan(sizeof(ip)));
  std::memcpy(answer.data(), &ip, sizeof(ip));
  std::memcpy(answer.data() + sizeof(ip), &icmp, sizeof(icmp));
  return answer;
}

}  // namespace

// IPPROTO_RAW: it sends, and receives nothing.
absl::StatusOr<TimeExceededSender> TimeExceededSender::Create() {
  UniqueFd fd(
      socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
  if (!fd) return ErrnoStatus(errno, "socket(IPPROTO_RAW)");
  return TimeExceededSender(std::move(fd));
}

absl::Status TimeExceededSender::Answer(
    absl::Span<const uint8_t> packet) const {
  iphdr asked;
  if (packet.size() < sizeof(asked)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an IPv4 packet of ", packet.size(), " bytes"));
  }
  std::memcpy(&asked, packet.data(), sizeof(asked));
  const std::vector<uint8_t> answer = AnswerTo(asked, packet);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = asked.saddr;
  if (sendto(socket_.get(), answer.data(), answer.size(), 0,
             reinterpret_cast<const sockaddr*>(&to), sizeof(to)) >= 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(
      errno, absl::StrCat("sending ICMP time exceeded to ",
                          Ipv4Address::FromNetwork(asked.saddr).ToString()));
}

}  // namespace l275
