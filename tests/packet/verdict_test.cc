// Which verdict each kind of frame gets, and what leaves the program.

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/ethernet.h>

#include <cctype>
#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "lb/agent/maps/tick.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

// The MAC addresses of a frame that is sent on.
struct Hop {
  MacAddress destination{};
  MacAddress source{};
};

constexpr Hop kToBackend = {kBackendMac, kLbMac};
constexpr Hop kToOtherBackend = {kOtherBackendMac, kLbMac};
constexpr Hop kToFarBackend = {kFarBackendMac, kOutMac};

struct Row {
  std::string description;
  Frame frame;
  l275_verdict verdict;
  Hop hop = {};  // of verdicts that forward
  uint32_t ingress = kIn;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.description;
}

uint32_t ActionOf(l275_verdict verdict) {
  switch (verdict) {
#define X(name, word, action, help) \
  case L275_##name:                 \
    return XDP_##action;
    L275_VERDICTS(X)
#undef X
    default:
      return XDP_ABORTED;
  }
}

bool Forwards(l275_verdict verdict) {
  return verdict == L275_FORWARD_TX || verdict == L275_FORWARD_REDIRECT ||
         verdict == L275_SLOW_PATH;
}

// As it leaves the program.
Frame ExpectedFrame(const Row& row) {
  const bool answered = row.verdict == L275_SLOW_PATH_TTL;
  if (!answered && !Forwards(row.verdict)) return row.frame;
  return Forwarded(row.frame, row.hop.destination, row.hop.source,
                   /*decrement_ttl=*/!answered);
}

FrameBuilder To(uint16_t port) { return FrameBuilder().To(kVip, port); }
// On its way to the agent: tagged with its backend 10.0.0.`last`.
Hop Tagged(uint8_t last) { return {{0x02, 0x75, 10, 0, 0, last}, kRouterMac}; }

FrameBuilder ToAllPorts(uint16_t port) {
  return FrameBuilder().To(kAllPortsVip, port);
}

// From another host's address than the client's.
Frame FromAddress(const char* address) {
  return To(kTx).From(*Ipv4Address::Parse(address), kClientPort).Build();
}

// On its way to the agent, which is to answer it.
constexpr Hop kToAnswer = {{0x02, 0x76, 0, 0, 0, 0}, kRouterMac};

// With the bits of one byte inverted.
Frame Spoil(Frame frame, size_t offset) {
  frame.at(offset) ^= 0xff;
  return frame;
}

Frame Cut(Frame frame, size_t length) {
  frame.resize(length);
  return frame;
}

