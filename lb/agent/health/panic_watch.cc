#include "lb/agent/health/panic_watch.h"

namespace l275 {
namespace {

bool IsEnough(const PanicWatch::Options& options, int count, int total) {
  return int64_t{100} * count >= int64_t{options.percent} * total;
}

}  // namespace

bool PanicWatch::Update(const Options& options, const Census& census,
                        HealthTime now) {
  const Mode next = NextMode(options, census, now);
  if (next == mode_) return false;
  if (next == Mode::kPanic) ++panics_;
  mode_ = next;
  since_ = now;
  enough_since_.reset();
  return true;
}

PanicWatch::Mode PanicWatch::NextMode(const Options& options,
                                      const Census& census, HealthTime now) {
  if (census.trustable == 0) return Mode::kCalm;
  const bool enough_respond =
      IsEnough(options, census.responding, census.total);
  if (mode_ == Mode::kPanic) {
    return HasRecovered(options, enough_respond, now) ? Mode::kCalm
                                                      : Mode::kPanic;
  }
  if (!IsEnough(options, census.up, census.total)) return Mode::kPanic;
  return enough_respond ? Mode::kCalm : Mode::kSuspecting;
}

bool PanicWatch::HasRecovered(const Options& options, bool enough,
                              HealthTime now) {
  if (!enough) {
    enough_since_.reset();
    return false;
  }
  if (!enough_since_.has_value()) enough_since_ = now;
  return now - *enough_since_ >= options.recovery;
}

const char* PanicWord(PanicWatch::Mode mode) {
  switch (mode) {
    case PanicWatch::Mode::kCalm:
      return "calm";
    case PanicWatch::Mode::kSuspecting:
      return "suspecting";
    case PanicWatch::Mode::kPanic:
      return "panic";
  }
  return "invalid";
}

}  // namespace l275
