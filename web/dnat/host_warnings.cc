#include "web/dnat/host_warnings.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>
#include <set>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

struct FreeIfaddrs {
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

// Empty as well when the host cannot be asked.
std::set<Ipv4Address> HostAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeIfaddrs> owner(list);
  std::set<Ipv4Address> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const sockaddr* address = entry->ifa_addr;
    if (address == nullptr || address->sa_family != AF_INET) continue;
    const auto* inet = reinterpret_cast<const sockaddr_in*>(address);
    addresses.insert(Ipv4Address::FromNetwork(inet->sin_addr.s_addr));
  }
  return addresses;
}

}  // namespace

std::vector<std::string> HostWarnings(const std::vector<NatRule>& rules) {
  const std::set<Ipv4Address> addresses = HostAddresses();
  std::set<std::string> warnings;
  for (const NatRule& rule : rules) {
    if (if_nametoindex(rule.interface.c_str()) == 0) {
      warnings.insert(
          absl::StrCat("this host has no interface ", rule.interface, " now"));
    }
    if (addresses.count(rule.local) == 0) {
      warnings.insert(absl::StrCat("this host does not have the address ",
                                   rule.local.ToString(), " now"));
    }
  }
  return {warnings.begin(), warnings.end()};
}

}  // namespace l275