std::vector<Row> EthernetRows() {
  return {
      {"a SYN to a service", To(kTx).Build(), L275_FORWARD_TX, kToBackend},
      {"to the MAC of a virtual router that is active here",
       To(kTx).EthernetTo(VirtualRouterMac(kActiveVrid)).Build(),
       L275_FORWARD_TX, kToBackend},
      {"to the MAC of a virtual router of which this is a backup",
       To(kTx).EthernetTo(VirtualRouterMac(kBackupVrid)).Build(),
       L275_DROP_VRRP_BACKUP},
      {"to a backup, fragment",
       To(kTx)
           .EthernetTo(VirtualRouterMac(kBackupVrid))
           .Payload(8)
           .Fragment(1, false)
           .Build(),
       L275_DROP_VRRP_BACKUP},
      {"to a backup, priority tag",
       To(kTx)
           .EthernetTo(VirtualRouterMac(kBackupVrid))
           .PriorityTag(ETHERTYPE_VLAN)
           .Build(),
       L275_DROP_VRRP_BACKUP},
      {"to a backup, UDP",
       To(kTx).EthernetTo(VirtualRouterMac(kBackupVrid)).Udp().Build(),
       L275_PASS_OTHER_HOST},
      {"to a backup, to an address without a service",
       FrameBuilder()
           .To(kClient, kTx)
           .EthernetTo(VirtualRouterMac(kBackupVrid))
           .Build(),
       L275_PASS_OTHER_HOST},
      {"to a backup, cut off in the IP header",
       Cut(To(kTx).EthernetTo(VirtualRouterMac(kBackupVrid)).Build(), 33),
       L275_PASS_OTHER_HOST},
      {"to the MAC of others' virtual router, VRID 52",
       To(kTx).EthernetTo(VirtualRouterMac(52)).Build(), L275_PASS_OTHER_HOST},
      {"to the MAC of others' virtual router, VRID 0",
       To(kTx).EthernetTo(VirtualRouterMac(0)).Build(), L275_PASS_OTHER_HOST},
      {"to the MAC of others' virtual router, VRID 255",
       To(kTx).EthernetTo(VirtualRouterMac(255)).Build(), L275_PASS_OTHER_HOST},
      {"to the MAC of a virtual router that is active on another interface",
       To(kTx).EthernetTo(VirtualRouterMac(kActiveVrid)).Build(),
       L275_PASS_OTHER_HOST, Hop(), kNoForward},
      {"to the MAC of IPv6's virtual router",
       To(kTx).EthernetTo({0, 0, 0x5e, 0, 2, kActiveVrid}).Build(),
       L275_PASS_OTHER_HOST},
      {"to another host's MAC, last byte differs",
       To(kTx).EthernetTo({0x02, 0, 0, 0, 0, 0x09}).Build(),
       L275_PASS_OTHER_HOST},
      {"to another host's MAC, first byte differs",
       To(kTx).EthernetTo({0x06, 0, 0, 0, 0, 0x01}).Build(),
       L275_PASS_OTHER_HOST},
      {"to another interface's MAC", To(kTx).EthernetTo(kNoForwardMac).Build(),
       L275_PASS_OTHER_HOST},
      {"to the broadcast MAC",
       To(kTx).EthernetTo({255, 255, 255, 255, 255, 255}).Build(),
       L275_PASS_OTHER_HOST},
      {"to a multicast MAC", To(kTx).EthernetTo({1, 0, 0x5e, 0, 0, 1}).Build(),
       L275_PASS_OTHER_HOST},
      {"on an interface that is not served", To(kTx).Build(),
       L275_PASS_OTHER_HOST, Hop(), kOut},
      {"on an interface that shares an entry with a served one",
       To(kTx).Build(), L275_PASS_OTHER_HOST, Hop(), kSameEntry},
      {"VLAN tag", To(kTx).Tag(ETHERTYPE_VLAN).Build(), L275_PASS_NOT_IPV4},
      {"QinQ tags", To(kTx).Tag(0x88a8).Tag(ETHERTYPE_VLAN).Build(),
       L275_PASS_NOT_IPV4},
      {"priority tag", To(kTx).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_FORWARD_TX, kToBackend},
      {"priority tag, backend behind another interface",
       To(kRedirect).PriorityTag(ETHERTYPE_VLAN).Build(), L275_FORWARD_REDIRECT,
       kToFarBackend},
      {"priority tag, FIB", To(kFibTx).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_FORWARD_TX, Hop{kFibBackendMac, kLbMac}},
      {"priority tag, FIB, no route",
       To(kFibNoRoute).PriorityTag(ETHERTYPE_VLAN).Build(), L275_DROP_NO_ROUTE},
      {"priority tag of 802.1ad", To(kTx).PriorityTag(0x88a8).Build(),
       L275_FORWARD_TX, kToBackend},
      {"two priority tags, options and payload",
       To(kTx)
           .PriorityTag(0x88a8)
           .PriorityTag(ETHERTYPE_VLAN)
           .IpOptions(2)
           .Payload(5)
           .Build(),
       L275_FORWARD_TX, kToBackend},
      {"three priority tags",
       To(kTx)
           .PriorityTag(ETHERTYPE_VLAN)
           .PriorityTag(ETHERTYPE_VLAN)
           .PriorityTag(ETHERTYPE_VLAN)
           .Build(),
       L275_PASS_NOT_IPV4},
      {"priority tag in front of a VLAN's",
       To(kTx).PriorityTag(ETHERTYPE_VLAN).Tag(ETHERTYPE_VLAN).Build(),
       L275_PASS_NOT_IPV4},
      {"priority tag behind a VLAN's",
       To(kTx).Tag(ETHERTYPE_VLAN).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_PASS_NOT_IPV4},
      {"priority tag, ARP",
       To(kTx).PriorityTag(ETHERTYPE_VLAN).EtherType(ETHERTYPE_ARP).Build(),
       L275_PASS_NOT_IPV4},
      {"priority tag, frame ends within it",
       Cut(To(kTx).PriorityTag(ETHERTYPE_VLAN).Build(), 17),
       L275_PASS_NOT_IPV4},
      {"priority tag, frame ends behind it",
       Cut(To(kTx).PriorityTag(ETHERTYPE_VLAN).Build(), 18), L275_PASS_SHORT},
      {"priority tag, to no service",
       To(kNoService).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_PASS_NO_SERVICE},
      {"priority tag, to another host",
       To(kTx).EthernetTo(kNoForwardMac).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_PASS_OTHER_HOST},
      {"priority tag, to a service without backends",
       To(kNoBackends).PriorityTag(ETHERTYPE_VLAN).Build(),
       L275_DROP_NO_BACKEND},
      {"ARP request for the VIP", ArpRequest(kVip), L275_PASS_NOT_IPV4},
      {"IPv6", Ipv6Syn(), L275_PASS_NOT_IPV4},
      {"unknown EtherType", To(kTx).EtherType(0x88b5).Build(),
       L275_PASS_NOT_IPV4},
      {"an IEEE 802.3 length for an EtherType", To(kTx).EtherType(40).Build(),
       L275_PASS_NOT_IPV4},
  };
}

