#include "lb/agent/attach/attachments.h"

#include <glog/logging.h>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

const Link* FindLink(const Attachments::Links& links, const std::string& name) {
  for (const auto& [ifindex, link] : links) {
    if (link.name == name) return &link;
  }
  return nullptr;
}

}  // namespace

absl::Status Attachments::Check(const Links& links) const {
  for (const std::string& interface : interfaces_) {
    L275_RETURN_IF_ERROR(CheckOne(interface, links));
  }
  return absl::OkStatus();
}

absl::Status Attachments::CheckOne(const std::string& interface,
                                   const Links& links) const {
  const Link* const link = FindLink(links, interface);
  if (link == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("there is no interface \"", interface, "\""));
  }
  if (!link->ethernet) {
    return absl::InvalidArgumentError(
        absl::StrCat("interface \"", interface, "\" is no Ethernet interface"));
  }
  for (const std::string& name : interfaces_) {
    const Link* const other = FindLink(links, name);
    if (name == interface || other == nullptr) continue;
    if (other->ifindex % L275_INGRESS_ENTRIES ==
        link->ifindex % L275_INGRESS_ENTRIES) {
      return absl::FailedPreconditionError(absl::StrCat(
          interface, " and ", name, " cannot be served together: their ",
          "interface indexes are equal modulo ", L275_INGRESS_ENTRIES));
    }
  }
  return absl::OkStatus();
}

absl::Status Attachments::AttachAll(const Maps& maps, PinFolder* pins) {
  maps_ = &maps;
  pins_ = pins;
  for (const std::string& interface : interfaces_) {
    L275_RETURN_IF_ERROR(Attach(interface));
  }
  return absl::OkStatus();
}

absl::Status Attachments::Attach(const std::string& interface) {
  L275_ASSIGN_OR_RETURN(attachments_[interface],
                        XdpAttachment::Create(*maps_, interface, options_));
  return absl::OkStatus();
}

absl::Status Attachments::Keep() {
  L275_RETURN_IF_ERROR(Pin());
  for (const auto& [interface, attachment] : attachments_) attachment->Keep();
  DetachOthers();
  return absl::OkStatus();
}

absl::Status Attachments::Pin() {
  for (const auto& [interface, attachment] : attachments_) {
    if (attachment == nullptr) continue;
    L275_RETURN_IF_ERROR(
        pins_->StageProgram(interface, attachment->program_fd()));
  }
  return pins_->Commit();
}

void Attachments::DetachOthers() {
  for (const std::string& interface : pins_->Interfaces()) {
    if (attachments_.count(interface) > 0) continue;
    absl::Status detached = XdpAttachment::Detach(interface);
    if (detached.ok()) {
      LOG(WARNING) << "detached from "
                   << interface << ", which --interface does not name any more";
    }
    if (detached.ok() || absl::IsNotFound(detached)) {
      detached = pins_->RemoveProgram(interface);
    }
    if (!detached.ok()) LOG(ERROR) << interface << ": " << detached.message();
  }
}

void Attachments::DropGone(const Links& links) {
  for (auto& [interface, attachment] : attachments_) {
    if (attachment == nullptr || !HasLost(*attachment, links)) continue;
    attachment.reset();
    seen_.erase(interface);
    errors_.erase(interface);
  }
}

// Another id on the interface may also be that of a dispatcher which was made
// for one program more. `links` may be older than the attachment.
bool Attachments::HasLost(const XdpAttachment& attachment, const Links& links) {
  const std::string& interface = attachment.interface();
  const auto link = links.find(attachment.ifindex());
  if (link == links.end()) {
    LOG(ERROR) << "interface " << interface << " is gone";
    return true;
  }
  const auto seen = seen_.find(interface);
  const uint32_t id = link->second.xdp_program;
  if (id != 0 && seen != seen_.end() && seen->second == id) return false;
  const absl::StatusOr<bool> attached = attachment.IsAttached();
  if (!attached.ok()) {
    LOG(ERROR) << attached.status().message();
    return false;
  }
  if (*attached) {
    seen_[interface] = id;
    return false;
  }
  LOG(ERROR) << "somebody took the program away from " << interface;
  return true;
}

void Attachments::AttachReturned(const Links& links,
                                 absl::FunctionRef<absl::Status()> write_maps) {
  for (const auto& [interface, attachment] : attachments_) {
    if (attachment != nullptr || FindLink(links, interface) == nullptr) {
      continue;
    }
    const absl::Status returned = Return(interface, links, write_maps);
    std::string why(returned.message());
    std::string& error = errors_[interface];
    if (!returned.ok() && why != error) {
      LOG(ERROR) << interface << ": " << why << "; tried again every second";
    }
    error = std::move(why);
  }
}

absl::Status Attachments::Return(const std::string& interface,
                                 const Links& links,
                                 absl::FunctionRef<absl::Status()> write_maps) {
  L275_RETURN_IF_ERROR(CheckOne(interface, links));
  L275_RETURN_IF_ERROR(write_maps());
  L275_RETURN_IF_ERROR(Attach(interface));
  attachments_.at(interface)->Keep();
  const absl::Status pinned = Pin();
  if (!pinned.ok()) LOG(ERROR) << interface << ": " << pinned.message();
  return absl::OkStatus();
}

absl::Status Attachments::CheckAttached() const {
  for (const std::string& interface : interfaces_) {
    L275_RETURN_IF_ERROR(CheckAttached(interface));
  }
  return absl::OkStatus();
}

absl::Status Attachments::CheckAttached(const std::string& interface) const {
  if (Find(interface) != nullptr) return absl::OkStatus();
  const std::string error = ErrorOf(interface);
  return absl::UnavailableError(absl::StrCat("the program is not attached to ",
                                             interface,
                                             error.empty() ? "" : ": ", error));
}

std::string Attachments::ErrorOf(const std::string& interface) const {
  const auto error = errors_.find(interface);
  return error == errors_.end() ? "" : error->second;
}

// By name before they are attached: the program must know all when it starts.
// By index from then on: an attached interface may get another name.
std::map<uint32_t, MacAddress> Attachments::IngressMacs(
    const Links& links) const {
  std::map<uint32_t, MacAddress> macs;
  for (const std::string& interface : interfaces_) {
    const XdpAttachment* const attachment = Find(interface);
    if (attachment == nullptr) {
      const Link* const link = FindLink(links, interface);
      if (link != nullptr) macs[link->ifindex] = link->mac;
      continue;
    }
    const auto link = links.find(attachment->ifindex());
    if (link != links.end()) macs[link->first] = link->second.mac;
  }
  return macs;
}

const XdpAttachment* Attachments::Find(const std::string& interface) const {
  const auto found = attachments_.find(interface);
  return found == attachments_.end() ? nullptr : found->second.get();
}

}  // namespace l275
