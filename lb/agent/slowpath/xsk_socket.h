#ifndef L275_LB_AGENT_SLOWPATH_XSK_SOCKET_H_
#define L275_LB_AGENT_SLOWPATH_XSK_SOCKET_H_

#include <xdp/xsk.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace l275 {

// Receives the frames of one queue of an interface that an XDP program
// redirects to it (AF_XDP, see the kernel's
// Documentation/networking/af_xdp.rst).
//
// It has memory of its own, 4 MB: buffers for as many frames as its receive
// ring holds, and as many again, so that a frame that is lost is either lost to
// a full ring or too long for a buffer, and the kernel counts which.
//
// One thread.
class XskSocket {
 public:
  static constexpr uint32_t kRing = 512;  // frames that can wait

  struct Drops {
    uint64_t ring_full = 0;
    uint64_t too_long = 0;
  };

  // With `zero_copy` in the driver's zero-copy mode where it has one. Needs
  // CAP_NET_RAW, and memory that may be locked (CAP_IPC_LOCK or
  // RLIMIT_MEMLOCK). Errors: the kernel has no AF_XDP, or the queue has a
  // socket already.
  static absl::StatusOr<std::unique_ptr<XskSocket>> Create(
      const std::string& interface, uint32_t queue, bool zero_copy);
  ~XskSocket();
  XskSocket(const XskSocket&) = delete;
  XskSocket& operator=(const XskSocket&) = delete;

  // Readable while frames wait; goes into an XSKMAP.
  int fd() const { return xsk_socket__fd(socket_); }
  bool zero_copy() const { return zero_copy_; }

  // Passes frames that wait, `limit` at most, to `handler`, which copies what
  // it wants to keep. Returns how many they were.
  size_t Receive(size_t limit,
                 absl::FunctionRef<void(absl::Span<uint8_t>)> handler);

  // What the kernel dropped so far; nothing when it does not say.
  Drops drops() const;

 private:
  struct Unmap {
    void operator()(uint8_t* buffers) const;
  };

  XskSocket() = default;

  absl::Status MakeBuffers();
  absl::Status Bind(const std::string& interface, uint32_t queue,
                    bool zero_copy);
  void GiveToKernel();
  bool IsZeroCopy() const;

  std::unique_ptr<uint8_t, Unmap> buffers_;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  xsk_ring_prod fill_{};        // buffers on their way to the kernel
  xsk_ring_cons completion_{};  // of sending, which this does not do
  xsk_ring_cons received_{};
  std::vector<uint64_t> spare_;  // buffers that are not the kernel's
  bool zero_copy_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_XSK_SOCKET_H_