std::vector<Row> IpHeaderRows() {
  std::vector<Row> rows = {
      {"version 0", To(kTx).ClaimVersion(0).Build(), L275_PASS_NOT_IPV4},
      {"version 5", To(kTx).ClaimVersion(5).Build(), L275_PASS_NOT_IPV4},
      {"version 6 behind IPv4's EtherType", To(kTx).ClaimVersion(6).Build(),
       L275_PASS_NOT_IPV4},
      {"IHL 6 without the options", To(kTx).ClaimIhl(6).Build(),
       // The ports are then the lower half of the sequence number and 0.
       L275_PASS_NO_SERVICE},
      {"IHL 15, frame ends before the ports", To(kTx).ClaimIhl(15).Build(),
       L275_PASS_SHORT},
      {"IHL 15, frame ends before the ports, all ports",
       ToAllPorts(80).ClaimIhl(15).Build(), L275_DROP_TRUNCATED},
      {"UDP to the VIP", To(kTx).Udp().Build(), L275_PASS_PROTOCOL},
      {"UDP to all ports", ToAllPorts(53).Udp().Build(), L275_PASS_PROTOCOL},
      {"ICMP echo to the VIP", To(0).Icmp().Payload(56).Build(),
       L275_PASS_PROTOCOL},
      {"total length of an IP header less one",
       To(kTx).ClaimTotalLength(19).Build(), L275_DROP_MALFORMED},
      {"total length 0", To(kTx).ClaimTotalLength(0).Build(),
       L275_DROP_MALFORMED},
      {"total length one less than both headers",
       To(kTx).ClaimTotalLength(39).Build(), L275_DROP_MALFORMED},
      {"total length one less than both headers, and the frame ends there",
       Cut(To(kTx).ClaimTotalLength(39).Build(), 53), L275_DROP_MALFORMED},
      {"total length leaves out options",
       To(kTx).IpOptions(2).ClaimTotalLength(47).Build(), L275_DROP_MALFORMED},
      {"total length one more than the frame",
       To(kTx).ClaimTotalLength(41).Build(), L275_DROP_TRUNCATED},
      {"total length 65535", To(kTx).ClaimTotalLength(65535).Build(),
       L275_DROP_TRUNCATED},
      {"total length less than the payload",
       To(kTx).Payload(20).ClaimTotalLength(41).Build(), L275_FORWARD_TX,
       kToBackend},
      {"one byte of padding", To(kTx).Padding(1).Build(), L275_FORWARD_TX,
       kToBackend},
      {"padded to 60 bytes", To(kTx).Padding(6).Build(), L275_FORWARD_TX,
       kToBackend},
      {"a full frame", To(kTx).Payload(1460).Build(), L275_FORWARD_TX,
       kToBackend},
      {"don't fragment", To(kTx).DontFragment().Build(), L275_FORWARD_TX,
       kToBackend},
      {"TTL 0", To(kTx).Ttl(0).Build(), L275_DROP_TTL_EXCEEDED},
      {"TTL 1", To(kTx).Ttl(1).Build(), L275_DROP_TTL_EXCEEDED},
      {"TTL 2", To(kTx).Ttl(2).Build(), L275_FORWARD_TX, kToBackend},
      {"TTL 255", To(kTx).Ttl(255).Build(), L275_FORWARD_TX, kToBackend},
      {"TTL 1 to no service", To(kNoService).Ttl(1).Build(),
       L275_PASS_NO_SERVICE},
  };
  for (uint8_t ihl = 0; ihl < 5; ++ihl) {
    rows.push_back({"IHL " + std::to_string(ihl), To(kTx).ClaimIhl(ihl).Build(),
                    L275_PASS_NOT_IPV4});
  }
  for (size_t options = 0; options <= 10; ++options) {
    rows.push_back({"IHL " + std::to_string(5 + options) + " with options",
                    To(kTx).IpOptions(options).Build(), L275_FORWARD_TX,
                    kToBackend});
  }
  return rows;
}

