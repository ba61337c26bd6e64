#include "lb/agent/takeover/heritage.h"

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
  LOG(WARNING) << why.message()
               << ": the maps are built anew; connections of slots that were "
                  "tracked may move, counters begin at 0";
}

bool IsAsAsked(uint32_t has, uint32_t asked, uint32_t wanted) {
  return asked == 0 ? has >= wanted : has == asked;
}

absl::Status CheckSizes(const MapSizes& has, const HeritageOptions& options) {
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

std::vector<LivingBackend> LivingIn(const Maps& maps,
                                    const WrittenMaps& written) {
  std::vector<LivingBackend> living;
  for (const auto& [service_address, service] : written.services) {
    for (const auto& [address, backend] : service.backends) {
      const uint32_t flags = maps.backends()[backend.id].flags;
      living.push_back({address, service_address.port,
                        (flags & L275_BACKEND_DRAINING) != 0});
    }
  }
  return living;
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
    const HeritageOptions& options, MapWriter::TimePoint now, Maps* maps) {
  L275_RETURN_IF_ERROR(CheckSizes(maps->sizes(), options));
  auto writer = std::make_unique<MapWriter>(maps, options.hash_seed);
  L275_RETURN_IF_ERROR(writer->Adopt(now));
  LOG(INFO) << "took over the maps of an earlier agent: "
            << writer->services().size() << " services, "
            << writer->tracker().tracked() << " tracked slots";
  return writer;
}

absl::StatusOr<Heritage> BuildAnew(const HeritageOptions& options,
                                   PinFolder* pins) {
  Heritage heritage;
  L275_ASSIGN_OR_RETURN(heritage.maps, Maps::Create(options.wanted));
  heritage.writer =
      std::make_unique<MapWriter>(heritage.maps.get(), options.hash_seed);
  L275_RETURN_IF_ERROR(pins->StageMaps(*heritage.maps));
  return heritage;
}

absl::StatusOr<Heritage> BuildFrom(const HeritageOptions& options,
                                   PinFolder* pins, std::unique_ptr<Maps> old,
                                   WrittenMaps written) {
  L275_ASSIGN_OR_RETURN(Heritage heritage, BuildAnew(options, pins));
  heritage.living = LivingIn(*old, written);
  L275_ASSIGN_OR_RETURN(std::set<ServiceAddress> used, UsedIn(*old, written));
  heritage.writer->tracker().AssumeUsed(std::move(used));
  heritage.carrier =
      std::make_unique<MapCarrier>(std::move(old), std::move(written),
                                   *heritage.maps, heritage.writer.get());
  return heritage;
}

absl::StatusOr<Heritage> Inherit(const HeritageOptions& options,
                                 MapWriter::TimePoint now, PinFolder* pins,
                                 std::unique_ptr<Maps> maps) {
  absl::StatusOr<WrittenMaps> written = WrittenMaps::Read(*maps);
  if (!written.ok()) {
    WarnOfLoss(written.status());
    return BuildAnew(options, pins);
  }
  auto writer = TakeOver(options, now, maps.get());
  if (absl::IsFailedPrecondition(writer.status())) {
    LOG(WARNING) << writer.status().message() << ": the maps are built anew";
    return BuildFrom(options, pins, std::move(maps), *std::move(written));
  }
  L275_RETURN_IF_ERROR(writer.status());
  Heritage heritage;
  heritage.living = LivingIn(*maps, *written);
  heritage.maps = std::move(maps);
  heritage.writer = *std::move(writer);
  return heritage;
}

}  // namespace

absl::StatusOr<Heritage> InheritOrCreateMaps(const HeritageOptions& options,
                                             MapWriter::TimePoint now,
                                             PinFolder* pins) {
  absl::StatusOr<std::unique_ptr<Maps>> maps = pins->OpenMaps();
  if (absl::IsNotFound(maps.status())) return BuildAnew(options, pins);
  if (!maps.ok() && !absl::IsFailedPrecondition(maps.status())) {
    return maps.status();
  }
  if (!maps.ok()) WarnOfLoss(maps.status());
  absl::StatusOr<Heritage> heritage =
      maps.ok() ? Inherit(options, now, pins, *std::move(maps))
                : BuildAnew(options, pins);
  if (heritage.ok()) heritage->inherited = true;
  return heritage;
}

}  // namespace l275
