#include "tests/packet/lb_host.h"

#include <bpf/bpf.h>
#include <glog/logging.h>
#include <netinet/in.h>

#include <cerrno>
#include <utility>

#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kInterfaces[] =
    R"(link add in index 101 address 02:00:00:00:00:01 type veth peer in_peer
link add out index 102 address 02:00:00:00:00:03 type veth peer out_peer
link add off index 103 address 02:00:00:00:00:04 type veth peer off_peer
link add aside index 104 type veth peer aside_peer
link add slow index 105 address 02:00:00:00:00:05 type veth peer slow_peer
link add slow_off index 106 address 02:00:00:00:00:06 type veth peer slow_off_peer
link add same index 1125 address 02:00:00:00:00:01 type veth peer same_peer
link set in up
link set in_peer up
link set out up
link set out_peer up
link set off up
link set off_peer up
link set slow up
link set slow_peer up
link set slow_off up
link set slow_off_peer up
link set aside up
link set aside_peer up
address add 10.0.0.2/24 dev in
address add 10.0.1.2/24 dev out
address add 10.0.3.2/24 dev aside
neighbour add 10.0.0.83 lladdr 02:00:00:00:02:01 dev in nud permanent
neighbour add 10.0.1.84 lladdr 02:00:00:00:02:02 dev out nud permanent
neighbour add 10.0.0.85 lladdr 02:00:00:00:02:03 dev in nud stale
neighbour add 10.0.0.87 dev in nud failed
neighbour add 10.0.0.93 lladdr 02:00:00:00:02:04 dev in nud permanent
neighbour add 10.0.3.96 lladdr 02:00:00:00:02:05 dev aside nud permanent
neighbour add 10.0.0.97 lladdr ff:ff:ff:ff:ff:ff dev in nud permanent
neighbour add 10.0.0.98 lladdr 00:00:00:00:00:00 dev in nud permanent
neighbour add 10.0.0.99 lladdr 02:00:00:00:00:01 dev in nud permanent
route add unreachable 10.0.88.0/24
route add blackhole 10.0.89.0/24
route add prohibit 10.0.90.0/24
route add 10.0.93.0/24 via 10.0.0.93
route add 10.0.94.0/24 via 10.0.0.94
)";

constexpr uint32_t kTableSize = 13;

// Places of the map `slow_path`. Where kIn has its own nobody listens, as after
// the agent's death.
constexpr SlowPathQueues kQueueOfIn = {6, 1};
constexpr SlowPathQueues kQueueOfSlow = {7, 1};
constexpr SlowPathQueues kQueueOfSlowNoForward = {8, 1};

class SnapshotBuilder {
 public:
  // A service with one backend, found by the FIB.
  SnapshotBuilder& Fib(uint16_t port, const char* backend) {
    Service(kVip, port).backends[*Ipv4Address::Parse(backend)] = {100};
    return *this;
  }

  // A service with one backend that has a next-hop record.
  SnapshotBuilder& Record(Ipv4Address vip, uint16_t port, const char* backend,
                          const NextHopRecord& next_hop) {
    const Ipv4Address address = *Ipv4Address::Parse(backend);
    Service(vip, port).backends[address] = {100};
    snapshot_.next_hops[address] = next_hop;
    return *this;
  }

  SnapshotService& Service(Ipv4Address vip, uint16_t port) {
    SnapshotService& service = snapshot_.services[{IPPROTO_TCP, vip, port}];
    service.table_size = kTableSize;
    return service;
  }

  Snapshot Build() && { return std::move(snapshot_); }

 private:
  Snapshot snapshot_;
};

}  // namespace

LbHost::LbHost() : scope_(namespace_) {
  namespace_.IpBatch(kInterfaces);
  namespace_.SetSysctl("ipv4/conf/in/forwarding", "1");
  namespace_.SetSysctl("ipv4/conf/off/forwarding", "0");
  namespace_.SetSysctl("ipv4/conf/slow/forwarding", "1");
  namespace_.SetSysctl("ipv4/conf/slow_off/forwarding", "0");
  for (const char* interface : {"slow", "slow_off"}) {
    auto socket = XskSocket::Create(interface, 0, /*zero_copy=*/false);
    CHECK(socket.ok()) << socket.status();
    sockets_.push_back(*std::move(socket));
  }
}

absl::StatusOr<std::unique_ptr<LbProgram>> LbHost::NewProgram(
    bool decrement_ttl) const {
  LbProgram::Options options;
  options.decrement_ttl = decrement_ttl;
  L275_ASSIGN_OR_RETURN(auto program, LbProgram::Create(options));
  L275_RETURN_IF_ERROR(program->Write(Services()));
  program->writer().SetVirtualRouters(
      {{kIn, {{kActiveVrid, kBackupVrid}, {kActiveVrid}}}});
  uint32_t place = kQueueOfSlow.first;
  for (const auto& socket : sockets_) {
    const int fd = socket->fd();
    if (bpf_map_update_elem(program->maps().slow_path_fd(), &place, &fd,
                            BPF_ANY) != 0) {
      return ErrnoStatus(errno, "writing a socket into the map slow_path");
    }
    ++place;
  }
  return program;
}

Snapshot LbHost::Services() {
  SnapshotBuilder builder;
  builder.Record(kVip, kTx, "10.0.0.80", {kIn, kBackendMac, kLbMac})
      .Record(kVip, kRedirect, "10.0.1.81", {kOut, kFarBackendMac, kOutMac})
      .Record(kVip, kNoEgress, "10.0.2.82", {kMissing, kFarBackendMac, kOutMac})
      .Fib(kFibTx, "10.0.0.83")
      .Fib(kFibRedirect, "10.0.1.84")
      .Fib(kFibStale, "10.0.0.85")
      .Fib(kFibNoNeighbour, "10.0.0.86")
      .Fib(kFibFailedNeighbour, "10.0.0.87")
      .Fib(kFibUnreachable, "10.0.88.1")
      .Fib(kFibBlackhole, "10.0.89.1")
      .Fib(kFibProhibit, "10.0.90.1")
      .Fib(kFibNoRoute, "203.0.113.1")
      .Fib(kFibLocal, "10.0.0.2")
      .Fib(kFibGateway, "10.0.93.1")
      .Fib(kFibNoEgress, "10.0.3.96")
      .Fib(kFibBroadcastMac, "10.0.0.97")
      .Fib(kFibZeroMac, "10.0.0.98")
      .Fib(kFibOwnMac, "10.0.0.99")
      .Fib(kFibColdGateway, "10.0.94.1")
      .Record(kAllPortsVip, 0, "10.0.0.80", {kIn, kBackendMac, kLbMac})
      .Record(kAllPortsVip, kExact, "10.0.0.81",
              {kIn, kOtherBackendMac, kLbMac});
  builder.Service(kVip, kNoBackend)
      .backends[*Ipv4Address::Parse("10.0.0.80")] = {0};
  builder.Service(kVip, kNoBackends);
  Snapshot snapshot = std::move(builder).Build();
  snapshot.ingress = {{kIn, kLbMac},
                      {kNoForward, kNoForwardMac},
                      {kSlow, kSlowMac},
                      {kSlowNoForward, kSlowNoForwardMac}};
  snapshot.slow_path = {{kIn, kQueueOfIn},
                        {kSlow, kQueueOfSlow},
                        {kSlowNoForward, kQueueOfSlowNoForward}};
  return snapshot;
}

}  // namespace l275