std::vector<Row> ChecksumRows() {
  std::vector<Row> rows = {
      {"wrong IP checksum", Spoil(To(kTx).Build(), kIpChecksumOffset),
       L275_DROP_BAD_CHECKSUM},
      {"wrong IP checksum, lower byte",
       Spoil(To(kTx).Build(), kIpChecksumOffset + 1), L275_DROP_BAD_CHECKSUM},
      {"wrong IP checksum of a header with options",
       Spoil(To(kTx).IpOptions(1).Build(), kIpChecksumOffset),
       L275_DROP_BAD_CHECKSUM},
      {"wrong last byte of the longest options",
       Spoil(To(kTx).IpOptions(10).Build(), kIpOffset + 59),
       L275_DROP_BAD_CHECKSUM},
      {"wrong IP checksum behind a priority tag",
       Spoil(To(kTx).PriorityTag(ETHERTYPE_VLAN).Build(),
             kIpChecksumOffset + 4),
       L275_DROP_BAD_CHECKSUM},
      {"wrong IP checksum and TTL 1",
       Spoil(To(kTx).EthernetTo(kSlowMac).Ttl(1).Build(), kIpChecksumOffset),
       L275_DROP_BAD_CHECKSUM, Hop(), kSlow},
      {"wrong IP checksum, to no service",
       Spoil(To(kNoService).Build(), kIpChecksumOffset), L275_PASS_NO_SERVICE},
      {"wrong TCP checksum", Spoil(To(kTx).Build(), kIpOffset + 36),
       L275_FORWARD_TX, kToBackend},
  };
  // Checksums 0x0000 and 0xffff among them.
  for (uint32_t id = 0; id <= 0xffff; ++id) {
    const Frame frame = To(kTx).Id(static_cast<uint16_t>(id)).Build();
    const int sum =
        frame[kIpChecksumOffset] << 8 | frame[kIpChecksumOffset + 1];
    if (sum % 0x1111 != 0) continue;
    rows.push_back({"right IP checksum " + std::to_string(sum), frame,
                    L275_FORWARD_TX, kToBackend});
  }
  return rows;
}

std::vector<Row> SourceRows() {
  std::vector<Row> rows;
  for (const char* source :
       {"0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.255", "224.0.0.1",
        "239.255.255.255", "255.255.255.255"}) {
    rows.push_back({std::string("bad source ") + source, FromAddress(source),
                    L275_DROP_BAD_SOURCE});
  }
  for (const char* source :
       {"1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255",
        "240.0.0.1", "255.255.255.254"}) {
    rows.push_back({std::string("good source ") + source, FromAddress(source),
                    L275_FORWARD_TX, kToBackend});
  }
  rows.push_back({"source is the VIP", To(kTx).From(kVip, kClientPort).Build(),
                  L275_DROP_BAD_SOURCE});
  rows.push_back({"source is the VIP and its port, a LAND attack",
                  To(kTx).From(kVip, kTx).Build(), L275_DROP_BAD_SOURCE});
  rows.push_back({"source is the backend that it would go to",
                  FromAddress("10.0.0.80"), L275_DROP_BAD_SOURCE});
  rows.push_back(
      {"source is the backend that it would go to, no next-hop record",
       To(kFibTx).From(*Ipv4Address::Parse("10.0.0.83"), 1).Build(),
       L275_DROP_BAD_SOURCE});
  rows.push_back({"source is a backend of another service",
                  FromAddress("10.0.0.83"), L275_FORWARD_TX, kToBackend});
  rows.push_back({"source is another VIP",
                  To(kTx).From(kAllPortsVip, kClientPort).Build(),
                  L275_FORWARD_TX, kToBackend});
  rows.push_back(
      {"bad source, to no service",
       To(kNoService).From(*Ipv4Address::Parse("127.0.0.1"), 1).Build(),
       L275_PASS_NO_SERVICE});
  rows.push_back({"bad source and TTL 1",
                  To(kTx)
                      .EthernetTo(kSlowMac)
                      .From(*Ipv4Address::Parse("224.0.0.1"), 1)
                      .Ttl(1)
                      .Build(),
                  L275_DROP_BAD_SOURCE, Hop(), kSlow});
  return rows;
}

