#include "lb/agent/config/desired_state_proto.h"

#include <netinet/in.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/table/prime.h"

namespace l275 {
namespace {

// Puts the place of the service, or of its backend, before an error's message.
using Locate = std::function<absl::Status(const absl::Status&)>;
using LocateBackend = std::function<absl::Status(int, const absl::Status&)>;

absl::Status Nowhere(const absl::Status& status) { return status; }
absl::Status BackendNowhere(int, const absl::Status& status) { return status; }

absl::StatusOr<uint16_t> PortOf(const control::Service& service) {
  if (!service.has_port()) {
    return absl::InvalidArgumentError(
        absl::StrCat("service with VIP ", service.vip(),
                     " has no port; expected 1 to 65535, or 0 for all ports"));
  }
  if (service.port() > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("service with VIP ", service.vip(), ": port ",
                     service.port(), " is out of range; expected 0 to 65535"));
  }
  return static_cast<uint16_t>(service.port());
}

// The schema's enum is open: text and JSON can give it any number.
absl::StatusOr<uint8_t> ProtocolOf(const control::Service& service) {
  if (service.protocol() == control::TCP ||
      service.protocol() == control::PROTOCOL_UNSPECIFIED) {
    return IPPROTO_TCP;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "service with VIP ", service.vip(), ": protocol ",
      static_cast<int>(service.protocol()), " is unknown; expected TCP"));
}

absl::StatusOr<ServiceAddress> AddressOfService(
    const control::Service& service) {
  ServiceAddress address;
  L275_ASSIGN_OR_RETURN(address.vip, ParseHostAddress(service.vip()));
  L275_ASSIGN_OR_RETURN(address.protocol, ProtocolOf(service));
  L275_ASSIGN_OR_RETURN(address.port, PortOf(service));
  return address;
}

absl::Status AddBackend(const control::Backend& message,
                        const ServiceAddress& address,
                        DesiredService& service) {
  L275_ASSIGN_OR_RETURN(const auto backend, BackendFromProto(message));
  L275_RETURN_IF_ERROR(CheckBackend(address, backend.first));
  if (service.backends.insert(backend).second) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("backend ", backend.first.ToString(), " appears twice"));
}

absl::StatusOr<std::pair<ServiceAddress, DesiredService>> ServiceAtFromProto(
    const control::Service& message, const Locate& at,
    const LocateBackend& at_backend) {
  absl::StatusOr<ServiceAddress> address = AddressOfService(message);
  if (!address.ok()) return at(address.status());
  const std::string name = address->ToString();

  DesiredService service;
  service.table_size = message.table_size();
  if (service.table_size != 0) {
    const absl::Status size = CheckTableSize(service.table_size);
    if (!size.ok()) return at(Annotate(size, name));
  }
  for (int i = 0; i < message.backend_size(); ++i) {
    const absl::Status added =
        AddBackend(message.backend(i), *address, service);
    if (!added.ok()) return at_backend(i, Annotate(added, name));
  }
  return std::make_pair(*address, std::move(service));
}

// Adds service `i` of the message.
absl::Status AddService(const control::Services& services, int i,
                        const Locate& at, const LocateBackend& at_backend,
                        DesiredState& state) {
  L275_ASSIGN_OR_RETURN(
      auto service, ServiceAtFromProto(services.service(i), at, at_backend));
  const std::string name = service.first.ToString();
  if (state.insert(std::move(service)).second) return absl::OkStatus();
  return at(absl::InvalidArgumentError(
      absl::StrCat("service ", name, " appears twice")));
}

// Where the backend stands in the text, all of which is known to be valid.
std::string LocationOf(const VipBackend& backend, const ServicesText& text) {
  for (int i = 0; i < text.services.service_size(); ++i) {
    const control::Service& service = text.services.service(i);
    if (*AddressOfService(service) != backend.service) continue;
    for (int j = 0; j < service.backend_size(); ++j) {
      if (*ParseHostAddress(service.backend(j).address()) == backend.backend) {
        return text.BackendLocation(i, j);
      }
    }
  }
  return text.file_name;
}

}  // namespace

absl::StatusOr<std::pair<Ipv4Address, DesiredBackend>> BackendFromProto(
    const control::Backend& message) {
  L275_ASSIGN_OR_RETURN(const Ipv4Address address,
                        ParseHostAddress(message.address()));
  DesiredBackend backend;
  if (message.has_weight()) backend.weight = message.weight();
  if (backend.weight > kMaxWeight) {
    return absl::InvalidArgumentError(absl::StrCat(
        "backend ", address.ToString(), ": weight ", backend.weight,
        " is out of range; expected 0 to ", kMaxWeight));
  }
  backend.disabled = message.disabled();
  backend.draining = message.draining();
  backend.drain_until = message.drain_until();
  if (backend.drain_until != 0 && !backend.draining) {
    return absl::InvalidArgumentError(
        absl::StrCat("backend ", address.ToString(),
                     ": drain_until without draining: true"));
  }
  return std::make_pair(address, backend);
}

absl::StatusOr<std::pair<ServiceAddress, DesiredService>> ServiceFromProto(
    const control::Service& message) {
  return ServiceAtFromProto(message, Nowhere, BackendNowhere);
}

absl::StatusOr<DesiredState> DesiredStateFromProto(
    const control::Services& services) {
  L275_ASSIGN_OR_RETURN(DesiredState state, DesiredStateFromAgent(services));
  L275_RETURN_IF_ERROR(CheckBackends(state));
  return state;
}

absl::StatusOr<DesiredState> DesiredStateFromAgent(
    const control::Services& services) {
  DesiredState state;
  for (int i = 0; i < services.service_size(); ++i) {
    L275_RETURN_IF_ERROR(
        AddService(services, i, Nowhere, BackendNowhere, state));
  }
  return state;
}

absl::StatusOr<DesiredState> DesiredStateFromText(const ServicesText& text) {
  DesiredState state;
  for (int i = 0; i < text.services.service_size(); ++i) {
    const auto at = [&](const absl::Status& status) {
      return Annotate(status, text.ServiceLocation(i));
    };
    const auto at_backend = [&](int j, const absl::Status& status) {
      return Annotate(status, text.BackendLocation(i, j));
    };
    L275_RETURN_IF_ERROR(AddService(text.services, i, at, at_backend, state));
  }
  const std::vector<VipBackend> vips = FindVipBackends(state);
  if (vips.empty()) return state;
  return absl::InvalidArgumentError(
      absl::StrCat(LocationOf(vips.front(), text), ": ", vips.front().why));
}

control::Services DesiredStateToProto(const DesiredState& state) {
  control::Services services;
  for (const auto& [address, service] : state) {
    control::Service* message = services.add_service();
    message->set_protocol(control::TCP);
    message->set_vip(address.vip.ToString());
    message->set_port(address.port);
    message->set_table_size(service.table_size);
    for (const auto& [backend_address, backend] : service.backends) {
      control::Backend* backend_message = message->add_backend();
      backend_message->set_address(backend_address.ToString());
      backend_message->set_weight(backend.weight);
      backend_message->set_disabled(backend.disabled);
      backend_message->set_draining(backend.draining);
      backend_message->set_drain_until(backend.drain_until);
    }
  }
  return services;
}

}  // namespace l275
