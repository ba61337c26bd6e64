#include "lb/agent/health/beacon_batch.h"

#include <errno.h>

#include "common/os/status_util.h"

namespace l275 {

BeaconBatch::BeaconBatch() {
  for (size_t i = 0; i < kSize; ++i) {
    vectors_[i] = {buffers_[i].data(), buffers_[i].size()};
    headers_[i] = {};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &senders_[i];
  }
}

absl::StatusOr<size_t> BeaconBatch::Receive(int socket) {
  for (mmsghdr& header : headers_) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_in);  // the kernel changes it
  }
  const int count =
      recvmmsg(socket, headers_.data(), kSize, MSG_DONTWAIT, nullptr);
  if (count >= 0) return static_cast<size_t>(count);
  if (errno == EAGAIN || errno == EINTR) return 0;
  return ErrnoStatus(errno, "recvmmsg(beacon socket)");
}

absl::Span<const uint8_t> BeaconBatch::bytes(size_t index) const {
  return {buffers_[index].data(), headers_[index].msg_len};
}

Ipv4Address BeaconBatch::sender(size_t index) const {
  return Ipv4Address::FromNetwork(senders_[index].sin_addr.s_addr);
}

}  // namespace l275
