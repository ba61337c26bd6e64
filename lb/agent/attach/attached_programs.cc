#include "lb/agent/attach/attached_programs.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

bool IsOurs(const xdp_program* program) {
  return program != nullptr &&
         std::string(xdp_program__name(program)) == kProgramName;
}

// Ours behind the dispatcher, but for the one with the id `except`; null when
// there is none.
xdp_program* FindOurs(const xdp_multiprog* programs, uint32_t except) {
  xdp_program* program = xdp_multiprog__next_prog(nullptr, programs);
  while (program != nullptr &&
         (!IsOurs(program) || xdp_program__id(program) == except)) {
    program = xdp_multiprog__next_prog(program, programs);
  }
  return program;
}

}  // namespace

absl::StatusOr<AttachedPrograms> AttachedPrograms::Of(
    const std::string& interface, uint32_t ifindex) {
  xdp_multiprog* programs =
      xdp_multiprog__get_from_ifindex(static_cast<int>(ifindex));
  const long error = libxdp_get_error(programs);
  if (error == 0) return AttachedPrograms(interface, ifindex, programs);
  if (error == -ENOENT) return AttachedPrograms(interface, ifindex, nullptr);
  return ErrnoStatus(
      static_cast<int>(-error),
      absl::StrCat("asking for the XDP programs on ", interface));
}

bool AttachedPrograms::dispatcher() const {
  return !empty() && !xdp_multiprog__is_legacy(programs_.get());
}

xdp_attach_mode AttachedPrograms::mode() const {
  return xdp_multiprog__attach_mode(programs_.get());
}

uint32_t AttachedPrograms::main_id() const {
  return xdp_program__id(xdp_multiprog__main_prog(programs_.get()));
}

bool AttachedPrograms::have_ours(uint32_t except) const {
  if (dispatcher()) return FindOurs(programs_.get(), except) != nullptr;
  return IsOurs(xdp_multiprog__main_prog(programs_.get())) &&
         main_id() != except;
}

bool AttachedPrograms::have_only_ours() const {
  if (!dispatcher()) return have_ours();
  xdp_program* program = xdp_multiprog__next_prog(nullptr, programs_.get());
  while (program != nullptr && IsOurs(program)) {
    program = xdp_multiprog__next_prog(program, programs_.get());
  }
  return program == nullptr;
}

bool AttachedPrograms::Have(uint32_t program_id) const {
  if (empty()) return false;
  if (!dispatcher()) return main_id() == program_id;
  xdp_program* program = xdp_multiprog__next_prog(nullptr, programs_.get());
  while (program != nullptr && xdp_program__id(program) != program_id) {
    program = xdp_multiprog__next_prog(program, programs_.get());
  }
  return program != nullptr;
}

// ip(8) detaches a program in generic mode only when it is told the mode.
absl::Status AttachedPrograms::HeldByAnother() const {
  const xdp_program* program = xdp_multiprog__main_prog(programs_.get());
  return absl::FailedPreconditionError(
      absl::StrCat(interface_, " has another XDP program already: \"",
                   xdp_program__name(program), "\", id ", main_id(),
                   "; detach it first (ip link set dev ", interface_,
                   mode() == XDP_MODE_SKB ? " xdpgeneric" : " xdp", " off)"));
}

absl::Status AttachedPrograms::DetachOurs(uint32_t except) {
  while (!empty() && have_ours(except)) {
    const int error = dispatcher() ? xdp_program__detach(
                                         FindOurs(programs_.get(), except),
                                         static_cast<int>(ifindex_), mode(), 0)
                                   : xdp_multiprog__detach(programs_.get());
    if (error != 0) {
      return ErrnoStatus(
          -error,
          absl::StrCat("detaching the earlier program from ", interface_));
    }
    // The dispatcher is another one now, or none.
    L275_ASSIGN_OR_RETURN(*this, Of(interface_, ifindex_));
  }
  return absl::OkStatus();
}

}  // namespace l275