std::vector<Row> FragmentRows() {
  return {
      {"first fragment", To(kTx).Payload(8).Fragment(0, true).Build(),
       L275_DROP_FRAGMENT},
      {"middle fragment", To(kTx).Payload(8).Fragment(1, true).Build(),
       L275_DROP_FRAGMENT},
      {"last fragment", To(kTx).Payload(8).Fragment(1, false).Build(),
       L275_DROP_FRAGMENT},
      {"last fragment at the greatest offset",
       To(kTx).Payload(8).Fragment(0x1fff, false).Build(), L275_DROP_FRAGMENT},
      {"first fragment that ends before its ports",
       Cut(To(kTx).Fragment(0, true).Build(), 37), L275_DROP_FRAGMENT},
      {"first fragment, to an address without a service",
       FrameBuilder().To(kClient, kTx).Fragment(0, true).Build(),
       L275_PASS_NO_SERVICE},
      {"middle fragment, to an address without a service",
       FrameBuilder().To(kClient, kTx).Fragment(1, true).Build(),
       L275_PASS_FRAGMENT},
      {"last fragment, to an address without a service",
       FrameBuilder().To(kClient, kTx).Fragment(1, false).Build(),
       L275_PASS_FRAGMENT},
      {"first fragment, all ports",
       ToAllPorts(80).Payload(8).Fragment(0, true).Build(), L275_DROP_FRAGMENT},
      {"middle fragment, all ports",
       ToAllPorts(80).Payload(8).Fragment(1, true).Build(), L275_DROP_FRAGMENT},
      {"last fragment, all ports",
       ToAllPorts(80).Payload(8).Fragment(1, false).Build(),
       L275_DROP_FRAGMENT},
      {"first fragment to a port of the VIP without a service",
       To(kNoService).Payload(8).Fragment(0, true).Build(), L275_DROP_FRAGMENT},
      {"fragment and bad source",
       To(kTx)
           .From(*Ipv4Address::Parse("127.0.0.1"), 1)
           .Fragment(1, false)
           .Build(),
       L275_DROP_FRAGMENT},
      {"first fragment of UDP", To(kTx).Udp().Fragment(0, true).Build(),
       L275_PASS_PROTOCOL},
      {"last fragment of UDP", To(kTx).Udp().Fragment(1, false).Build(),
       L275_PASS_PROTOCOL},
  };
}

std::vector<Row> TcpRows() {
  std::vector<Row> rows = {
      {"TCP header longer than the packet", To(kTx).ClaimTcpOffset(6).Build(),
       L275_DROP_MALFORMED},
      {"TCP header longer than the packet, within the padding",
       To(kTx).ClaimTcpOffset(6).Padding(4).Build(), L275_DROP_MALFORMED},
      {"TCP header longer than the packet, to no service",
       To(kNoService).ClaimTcpOffset(6).Build(), L275_PASS_NO_SERVICE},
  };
  for (uint8_t offset = 0; offset < 5; ++offset) {
    rows.push_back({"TCP data offset " + std::to_string(offset),
                    To(kTx).ClaimTcpOffset(offset).Build(),
                    L275_DROP_MALFORMED});
  }
  for (size_t options = 0; options <= 10; ++options) {
    rows.push_back(
        {"TCP data offset " + std::to_string(5 + options) + " with options",
         To(kTx).TcpOptions(options).Payload(3).Build(), L275_FORWARD_TX,
         kToBackend});
  }
  rows.push_back({"both headers at their longest",
                  To(kTx).IpOptions(10).TcpOptions(10).Build(), L275_FORWARD_TX,
                  kToBackend});
  return rows;
}

