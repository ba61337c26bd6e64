#include "lb/agent/views/warnings.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lb/agent/attach/gro.h"
#include "lb/agent/views/pmtu_view.h"
#include "lb/agent/views/vip_view.h"

namespace l275 {
namespace {

using Warnings = std::vector<control::Warning>;

constexpr size_t kManyMoves = 5;  // there and back twice, and once more
// Strays are looked at once a second.
constexpr std::chrono::seconds kStrayShownFor{5};

void Warn(std::string check, std::string subject, std::string text,
          Warnings& out) {
  control::Warning& warning = out.emplace_back();
  warning.set_check(std::move(check));
  warning.set_subject(std::move(subject));
  warning.set_text(std::move(text));
}

// In generic mode the program may get what GRO has merged: more than the MTU,
// which no interface sends by XDP.
void WarnOfGro(const XdpAttachment& attachment, Warnings& out) {
  if (attachment.native()) return;
  const std::string& interface = attachment.interface();
  const absl::StatusOr<bool> on = IsGroOn(interface);
  if (!on.ok() || !*on) return;
  Warn("gro", interface,
       absl::StrCat(interface,
                    ": generic XDP mode with GRO on loses frames "
                    "that were merged: ethtool -K ",
                    interface, " gro off"),
       out);
}

void WarnOfInterfaces(const AgentView& view, Warnings& out) {
  for (const std::string& interface : view.attachments.interfaces()) {
    const absl::Status attached = view.attachments.CheckAttached(interface);
    if (!attached.ok()) {
      Warn("attachment", interface, std::string(attached.message()), out);
      continue;
    }
    WarnOfGro(*view.attachments.Find(interface), out);
  }
}

// What keeps this host from being ready is a warning too: it is seen where no
// keepalived asks.
void WarnOfVipCoverage(const AgentView& view, Warnings& out) {
  for (VipCoverage& coverage : ViewVipCoverage(view)) {
    if (coverage.state == VipCoverage::State::kCovered) continue;
    Warn("vip_coverage", coverage.vip.ToString(), std::move(coverage.text),
         out);
  }
}

void WarnOfTables(const AgentView& view, Warnings& out) {
  if (!view.written.ok()) {
    Warn("tables", "", std::string(view.written.message()), out);
  }
  const absl::Status resynced =
      view.sync == nullptr ? absl::OkStatus() : view.sync->CheckResynced();
  if (!resynced.ok()) Warn("resync", "", std::string(resynced.message()), out);
}

void WarnOfHolders(const AgentView& view, Warnings& out) {
  for (const auto& [vip, fault] : view.vip_holders.faults()) {
    const bool split = fault.kind == VipHolders::Fault::Kind::kSplitBrain;
    Warn(split ? "split_brain" : "no_holder", vip.ToString(),
         fault.ToString(view.now), out);
  }
}

void WarnOfRoles(const AgentView& view, Warnings& out) {
  for (const auto& [address, vip] : view.vips.vips()) {
    const VipRole& role = vip.role;
    if (role.recent_moves.size() >= kManyMoves) {
      Warn("vip_moves", address.ToString(),
           absl::StrCat(address.ToString(), " came to this host or left it ",
                        role.recent_moves.size(),
                        " times in 10 min; keepalived's log says why"),
           out);
    }
    if (role.last_stray.has_value() &&
        view.now - *role.last_stray < kStrayShownFor) {
      Warn("strays", address.ToString(),
           absl::StrCat(
               "packets for ", address.ToString(),
               " come to this host, which does not hold it: ", role.strays,
               " so far; some neighbour has an old or "
               "forged ARP entry"),
           out);
    }
  }
}

void WarnOfServices(const AgentView& view, Warnings& out) {
  for (const auto& [address, service] : view.writer.services()) {
    const auto& backends = service.source.backends;
    const bool any = std::any_of(
        backends.begin(), backends.end(),
        [](const auto& backend) { return backend.second.weight > 0; });
    if (any) continue;
    Warn("no_backend", address.ToString(),
         absl::StrCat(address.ToString(), ": none of its ", backends.size(),
                      " backends gets new flows; see \"lbctl backend list\""),
         out);
  }
}

void WarnOfPanics(const AgentView& view, Warnings& out) {
  if (view.health == nullptr) return;
  for (const auto& [address, service] : view.health->monitor().services()) {
    if (service.panic().mode() != PanicWatch::Mode::kPanic) continue;
    Warn("panic", address.ToString(),
         absl::StrCat(address.ToString(), ": panic: only ", service.census().up,
                      " of ", service.census().total,
                      " backends are up, so silent ones get traffic too; look "
                      "at the health network"),
         out);
  }
}

void WarnOfReachability(const AgentView& view, Warnings& out) {
  std::set<Ipv4Address> left_out;
  for (const auto& [address, service] : view.reachability.services()) {
    left_out.insert(service.left_out.begin(), service.left_out.end());
    if (service.panic.mode() != PanicWatch::Mode::kPanic) continue;
    Warn(
        "reachability_panic", address.ToString(),
        absl::StrCat(address.ToString(), ": panic: only ", service.census.up,
                     " of ", service.census.total,
                     " backends are reachable, so unreachable ones get traffic "
                     "too; look at this host's network"),
        out);
  }
  for (const Ipv4Address backend : left_out) {
    Warn("unreachable", backend.ToString(),
         absl::StrCat("backend ", backend.ToString(),
                      " is unreachable, and gets no new flows: ",
                      view.next_hops.next_hops().at(backend).reason),
         out);
  }
}

void WarnOfDriverLosses(const AgentView& view, Warnings& out) {
  for (const auto& [name, interface] : view.driver_losses.lossy()) {
    Warn("driver_loss", name,
         absl::StrCat(name, ": the driver lost ", interface.lost, " of the ",
                      view.driver_losses.sent(),
                      " frames that XDP sent in the last ",
                      DriverLosses::kWindow.count(), " s (",
                      absl::StrJoin(interface.counters, ", "),
                      "); on a veth the peer needs an XDP program too"),
         out);
  }
}

void WarnOfState(const AgentView& view, Warnings& out) {
  if (view.state.saved().ok()) return;
  Warn("state", "",
       absl::StrCat("what lbctl changed is not saved, a restart forgets it: ",
                    view.state.saved().message()),
       out);
}

void WarnOfReload(const AgentView& view, Warnings& out) {
  if (!view.reload.errors.empty()) {
    Warn("reload", "",
         absl::StrCat("the last reload failed: ",
                      absl::StrJoin(view.reload.errors, "; ")),
         out);
  }
  const std::vector<std::string>& replaced = view.state.replaced();
  if (!replaced.empty()) {
    Warn("replaced", "",
         absl::StrCat("the services file, which is newer, replaced what was "
                      "changed at run time: ",
                      absl::StrJoin(replaced, "; ")),
         out);
  }
}

void WarnOfPathMtus(const AgentView& view, Warnings& out) {
  if (view.pmtu == nullptr) return;
  for (const auto& [address, errors] : view.pmtu->services()) {
    if (!IsRecent(errors, view.now)) continue;
    Warn("path_mtu", address.ToString(), DescribePmtuErrors(address, errors),
         out);
  }
}

}  // namespace

std::vector<control::Warning> ViewWarnings(const AgentView& view) {
  Warnings warnings;
  WarnOfInterfaces(view, warnings);
  WarnOfVipCoverage(view, warnings);
  WarnOfTables(view, warnings);
  WarnOfHolders(view, warnings);
  WarnOfRoles(view, warnings);
  WarnOfServices(view, warnings);
  WarnOfPanics(view, warnings);
  WarnOfReachability(view, warnings);
  WarnOfDriverLosses(view, warnings);
  WarnOfState(view, warnings);
  WarnOfReload(view, warnings);
  WarnOfPathMtus(view, warnings);
  return warnings;
}

}  // namespace l275
