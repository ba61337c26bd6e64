#ifndef L275_LB_AGENT_ATTACH_ATTACHMENTS_H_
#define L275_LB_AGENT_ATTACH_ATTACHMENTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/net/mac_address.h"
#include "lb/agent/attach/xdp_attachment.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/maps/pin_folder.h"
#include "lb/agent/nexthop/link.h"

namespace l275 {

// The XDP program on the interfaces that it is to serve, and their links: they
// are attached together. Where the program is lost later, since the interface
// was deleted or somebody took the program away, it is attached again as soon
// as the interface is there and has no other program.
//
// Not thread-safe. `links` are all interfaces of the network namespace, by
// index.
class Attachments {
 public:
  using Links = std::map<uint32_t, Link>;

  Attachments(std::vector<std::string> interfaces,
              const XdpAttachment::Options& options)
      : interfaces_(std::move(interfaces)), options_(options) {}
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;

  // Whether the program can serve all interfaces: each exists, is Ethernet, and
  // has an entry of `ingress` of its own.
  absl::Status Check(const Links& links) const;

  // Attaches all, for as long as this object lives, or for good once Keep() was
  // called. `maps` and `pins` outlive it.
  absl::Status AttachAll(const Maps& maps, PinFolder* pins);

  // From here on the programs stay attached, with or without an agent; those of
  // other interfaces, which an earlier agent served, go.
  absl::Status Keep();

  // Notes which interfaces have lost the program. To be called when `links`
  // have changed.
  void DropGone(const Links& links);

  // Attaches what has come back, after `write_maps`: the maps have to know an
  // interface before its first packet. What fails is logged, once for each
  // reason; call again later.
  void AttachReturned(const Links& links,
                      absl::FunctionRef<absl::Status()> write_maps);

  // Unavailable, with the reason, while an interface is without the program.
  absl::Status CheckAttached() const;
  absl::Status CheckAttached(const std::string& interface) const;

  // Why the program could not be attached; empty when it is not known.
  std::string ErrorOf(const std::string& interface) const;

  // The MAC addresses of the interfaces, attached or about to be, by index.
  std::map<uint32_t, MacAddress> IngressMacs(const Links& links) const;

  const std::vector<std::string>& interfaces() const { return interfaces_; }
  // Null when it is not attached.
  const XdpAttachment* Find(const std::string& interface) const;

 private:
  absl::Status CheckOne(const std::string& interface, const Links& links) const;
  absl::Status Attach(const std::string& interface);
  absl::Status Return(const std::string& interface, const Links& links,
                      absl::FunctionRef<absl::Status()> write_maps);
  bool HasLost(const XdpAttachment& attachment, const Links& links);
  absl::Status Pin();
  void DetachOthers();

  const std::vector<std::string> interfaces_;
  const XdpAttachment::Options options_;
  const Maps* maps_ = nullptr;
  PinFolder* pins_ = nullptr;
  // By the interface's name; null for one that is missing.
  std::map<std::string, std::unique_ptr<XdpAttachment>> attachments_;
  std::map<std::string, std::string> errors_;  // why one is not attached
  // The ids of what was on an interface when the program was last seen there.
  std::map<std::string, uint32_t> seen_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_ATTACHMENTS_H_
