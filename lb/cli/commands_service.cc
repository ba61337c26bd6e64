#include "lb/cli/commands_service.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/control/backend_spec.h"
#include "common/control/json.h"
#include "common/net/service_address.h"
#include "common/os/status_util.h"
#include "lb/cli/backend_table.h"
#include "lb/cli/command_util.h"
#include "lb/cli/format.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

std::string ServiceTable(const control::ServiceStates& services) {
  TablePrinter table(std::vector<Column>{{"SERVICE"},
                                         {"TABLE_SIZE", Align::kRight},
                                         {"ACTIVE", Align::kRight},
                                         {"PACKETS", Align::kRight},
                                         {"BYTES", Align::kRight}});
  for (const control::ServiceState& service : services.service()) {
    table.AddRow({service.service(), absl::StrCat(service.table_size()),
                  ActiveText(service),
                  absl::StrCat(service.forwarded().packets()),
                  absl::StrCat(service.forwarded().bytes())});
  }
  return table.ToString();
}

std::string ServiceText(const control::ServiceState& service) {
  control::ServiceStates one;
  *one.add_service() = service;
  return absl::StrCat(
      LinesText({{"service", service.service()},
                 {"table size", absl::StrCat(service.table_size())},
                 {"active", absl::StrCat(ActiveText(service), " backends")},
                 {"forwarded", CounterText(service.forwarded())}}),
      "\n", BackendTable(one));
}

absl::Status AddBackends(const std::string& list, control::Service* service) {
  if (list.empty()) return absl::OkStatus();
  const absl::StatusOr<std::vector<BackendSpec>> specs = ParseBackendList(list);
  if (!specs.ok()) return Annotate(specs.status(), "--backends");
  for (const BackendSpec& spec : *specs) {
    control::Backend* backend = service->add_backend();
    backend->set_address(spec.address.ToString());
    backend->set_weight(spec.weight);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ServiceList(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::ServiceStates services,
                        invocation.agent.Services());
  return invocation.options.json ? ToPrettyJson(services)
                                 : ServiceTable(services);
}

absl::StatusOr<std::string> ServiceShow(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const std::string name,
                        ParseServiceName(invocation.arguments[0]));
  L275_ASSIGN_OR_RETURN(const control::ServiceStates services,
                        invocation.agent.Services());
  L275_ASSIGN_OR_RETURN(const control::ServiceState service,
                        FindService(services, name));
  return invocation.options.json ? ToPrettyJson(service) : ServiceText(service);
}

absl::StatusOr<std::string> ServiceAdd(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress address,
                        ServiceAddress::Parse(invocation.arguments[0]));
  control::Change change;
  control::Service* service = change.mutable_add_service();
  service->set_protocol(control::TCP);
  service->set_vip(address.vip.ToString());
  service->set_port(address.port);
  service->set_table_size(invocation.options.table_size);
  L275_RETURN_IF_ERROR(AddBackends(invocation.options.backends, service));
  return MakeChange(invocation, change);
}

absl::StatusOr<std::string> ServiceRemove(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const std::string name,
                        ParseServiceName(invocation.arguments[0]));
  control::Change change;
  change.set_remove_service(name);
  return MakeChange(invocation, change);
}

}  // namespace l275
