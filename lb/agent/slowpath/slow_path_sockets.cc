#include "lb/agent/slowpath/slow_path_sockets.h"

#include <bpf/bpf.h>
#include <glog/logging.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/abi/map_layout.h"
#include "common/event/fd_watch.h"
#include "common/os/status_util.h"
#include "lb/agent/slowpath/receive_queues.h"

namespace l275 {
namespace {

// Frames of one socket that are handled before others have a turn.
constexpr size_t kBatch = 64;

constexpr std::chrono::seconds kRetryDelay{1};

RangeAllocator::TimePoint Now() { return std::chrono::steady_clock::now(); }

XskSocket::Drops Sum(const XskSocket::Drops& a, const XskSocket::Drops& b) {
  return {a.ring_full + b.ring_full, a.too_long + b.too_long};
}

}  // namespace

struct SlowPathSockets::Queue {
  std::unique_ptr<XskSocket> socket;  // null: it could not be made
  std::optional<FdWatch> readable;    // destroyed before the socket
};

struct SlowPathSockets::Opened {
  std::string name;
  uint32_t first = 0;  // place in the map
  std::vector<Queue> queues;
  std::string reason;

  bool complete() const {
    return !queues.empty() && sockets() == queues.size();
  }
  uint32_t sockets() const {
    return static_cast<uint32_t>(
        std::count_if(queues.begin(), queues.end(),
                      [](const Queue& q) { return q.socket != nullptr; }));
  }
  bool zero_copy() const {
    return std::any_of(queues.begin(), queues.end(), [](const Queue& q) {
      return q.socket != nullptr && q.socket->zero_copy();
    });
  }
};

SlowPathSockets::SlowPathSockets(event_base* base, int map_fd, bool zero_copy,
                                 Handler handler,
                                 std::function<void()> on_change)
    : base_(base),
      map_fd_(map_fd),
      zero_copy_(zero_copy),
      handler_(std::move(handler)),
      on_change_(std::move(on_change)),
      retry_(base, [this] { OnRetry(); }),
      places_(0, L275_SLOW_PATH_QUEUES) {}

SlowPathSockets::~SlowPathSockets() = default;

void SlowPathSockets::Open(const std::string& name, uint32_t ifindex) {
  std::unique_ptr<Opened>& opened = opened_[ifindex];
  if (opened == nullptr) opened = std::make_unique<Opened>();
  if (opened->complete()) return;
  opened->name = name;
  LogOutcome(name, OpenMissing(name, *opened), *opened);
  RetryLater();
}

void SlowPathSockets::RetryLater() {
  const bool all_complete =
      std::all_of(opened_.begin(), opened_.end(),
                  [](const auto& o) { return o.second->complete(); });
  if (!all_complete && !retry_.IsRunning()) retry_.Start(kRetryDelay);
}

void SlowPathSockets::OnRetry() {
  const std::map<uint32_t, SlowPathQueues> before = queues();
  for (const auto& [ifindex, opened] : opened_) Open(opened->name, ifindex);
  if (queues() != before) on_change_();
}

absl::Status SlowPathSockets::OpenMissing(const std::string& name,
                                          Opened& opened) {
  if (opened.queues.empty()) {
    L275_ASSIGN_OR_RETURN(const uint32_t queues, ReceiveQueues(name));
    const std::optional<uint32_t> first = places_.Allocate(queues, Now());
    if (!first) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", L275_SLOW_PATH_QUEUES,
                       " receive queues of all interfaces together"));
    }
    opened.first = *first;
    opened.queues.resize(queues);
  }
  absl::Status result;
  for (uint32_t queue = 0; queue < opened.queues.size(); ++queue) {
    if (opened.queues[queue].socket == nullptr) {
      result.Update(OpenQueue(name, queue, opened));
    }
  }
  return result;
}