std::vector<Row> ServiceRows() {
  return {
      {"a port that is no service", To(kNoService).Build(),
       L275_PASS_NO_SERVICE},
      {"port 0 where no service is on all ports", To(0).Build(),
       L275_PASS_NO_SERVICE},
      {"the service's port with its bytes swapped", To(0x5000).Build(),
       L275_PASS_NO_SERVICE},
      {"the service's port at another address",
       FrameBuilder().To(kClient, kTx).Build(), L275_PASS_NO_SERVICE},
      {"from the service's address",
       FrameBuilder().From(kVip, kTx).To(kClient, kClientPort).Build(),
       L275_PASS_NO_SERVICE},
      {"all ports, port 1", ToAllPorts(1).Build(), L275_FORWARD_TX, kToBackend},
      {"all ports, port 65535", ToAllPorts(65535).Build(), L275_FORWARD_TX,
       kToBackend},
      {"all ports, port 0", ToAllPorts(0).Build(), L275_FORWARD_TX, kToBackend},
      {"a service on the port goes before the one on all ports",
       ToAllPorts(kExact).Build(), L275_FORWARD_TX, kToOtherBackend},
      {"a service whose only backend has weight 0", To(kNoBackend).Build(),
       L275_DROP_NO_BACKEND},
      {"a service without backends", To(kNoBackends).Build(),
       L275_DROP_NO_BACKEND},
      {"malformed, to a service without backends",
       To(kNoBackends).ClaimTotalLength(39).Build(), L275_DROP_MALFORMED},
  };
}

std::vector<Row> NextHopRows() {
  return {
      {"record, backend behind another interface", To(kRedirect).Build(),
       L275_FORWARD_REDIRECT, kToFarBackend},
      {"record, the interface is not in the device map", To(kNoEgress).Build(),
       L275_DROP_NO_EGRESS},
      {"record, forwarding off",
       To(kRedirect).EthernetTo(kNoForwardMac).Build(), L275_FORWARD_REDIRECT,
       kToFarBackend, kNoForward},
      {"FIB, backend behind the same interface", To(kFibTx).Build(),
       L275_FORWARD_TX, Hop{kFibBackendMac, kLbMac}},
      {"FIB, backend behind another interface", To(kFibRedirect).Build(),
       L275_FORWARD_REDIRECT, Hop{kFarFibBackendMac, kOutMac}},
      {"FIB, stale neighbour", To(kFibStale).Build(), L275_FORWARD_TX,
       Hop{kStaleBackendMac, kLbMac}},
      {"FIB, backend behind a gateway", To(kFibGateway).Build(),
       L275_DROP_NO_ROUTE},
      {"FIB, backend behind a gateway without a neighbour entry",
       To(kFibColdGateway).Build(), L275_DROP_NO_ROUTE},
      {"FIB, broadcast MAC address", To(kFibBroadcastMac).Build(),
       L275_DROP_NO_NEIGHBOUR},
      {"FIB, zero MAC address", To(kFibZeroMac).Build(),
       L275_DROP_NO_NEIGHBOUR},
      {"FIB, this host's MAC address", To(kFibOwnMac).Build(),
       L275_DROP_NO_NEIGHBOUR},
      {"FIB, the interface is not in the device map", To(kFibNoEgress).Build(),
       L275_DROP_NO_EGRESS},
      {"FIB, no neighbour", To(kFibNoNeighbour).Build(),
       L275_DROP_NO_NEIGHBOUR},
      {"FIB, failed neighbour", To(kFibFailedNeighbour).Build(),
       L275_DROP_NO_NEIGHBOUR},
      {"FIB, unreachable route", To(kFibUnreachable).Build(),
       L275_DROP_NO_ROUTE},
      {"FIB, blackhole route", To(kFibBlackhole).Build(), L275_DROP_NO_ROUTE},
      {"FIB, prohibit route", To(kFibProhibit).Build(), L275_DROP_NO_ROUTE},
      {"FIB, no route", To(kFibNoRoute).Build(), L275_DROP_NO_ROUTE},
      {"FIB, the backend is this host", To(kFibLocal).Build(),
       L275_DROP_NO_ROUTE},
      {"FIB, forwarding off", To(kFibTx).EthernetTo(kNoForwardMac).Build(),
       L275_DROP_FORWARDING_OFF, Hop(), kNoForward},
  };
}

