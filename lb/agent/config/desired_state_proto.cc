#include "lb/agent/config/desired_state_proto.h"

#include <netinet/in.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"
#include "lb/agent/table/prime.h"

namespace l275 {
namespace {

// Where the things of one services file stand, for messages.
struct Locations {
  std::function<std::string(int service)> service;
  std::function<std::string(int service, int backend)> backend;
};

absl::Status At(const std::string& location, const absl::Status& status) {
  return location.empty() ? status : Annotate(status, location);
}

absl::StatusOr<ServiceAddress> AddressOfService(
    const control::Service& service) {
  ServiceAddress address;
  address.protocol = IPPROTO_TCP;
  L275_ASSIGN_OR_RETURN(address.vip, ParseHostAddress(service.vip()));
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
  address.port = static_cast<uint16_t>(service.port());
  return address;
}

absl::StatusOr<std::pair<ServiceAddress, DesiredService>> ServiceAtFromProto(
    const control::Service& message, const std::string& location,
    const std::function<std::string(int)>& backend_location) {
  absl::StatusOr<ServiceAddress> address = AddressOfService(message);
  if (!address.ok()) return At(location, address.status());
  const std::string name = address->ToString();

  DesiredService service;
  service.table_size = message.table_size();
  if (service.table_size != 0) {
    L275_RETURN_IF_ERROR(
        At(location, Annotate(CheckTableSize(service.table_size), name)));
  }
  for (int i = 0; i < message.backend_size(); ++i) {
    absl::StatusOr<std::pair<Ipv4Address, DesiredBackend>> backend =
        BackendFromProto(message.backend(i));
    if (!backend.ok()) {
      return At(backend_location(i), Annotate(backend.status(), name));
    }
    if (!service.backends.insert(*backend).second) {
      return At(backend_location(i),
                absl::InvalidArgumentError(
                    absl::StrCat(name, ": backend ", backend->first.ToString(),
                                 " appears twice")));
    }
  }
  return std::make_pair(*address, std::move(service));
}

absl::StatusOr<DesiredState> DesiredStateAtFromProto(
    const control::Services& services, const Locations& at) {
  DesiredState state;
  for (int i = 0; i < services.service_size(); ++i) {
    L275_ASSIGN_OR_RETURN(
        auto service,
        ServiceAtFromProto(services.service(i), at.service(i),
                           [&](int j) { return at.backend(i, j); }));
    if (!state.insert(service).second) {
      return At(at.service(i),
                absl::InvalidArgumentError(absl::StrCat(
                    "service ", service.first.ToString(), " appears twice")));
    }
  }
  return state;
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
  return std::make_pair(address, backend);
}

absl::StatusOr<std::pair<ServiceAddress, DesiredService>> ServiceFromProto(
    const control::Service& message) {
  return ServiceAtFromProto(message, "", [](int) { return std::string(); });
}

absl::StatusOr<DesiredState> DesiredStateFromProto(
    const control::Services& services) {
  return DesiredStateAtFromProto(services,
                                 {[](int) { return std::string(); },
                                  [](int, int) { return std::string(); }});
}

absl::StatusOr<DesiredState> DesiredStateFromText(const ServicesText& text) {
  return DesiredStateAtFromProto(
      text.services,
      {[&](int i) { return text.ServiceLocation(i); },
       [&](int i, int j) { return text.BackendLocation(i, j); }});
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
    }
  }
  return services;
}

}  // namespace l275
