#include "lb/agent/config/change.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/os/status_util.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

absl::Status NoSuchService(const ServiceAddress& address) {
  return absl::NotFoundError(
      absl::StrCat("there is no service ", address.ToString()));
}

absl::Status NoSuchBackend(Ipv4Address address, absl::string_view service) {
  return absl::NotFoundError(absl::StrCat(
      service.empty() ? "no service" : service, " has ",
      service.empty() ? "a" : "no", " backend ", address.ToString()));
}

absl::Status AddService(const control::Service& message, DesiredState& state) {
  L275_ASSIGN_OR_RETURN(auto service, ServiceFromProto(message));
  if (state.insert(service).second) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      "there is a service ", service.first.ToString(), " already"));
}

absl::Status RemoveService(const std::string& name, DesiredState& state) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress address,
                        ServiceAddress::Parse(name));
  if (state.erase(address) == 1) return absl::OkStatus();
  return NoSuchService(address);
}

// The service that is named; for an empty name the only one there is.
absl::StatusOr<DesiredState::iterator> FindService(const std::string& name,
                                                   DesiredState& state) {
  if (name.empty()) {
    if (state.size() == 1) return state.begin();
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", state.size(),
                     " services; name the one that gets the backend"));
  }
  L275_ASSIGN_OR_RETURN(const ServiceAddress address,
                        ServiceAddress::Parse(name));
  const auto service = state.find(address);
  if (service == state.end()) return NoSuchService(address);
  return service;
}

absl::Status AddBackend(const control::BackendChange& change,
                        DesiredState& state) {
  L275_ASSIGN_OR_RETURN(auto backend, BackendFromProto(change.backend()));
  L275_ASSIGN_OR_RETURN(auto service, FindService(change.service(), state));
  L275_RETURN_IF_ERROR(Annotate(CheckBackend(service->first, backend.first),
                                service->first.ToString()));
  if (service->second.backends.insert(backend).second) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(service->first.ToString(), " has a backend ",
                   backend.first.ToString(), " already"));
}

// Does `action` to the backend in the named service, or in every service that
// has it when `service_name` is empty.
absl::Status ForBackend(
    const std::string& service_name, const std::string& address_text,
    DesiredState& state,
    const std::function<void(DesiredService&, Ipv4Address)>& action) {
  L275_ASSIGN_OR_RETURN(const Ipv4Address address,
                        ParseHostAddress(address_text));
  if (!service_name.empty()) {
    L275_ASSIGN_OR_RETURN(auto service, FindService(service_name, state));
    if (service->second.backends.count(address) == 0) {
      return NoSuchBackend(address, service->first.ToString());
    }
    action(service->second, address);
    return absl::OkStatus();
  }
  bool found = false;
  for (auto& [service_address, service] : state) {
    if (service.backends.count(address) == 0) continue;
    found = true;
    action(service, address);
  }
  return found ? absl::OkStatus() : NoSuchBackend(address, "");
}

absl::Status RemoveBackend(const control::BackendRef& ref,
                           DesiredState& state) {
  return ForBackend(ref.service(), ref.address(), state,
                    [](DesiredService& service, Ipv4Address address) {
                      service.backends.erase(address);
                    });
}

// Ends a drain as well.
absl::Status SetDisabled(const control::BackendRef& ref, bool disabled,
                         DesiredState& state) {
  return ForBackend(ref.service(), ref.address(), state,
                    [disabled](DesiredService& service, Ipv4Address address) {
                      DesiredBackend& backend = service.backends.at(address);
                      backend.disabled = disabled;
                      backend.draining = false;
                      backend.drain_until = 0;
                    });
}

absl::Status Drain(const control::BackendDrain& drain, DesiredState& state) {
  return ForBackend(drain.service(), drain.address(), state,
                    [&](DesiredService& service, Ipv4Address address) {
                      DesiredBackend& backend = service.backends.at(address);
                      backend.draining = true;
                      backend.drain_until = drain.drain_until();
                    });
}

absl::Status SetWeight(const control::BackendWeight& change,
                       DesiredState& state) {
  if (change.weight() > kMaxWeight) {
    return absl::InvalidArgumentError(
        absl::StrCat("weight ", change.weight(),
                     " is out of range; expected 0 to ", kMaxWeight));
  }
  return ForBackend(change.service(), change.address(), state,
                    [&](DesiredService& service, Ipv4Address address) {
                      service.backends.at(address).weight = change.weight();
                    });
}

