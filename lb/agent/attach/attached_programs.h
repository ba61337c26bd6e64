#ifndef L275_LB_AGENT_ATTACH_ATTACHED_PROGRAMS_H_
#define L275_LB_AGENT_ATTACH_ATTACHED_PROGRAMS_H_

#include <xdp/libxdp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace l275 {

// The name of the load balancer's XDP program, by which it is known again.
inline constexpr char kProgramName[] = "l275_lb";

// What is attached to an interface: nothing, one program alone, or those behind
// libxdp's dispatcher.
class AttachedPrograms {
 public:
  static absl::StatusOr<AttachedPrograms> Of(const std::string& interface,
                                             uint32_t ifindex);

  bool empty() const { return programs_ == nullptr; }
  bool dispatcher() const;
  // Not empty, for these:
  xdp_attach_mode mode() const;
  // Of the program that is alone, or of the dispatcher.
  uint32_t main_id() const;
  // Whether the load balancer's is among them, but for the one with the id
  // `except`.
  bool have_ours(uint32_t except = 0) const;
  // Whether no program but the load balancer's are there.
  bool have_only_ours() const;
  // Whether the program with this id is among them.
  bool Have(uint32_t program_id) const;
  // FailedPrecondition, which says how to get rid of the program that is
  // there.
  absl::Status HeldByAnother() const;

  // Takes all of the load balancer's programs away, but for the one with the id
  // `except`: agents that were killed may have left several.
  absl::Status DetachOurs(uint32_t except = 0);

 private:
  struct Deleter {
    void operator()(xdp_multiprog* programs) const {
      xdp_multiprog__close(programs);
    }
  };

  AttachedPrograms(std::string interface, uint32_t ifindex,
                   xdp_multiprog* programs)
      : interface_(std::move(interface)),
        ifindex_(ifindex),
        programs_(programs) {}

  std::string interface_;
  uint32_t ifindex_;
  std::unique_ptr<xdp_multiprog, Deleter> programs_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_ATTACHED_PROGRAMS_H_