// Where kIn has the same verdict as without a slow path (NextHopRows), its
// place in the map is empty.
std::vector<Row> SlowPathRows() {
  const auto to_slow = [](uint16_t port) {
    return To(port).EthernetTo(kSlowMac).Build();
  };
  const auto to_no_forward = [](uint16_t port) {
    return To(port).EthernetTo(kSlowNoForwardMac).Build();
  };
  return {
      {"slow path, record", to_slow(kRedirect), L275_FORWARD_REDIRECT,
       kToFarBackend, kSlow},
      {"slow path, no neighbour", to_slow(kFibNoNeighbour), L275_SLOW_PATH,
       Tagged(86), kSlow},
      {"slow path, failed neighbour", to_slow(kFibFailedNeighbour),
       L275_SLOW_PATH, Tagged(87), kSlow},
      {"slow path, the FIB knows what the agent will know in a moment",
       to_slow(kFibTx), L275_SLOW_PATH, Tagged(83), kSlow},
      {"slow path, forwarding off", to_no_forward(kFibNoNeighbour),
       L275_SLOW_PATH, Tagged(86), kSlowNoForward},
      {"slow path, no route", to_slow(kFibNoRoute), L275_DROP_NO_ROUTE, Hop(),
       kSlow},
      {"slow path, gateway without a neighbour entry", to_slow(kFibColdGateway),
       L275_DROP_NO_ROUTE, Hop(), kSlow},
      {"slow path, unreachable route", to_slow(kFibUnreachable),
       L275_DROP_NO_ROUTE, Hop(), kSlow},
      {"slow path, no backend", to_slow(kNoBackend), L275_DROP_NO_BACKEND,
       Hop(), kSlow},
      {"slow path, TTL 1",
       To(kFibNoNeighbour).EthernetTo(kSlowMac).Ttl(1).Build(),
       L275_SLOW_PATH_TTL, kToAnswer, kSlow},
      {"slow path, TTL 0, record",
       To(kRedirect).EthernetTo(kSlowMac).Ttl(0).Build(), L275_SLOW_PATH_TTL,
       kToAnswer, kSlow},
      {"slow path, TTL 1, priority tag",
       To(kTx).EthernetTo(kSlowMac).PriorityTag(ETHERTYPE_VLAN).Ttl(1).Build(),
       L275_SLOW_PATH_TTL, kToAnswer, kSlow},
      {"slow path, TTL 1, fragment",
       To(kTx).EthernetTo(kSlowMac).Ttl(1).Fragment(0, true).Build(),
       L275_DROP_FRAGMENT, Hop(), kSlow},
      {"slow path, TTL 1, to no service",
       To(kNoService).EthernetTo(kSlowMac).Ttl(1).Build(), L275_PASS_NO_SERVICE,
       Hop(), kSlow},
      {"slow path, TTL 1, ICMP",
       To(0).EthernetTo(kSlowMac).Icmp().Ttl(1).Build(), L275_PASS_PROTOCOL,
       Hop(), kSlow},
      {"slow path, priority tags",
       To(kFibNoNeighbour)
           .EthernetTo(kSlowMac)
           .PriorityTag(0x88a8)
           .PriorityTag(ETHERTYPE_VLAN)
           .Build(),
       L275_SLOW_PATH, Tagged(86), kSlow},
      {"slow path, source is the backend",
       To(kFibNoNeighbour)
           .EthernetTo(kSlowMac)
           .From(*Ipv4Address::Parse("10.0.0.86"), 1)
           .Build(),
       L275_DROP_BAD_SOURCE, Hop(), kSlow},
      {"slow path, IP options and payload",
       To(kFibNoNeighbour).EthernetTo(kSlowMac).IpOptions(3).Payload(9).Build(),
       L275_SLOW_PATH, Tagged(86), kSlow},
  };
}

