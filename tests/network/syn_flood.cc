// syn_flood: sends TCP SYNs with forged sources, for tests.
//
// Every SYN is of another flow. Sources are 198.18.0.0/15, which RFC 2544 set
// aside for benchmarks, so that nobody gets the answers. With --followed_by_ack
// a segment with data and an acknowledgement follows each, as from a client
// that guessed the server's sequence number. SIGTERM ends it early.
//
// A packet socket on one interface: nothing goes anywhere else.

#include <gflags/gflags.h>
#include <glog/logging.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "common/net/endpoint.h"
#include "common/os/program_flags.h"
#include "common/os/unique_fd.h"

DEFINE_string(interface, "", "the interface to send from (no default)");
DEFINE_string(destination, "",
              "where the SYNs go, like 10.0.0.200:80 (no default)");
DEFINE_string(destination_mac, "",
              "the MAC address of the next hop there (no default)");
DEFINE_uint32(flows, 1000000, "SYNs to send, each of another flow");
DEFINE_uint32(first_flow, 0, "number of the first flow, 0 to 4294967295");
DEFINE_bool(followed_by_ack, false,
            "send a segment with ACK and data behind each SYN");
DEFINE_uint32(frames_per_second, 200000, "frames to send in a second");

namespace l275 {
namespace {

constexpr uint32_t kFirstSource = 0xc6120000;  // 198.18.0.0
constexpr uint32_t kSources = 1 << 17;         // /15
constexpr uint32_t kFirstPort = 1024;
constexpr uint32_t kBatch = 64;

struct Frame {
  ether_header eth;
  iphdr ip;
  tcphdr tcp;
  std::array<uint8_t, 6> data;
} __attribute__((packed));
static_assert(sizeof(Frame) == ETH_ZLEN, "the least that Ethernet carries");

// Of RFC 1071, not complemented yet. `size` is in bytes, and even.
uint32_t Sum(const void* bytes, size_t size, uint32_t sum) {
  for (size_t i = 0; i < size; i += 2) {
    uint16_t word;
    memcpy(&word, static_cast<const char*>(bytes) + i, sizeof(word));
    sum += word;
  }
  return sum;
}

uint16_t Checksum(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

class FrameMaker {
 public:
  FrameMaker(const ether_addr& destination_mac, const Endpoint& destination) {
    memcpy(frame_.eth.ether_dhost, &destination_mac, ETH_ALEN);
    frame_.eth.ether_shost[0] = 0x02;  // locally administered
    frame_.eth.ether_type = htons(ETHERTYPE_IP);
    frame_.ip.version = 4;
    frame_.ip.ihl = sizeof(iphdr) / 4;
    frame_.ip.tot_len = htons(sizeof(Frame) - sizeof(ether_header));
    frame_.ip.ttl = 64;
    frame_.ip.protocol = IPPROTO_TCP;
    frame_.ip.daddr = destination.address.ToNetwork();
    frame_.tcp.dest = htons(destination.port);
    frame_.tcp.doff = sizeof(tcphdr) / 4;
    frame_.tcp.window = htons(65535);
  }

  const Frame& Syn(uint32_t flow) { return Make(flow, true); }
  const Frame& Ack(uint32_t flow) { return Make(flow, false); }

 private:
  const Frame& Make(uint32_t flow, bool syn) {
    frame_.ip.saddr = htonl(kFirstSource + flow % kSources);
    frame_.tcp.source = htons(kFirstPort + flow / kSources);
    frame_.tcp.syn = syn;
    frame_.tcp.ack = !syn;
    frame_.tcp.seq = htonl(syn ? flow : flow + 1);
    frame_.tcp.ack_seq = syn ? 0 : htonl(~flow);
    SetChecksums();
    return frame_;
  }

  void SetChecksums() {
    frame_.ip.check = 0;
    frame_.ip.check = Checksum(Sum(&frame_.ip, sizeof(iphdr), 0));
    constexpr size_t kSegment = sizeof(tcphdr) + sizeof(Frame::data);
    const uint32_t pseudo_header =
        Sum(&frame_.ip.saddr, 8, htons(IPPROTO_TCP) + htons(kSegment));
    frame_.tcp.check = 0;
    frame_.tcp.check = Checksum(Sum(&frame_.tcp, kSegment, pseudo_header));
  }

  Frame frame_ = {};
};

// Sends frames in batches, no faster than asked.
class Sender {
 public:
  Sender(UniqueFd socket, uint32_t frames_per_second)
      : socket_(std::move(socket)), per_second_(frames_per_second) {
    for (uint32_t i = 0; i < kBatch; ++i) {
      parts_[i] = {&frames_[i], sizeof(Frame)};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void Add(const Frame& frame) {
    frames_[filled_++] = frame;
    if (filled_ == kBatch) Send();
  }

  void Send() {
    for (uint32_t sent = 0; sent < filled_;) {
      const int count =
          sendmmsg(socket_.get(), &messages_[sent], filled_ - sent, 0);
      PCHECK(count > 0 || errno == ENOBUFS) << "sendmmsg()";
      if (count > 0) sent += count;
    }
    Pause(
        std::chrono::nanoseconds(uint64_t{filled_} * 1000000000 / per_second_));
    sent_ += filled_;
    filled_ = 0;
  }

  uint64_t sent() const { return sent_; }
  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;

  // When it had to wait for the CPU it makes up for one batch, and not for all:
  // a burst would overflow a veth's queue of 256 frames, which is no fault of
  // what is flooded.
  void Pause(std::chrono::nanoseconds batch) {
    next_ = std::max(next_ + batch, Clock::now() - batch);
    std::this_thread::sleep_until(next_);
  }

  const UniqueFd socket_;
  const uint32_t per_second_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
  std::array<Frame, kBatch> frames_;
  std::array<iovec, kBatch> parts_;
  std::array<mmsghdr, kBatch> messages_ = {};
  uint32_t filled_ = 0;
  uint64_t sent_ = 0;
};

[[noreturn]] void Refuse(const std::string& flag, const std::string& why) {
  LOG(ERROR) << flag << ": " << why;
  exit(2);
}

UniqueFd SocketOn(const std::string& interface) {
  UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  PCHECK(fd) << "socket(AF_PACKET)";
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) Refuse("--interface", "no such interface");
  PCHECK(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0)
      << "bind(" << interface << ")";
  return fd;
}

volatile std::sig_atomic_t ended = 0;

void Flood(FrameMaker maker, Sender sender) {
  for (uint32_t i = 0; i < FLAGS_flows && ended == 0; ++i) {
    sender.Add(maker.Syn(FLAGS_first_flow + i));
    if (FLAGS_followed_by_ack) sender.Add(maker.Ack(FLAGS_first_flow + i));
  }
  sender.Send();
  printf("%llu frames in %.2f s\n",
         static_cast<unsigned long long>(sender.sent()), sender.seconds());
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags("Sends TCP SYNs with forged sources.",
                          "tests/network/syn_flood.cc", argc, argv);
  const auto destination = l275::Endpoint::Parse(FLAGS_destination);
  if (!destination.ok()) {
    l275::Refuse("--destination", std::string(destination.status().message()));
  }
  ether_addr mac = {};
  if (ether_aton_r(FLAGS_destination_mac.c_str(), &mac) == nullptr) {
    l275::Refuse("--destination_mac", "expected one like 02:00:0a:00:00:0b");
  }
  if (FLAGS_frames_per_second == 0) {
    l275::Refuse("--frames_per_second", "expected over 0");
  }
  std::signal(SIGTERM, [](int) { l275::ended = 1; });
  l275::Flood(
      l275::FrameMaker(mac, *destination),
      l275::Sender(l275::SocketOn(FLAGS_interface), FLAGS_frames_per_second));
  return 0;
}
