#include "lb/agent/maps/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/lb_object.h"
#include "lb/agent/maps/pinned_map.h"

namespace l275 {
namespace {

// The counters of verdicts had room for 17 of them.
constexpr char kEarlierVerdicts[] = "verdict_counters";

uint32_t SlotLines(const MapSizes& sizes) {
  return (sizes.slots + L275_SLOTS_PER_LINE - 1) / L275_SLOTS_PER_LINE;
}

// A power of two, twice as many entries as services at the least.
uint32_t ServiceBuckets(const MapSizes& sizes) {
  uint32_t buckets = 16;
  while (buckets * L275_BUCKET_ENTRIES < 2 * sizes.services) buckets *= 2;
  return buckets;
}

// As many again as are in use may rest, and some more: tables may get another
// size many times in a row.
uint32_t ServiceRecords(const MapSizes& sizes) {
  return 2 * sizes.services + 1024;
}

absl::Status SetSize(bpf_map* map, uint32_t entries) {
  const int error = bpf_map__set_max_entries(map, entries);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(
      -error, absl::StrCat("bpf_map__set_max_entries(", bpf_map__name(map),
                           ", ", entries, ")"));
}

// Index 0 means none, so that arrays of n things have n + 1 elements. There are
// never more next hops in use than backends; as many again may rest.
absl::Status SetSizes(const MapSizes& sizes, lb* object) {
  L275_RETURN_IF_ERROR(
      SetSize(object->maps.service_buckets, ServiceBuckets(sizes)));
  L275_RETURN_IF_ERROR(SetSize(object->maps.services, ServiceRecords(sizes)));
  L275_RETURN_IF_ERROR(SetSize(object->maps.vips, sizes.services));
  L275_RETURN_IF_ERROR(SetSize(object->maps.slots, SlotLines(sizes)));
  L275_RETURN_IF_ERROR(SetSize(object->maps.priors, SlotLines(sizes)));
  L275_RETURN_IF_ERROR(SetSize(object->maps.flows, sizes.flows));
  L275_RETURN_IF_ERROR(SetSize(object->maps.backends, sizes.backends + 1));
  L275_RETURN_IF_ERROR(SetSize(object->maps.next_hops, 2 * sizes.backends + 1));
  L275_RETURN_IF_ERROR(
      SetSize(object->maps.service_counters, sizes.services + 1));
  return SetSize(object->maps.backend_counters, sizes.backends + 1);
}

absl::Status CheckLayout(const bpf_map* map, size_t key_size,
                         size_t value_size) {
  if (bpf_map__key_size(map) == key_size &&
      bpf_map__value_size(map) == value_size) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(
      "map ", bpf_map__name(map), " has keys of ", bpf_map__key_size(map),
      " and values of ", bpf_map__value_size(map), " bytes; the layout says ",
      key_size, " and ", value_size));
}

absl::Status CheckLayouts(const lb* object) {
  constexpr size_t kIndex = sizeof(uint32_t);
  const auto& maps = object->maps;
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.service_buckets, kIndex, sizeof(l275_service_bucket)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.services, kIndex, sizeof(l275_service)));
  L275_RETURN_IF_ERROR(CheckLayout(maps.slots, kIndex, sizeof(l275_slot_line)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.priors, kIndex, sizeof(l275_slot_line)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.flows, sizeof(l275_flow_key), sizeof(l275_flow)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.backends, kIndex, sizeof(l275_backend)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.next_hops, kIndex, sizeof(l275_next_hop)));
  L275_RETURN_IF_ERROR(CheckLayout(maps.ingress, kIndex, sizeof(l275_ingress)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.virtual_routers, kIndex, sizeof(l275_virtual_routers)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.vips, sizeof(uint32_t), sizeof(uint32_t)));
  L275_RETURN_IF_ERROR(
      CheckLayout(maps.answer_budget, kIndex, sizeof(l275_answer_budget)));
  for (const bpf_map* counters :
       {maps.verdicts, maps.service_counters, maps.backend_counters}) {
    L275_RETURN_IF_ERROR(CheckLayout(counters, kIndex, sizeof(l275_counter)));
  }
  return absl::OkStatus();
}

absl::Status WriteLayout(const MapSizes& sizes, const lb* object) {
  l275_layout layout = {};
  layout.version = L275_LAYOUT_VERSION;
  layout.services = sizes.services;
  layout.backends = sizes.backends;
  layout.slots = sizes.slots;
  layout.flows = sizes.flows;
  layout.alive_ns = BootTimeNs();
  const uint32_t zero = 0;
  if (bpf_map_update_elem(bpf_map__fd(object->maps.layout), &zero, &layout,
                          BPF_ANY) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "writing the layout of the maps");
}

