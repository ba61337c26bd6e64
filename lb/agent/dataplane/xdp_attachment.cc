#include "lb/agent/dataplane/xdp_attachment.h"

#include <glog/logging.h>
#include <net/if.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"
#include "lb/agent/dataplane/tick.h"

namespace l275 {
namespace {

constexpr char kProgramName[] = "l275_lb";

struct MultiprogDeleter {
  void operator()(xdp_multiprog* programs) const {
    xdp_multiprog__close(programs);
  }
};
using MultiprogPtr = std::unique_ptr<xdp_multiprog, MultiprogDeleter>;

// What is attached to the interface; null for nothing.
absl::StatusOr<MultiprogPtr> AttachedTo(uint32_t ifindex) {
  xdp_multiprog* programs =
      xdp_multiprog__get_from_ifindex(static_cast<int>(ifindex));
  const long error = libxdp_get_error(programs);
  if (error == -ENOENT) return MultiprogPtr();
  if (error != 0) {
    return ErrnoStatus(static_cast<int>(-error),
                       "asking for attached XDP programs");
  }
  return MultiprogPtr(programs);
}

bool IsOurs(const xdp_program* program) {
  return program != nullptr &&
         std::string(xdp_program__name(program)) == kProgramName;
}

// Our program among those behind libxdp's dispatcher; null when it is not.
xdp_program* FindOurs(const xdp_multiprog* programs) {
  xdp_program* program = xdp_multiprog__next_prog(nullptr, programs);
  while (program != nullptr && !IsOurs(program)) {
    program = xdp_multiprog__next_prog(program, programs);
  }
  return program;
}

// ip(8) detaches a program in generic mode only when it is told the mode.
absl::Status HeldByAnother(const std::string& interface,
                           const xdp_multiprog* programs) {
  const xdp_program* program = xdp_multiprog__main_prog(programs);
  const bool generic = xdp_multiprog__attach_mode(programs) == XDP_MODE_SKB;
  return absl::FailedPreconditionError(absl::StrCat(
      interface, " has another XDP program already: \"",
      xdp_program__name(program), "\", id ", xdp_program__id(program),
      "; detach it first (ip link set dev ", interface,
      generic ? " xdpgeneric" : " xdp", " off)"));
}

const char* ModeName(xdp_attach_mode mode) {
  return mode == XDP_MODE_NATIVE ? "native" : "generic";
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
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  if (ifindex == 0) {
    return absl::NotFoundError(
        absl::StrCat("there is no interface \"", interface, "\""));
  }
  L275_ASSIGN_OR_RETURN(InterfaceLock lock, InterfaceLock::Create(interface));
  std::unique_ptr<XdpAttachment> attachment(
      new XdpAttachment(interface, ifindex, std::move(lock)));
  L275_RETURN_IF_ERROR(attachment->RemoveLeftover());
  L275_RETURN_IF_ERROR(attachment->Attach(maps, options));
  L275_RETURN_IF_ERROR(attachment->FindOutHow());
  return attachment;
}

XdpAttachment::XdpAttachment(std::string interface, uint32_t ifindex,
                             InterfaceLock lock)
    : interface_(std::move(interface)),
      ifindex_(ifindex),
      lock_(std::move(lock)) {}

XdpAttachment::~XdpAttachment() {
  if (!attached_) return;
  const int error =
      xdp_program__detach(program_.get(), static_cast<int>(ifindex_), mode_, 0);
  if (error == 0) {
    LOG(INFO) << "detached from " << interface_;
    return;
  }
  if (error == -ENODEV || error == -ENOENT) {
    LOG(WARNING) << "the program was gone from " << interface_ << " already";
    return;
  }
  LOG(ERROR) << ErrnoStatus(-error,
                            absl::StrCat("detaching from ", interface_));
}

absl::Status XdpAttachment::RemoveLeftover() {
  L275_ASSIGN_OR_RETURN(const MultiprogPtr programs, AttachedTo(ifindex_));
  if (programs == nullptr) return absl::OkStatus();
  int error = 0;
  if (xdp_multiprog__is_legacy(programs.get())) {
    if (!IsOurs(xdp_multiprog__main_prog(programs.get()))) {
      return HeldByAnother(interface_, programs.get());
    }
    error = xdp_multiprog__detach(programs.get());
  } else {
    xdp_program* program = FindOurs(programs.get());
    if (program == nullptr) return absl::OkStatus();
    error = xdp_program__detach(program, static_cast<int>(ifindex_),
                                xdp_multiprog__attach_mode(programs.get()), 0);
  }
  if (error != 0) {
    return ErrnoStatus(-error, absl::StrCat("detaching what an earlier agent "
                                            "left on ",
                                            interface_));
  }
  LOG(WARNING) << "detached the program that an earlier agent left on "
               << interface_;
  return absl::OkStatus();
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

absl::Status XdpAttachment::AttachInMode(const Maps& maps,
                                         const Options& options,
                                         xdp_attach_mode mode) {
  L275_RETURN_IF_ERROR(Load(maps, options));
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

absl::Status XdpAttachment::FindOutHow() {
  L275_ASSIGN_OR_RETURN(const MultiprogPtr programs, AttachedTo(ifindex_));
  uses_dispatcher_ =
      programs != nullptr && !xdp_multiprog__is_legacy(programs.get());
  LOG(INFO) << "attached to " << interface_ << " in " << ModeName(mode_)
            << " mode, "
            << (uses_dispatcher_ ? "behind libxdp's dispatcher"
                                 : "as its only program");
  return absl::OkStatus();
}

// Opens the object; xdp_program__attach() loads it, since only then it is known
// whether it becomes an extension of the dispatcher.
absl::Status XdpAttachment::Load(const Maps& maps, const Options& options) {
  program_.reset();
  object_.reset(lb__open());
  if (object_ == nullptr) return ErrnoStatus(errno, "lb__open()");
  object_->rodata->decrement_ttl = options.decrement_ttl;
  object_->rodata->tcp_idle_ticks = TicksOf(options.tcp_idle_timeout);
  object_->rodata->flow_inserts_per_tick = options.flow_inserts_per_second;
  L275_RETURN_IF_ERROR(maps.ShareWith(object_.get()));
  DECLARE_LIBXDP_OPTS(xdp_program_opts, program_options);
  program_options.obj = object_->obj;
  program_options.prog_name = kProgramName;
  xdp_program* program = xdp_program__create(&program_options);
  const long error = libxdp_get_error(program);
  if (error != 0) {
    return ErrnoStatus(static_cast<int>(-error), "xdp_program__create()");
  }
  program_.reset(program);
  return absl::OkStatus();
}

}  // namespace l275
