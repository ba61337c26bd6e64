#include "bench/beacon_flood.h"

#include <glog/logging.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "common/beacon/beacon_message.h"
#include "common/os/unique_fd.h"

namespace l275 {
namespace {

constexpr uint64_t kSliceMs = 1;
constexpr uint64_t kEpoch = 1'700'000'000'000'000;

using Datagram = std::vector<uint8_t>;

class Sender {
 public:
  Sender(const TestNamespace& host, const char* interface, Ipv4Address group,
         uint16_t port) {
    const TestNamespace::Scope scope(host);
    socket_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ip_mreqn request = {};
    request.imr_ifindex = static_cast<int>(if_nametoindex(interface));
    PCHECK(setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &request,
                      sizeof(request)) == 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = group.ToNetwork();
    address_.sin_port = htons(port);
  }

  void Send(std::vector<Datagram>& datagrams) {
    std::vector<iovec> vectors(datagrams.size());
    std::vector<mmsghdr> headers(datagrams.size());
    for (size_t i = 0; i < datagrams.size(); ++i) {
      vectors[i] = {datagrams[i].data(), datagrams[i].size()};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_name = &address_;
      headers[i].msg_hdr.msg_namelen = sizeof(address_);
    }
    size_t sent = 0;
    while (sent < headers.size()) {
      const int count =
          sendmmsg(socket_.get(), &headers[sent], headers.size() - sent, 0);
      PCHECK(count > 0) << "sendmmsg";
      sent += static_cast<size_t>(count);
    }
  }

 private:
  UniqueFd socket_;
  sockaddr_in address_ = {};
};

// Makes genuine beacons of all servers in turn, and forged ones.
class Maker {
 public:
  explicit Maker(const BeaconFlood& flood)
      : flood_(flood), sequences_(flood.servers) {}

  Datagram Genuine() {
    const uint32_t server = next_server_++ % flood_.servers;
    const auto bytes =
        keys_.Find(1)->Sign(Message(server, ++sequences_[server]));
    last_.assign(bytes.begin(), bytes.end());
    return last_;
  }

  // Of six kinds; the first of them gets as far as the tag.
  Datagram Forged() {
    const uint32_t server = ++forged_ % flood_.servers;
    BeaconMessage message = Message(server, sequences_[server] + 1000);
    message.key_id = 1;
    switch (forged_ % 6) {
      case 1:  // replayed
        if (!last_.empty()) return last_;
        break;
      case 2:  // truncated
        return Datagram(40, 'L');
      case 3:  // with a key that is none
        message.key_id = 7;
        break;
      case 4:  // for nobody
        message.address = Ipv4Address::FromHost(0x0b000001);
        break;
      case 5:  // without a key
        message.key_id = 0;
        break;
      default:
        break;
    }
    const auto bytes = message.Encode();
    return Datagram(bytes.begin(), bytes.end());
  }

 private:
  static BeaconMessage Message(uint32_t server, uint64_t sequence) {
    BeaconMessage message;
    message.address = Ipv4Address::FromHost(0x0a000001 + server);
    message.state = BeaconMessage::State::kUp;
    message.interval_ms = 100;
    message.epoch = kEpoch;
    message.sequence = sequence;
    return message;
  }

  const BeaconFlood flood_;
  const BeaconKeys keys_ = FloodKeys();
  std::vector<uint64_t> sequences_;
  uint32_t next_server_ = 0;
  uint64_t forged_ = 0;
  Datagram last_;
};

}  // namespace

BeaconKeys FloodKeys() {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(
      "1 * 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "flood");
  CHECK(keys.ok()) << keys.status();
  return *std::move(keys);
}

FloodSent SendFlood(const BeaconFlood& flood, const TestNamespace& host,
                    const char* interface, Ipv4Address group, uint16_t port) {
  Sender sender(host, interface, group, port);
  Maker maker(flood);
  FloodSent sent;
  const auto start = std::chrono::steady_clock::now();
  const auto slices = static_cast<uint64_t>(
      flood.duration / std::chrono::milliseconds(kSliceMs));
  const uint64_t genuine = uint64_t{flood.servers} * flood.beacons_per_server;
  for (uint64_t slice = 1; slice <= slices; ++slice) {
    std::vector<Datagram> datagrams;
    for (; sent.forged < slice * kSliceMs * flood.forged / 1000;
         ++sent.forged) {
      datagrams.push_back(maker.Forged());
    }
    for (; sent.genuine < slice * kSliceMs * genuine / 1000; ++sent.genuine) {
      datagrams.push_back(maker.Genuine());
    }
    sender.Send(datagrams);
    std::this_thread::sleep_until(start +
                                  slice * std::chrono::milliseconds(kSliceMs));
  }
  return sent;
}

}  // namespace l275
