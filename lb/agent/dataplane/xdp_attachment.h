#ifndef L275_LB_AGENT_DATAPLANE_XDP_ATTACHMENT_H_
#define L275_LB_AGENT_DATAPLANE_XDP_ATTACHMENT_H_

#include <xdp/libxdp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lb/agent/dataplane/interface_lock.h"
#include "lb/agent/dataplane/maps.h"

namespace l275 {

enum class XdpMode { kAuto, kNative, kGeneric };

// "auto", "native", "generic"; InvalidArgument for anything else.
absl::StatusOr<XdpMode> ParseXdpMode(const std::string& text);

// The XDP program, loaded and attached to one interface for as long as this
// object lives.
//
// libxdp attaches it behind its dispatcher, which lets several programs share
// an interface, where the kernel can (BPF_PROG_TYPE_EXT); as the interface's
// only program where it cannot.
class XdpAttachment {
 public:
  struct Options {
    XdpMode mode = XdpMode::kAuto;  // auto: native, else generic
    bool decrement_ttl = true;
    std::chrono::seconds tcp_idle_timeout{900};
    uint32_t flow_inserts_per_second = 100000;  // of each CPU
  };

  // `maps` outlives the attachment. NotFound: no such interface.
  // FailedPrecondition: another agent or another XDP program has it. Otherwise
  // what kept the kernel from loading or attaching the program.
  static absl::StatusOr<std::unique_ptr<XdpAttachment>> Create(
      const Maps& maps, const std::string& interface, const Options& options);

  // Detaches. What fails is logged.
  ~XdpAttachment();
  XdpAttachment(const XdpAttachment&) = delete;
  XdpAttachment& operator=(const XdpAttachment&) = delete;

  const std::string& interface() const { return interface_; }
  uint32_t ifindex() const { return ifindex_; }
  bool native() const { return mode_ == XDP_MODE_NATIVE; }
  bool uses_dispatcher() const { return uses_dispatcher_; }

 private:
  struct ProgramDeleter {
    void operator()(xdp_program* program) const { xdp_program__close(program); }
  };
  struct ObjectDeleter {
    void operator()(lb* object) const { lb__destroy(object); }
  };

  XdpAttachment(std::string interface, uint32_t ifindex, InterfaceLock lock);

  absl::Status RemoveLeftover();
  absl::Status Attach(const Maps& maps, const Options& options);
  absl::Status AttachInMode(const Maps& maps, const Options& options,
                            xdp_attach_mode mode);
  absl::Status Load(const Maps& maps, const Options& options);
  absl::Status FindOutHow();

  const std::string interface_;
  const uint32_t ifindex_;
  const InterfaceLock lock_;
  bool attached_ = false;
  bool uses_dispatcher_ = false;
  xdp_attach_mode mode_ = XDP_MODE_UNSPEC;
  // The program belongs to the object; libxdp's handle goes first.
  std::unique_ptr<lb, ObjectDeleter> object_;
  std::unique_ptr<xdp_program, ProgramDeleter> program_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_DATAPLANE_XDP_ATTACHMENT_H_
