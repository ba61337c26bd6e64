#include "lb/agent/takeover/open_maps.h"

#include <glog/logging.h>

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/publish/written_maps.h"

namespace l275 {
namespace {

void WarnOfLoss(const absl::Status& why) {
  LOG(WARNING)
      << why.message()
      << ": the maps are created again; connections of slots that were "
         "tracked may move, counters begin at 0";
}

bool IsAsAsked(uint32_t has, uint32_t asked, uint32_t wanted) {
  return asked == 0 ? has >= wanted : has == asked;
}

absl::Status CheckSizes(const MapSizes& has, const OpenMapsOptions& options) {
  const MapSizes& asked = options.asked;
  const MapSizes& wanted = options.wanted;
  if (IsAsAsked(has.services, asked.services, wanted.services) &&
      IsAsAsked(has.backends, asked.backends, wanted.backends) &&
      IsAsAsked(has.slots, asked.slots, wanted.slots) &&
      IsAsAsked(has.flows, asked.flows, wanted.flows)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "the earlier agent's maps are of other sizes than this one is to have");
}

std::vector<AdoptedBackend> BackendsIn(const Maps& maps,
                                       const WrittenMaps& written) {
  std::vector<AdoptedBackend> backends;
  for (const auto& [service_address, service] : written.services) {
    for (const auto& [address, backend] : service.backends) {
      backends.push_back(
          {address, service_address.port, maps.IsDraining(backend.id)});
    }
  }
  return backends;
}

absl::StatusOr<std::set<ServiceAddress>> UsedIn(const Maps& maps,
                                                const WrittenMaps& written) {
  std::set<ServiceAddress> used;
  for (const auto& [address, service] : written.services) {
    L275_ASSIGN_OR_RETURN(
        const auto counters,
        ReadCounters(maps.service_counters_fd(), {service.id}));
    if (counters.front().packets > 0) used.insert(address);
  }
  return used;
}

// The writer that goes on with them.
absl::StatusOr<std::unique_ptr<MapWriter>> TakeOver(
    const OpenMapsOptions& options, MapWriter::TimePoint now, Maps* maps) {
  L275_RETURN_IF_ERROR(CheckSizes(maps->sizes(), options));
  auto writer = std::make_unique<MapWriter>(maps, options.hash_seed);
  L275_RETURN_IF_ERROR(writer->Adopt(now));
  LOG(INFO) << "took over the maps of an earlier agent: "
            << writer->services().size() << " services, "
            << writer->tracker().tracked() << " tracked slots";
  return writer;
}

absl::StatusOr<OpenedMaps> CreateMaps(const OpenMapsOptions& options,
                                      PinFolder* pins) {
  OpenedMaps opened;
  L275_ASSIGN_OR_RETURN(opened.maps, Maps::Create(options.wanted));
  opened.writer =
      std::make_unique<MapWriter>(opened.maps.get(), options.hash_seed);
  L275_RETURN_IF_ERROR(pins->StageMaps(*opened.maps));
  return opened;
}

absl::StatusOr<OpenedMaps> CreateMapsFrom(const OpenMapsOptions& options,
                                          PinFolder* pins,
                                          std::unique_ptr<Maps> old,
                                          WrittenMaps written) {
  L275_ASSIGN_OR_RETURN(OpenedMaps opened, CreateMaps(options, pins));
  opened.adopted = BackendsIn(*old, written);
  L275_ASSIGN_OR_RETURN(std::set<ServiceAddress> used, UsedIn(*old, written));
  opened.writer->tracker().AssumeUsed(std::move(used));
  opened.carrier = std::make_unique<MapCarrier>(
      std::move(old), std::move(written), *opened.maps, opened.writer.get());
  return opened;
}

absl::StatusOr<OpenedMaps> OpenMaps(const OpenMapsOptions& options,
                                    MapWriter::TimePoint now, PinFolder* pins,
                                    std::unique_ptr<Maps> maps) {
  absl::StatusOr<WrittenMaps> written = WrittenMaps::Read(*maps);
  if (!written.ok()) {
    WarnOfLoss(written.status());
    return CreateMaps(options, pins);
  }
  auto writer = TakeOver(options, now, maps.get());
  if (absl::IsFailedPrecondition(writer.status())) {
    LOG(WARNING) << writer.status().message() << ": the maps are created again";
    return CreateMapsFrom(options, pins, std::move(maps), *std::move(written));
  }
  L275_RETURN_IF_ERROR(writer.status());
  OpenedMaps opened;
  opened.adopted = BackendsIn(*maps, *written);
  opened.maps = std::move(maps);
  opened.writer = *std::move(writer);
  return opened;
}

}  // namespace

absl::StatusOr<OpenedMaps> OpenOrCreateMaps(const OpenMapsOptions& options,
                                            MapWriter::TimePoint now,
                                            PinFolder* pins) {
  absl::StatusOr<std::unique_ptr<Maps>> maps = pins->OpenMaps();
  if (absl::IsNotFound(maps.status())) return CreateMaps(options, pins);
  if (!maps.ok() && !absl::IsFailedPrecondition(maps.status())) {
    return maps.status();
  }
  if (!maps.ok()) WarnOfLoss(maps.status());
  absl::StatusOr<OpenedMaps> opened =
      maps.ok() ? OpenMaps(options, now, pins, *std::move(maps))
                : CreateMaps(options, pins);
  if (opened.ok()) opened->has_earlier_agent = true;
  return opened;
}

}  // namespace l275
