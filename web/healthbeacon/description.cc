#include "web/healthbeacon/description.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace l275 {
namespace {

std::string DescribeWeight(const Healthbeacon::Options& options) {
  const std::string weight =
      options.weight_file.empty()
          ? absl::StrCat("weight ", options.weight, "%")
          : absl::StrCat("weight from ", options.weight_file);
  return options.load_feedback_floor.has_value()
             ? absl::StrCat(weight, ", less while the CPUs are busy")
             : weight;
}

std::string Runs(int count, const char* kind) {
  return absl::StrCat(count, " ", kind, count == 1 ? " run" : " runs");
}

}  // namespace

std::string DescribeBeacons(const Healthbeacon::Options& options,
                            uint32_t key_id) {
  const BeaconSender::Options& beacon = options.beacon;
  const MulticastSender::Options& multicast = options.multicast;
  return absl::StrCat(
      "speaks for ", beacon.address.ToString(),
      beacon.port == 0 ? ", all services"
                       : absl::StrCat(", services of port ", beacon.port),
      ": a beacon every ", beacon.interval.count(), " ms to ",
      multicast.group.ToString(), ":", multicast.port, " on ",
      multicast.interface, ", ",
      key_id == 0 ? "without a key" : absl::StrCat("signed with key ", key_id),
      ", ", DescribeWeight(options));
}

std::string DescribeChecks(const HealthChecks::Options& options) {
  if (options.checks.empty()) {
    return "checks nothing: without --check it vouches for the host only, and "
           "load balancers send traffic though the service may be dead";
  }
  const RepeatedCheck::Options& repeat = options.repeat;
  return absl::StrCat(
      "checks ",
      absl::StrJoin(options.checks, ", ",
                    [](std::string* out, const CheckSpec& check) {
                      out->append(check.text);
                    }),
      " every ", repeat.interval.count(), " ms, each for at most ",
      repeat.timeout.count(), " ms: ", Runs(repeat.judge.fall, "bad"),
      " in a row: down, ", Runs(repeat.judge.rise, "good"), ": up again");
}

}  // namespace l275
