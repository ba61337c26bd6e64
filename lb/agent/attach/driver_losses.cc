#include "lb/agent/attach/driver_losses.h"

#include <utility>

namespace l275 {
namespace {

// One that is lower than before began again, as its interface was made again.
uint64_t GrowthOf(uint64_t before, uint64_t after) {
  return after >= before ? after - before : after;
}

// One that is new was not watched before, so all that it counted is old.
uint64_t GrowthOf(const DriverLosses::Counters& before,
                  const std::string& interface, const std::string& counter,
                  uint64_t after) {
  const auto of_interface = before.find(interface);
  if (of_interface == before.end()) return 0;
  const auto found = of_interface->second.find(counter);
  return found == of_interface->second.end() ? 0
                                             : GrowthOf(found->second, after);
}

}  // namespace

void DriverLosses::Update(Counters counters, uint64_t sent, TimePoint now) {
  samples_.push_back({now, std::move(counters), sent});
  while (samples_.size() > 2 && now - samples_[1].time >= kWindow) {
    samples_.pop_front();
  }
}

const DriverLosses::Counters& DriverLosses::counters() const {
  static const Counters kNone;
  return samples_.empty() ? kNone : samples_.back().counters;
}

uint64_t DriverLosses::sent() const {
  return samples_.empty()
             ? 0
             : GrowthOf(samples_.front().sent, samples_.back().sent);
}

std::map<std::string, DriverLosses::Interface> DriverLosses::lossy() const {
  std::map<std::string, Interface> lossy;
  for (const auto& [name, counters] : counters()) {
    Interface interface;
    for (const auto& [counter, value] : counters) {
      const uint64_t growth =
          GrowthOf(samples_.front().counters, name, counter, value);
      if (growth == 0) continue;
      interface.lost += growth;
      interface.counters.push_back(counter);
    }
    if (interface.lost > sent() / 1000) lossy[name] = std::move(interface);
  }
  return lossy;
}

}  // namespace l275
