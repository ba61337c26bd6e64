#include "lb/agent/takeover/map_carrier.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <tuple>

#include "common/os/status_util.h"
#include "lb/agent/flows/flow_age.h"
#include "lb/agent/flows/flow_reader.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/slot_export.h"

namespace l275 {
namespace {

void Store(uint32_t& to, uint32_t word) {
  __atomic_store_n(&to, word, __ATOMIC_RELEASE);
}

}  // namespace

// Of the old flow table.
struct MapCarrier::Entry {
  l275_flow_key key;
  l275_flow flow;
  uint32_t mark;

  // Whether they say the same does not depend on when the flow was seen last.
  friend bool operator<(const Entry& a, const Entry& b) {
    const int order = std::memcmp(&a.key, &b.key, sizeof(a.key));
    if (order != 0) return order < 0;
    return std::tie(a.flow.slot, a.flow.backend, a.flow.generation, a.mark) <
           std::tie(b.flow.slot, b.flow.backend, b.flow.generation, b.mark);
  }
};

MapCarrier::MapCarrier(std::unique_ptr<Maps> from, WrittenMaps written,
                       const Maps& to, MapWriter* writer)
    : from_(std::move(from)),
      written_(std::move(written)),
      to_(to),
      writer_(*writer),
      importer_(&writer->maps(), &writer->tracker().slots()),
      counters_(*from_, to) {
  for (const Service& service : written_.services) {
    by_first_slot_.emplace(service.second.first_slot, &service);
  }
}

MapCarrier::~MapCarrier() {
  for (const auto& [slot, word] : changed_) Store(from_->slots()[slot], word);
}

absl::Status MapCarrier::CarryOver(uint32_t idle_ticks, TimePoint now) {
  idle_ticks_ = idle_ticks;
  for (const Service& service : written_.services) {
    L275_RETURN_IF_ERROR(CarryService(service, now));
  }
  L275_RETURN_IF_ERROR(CarryFlows(now));
  return counters_.Carry();
}

absl::Status MapCarrier::CarryRest(TimePoint now) {
  L275_RETURN_IF_ERROR(CarryFlows(now));
  return counters_.Carry();
}

absl::Status MapCarrier::CarryService(const Service& service, TimePoint now) {
  const auto& [address, from] = service;
  const auto found = writer_.services().find(address);
  if (found == writer_.services().end()) {
    report_.gone.Add(address, from.slot_count());
    return absl::OkStatus();
  }
  const WrittenService& to = found->second;
  counters_.AddService(from, to);
  if (from.slot_count() != to.slot_count()) {
    report_.other_size.Add(address, from.slot_count());
  } else if (from.hash_key != to.hash_key) {
    report_.other_hash.Add(address, from.slot_count());
  } else {
    return CarrySlots(service, to, ExportPlaces(*from_, from), now);
  }
  return absl::OkStatus();
}

absl::Status MapCarrier::CarrySlots(const Service& service,
                                    const WrittenService& to,
                                    absl::Span<const SlotPlace> places,
                                    TimePoint now) {
  const auto& [address, from] = service;
  const auto tracked =
      std::count_if(places.begin(), places.end(),
                    [](const SlotPlace& place) { return place.tracked; });
  if (tracked > 0) writer_.tracker().AssumeUsed({address});
  L275_ASSIGN_OR_RETURN(const uint32_t of_none,
                        writer_.tracker().Follow(address, places, now));
  ++report_.services;
  report_.slots += places.size();
  report_.tracked += static_cast<uint64_t>(tracked);
  report_.slots_of_none += of_none;
  SendNewFlows(from, to, places);
  return absl::OkStatus();
}

// To where flows without an entry go.
void MapCarrier::SendNewFlows(const WrittenService& service,
                              const WrittenService& to,
                              absl::Span<const SlotPlace> places) {
  for (uint32_t i = 0; i < places.size(); ++i) {
    const Ipv4Address backend = places[i].backend;
    if (!places[i].tracked || !CanGetNewFlows(service, to, backend)) continue;
    const uint32_t slot = service.first_slot + i;
    changed_.emplace_back(slot, from_->slots()[slot]);
    Store(from_->slots()[slot],
          SlotWord(service.backends.at(backend).id, /*tracked=*/true).value());
  }
}

// Whether it lives, and does not drain, in old and new maps.
bool MapCarrier::CanGetNewFlows(const WrittenService& service,
                                const WrittenService& to,
                                Ipv4Address backend) const {
  const auto here = service.backends.find(backend);
  const auto there = to.backends.find(backend);
  return here != service.backends.end() && there != to.backends.end() &&
         there->second.alive && !from_->IsDraining(here->second.id) &&
         !to_.IsDraining(there->second.id);
}

// What was recorded since the last time. An entry says where a flow is since
// before a packet of it could come to the new program.
absl::Status MapCarrier::CarryFlows(TimePoint now) {
  L275_ASSIGN_OR_RETURN(std::vector<Entry> entries, ReadFlows(TickOf(now)));
  std::sort(entries.begin(), entries.end());
  std::vector<Entry> since;
  std::set_difference(entries.begin(), entries.end(), carried_.begin(),
                      carried_.end(), std::back_inserter(since));
  carried_ = std::move(entries);
  return Import(since, now);
}

absl::StatusOr<std::vector<MapCarrier::Entry>> MapCarrier::ReadFlows(
    uint32_t tick) const {
  std::vector<Entry> entries;
  FlowReader reader(from_.get());
  FlowReader::Chunk chunk;
  for (bool more = true; more;) {
    L275_ASSIGN_OR_RETURN(more, reader.Read(chunk));
    for (size_t i = 0; i < chunk.keys.size(); ++i) {
      if (!Counts(chunk.flows[i], tick)) continue;
      entries.push_back(
          {chunk.keys[i], chunk.flows[i], MarkOfFlow(chunk.flows[i], tick)});
    }
  }
  return entries;
}

// Whether the old program would look at it.
bool MapCarrier::Counts(const l275_flow& flow, uint32_t tick) const {
  return from_->slot(flow.slot).tracked() &&
         IsLiveFlow(*from_, flow, idle_ticks_, tick);
}

absl::Status MapCarrier::Import(const std::vector<Entry>& entries,
                                TimePoint now) {
  std::map<ServiceAddress, std::vector<PortableFlow>> flows;
  for (const Entry& entry : entries) {
    const Service* const service = ServiceOf(entry.flow.slot);
    if (service == nullptr) continue;
    const int32_t age = AgeOfFlow(entry.flow, TickOf(now));
    flows[service->first].push_back(
        {entry.key,
         Ipv4Address::FromNetwork(
             from_->backends()[entry.flow.backend].address),
         static_cast<uint32_t>(std::max(age, 0)), entry.mark});
  }
  for (const auto& [address, of_service] : flows) {
    const auto here = writer_.services().find(address);
    if (here == writer_.services().end()) {
      report_.gone.entries += of_service.size();
      continue;
    }
    L275_ASSIGN_OR_RETURN(
        const FlowImporter::Result result,
        importer_.Import(here->second, of_service, FlowConflict::kTheirs,
                         idle_ticks_, TickOf(now)));
    report_.flows.Add(result);
  }
  return absl::OkStatus();
}

// Null: it is in no service's table.
const MapCarrier::Service* MapCarrier::ServiceOf(uint32_t slot) const {
  auto found = by_first_slot_.upper_bound(slot);
  if (found == by_first_slot_.begin()) return nullptr;
  const WrittenService& service = (--found)->second->second;
  return slot - service.first_slot < service.slot_count() ? found->second
                                                          : nullptr;
}

}  // namespace l275
