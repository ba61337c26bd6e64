#include "lb/agent/publish/next_hop_writer.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"

namespace l275 {

NextHopWriter::NextHopWriter(Maps* maps)
    : records_(maps->next_hops()),
      ids_(1, records_.size()),
      log_("backends without a next-hop record", 10, google::GLOG_WARNING,
           std::chrono::seconds(60)) {}

uint32_t NextHopWriter::Acquire(const NextHopRecord& next_hop, TimePoint now) {
  const auto known = uses_.find(next_hop);
  if (known != uses_.end()) {
    ++known->second.count;
    return known->second.id;
  }
  const std::optional<uint32_t> id = ids_.Allocate(1, now);
  if (!id.has_value()) {
    log_.Log(absl::StrCat("all ", ids_.capacity(),
                          " next-hop records are in use; a backend is reached "
                          "by asking the FIB for each packet"),
             now);
    return 0;
  }
  l275_next_hop& record = records_[*id];
  record.ifindex = next_hop.ifindex;
  std::copy(next_hop.destination.begin(), next_hop.destination.end(),
            record.destination);
  std::copy(next_hop.source.begin(), next_hop.source.end(), record.source);
  uses_[next_hop] = {*id, 1};
  by_id_[*id] = next_hop;
  return *id;
}

bool NextHopWriter::Adopt(uint32_t id) {
  if (adopted_.count(id) > 0) return true;
  if (!ids_.Reserve(id, 1)) return false;
  adopted_.insert(id);
  return true;
}

void NextHopWriter::ReleaseAdopted(TimePoint now) {
  for (uint32_t id : adopted_) ids_.Free(id, 1, now);
  adopted_.clear();
}

void NextHopWriter::Release(uint32_t id, TimePoint now) {
  log_.Tick(now);
  const auto record = by_id_.find(id);
  if (record == by_id_.end()) return;
  const auto use = uses_.find(record->second);
  if (--use->second.count > 0) return;
  uses_.erase(use);
  by_id_.erase(record);
  ids_.Free(id, 1, now);
}

}  // namespace l275
