#include "lb/agent/views/health_metrics.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lb/agent/views/family.h"

namespace l275 {
namespace {

using prometheus::MetricFamily;

Labels LabelsOf(const control::BackendHealth& health) {
  return {{"backend", health.backend()}, {"port", absl::StrCat(health.port())}};
}

// One sample of 1 for the state that it is in, so that states can be counted.
void AddStates(const control::HealthStates& states,
               std::vector<MetricFamily>& out) {
  Family state = Gauge("l275_health_state",
                       "1, with the backend's state as a label: unknown, up, "
                       "draining, down, silent, damped");
  Family since = Gauge("l275_health_state_seconds",
                       "Seconds since the backend's state changed");
  Family flaps = Counter("l275_health_flaps_total",
                         "Times the backend began or ceased to be up");
  Family damped = Gauge("l275_health_damped_seconds",
                        "Seconds for which a backend that flapped has to stay "
                        "up before it gets flows; 0: it is not damped");
  for (const control::BackendHealth& health : states.backend()) {
    Labels labels = LabelsOf(health);
    since.Add(labels, static_cast<double>(health.in_state_ms()) / 1000);
    flaps.Add(labels, static_cast<double>(health.flaps()));
    damped.Add(labels, static_cast<double>(health.damped_ms()) / 1000);
    labels.push_back(
        {"state", absl::AsciiStrToLower(control::Health_Name(health.state()))});
    state.Add(labels, 1);
  }
  for (Family* family : {&state, &since, &flaps, &damped}) {
    out.push_back(family->Take());
  }
}

void AddLastBeacons(const control::HealthStates& states,
                    std::vector<MetricFamily>& out) {
  Family age =
      Gauge("l275_health_beacon_age_seconds", "Seconds since the last beacon");
  Family interval = Gauge("l275_health_beacon_interval_seconds",
                          "Time between beacons, as they announce it");
  Family loss = Gauge("l275_health_beacon_loss_ratio",
                      "Share of about the last 1000 beacons that was lost");
  Family weight = Gauge("l275_health_weight_ratio",
                        "What the beacon makes of the backend's weight");
  for (const control::BackendHealth& health : states.backend()) {
    if (!health.has_beacon_age_ms()) continue;
    const Labels labels = LabelsOf(health);
    age.Add(labels, static_cast<double>(health.beacon_age_ms()) / 1000);
    interval.Add(labels, static_cast<double>(health.interval_ms()) / 1000);
    weight.Add(labels, static_cast<double>(health.weight_percent()) / 100);
    if (health.has_loss_percent()) {
      loss.Add(labels, health.loss_percent() / 100);
    }
  }
  for (Family* family : {&age, &interval, &loss, &weight}) {
    out.push_back(family->Take());
  }
}

void AddPanics(const control::HealthStates& states,
               std::vector<MetricFamily>& out) {
  Family panic = Gauge("l275_service_panic",
                       "1 while too few backends are up, so that silent ones "
                       "get traffic");
  Family panics = Counter("l275_service_panics_total", "Panics that began");
  for (const control::ServiceHealth& service : states.service()) {
    const Labels labels = {{"service", service.service()}};
    panic.Add(labels, service.mode() == "panic" ? 1 : 0);
    panics.Add(labels, static_cast<double>(service.panics()));
  }
  out.push_back(panic.Take());
  out.push_back(panics.Take());
}

void AddBeacons(const control::HealthStates& states,
                std::vector<MetricFamily>& out) {
  Family family = Counter("l275_beacons_total",
                          "Datagrams to the beacon group, by what became of "
                          "them");
  for (const control::BeaconCounter& counter : states.beacon()) {
    family.Add({{"result", counter.result()}},
               static_cast<double>(counter.beacons()));
  }
  out.push_back(family.Take());
  AddOne(Gauge("l275_beacons_insecure",
               "1 when beacons are believed without a key"),
         states.trust() == "insecure" ? 1 : 0, out);
}

}  // namespace

void AddHealth(const control::HealthStates& states,
               std::vector<MetricFamily>& out) {
  if (states.trust() == "none") return;
  AddStates(states, out);
  AddLastBeacons(states, out);
  AddPanics(states, out);
  AddBeacons(states, out);
}

}  // namespace l275
