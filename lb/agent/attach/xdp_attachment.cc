#include "lb/agent/attach/xdp_attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glog/logging.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/tick.h"

namespace l275 {
namespace {

const char* ModeName(xdp_attach_mode mode) {
  return mode == XDP_MODE_NATIVE ? "native" : "generic";
}

uint32_t FlagOf(xdp_attach_mode mode) {
  return mode == XDP_MODE_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

bool Allows(XdpMode wanted, xdp_attach_mode mode) {
  return wanted == XdpMode::kAuto ||
         (wanted == XdpMode::kNative) == (mode == XDP_MODE_NATIVE);
}

xdp_attach_mode OtherThan(xdp_attach_mode mode) {
  return mode == XDP_MODE_NATIVE ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

// Attaches, where no program is attached in that mode.
absl::Status AttachAlone(const std::string& interface, uint32_t ifindex, int fd,
                         xdp_attach_mode mode) {
  const int error =
      bpf_xdp_attach(static_cast<int>(ifindex), fd,
                     FlagOf(mode) | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(-error, absl::StrCat("attaching to ", interface, " in ",
                                          ModeName(mode), " mode"));
}

// Detaches the program `fd`, and no other.
absl::Status DetachAlone(const std::string& interface, uint32_t ifindex, int fd,
                         xdp_attach_mode mode) {
  LIBBPF_OPTS(bpf_xdp_attach_opts, detach, .old_prog_fd = fd);
  const int error = bpf_xdp_attach(static_cast<int>(ifindex), -1,
                                   FlagOf(mode) | XDP_FLAGS_REPLACE, &detach);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(-error, absl::StrCat("detaching from ", interface));
}

absl::StatusOr<uint32_t> IdOf(int program_fd) {
  bpf_prog_info info = {};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) == 0) return info.id;
  return ErrnoStatus(errno, "asking for the program's id");
}

absl::StatusOr<uint32_t> IndexOf(const std::string& interface) {
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  if (ifindex != 0) return ifindex;
  return absl::NotFoundError(
      absl::StrCat("there is no interface \"", interface, "\""));
}

}  // namespace

absl::StatusOr<XdpMode> ParseXdpMode(const std::string& text) {
  if (text == "auto") return XdpMode::kAuto;
  if (text == "native") return XdpMode::kNative;
  if (text == "generic") return XdpMode::kGeneric;
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no XDP mode; expected auto, native or generic"));
}

absl::StatusOr<std::unique_ptr<XdpAttachment>> XdpAttachment::Create(
    const Maps& maps, const std::string& interface, const Options& options) {
  L275_ASSIGN_OR_RETURN(const uint32_t ifindex, IndexOf(interface));
  L275_ASSIGN_OR_RETURN(InterfaceLock lock, InterfaceLock::Create(interface));
  std::unique_ptr<XdpAttachment> attachment(
      new XdpAttachment(interface, ifindex, std::move(lock)));
  L275_RETURN_IF_ERROR(attachment->AttachOrReplace(maps, options));
  L275_RETURN_IF_ERROR(attachment->FindOutHow());
  return attachment;
}

absl::Status XdpAttachment::Detach(const std::string& interface) {
  L275_ASSIGN_OR_RETURN(const uint32_t ifindex, IndexOf(interface));
  L275_ASSIGN_OR_RETURN(const InterfaceLock lock,
                        InterfaceLock::Create(interface));
  L275_ASSIGN_OR_RETURN(AttachedPrograms programs,
                        AttachedPrograms::Of(interface, ifindex));
  if (programs.empty() || !programs.have_ours()) {
    return absl::NotFoundError(
        absl::StrCat("no load balancer's program is on ", interface));
  }
  return programs.DetachOurs();
}

absl::Status XdpAttachment::Verify(const Maps& maps, const Options& options) {
  L275_ASSIGN_OR_RETURN(const LbObjectPtr object, OpenWith(maps, options));
  return LoadLbObject(object.get());
}

XdpAttachment::XdpAttachment(std::string interface, uint32_t ifindex,
                             InterfaceLock lock)
    : interface_(std::move(interface)),
      ifindex_(ifindex),
      lock_(std::move(lock)) {}

XdpAttachment::~XdpAttachment() {
  if (attached_ && !kept_) Undo();
}

void XdpAttachment::Undo() {
  int error = 0;
  if (replaced_ && replaced_mode_ != mode_) {
    absl::Status undone =
        DetachAlone(interface_, ifindex_, program_fd(), mode_);
    if (undone.ok()) {
      undone =
          AttachAlone(interface_, ifindex_, replaced_.get(), replaced_mode_);
    }
    if (!undone.ok()) {
      LOG(ERROR) << "the earlier program is not back: " << undone.message();
      return;
    }
  } else if (replaced_) {
    LIBBPF_OPTS(bpf_xdp_attach_opts, attach, .old_prog_fd = program_fd());
    error = bpf_xdp_attach(static_cast<int>(ifindex_), replaced_.get(),
                           FlagOf(mode_) | XDP_FLAGS_REPLACE, &attach);
  } else {
    error = xdp_program__detach(program_.get(), static_cast<int>(ifindex_),
                                mode_, 0);
  }
  if (error == -ENODEV || error == -ENOENT) {
    LOG(WARNING) << "the program was gone from " << interface_ << " already";
  } else if (error != 0) {
    LOG(ERROR) << ErrnoStatus(-error,
                              absl::StrCat("detaching from ", interface_));
  } else {
    LOG(INFO) << (replaced_ ? "the earlier program is back on "
                            : "detached from ")
              << interface_;
  }
}

void XdpAttachment::Keep() {
  kept_ = true;
  replaced_.reset();
  const absl::Status alone = DetachOthers();
  if (!alone.ok()) LOG(ERROR) << alone.message();
}

// What an earlier agent left behind the dispatcher.
absl::Status XdpAttachment::DetachOthers() {
  if (!uses_dispatcher_) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(AttachedPrograms programs,
                        AttachedPrograms::Of(interface_, ifindex_));
  return programs.DetachOurs(xdp_program__id(program_.get()));
}

absl::Status XdpAttachment::AttachOrReplace(const Maps& maps,
                                            const Options& options) {
  L275_ASSIGN_OR_RETURN(AttachedPrograms programs,
                        AttachedPrograms::Of(interface_, ifindex_));
  if (programs.empty()) return Attach(maps, options);
  const bool ours = programs.have_ours();
  if (!ours && !programs.dispatcher()) return programs.HeldByAnother();
  const bool leaves =
      ours && (!Allows(options.mode, programs.mode()) ||
               (options.mode == XdpMode::kAuto &&
                programs.mode() == XDP_MODE_SKB && programs.have_only_ours()));
  if (programs.dispatcher()) {
    return leaves ? ReattachInOtherMode(maps, options, programs)
                  : AttachInMode(maps, options, programs.mode());
  }
  return leaves ? ReplaceInOtherMode(maps, options, programs)
                : Replace(maps, options, programs);
}

// Behind the dispatcher: what libxdp loads depends on what is attached, so the
// old program goes first.
absl::Status XdpAttachment::ReattachInOtherMode(const Maps& maps,
                                                const Options& options,
                                                AttachedPrograms& programs) {
  LOG(WARNING) << "detaching from " << interface_
               << " in between: the program there is in "
               << ModeName(programs.mode()) << " mode";
  L275_RETURN_IF_ERROR(programs.DetachOurs());
  return Attach(maps, options);
}

absl::Status XdpAttachment::Attach(const Maps& maps, const Options& options) {
  if (options.mode == XdpMode::kGeneric) {
    return AttachInMode(maps, options, XDP_MODE_SKB);
  }
  absl::Status native = AttachInMode(maps, options, XDP_MODE_NATIVE);
  if (native.ok() || options.mode == XdpMode::kNative) return native;
  LOG(WARNING) << native.message() << "; trying generic mode, which is slower";
  return AttachInMode(maps, options, XDP_MODE_SKB);
}

// xdp_program__attach() loads the object, since only then it is known whether
// it becomes an extension of the dispatcher.
absl::Status XdpAttachment::AttachInMode(const Maps& maps,
                                         const Options& options,
                                         xdp_attach_mode mode) {
  program_.reset();
  L275_ASSIGN_OR_RETURN(object_, OpenWith(maps, options));
  DECLARE_LIBXDP_OPTS(xdp_program_opts, program_options);
  program_options.obj = object_->obj;
  program_options.prog_name = kProgramName;
  xdp_program* program = xdp_program__create(&program_options);
  const long create_error = libxdp_get_error(program);
  if (create_error != 0) {
    return ErrnoStatus(static_cast<int>(-create_error),
                       "xdp_program__create()");
  }
  program_.reset(program);
  const int error =
      xdp_program__attach(program_.get(), static_cast<int>(ifindex_), mode, 0);
  if (error != 0) {
    program_.reset();
    return ErrnoStatus(-error, absl::StrCat("attaching to ", interface_, " in ",
                                            ModeName(mode), " mode"));
  }
  attached_ = true;
  mode_ = mode;
  return absl::OkStatus();
}

absl::Status XdpAttachment::LoadToReplace(const Maps& maps,
                                          const Options& options,
                                          const AttachedPrograms& old) {
  L275_ASSIGN_OR_RETURN(object_, OpenWith(maps, options));
  L275_RETURN_IF_ERROR(LoadLbObject(object_.get()));
  replaced_.reset(bpf_prog_get_fd_by_id(old.main_id()));
  if (!replaced_) return ErrnoStatus(errno, "opening the earlier program");
  replaced_mode_ = old.mode();
  return absl::OkStatus();
}

// libxdp replaces no program that is there without its dispatcher.
absl::Status XdpAttachment::Replace(const Maps& maps, const Options& options,
                                    const AttachedPrograms& old) {
  L275_RETURN_IF_ERROR(LoadToReplace(maps, options, old));
  LIBBPF_OPTS(bpf_xdp_attach_opts, attach, .old_prog_fd = replaced_.get());
  const int error =
      bpf_xdp_attach(static_cast<int>(ifindex_), program_fd(),
                     FlagOf(replaced_mode_) | XDP_FLAGS_REPLACE, &attach);
  if (error != 0) {
    return ErrnoStatus(-error,
                       absl::StrCat("replacing the program on ", interface_));
  }
  mode_ = replaced_mode_;
  attached_ = true;
  return absl::OkStatus();
}

// Where the other mode is for nothing, the new program takes the old one's
// place if that mode is allowed; if not, the old one comes back.
absl::Status XdpAttachment::ReplaceInOtherMode(const Maps& maps,
                                               const Options& options,
                                               const AttachedPrograms& old) {
  L275_RETURN_IF_ERROR(LoadToReplace(maps, options, old));
  L275_RETURN_IF_ERROR(
      DetachAlone(interface_, ifindex_, replaced_.get(), replaced_mode_));
  mode_ = OtherThan(replaced_mode_);
  absl::Status attached =
      AttachAlone(interface_, ifindex_, program_fd(), mode_);
  if (attached.ok()) {
    LOG(WARNING) << interface_ << " changed from " << ModeName(replaced_mode_)
                 << " to " << ModeName(mode_)
                 << " mode; it had no program in between";
    attached_ = true;
    return attached;
  }
  mode_ = replaced_mode_;
  const bool stays = Allows(options.mode, mode_);
  const absl::Status back = AttachAlone(
      interface_, ifindex_, stays ? program_fd() : replaced_.get(), mode_);
  if (!back.ok()) {
    return Annotate(attached, absl::StrCat("no program is on ", interface_,
                                           " any more: ", back.message()));
  }
  if (!stays) return attached;
  LOG(WARNING) << attached.message() << "; it stays in " << ModeName(mode_)
               << " mode, which is slower";
  attached_ = true;
  return absl::OkStatus();
}

absl::StatusOr<bool> XdpAttachment::IsAttached() const {
  L275_ASSIGN_OR_RETURN(const uint32_t id, IdOf(program_fd()));
  L275_ASSIGN_OR_RETURN(const AttachedPrograms programs,
                        AttachedPrograms::Of(interface_, ifindex_));
  return programs.Have(id);
}

absl::StatusOr<LbObjectPtr> XdpAttachment::OpenWith(const Maps& maps,
                                                    const Options& options) {
  L275_ASSIGN_OR_RETURN(LbObjectPtr object, OpenLbObject());
  object->rodata->decrement_ttl = options.decrement_ttl;
  object->rodata->tcp_idle_ticks = TicksOf(options.tcp_idle_timeout);
  object->rodata->flow_inserts_per_tick = options.flow_inserts_per_second;
  object->rodata->tell_flows = options.tell_flows;
  L275_RETURN_IF_ERROR(maps.ShareWith(object.get()));
  return object;
}

absl::Status XdpAttachment::FindOutHow() {
  L275_ASSIGN_OR_RETURN(const AttachedPrograms programs,
                        AttachedPrograms::Of(interface_, ifindex_));
  uses_dispatcher_ = programs.dispatcher();
  LOG(INFO) << (replaced_ ? "took over on " : "attached to ") << interface_
            << " in " << ModeName(mode_) << " mode, "
            << (uses_dispatcher_ ? "behind libxdp's dispatcher"
                                 : "as its only program");
  return absl::OkStatus();
}

int XdpAttachment::program_fd() const {
  return program_ == nullptr ? bpf_program__fd(object_->progs.l275_lb)
                             : xdp_program__fd(program_.get());
}

}  // namespace l275
