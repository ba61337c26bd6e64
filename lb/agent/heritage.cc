#include "lb/agent/heritage.h"

#include <glog/logging.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"

namespace l275 {
namespace {

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

absl::StatusOr<Heritage> Inherit(const HeritageOptions& options,
                                 MapWriter::TimePoint now, PinFolder* pins) {
  Heritage heritage;
  L275_ASSIGN_OR_RETURN(heritage.maps, pins->OpenMaps());
  L275_RETURN_IF_ERROR(CheckSizes(heritage.maps->sizes(), options));
  heritage.writer =
      std::make_unique<MapWriter>(heritage.maps.get(), options.hash_seed);
  L275_RETURN_IF_ERROR(heritage.writer->Adopt(now));
  LOG(INFO) << "took over the maps of an earlier agent: "
            << heritage.writer->services().size() << " services, "
            << heritage.writer->slots().tracked() << " tracked slots";
  return heritage;
}

}  // namespace

absl::StatusOr<Heritage> InheritOrCreateMaps(const HeritageOptions& options,
                                             MapWriter::TimePoint now,
                                             PinFolder* pins) {
  absl::StatusOr<Heritage> inherited = Inherit(options, now, pins);
  if (inherited.ok()) return inherited;
  if (absl::IsFailedPrecondition(inherited.status())) {
    LOG(WARNING) << inherited.status().message()
                 << ": the maps are built anew; connections of slots that were "
                    "tracked may move, counters begin at 0";
  } else if (!absl::IsNotFound(inherited.status())) {
    return inherited.status();
  }
  Heritage heritage;
  L275_ASSIGN_OR_RETURN(heritage.maps, Maps::Create(options.wanted));
  heritage.writer =
      std::make_unique<MapWriter>(heritage.maps.get(), options.hash_seed);
  L275_RETURN_IF_ERROR(pins->StageMaps(*heritage.maps));
  return heritage;
}

}  // namespace l275
