#include "lb/agent/slowpath/xsk_socket.h"

#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr uint32_t kBuffers = 2 * XskSocket::kRing;
constexpr uint32_t kBufferBytes = XSK_UMEM__DEFAULT_FRAME_SIZE;
// The kernel tells that it has taken a buffer from the ring later than it tells
// of the frame in it: as many places may be taken by buffers that are back
// here.
constexpr uint32_t kFillRing = 2 * kBuffers;
constexpr size_t kBytes = size_t{kBuffers} * kBufferBytes;

}  // namespace

void XskSocket::Unmap::operator()(uint8_t* buffers) const {
  munmap(buffers, kBytes);
}

absl::StatusOr<std::unique_ptr<XskSocket>> XskSocket::Create(
    const std::string& interface, uint32_t queue, bool zero_copy) {
  std::unique_ptr<XskSocket> socket(new XskSocket);
  L275_RETURN_IF_ERROR(socket->MakeBuffers());
  L275_RETURN_IF_ERROR(socket->Bind(interface, queue, zero_copy));
  for (uint32_t i = 0; i < kBuffers; ++i) {
    socket->spare_.push_back(uint64_t{i} * kBufferBytes);
  }
  socket->GiveToKernel();
  socket->zero_copy_ = socket->IsZeroCopy();
  return socket;
}

XskSocket::~XskSocket() {
  if (socket_ != nullptr) xsk_socket__delete(socket_);
  if (umem_ != nullptr) xsk_umem__delete(umem_);
}

absl::Status XskSocket::MakeBuffers() {
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return ErrnoStatus(errno, "mmap()");
  buffers_.reset(static_cast<uint8_t*>(memory));
  xsk_umem_config config = {};
  config.fill_size = kFillRing;
  config.comp_size = 1;
  config.frame_size = kBufferBytes;
  const int error =
      xsk_umem__create(&umem_, memory, kBytes, &fill_, &completion_, &config);
  if (error != 0) return ErrnoStatus(-error, "xsk_umem__create()");
  return absl::OkStatus();
}

absl::Status XskSocket::Bind(const std::string& interface, uint32_t queue,
                             bool zero_copy) {
  xsk_socket_config config = {};
  config.rx_size = kRing;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  config.bind_flags =
      XDP_USE_NEED_WAKEUP | (zero_copy ? 0 : static_cast<__u16>(XDP_COPY));
  const int error = xsk_socket__create(&socket_, interface.c_str(), queue,
                                       umem_, &received_, nullptr, &config);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(-error, absl::StrCat("xsk_socket__create(", interface,
                                          ", queue ", queue, ")"));
}

bool XskSocket::IsZeroCopy() const {
  xdp_options options = {};
  socklen_t size = sizeof(options);
  return getsockopt(fd(), SOL_XDP, XDP_OPTIONS, &options, &size) == 0 &&
         (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

size_t XskSocket::Receive(
    size_t limit, absl::FunctionRef<void(absl::Span<uint8_t>)> handler) {
  uint32_t first = 0;
  const uint32_t frames =
      xsk_ring_cons__peek(&received_, static_cast<uint32_t>(limit), &first);
  for (uint32_t i = 0; i < frames; ++i) {
    const xdp_desc& frame = *xsk_ring_cons__rx_desc(&received_, first + i);
    handler({buffers_.get() + frame.addr, frame.len});
    spare_.push_back(frame.addr - frame.addr % kBufferBytes);
  }
  if (frames > 0) xsk_ring_cons__release(&received_, frames);
  GiveToKernel();
  return frames;
}

// As many as the ring has room for, which should be all, see kFillRing.
void XskSocket::GiveToKernel() {
  const auto wanted = static_cast<uint32_t>(spare_.size());
  const uint32_t buffers = std::min(wanted, xsk_prod_nb_free(&fill_, wanted));
  uint32_t first = 0;
  if (buffers == 0 ||
      xsk_ring_prod__reserve(&fill_, buffers, &first) != buffers) {
    return;
  }
  for (uint32_t i = 0; i < buffers; ++i) {
    *xsk_ring_prod__fill_addr(&fill_, first + i) = spare_.back();
    spare_.pop_back();
  }
  xsk_ring_prod__submit(&fill_, buffers);
  // A driver in zero-copy mode that ran out of buffers sleeps.
  if (xsk_ring_prod__needs_wakeup(&fill_)) {
    recvfrom(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  }
}

XskSocket::Drops XskSocket::drops() const {
  xdp_statistics statistics = {};
  socklen_t size = sizeof(statistics);
  if (getsockopt(fd(), SOL_XDP, XDP_STATISTICS, &statistics, &size) != 0) {
    return {};
  }
  return {statistics.rx_ring_full, statistics.rx_dropped};
}

}  // namespace l275