absl::Status SlowPathSockets::OpenQueue(const std::string& name, uint32_t queue,
                                        Opened& opened) {
  L275_ASSIGN_OR_RETURN(auto socket,
                        XskSocket::Create(name, queue, zero_copy_));
  const uint32_t place = opened.first + queue;
  const int fd = socket->fd();
  if (bpf_map_update_elem(map_fd_, &place, &fd, BPF_ANY) != 0) {
    return ErrnoStatus(errno, "writing a socket into the map slow_path");
  }
  Queue& entry = opened.queues[queue];
  entry.socket = std::move(socket);
  entry.readable.emplace(base_, fd, FdWatch::kReadable,
                         [this, &entry] { OnReadable(*entry.socket); });
  return absl::OkStatus();
}

// Once for each reason: a try that fails as the one before is no news.
void SlowPathSockets::LogOutcome(const std::string& name,
                                 const absl::Status& status,
                                 Opened& opened) const {
  if (status.ok()) {
    LOG(INFO) << "slow path of " << name << ": " << opened.sockets()
              << " queues, " << (opened.zero_copy() ? "zero-copy" : "copy")
              << " mode";
  } else if (opened.reason != status.message()) {
    LOG(WARNING) << "slow path of " << name << ": " << opened.sockets()
                 << " of " << opened.queues.size()
                 << " queues: " << status.message()
                 << "; where it is missing, frames for a backend whose MAC "
                    "address is not known are dropped";
  }
  opened.reason = std::string(status.message());
}

void SlowPathSockets::Close(uint32_t ifindex) {
  const auto found = opened_.find(ifindex);
  if (found == opened_.end()) return;
  Opened& opened = *found->second;
  for (const Queue& queue : opened.queues) {
    if (queue.socket == nullptr) continue;
    drops_of_closed_ = Sum(drops_of_closed_, queue.socket->drops());
  }
  if (!opened.queues.empty()) {
    places_.Free(opened.first, static_cast<uint32_t>(opened.queues.size()),
                 Now());
  }
  opened_.erase(found);  // the kernel takes closed sockets out of the map
}

void SlowPathSockets::CloseOthers(const std::vector<uint32_t>& interfaces) {
  for (auto it = opened_.begin(); it != opened_.end();) {
    const uint32_t ifindex = (it++)->first;
    if (std::count(interfaces.begin(), interfaces.end(), ifindex) == 0) {
      Close(ifindex);
    }
  }
}

std::map<uint32_t, SlowPathQueues> SlowPathSockets::queues() const {
  std::map<uint32_t, SlowPathQueues> queues;
  for (const auto& [ifindex, opened] : opened_) {
    if (opened->sockets() == 0) continue;
    queues[ifindex] = {opened->first,
                       static_cast<uint16_t>(opened->queues.size())};
  }
  return queues;
}

std::map<uint32_t, SlowPathSockets::Interface> SlowPathSockets::interfaces()
    const {
  std::map<uint32_t, Interface> interfaces;
  for (const auto& [ifindex, opened] : opened_) {
    interfaces[ifindex] = {static_cast<uint32_t>(opened->queues.size()),
                           opened->sockets(), opened->zero_copy(),
                           opened->reason};
  }
  return interfaces;
}

// As many as there can be: under a flood there is no end to them.
void SlowPathSockets::ReceiveAll() {
  for (const auto& [ifindex, opened] : opened_) {
    for (const Queue& queue : opened->queues) {
      if (queue.socket == nullptr) continue;
      queue.socket->Receive(XskSocket::kRing, handler_);
    }
  }
}

// The sockets of an interface that goes away are readable because of that
// error, for as long as nobody asks for it.
void SlowPathSockets::OnReadable(XskSocket& socket) {
  if (socket.Receive(kBatch, handler_) > 0) return;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
}

XskSocket::Drops SlowPathSockets::drops() const {
  XskSocket::Drops drops = drops_of_closed_;
  for (const auto& [ifindex, opened] : opened_) {
    for (const Queue& queue : opened->queues) {
      if (queue.socket != nullptr) drops = Sum(drops, queue.socket->drops());
    }
  }
  return drops;
}

}  // namespace l275
