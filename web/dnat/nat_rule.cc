#include "web/dnat/nat_rule.h"

#include <net/if.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

using Words = std::vector<absl::string_view>;

struct LocalAddress {
  Ipv4Address address;
  uint16_t port = 0;  // 0: none was given
};

template <typename... Parts>
absl::Status Refuse(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::StatusOr<uint16_t> ParseLocalPort(absl::string_view text) {
  L275_ASSIGN_OR_RETURN(const uint16_t port, ParsePort(text));
  if (port == 0) return Refuse("port 0 cannot be listened on");
  return port;
}

absl::StatusOr<LocalAddress> ParseLocalAddress(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  LocalAddress local;
  L275_ASSIGN_OR_RETURN(local.address, ParseHostAddress(parts.first));
  if (parts.first.size() < text.size()) {
    L275_ASSIGN_OR_RETURN(local.port, ParseLocalPort(parts.second));
  }
  return local;
}

bool IsInterfaceCharacter(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("._-", std::string(1, c));
}

// Stricter than the kernel's dev_valid_name(): nothing that nftables takes for
// a pattern, a set or a quote.
absl::Status CheckInterface(absl::string_view name) {
  const bool good = !name.empty() && name.size() < IFNAMSIZ && name != "." &&
                    name != ".." &&
                    std::all_of(name.begin(), name.end(), IsInterfaceCharacter);
  if (good) return absl::OkStatus();
  return Refuse("interface \"", name, "\": expected 1 to ", IFNAMSIZ - 1,
                " letters, digits, '.', '_' or '-', like eth1");
}

absl::StatusOr<NatRule> ParseNatRule(absl::string_view service,
                                     absl::string_view local_text,
                                     absl::string_view interface) {
  NatRule rule;
  L275_ASSIGN_OR_RETURN(rule.service, ServiceAddress::Parse(service));
  const absl::StatusOr<LocalAddress> local = ParseLocalAddress(local_text);
  if (!local.ok()) {
    return Refuse("local address \"", local_text,
                  "\": ", local.status().message());
  }
  L275_RETURN_IF_ERROR(CheckInterface(interface));
  if (rule.service.port == 0 && local->port != 0) {
    return Refuse("local address \"", local_text, "\": service ", service,
                  " is on all ports, which cannot become one port");
  }
  if (rule.service.vip == local->address) {
    return Refuse("local address \"", local_text, "\" is the VIP of service ",
                  service, "; expected an address of this host's own");
  }
  rule.local = local->address;
  rule.local_port = local->port != 0 ? local->port : rule.service.port;
  rule.interface = std::string(interface);
  return rule;
}

absl::Status CheckCount(const Words& words, size_t services,
                        absl::string_view what) {
  if (words.size() == 1 || words.size() == services) return absl::OkStatus();
  return Refuse(services, " services but ", words.size(), " ", what,
                "; expected one for all or one for each");
}

absl::string_view ForService(const Words& words, size_t index) {
  return words.size() == 1 ? words[0] : words[index];
}

absl::Status CheckUnique(const std::vector<NatRule>& sorted) {
  const auto same = [](const NatRule& a, const NatRule& b) {
    return a.service == b.service;
  };
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end(), same);
  if (twin == sorted.end()) return absl::OkStatus();
  return Refuse("service ", twin->service.ToString(), " is given twice");
}

}  // namespace

std::string NatRule::LocalToString() const {
  if (local_port == 0) return local.ToString();
  return absl::StrCat(local.ToString(), ":", local_port);
}

std::string NatRule::ToString() const {
  const std::string limit = mss == 0 ? "" : absl::StrCat(", MSS ", mss);
  return absl::StrCat(service.ToString(), " on ", interface, " to ",
                      LocalToString(), limit);
}

bool ComesBefore(const ServiceAddress& a, const ServiceAddress& b) {
  const auto key = [](const ServiceAddress& service) {
    return std::make_tuple(service.vip, service.port == 0, service);
  };
  return key(a) < key(b);
}

absl::StatusOr<std::vector<NatRule>> ParseNatRules(absl::string_view services,
                                                   absl::string_view locals,
                                                   absl::string_view interfaces,
                                                   uint16_t mss) {
  const Words service_words = absl::StrSplit(services, ',');
  const Words local_words = absl::StrSplit(locals, ',');
  const Words interface_words = absl::StrSplit(interfaces, ',');
  L275_RETURN_IF_ERROR(
      CheckCount(local_words, service_words.size(), "local addresses"));
  L275_RETURN_IF_ERROR(
      CheckCount(interface_words, service_words.size(), "interfaces"));

  std::vector<NatRule> rules;
  for (size_t i = 0; i < service_words.size(); ++i) {
    L275_ASSIGN_OR_RETURN(
        NatRule rule, ParseNatRule(service_words[i], ForService(local_words, i),
                                   ForService(interface_words, i)));
    rule.mss = mss;
    rules.push_back(std::move(rule));
  }
  std::sort(rules.begin(), rules.end(), [](const NatRule& a, const NatRule& b) {
    return ComesBefore(a.service, b.service);
  });
  L275_RETURN_IF_ERROR(CheckUnique(rules));
  return rules;
}

}  // namespace l275