std::vector<Row> AllRows() {
  std::vector<Row> all;
  for (const auto& rows : {EthernetRows(), IpHeaderRows(), ChecksumRows(),
                           SourceRows(), FragmentRows(), TcpRows(),
                           ServiceRows(), NextHopRows(), SlowPathRows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

class HostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    host_ = new LbHost;
    auto program = host_->NewProgram();
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = program->release();
  }
  static void TearDownTestSuite() {
    delete program_;
    delete host_;
  }

  static LbHost* host_;
  static LbProgram* program_;
};

LbHost* HostTest::host_ = nullptr;
LbProgram* HostTest::program_ = nullptr;

class VerdictTest : public HostTest,
                    public ::testing::WithParamInterface<Row> {};

TEST_P(VerdictTest, IsAsExpected) {
  const Row& row = GetParam();
  program_->SetHeartbeat(-std::chrono::minutes(10));
  const auto judged = program_->Judge(row.frame, row.ingress);
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_EQ(judged->verdict, row.verdict);
  EXPECT_EQ(judged->outcome.action, ActionOf(row.verdict));
  EXPECT_EQ(judged->outcome.frame, ExpectedFrame(row));
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) {
  std::string name;
  for (char c : info.param.description) {
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, VerdictTest, ::testing::ValuesIn(AllRows()),
                         NameOf);

// Nobody says any more who is active: rather two copies than none.
TEST_F(HostTest, WithoutAnAgentMembersOfAVirtualRouterForward) {
  const auto verdict_to = [](uint8_t vrid) {
    const auto judged = program_->Judge(
        To(kTx).EthernetTo(VirtualRouterMac(vrid)).Build(), kIn);
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged.ok() ? judged->verdict : L275_VERDICT_COUNT;
  };
  program_->SetHeartbeat(std::chrono::seconds(4));
  EXPECT_EQ(verdict_to(kActiveVrid), L275_FORWARD_TX);
  EXPECT_EQ(verdict_to(kBackupVrid), L275_FORWARD_TX);
  EXPECT_EQ(verdict_to(52), L275_PASS_OTHER_HOST);
}

TEST_F(HostTest, AnAddressThatLosesItsServicesGetsItsFragmentsAgain) {
  const auto verdict_of_fragment = [](uint16_t offset) {
    const auto judged =
        program_->Judge(To(kTx).Payload(8).Fragment(offset, true).Build(), kIn);
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged.ok() ? judged->verdict : L275_VERDICT_COUNT;
  };
  Snapshot snapshot = LbHost::Services();
  const Snapshot all = snapshot;
  for (auto it = snapshot.services.begin(); it != snapshot.services.end();) {
    it = it->first.vip == kVip ? snapshot.services.erase(it) : std::next(it);
  }
  ASSERT_TRUE(program_->Write(snapshot).ok());
  EXPECT_EQ(verdict_of_fragment(0), L275_PASS_NO_SERVICE);
  EXPECT_EQ(verdict_of_fragment(1), L275_PASS_FRAGMENT);
  ASSERT_TRUE(program_->Write(all).ok());
  EXPECT_EQ(verdict_of_fragment(0), L275_DROP_FRAGMENT);
  EXPECT_EQ(verdict_of_fragment(1), L275_DROP_FRAGMENT);
}

// So many in a tick, however many come.
TEST_F(HostTest, AnswersAreLimited) {
  constexpr uint32_t kFrames = 1000;
  const auto tick = [] { return TickOf(std::chrono::steady_clock::now()); };
  const auto before = program_->VerdictCounters();
  const uint32_t first_tick = tick();
  for (uint32_t i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(
        program_->Run(To(kTx).EthernetTo(kSlowMac).Ttl(1).Build(), kSlow).ok());
  }
  const uint32_t ticks = tick() - first_tick + 1;
  const auto after = program_->VerdictCounters();
  ASSERT_TRUE(before.ok() && after.ok());
  const uint64_t answered = (*after)[L275_SLOW_PATH_TTL].packets -
                            (*before)[L275_SLOW_PATH_TTL].packets;
  const uint64_t dropped = (*after)[L275_DROP_TTL_EXCEEDED].packets -
                           (*before)[L275_DROP_TTL_EXCEEDED].packets;
  EXPECT_EQ(answered + dropped, kFrames);
  EXPECT_LE(answered, uint64_t{L275_ANSWERS_PER_TICK} * (ticks + 1));
  EXPECT_GT(answered, 0u);
}

// Operators read the word, the kernel gets the action.
TEST(VerdictTableTest, WordsBeginWithWhatHappensToTheFrame) {
  const std::map<std::string, std::set<uint32_t>> actions = {
      {"forward", {XDP_TX, XDP_REDIRECT}},
      {"pass", {XDP_PASS}},
      {"slow", {XDP_REDIRECT}},
      {"drop", {XDP_DROP}}};
#define X(name, word, action, help)                               \
  {                                                               \
    const std::string text = word;                                \
    const auto begin = text.substr(0, text.find('_'));            \
    EXPECT_EQ(actions.at(begin).count(XDP_##action), 1u) << text; \
  }
  L275_VERDICTS(X)
#undef X
}

TEST(VerdictTableTest, HasEveryVerdict) {
  std::set<l275_verdict> in_table;
  for (const Row& row : AllRows()) in_table.insert(row.verdict);
#define X(name, word, action, help) \
  EXPECT_EQ(in_table.count(L275_##name), 1u) << word;
  L275_VERDICTS(X)
#undef X
}

}  // namespace
}  // namespace l275
