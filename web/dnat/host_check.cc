#include "web/dnat/host_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr int kStrict = 1;         // rp_filter
constexpr uint32_t kHeaders = 40;  // of IPv4 and TCP
constexpr uint32_t kUsualMtu = 1500;

class Findings {
 public:
  template <typename... Parts>
  void Lost(const Parts&... parts) {
    Add(true, absl::StrCat(parts...));
  }
  template <typename... Parts>
  void Warn(const Parts&... parts) {
    Add(false, absl::StrCat(parts...));
  }

  std::vector<HostFinding> Take() {
    std::stable_partition(
        findings_.begin(), findings_.end(),
        [](const HostFinding& finding) { return finding.loses_traffic; });
    return std::move(findings_);
  }

 private:
  void Add(bool loses_traffic, std::string text) {
    for (const HostFinding& known : findings_) {
      if (known.text == text) return;
    }
    findings_.push_back({loses_traffic, std::move(text)});
  }

  std::vector<HostFinding> findings_;
};

void CheckLocalAddress(const NatRule& rule, const HostView& host,
                       Findings* findings) {
  if (host.FindOwner(rule.local) != nullptr) return;
  findings->Lost(rule.local.ToString(), ": not an address of this host, so ",
                 rule.service.ToString(),
                 " is lost; name one of its own in --local");
}

void CheckListener(const NatRule& rule, const HostView& host,
                   Findings* findings) {
  if (rule.local_port == 0 || host.FindOwner(rule.local) == nullptr) return;
  for (const Listener& listener : host.listeners) {
    const bool at_address =
        listener.address == rule.local || listener.address == Ipv4Address();
    if (at_address && listener.port == rule.local_port) return;
  }
  findings->Lost(rule.LocalToString(), ": nobody listens there, so ",
                 rule.service.ToString(),
                 " is refused; start the service, or name its port in --local");
}

// A VIP on this host: other hosts' ARP requests for it get an answer, and the
// load balancers get nothing any more. arp_ignore of the interface that asks
// prevents that for an address that another interface has.
void CheckVip(const NatRule& rule, const HostView& host, Findings* findings) {
  const HostInterface* owner = host.FindOwner(rule.service.vip);
  if (owner == nullptr) return;
  const HostInterface* asked = host.FindInterface(rule.interface);
  const bool answers =
      owner == asked || asked == nullptr || asked->arp_ignore == 0;
  int prefix_length = 32;
  for (const InterfaceAddress& own : owner->addresses) {
    if (own.address == rule.service.vip) prefix_length = own.prefix_length;
  }
  const std::string vip = rule.service.vip.ToString();
  const std::string mend = absl::StrCat("ip address del ", vip, "/",
                                        prefix_length, " dev ", owner->name);
  if (answers) {
    findings->Lost("VIP ", vip, ": is on ", owner->name,
                   ", so this host takes all of its clients from the load "
                   "balancers; ",
                   mend);
  } else {
    findings->Warn("VIP ", vip, ": is on ", owner->name,
                   ", where dnat needs no such address; ", mend);
  }
}

void CheckInterface(const NatRule& rule, const HostView& host,
                    Findings* findings) {
  const HostInterface* interface = host.FindInterface(rule.interface);
  if (interface == nullptr) {
    findings->Lost(rule.interface, ": this host has no such interface, so ",
                   rule.service.ToString(),
                   " is not translated; name the one that its packets come in "
                   "on in --interface");
    return;
  }
  if (!interface->up) {
    findings->Lost(rule.interface, ": is down or has no carrier; ip link set ",
                   rule.interface, " up, or look at its cable");
  }
  if (rule.mss == 0 && interface->mtu > kUsualMtu) {
    findings->Warn(rule.interface, ": MTU ", interface->mtu,
                   " without --mss: large answers hang for clients behind a "
                   "smaller MTU; --mss=",
                   kUsualMtu - kHeaders);
  }
  if (rule.mss + kHeaders > interface->mtu && rule.mss != 0) {
    findings->Warn(rule.interface, ": MTU ", interface->mtu,
                   ": --mss=", rule.mss, " limits nothing there");
  }
}

void CheckRoute(const NatRule& rule, const HostView& host, Findings* findings) {
  const HostInterface* interface = host.FindInterface(rule.interface);
  if (interface == nullptr) return;
  const bool strict = interface->rp_filter == kStrict;
  if (!host.client.has_value()) {
    if (!strict) return;
    findings->Warn(
        rule.interface,
        ": rp_filter is 1 (strict): clients are dropped whose route "
        "leaves by another interface; --client=ADDRESS looks one up");
    return;
  }
  const std::string client = host.client->ToString();
  for (const ClientRoute& route : host.routes) {
    if (!(route.local == rule.local)) continue;
    if (route.interface.empty()) {
      findings->Lost("client ", client, ": no route from ",
                     rule.local.ToString(),
                     ", so it gets no answer; add one (ip route add)");
    } else if (route.interface != rule.interface && strict) {
      findings->Lost("client ", client, ": its route leaves by ",
                     route.interface, " and rp_filter of ", rule.interface,
                     " is 1 (strict), so its packets are dropped; sysctl -w "
                     "net.ipv4.conf.",
                     rule.interface, ".rp_filter=2");
    } else if (route.interface != rule.interface) {
      findings->Warn("client ", client, ": its answers leave by ",
                     route.interface,
                     ", where late answers are not dropped; "
                     "its packets come in on ",
                     rule.interface);
    }
  }
}

}  // namespace

std::vector<HostFinding> CheckHost(const std::vector<NatRule>& rules,
                                   const HostView& host) {
  Findings findings;
  for (const NatRule& rule : rules) {
    CheckVip(rule, host, &findings);
    CheckInterface(rule, host, &findings);
    CheckLocalAddress(rule, host, &findings);
    CheckListener(rule, host, &findings);
    CheckRoute(rule, host, &findings);
  }
  return findings.Take();
}

}  // namespace l275
