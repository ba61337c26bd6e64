#include "lb/agent/pmtu/fragmentation_needed.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include <cstring>

namespace l275 {
namespace {

constexpr size_t kPortBytes = 4;

// Takes a T from the front of `bytes`.
template <typename T>
std::optional<T> Take(absl::Span<const uint8_t>* bytes) {
  if (bytes->size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof(T));
  bytes->remove_prefix(sizeof(T));
  return value;
}

// An IPv4 header with its options.
std::optional<iphdr> TakeIpHeader(absl::Span<const uint8_t>* bytes) {
  const std::optional<iphdr> header = Take<iphdr>(bytes);
  if (!header || header->version != IPVERSION) return std::nullopt;
  const size_t length = header->ihl * size_t{4};
  if (length < sizeof(iphdr) || length - sizeof(iphdr) > bytes->size()) {
    return std::nullopt;
  }
  bytes->remove_prefix(length - sizeof(iphdr));
  return header;
}

bool IsFirstFragment(const iphdr& header) {
  return (ntohs(header.frag_off) & IP_OFFMASK) == 0;
}

}  // namespace

std::optional<FragmentationNeeded> FragmentationNeeded::Parse(
    absl::Span<const uint8_t> packet) {
  const std::optional<iphdr> outer = TakeIpHeader(&packet);
  if (!outer || outer->protocol != IPPROTO_ICMP) return std::nullopt;
  const std::optional<icmphdr> icmp = Take<icmphdr>(&packet);
  if (!icmp || icmp->type != ICMP_DEST_UNREACH ||
      icmp->code != ICMP_FRAG_NEEDED) {
    return std::nullopt;
  }
  const std::optional<iphdr> quoted = TakeIpHeader(&packet);
  if (!quoted || quoted->protocol != IPPROTO_TCP || !IsFirstFragment(*quoted) ||
      packet.size() < kPortBytes) {
    return std::nullopt;
  }
  FragmentationNeeded message;
  message.source = {Ipv4Address::FromNetwork(quoted->saddr),
                    ntohs(*Take<uint16_t>(&packet))};
  message.destination = {Ipv4Address::FromNetwork(quoted->daddr),
                         ntohs(*Take<uint16_t>(&packet))};
  message.mtu = ntohs(icmp->un.frag.mtu);
  return message;
}

}  // namespace l275