absl::Status ApplyInPlace(const control::Change& change, DesiredState& state) {
  switch (change.change_case()) {
    case control::Change::kAddService:
      return AddService(change.add_service(), state);
    case control::Change::kRemoveService:
      return RemoveService(change.remove_service(), state);
    case control::Change::kAddBackend:
      return AddBackend(change.add_backend(), state);
    case control::Change::kRemoveBackend:
      return RemoveBackend(change.remove_backend(), state);
    case control::Change::kEnableBackend:
      return SetDisabled(change.enable_backend(), false, state);
    case control::Change::kDisableBackend:
      return SetDisabled(change.disable_backend(), true, state);
    case control::Change::kSetWeight:
      return SetWeight(change.set_weight(), state);
    case control::Change::kDrainBackend:
      return Drain(change.drain_backend(), state);
    case control::Change::CHANGE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "the change is empty; expected one of add_service, remove_service, "
      "add_backend, remove_backend, enable_backend, disable_backend, "
      "set_weight, drain_backend");
}

std::string DrainText(const DesiredBackend& backend) {
  if (!backend.draining) return " no longer draining";
  if (backend.drain_until == 0) return " draining";
  return absl::StrCat(
      " draining until ",
      absl::FormatTime(
          absl::FromUnixSeconds(static_cast<int64_t>(backend.drain_until)),
          absl::LocalTimeZone()));
}

void DescribeBackend(const std::string& prefix, const DesiredBackend* before,
                     const DesiredBackend* after,
                     std::vector<std::string>& lines) {
  if (before == nullptr) {
    lines.push_back(absl::StrCat(prefix, " added, weight ", after->weight,
                                 after->disabled ? ", disabled" : "",
                                 after->draining ? ", draining" : ""));
    return;
  }
  if (after == nullptr) {
    lines.push_back(absl::StrCat(prefix, " removed"));
    return;
  }
  if (before->weight != after->weight) {
    lines.push_back(absl::StrCat(prefix, " weight ", before->weight, " -> ",
                                 after->weight));
  }
  if (before->disabled != after->disabled) {
    lines.push_back(
        absl::StrCat(prefix, after->disabled ? " disabled" : " enabled"));
  }
  if (before->draining != after->draining ||
      before->drain_until != after->drain_until) {
    lines.push_back(absl::StrCat(prefix, DrainText(*after)));
  }
}

// Calls `action(key, in_before, in_after)` for each key of either map, in
// order; the one that lacks the key gives nullptr.
template <typename Map, typename Action>
void ForEachOfBoth(const Map& before, const Map& after, const Action& action) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    const bool has_a =
        a != before.end() && (b == after.end() || !(b->first < a->first));
    const bool has_b =
        b != after.end() && (a == before.end() || !(a->first < b->first));
    action(has_a ? a->first : b->first, has_a ? &a->second : nullptr,
           has_b ? &b->second : nullptr);
    if (has_a) ++a;
    if (has_b) ++b;
  }
}

std::string TableSizeText(uint32_t table_size) {
  return table_size == 0 ? "default" : absl::StrCat(table_size);
}

}  // namespace

absl::StatusOr<DesiredState> ApplyChange(const DesiredState& state,
                                         const control::Change& change) {
  DesiredState after = state;
  L275_RETURN_IF_ERROR(ApplyInPlace(change, after));
  L275_RETURN_IF_ERROR(CheckBackends(after));
  return after;
}

std::vector<std::string> DescribeChanges(const DesiredState& before,
                                         const DesiredState& after) {
  static const DesiredService kNone;
  std::vector<std::string> lines;
  ForEachOfBoth(
      before, after,
      [&](const ServiceAddress& address, const DesiredService* old_service,
          const DesiredService* new_service) {
        const std::string name = address.ToString();
        if (new_service == nullptr) {
          lines.push_back(absl::StrCat(name, ": service removed"));
          return;
        }
        if (old_service == nullptr) {
          lines.push_back(absl::StrCat(name, ": service added"));
          old_service = &kNone;
        } else if (old_service->table_size != new_service->table_size) {
          lines.push_back(absl::StrCat(
              name, ": table size ", TableSizeText(old_service->table_size),
              " -> ", TableSizeText(new_service->table_size)));
        }
        ForEachOfBoth(
            old_service->backends, new_service->backends,
            [&](Ipv4Address backend, const DesiredBackend* old_backend,
                const DesiredBackend* new_backend) {
              DescribeBackend(
                  absl::StrCat(name, ": backend ", backend.ToString()),
                  old_backend, new_backend, lines);
            });
      });
  return lines;
}

}  // namespace l275
