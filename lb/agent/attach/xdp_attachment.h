#ifndef L275_LB_AGENT_ATTACH_XDP_ATTACHMENT_H_
#define L275_LB_AGENT_ATTACH_XDP_ATTACHMENT_H_

#include <xdp/libxdp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/os/unique_fd.h"
#include "lb/agent/attach/attached_programs.h"
#include "lb/agent/attach/interface_lock.h"
#include "lb/agent/maps/lb_object.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

enum class XdpMode { kAuto, kNative, kGeneric };

// "auto", "native", "generic"; InvalidArgument for anything else.
absl::StatusOr<XdpMode> ParseXdpMode(const std::string& text);

// The XDP program, loaded and attached to one interface.
//
// libxdp attaches it behind its dispatcher, which lets several programs share
// an interface, where the kernel can (BPF_PROG_TYPE_EXT); as the interface's
// only program where it cannot.
//
// What an earlier agent left is replaced without a moment in which nothing is
// attached: as the only program in one step; behind the dispatcher the new one
// is there before the old one goes. Only a change of mode needs such a moment,
// since an interface has no program in each mode: the new program is loaded
// before, so the moment is that of two system calls and of the driver.
//
// Until Keep() was called, the end of this object brings back what was there
// before. From then on the program stays, with or without an agent.
class XdpAttachment {
 public:
  struct Options {
    // kAuto: native, else generic; leaves generic mode where native works.
    XdpMode mode = XdpMode::kAuto;
    bool decrement_ttl = true;
    std::chrono::seconds tcp_idle_timeout{900};
    uint32_t flow_inserts_per_second = 100000;  // of each CPU
    bool tell_flows = false;                    // by the map flow_news
  };

  // `maps` outlives the attachment. NotFound: no such interface.
  // FailedPrecondition: another agent or another XDP program has it. Otherwise
  // what kept the kernel from loading or attaching the program.
  static absl::StatusOr<std::unique_ptr<XdpAttachment>> Create(
      const Maps& maps, const std::string& interface, const Options& options);

  // Whether the kernel takes the program at all; attaches nothing.
  static absl::Status Verify(const Maps& maps, const Options& options);

  // What fails is logged.
  ~XdpAttachment();
  XdpAttachment(const XdpAttachment&) = delete;
  XdpAttachment& operator=(const XdpAttachment&) = delete;

  void Keep();

  // Takes away what an earlier agent left on an interface. NotFound: there is
  // no such interface, or nothing of ours on it. FailedPrecondition: an agent
  // serves it.
  static absl::Status Detach(const std::string& interface);

  // Whether the program is on its interface still. Somebody may have taken it
  // away, or put another one in its place.
  absl::StatusOr<bool> IsAttached() const;

  // The program, for pinning it.
  int program_fd() const;
  const std::string& interface() const { return interface_; }
  uint32_t ifindex() const { return ifindex_; }
  bool native() const { return mode_ == XDP_MODE_NATIVE; }
  bool uses_dispatcher() const { return uses_dispatcher_; }

 private:
  struct ProgramDeleter {
    void operator()(xdp_program* program) const { xdp_program__close(program); }
  };

  XdpAttachment(std::string interface, uint32_t ifindex, InterfaceLock lock);

  absl::Status AttachOrReplace(const Maps& maps, const Options& options);
  absl::Status Attach(const Maps& maps, const Options& options);
  absl::Status AttachInMode(const Maps& maps, const Options& options,
                            xdp_attach_mode mode);
  static absl::StatusOr<LbObjectPtr> OpenWith(const Maps& maps,
                                              const Options& options);
  absl::Status ReattachInOtherMode(const Maps& maps, const Options& options,
                                   AttachedPrograms& programs);
  absl::Status LoadToReplace(const Maps& maps, const Options& options,
                             const AttachedPrograms& old);
  absl::Status Replace(const Maps& maps, const Options& options,
                       const AttachedPrograms& old);
  absl::Status ReplaceInOtherMode(const Maps& maps, const Options& options,
                                  const AttachedPrograms& old);
  absl::Status FindOutHow();
  void Undo();
  absl::Status DetachOthers();

  const std::string interface_;
  const uint32_t ifindex_;
  const InterfaceLock lock_;
  bool attached_ = false;
  bool kept_ = false;
  bool uses_dispatcher_ = false;
  xdp_attach_mode mode_ = XDP_MODE_UNSPEC;
  // The only program that was attached before, and its mode.
  UniqueFd replaced_;
  xdp_attach_mode replaced_mode_ = XDP_MODE_UNSPEC;
  // The program belongs to the object; libxdp's handle goes first.
  LbObjectPtr object_;
  std::unique_ptr<xdp_program, ProgramDeleter> program_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_XDP_ATTACHMENT_H_