absl::Status CreateInKernel(lb* object) {
  bpf_program__set_autoload(object->progs.l275_lb, false);
  const int error = lb__load(object);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(-error, "creating the BPF maps");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Maps>> Maps::Create(const MapSizes& sizes) {
  L275_ASSIGN_OR_RETURN(LbObjectPtr object, OpenLbObject());
  L275_RETURN_IF_ERROR(SetSizes(sizes, object.get()));
  L275_RETURN_IF_ERROR(CheckLayouts(object.get()));
  L275_RETURN_IF_ERROR(CreateInKernel(object.get()));
  L275_RETURN_IF_ERROR(WriteLayout(sizes, object.get()));
  return MapIntoMemory(sizes, object.release());
}

absl::StatusOr<std::unique_ptr<Maps>> Maps::Open(const std::string& folder) {
  L275_ASSIGN_OR_RETURN(const l275_layout layout, ReadPinnedLayout(folder));
  const MapSizes sizes = {layout.services, layout.backends, layout.slots,
                          layout.flows};
  L275_ASSIGN_OR_RETURN(LbObjectPtr object, OpenLbObject());
  L275_RETURN_IF_ERROR(SetSizes(sizes, object.get()));
  const bpf_map* verdicts = object->maps.verdicts;
  const bool has_verdicts = IsPinned(folder, verdicts);
  for (bpf_map* map : PinnedMaps(object.get())) {
    if (map == verdicts && !has_verdicts) continue;
    L275_RETURN_IF_ERROR(ReusePinnedMap(folder, map));
  }
  L275_RETURN_IF_ERROR(CreateInKernel(object.get()));
  if (!has_verdicts) {
    L275_RETURN_IF_ERROR(PinInsteadOf(folder, kEarlierVerdicts, verdicts));
  }
  return MapIntoMemory(sizes, object.release());
}

absl::StatusOr<std::unique_ptr<Maps>> Maps::MapIntoMemory(const MapSizes& sizes,
                                                          lb* released) {
  LbObjectPtr object(released);
  const auto& maps = object->maps;
  L275_ASSIGN_OR_RETURN(
      auto service_buckets,
      MappedArray<l275_service_bucket>::Create(
          bpf_map__fd(maps.service_buckets), ServiceBuckets(sizes)));
  L275_ASSIGN_OR_RETURN(auto services,
                        MappedArray<l275_service>::Create(
                            bpf_map__fd(maps.services), ServiceRecords(sizes)));
  L275_ASSIGN_OR_RETURN(auto slot_lines,
                        MappedArray<l275_slot_line>::Create(
                            bpf_map__fd(maps.slots), SlotLines(sizes)));
  L275_ASSIGN_OR_RETURN(auto prior_lines,
                        MappedArray<l275_slot_line>::Create(
                            bpf_map__fd(maps.priors), SlotLines(sizes)));
  L275_ASSIGN_OR_RETURN(auto backends,
                        MappedArray<l275_backend>::Create(
                            bpf_map__fd(maps.backends), sizes.backends + 1));
  L275_ASSIGN_OR_RETURN(
      auto next_hops, MappedArray<l275_next_hop>::Create(
                          bpf_map__fd(maps.next_hops), 2 * sizes.backends + 1));
  L275_ASSIGN_OR_RETURN(
      auto untold_flows,
      MappedArray<uint64_t>::Create(bpf_map__fd(maps.untold_flows), 1));
  return std::unique_ptr<Maps>(new Maps(
      sizes, object.release(), std::move(service_buckets), std::move(services),
      std::move(slot_lines), std::move(prior_lines), std::move(backends),
      std::move(next_hops), std::move(untold_flows)));
}

Maps::Maps(const MapSizes& sizes, lb* object,
           MappedArray<l275_service_bucket> service_buckets,
           MappedArray<l275_service> services,
           MappedArray<l275_slot_line> slot_lines,
           MappedArray<l275_slot_line> prior_lines,
           MappedArray<l275_backend> backends,
           MappedArray<l275_next_hop> next_hops,
           MappedArray<uint64_t> untold_flows)
    : sizes_(sizes),
      object_(object),
      service_buckets_(std::move(service_buckets)),
      services_(std::move(services)),
      slot_lines_(std::move(slot_lines)),
      prior_lines_(std::move(prior_lines)),
      backends_(std::move(backends)),
      next_hops_(std::move(next_hops)),
      untold_flows_(std::move(untold_flows)) {}

Maps::~Maps() { lb__destroy(object_); }

absl::Status Maps::Pin(const std::string& folder) const {
  for (const bpf_map* map : PinnedMaps(object_)) {
    const std::string path = PinPathOf(folder, map);
    if (bpf_obj_pin(bpf_map__fd(map), path.c_str()) != 0) {
      return ErrnoStatus(errno, absl::StrCat("pinning ", path));
    }
  }
  return absl::OkStatus();
}

absl::Status Maps::RenewHeartbeat() { return WriteLayout(sizes_, object_); }

absl::StatusOr<uint32_t> Maps::SlotsMapId() const {
  L275_ASSIGN_OR_RETURN(const bpf_map_info info,
                        MapInfoOf(bpf_map__fd(object_->maps.slots), "slots"));
  return info.id;
}

absl::Status Maps::ShareWith(lb* object) const {
  const std::vector<bpf_map*> from = SharedMaps(object_);
  const std::vector<bpf_map*> to = SharedMaps(object);
  for (size_t i = 0; i < to.size(); ++i) {
    L275_RETURN_IF_ERROR(ReuseMap(to[i], bpf_map__fd(from[i])));
  }
  object->rodata->service_bucket_mask = service_buckets_.size() - 1;
  return absl::OkStatus();
}

int Maps::flows_fd() const { return bpf_map__fd(object_->maps.flows); }
int Maps::flow_news_fd() const { return bpf_map__fd(object_->maps.flow_news); }
int Maps::flow_events_fd() const {
  return bpf_map__fd(object_->maps.flow_events);
}
int Maps::ingress_fd() const { return bpf_map__fd(object_->maps.ingress); }
int Maps::egress_fd() const { return bpf_map__fd(object_->maps.egress); }
int Maps::slow_path_fd() const { return bpf_map__fd(object_->maps.slow_path); }
int Maps::virtual_routers_fd() const {
  return bpf_map__fd(object_->maps.virtual_routers);
}
int Maps::vips_fd() const { return bpf_map__fd(object_->maps.vips); }
int Maps::verdicts_fd() const { return bpf_map__fd(object_->maps.verdicts); }
int Maps::service_counters_fd() const {
  return bpf_map__fd(object_->maps.service_counters);
}
int Maps::backend_counters_fd() const {
  return bpf_map__fd(object_->maps.backend_counters);
}

}  // namespace l275
