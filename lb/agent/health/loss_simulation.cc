#include "lb/agent/health/loss_simulation.h"

#include <netinet/in.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "lb/agent/health/health_monitor.h"
#include "lb/agent/health/subject_state.h"

namespace l275 {
namespace {

Ipv4Address Server(int number) {
  return Ipv4Address::FromHost(0x0a000001 + static_cast<uint32_t>(number));
}

HealthServices Pool(int servers) {
  HealthServices services;
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.port = 80;
  for (int i = 0; i < servers; ++i) services[service][Server(i)] = true;
  return services;
}

class Simulator {
 public:
  explicit Simulator(const LossSimulation& simulation)
      : simulation_(simulation),
        random_(simulation.seed),
        monitor_(Options(simulation), [this] { CountChanges(); }) {
    monitor_.SetServices(Pool(simulation.servers), now_);
    for (int i = 0; i < simulation.servers; ++i) {
      next_.push({now_ + Interval(), i});
      sequences_.push_back(0);
    }
  }

  LossResult Run() {
    const HealthTime end = now_ + simulation_.duration;
    while (next_.top().first < end) Step();
    return result_;
  }

 private:
  static HealthMonitor::Options Options(const LossSimulation& simulation) {
    HealthMonitor::Options options;
    options.timeout = simulation.timeout;
    return options;
  }

  HealthTime::duration Interval() {
    std::uniform_real_distribution<double> jitter(1 - simulation_.jitter,
                                                  1 + simulation_.jitter);
    return std::chrono::duration_cast<HealthTime::duration>(
        simulation_.interval * jitter(random_));
  }

  void Step() {
    const auto [time, server] = next_.top();
    next_.pop();
    TickUntil(time);
    now_ = time;
    next_.push({time + Interval(), server});
    ++sequences_[server];
    ++result_.sent;
    if (lost_(random_) < simulation_.loss) return;
    ++result_.received;
    Deliver(server);
  }

  void Deliver(int server) {
    BeaconMessage message;
    message.address = Server(server);
    message.state = BeaconMessage::State::kUp;
    message.interval_ms = static_cast<uint32_t>(simulation_.interval.count());
    message.epoch = 1;
    message.sequence = sequences_[server];
    monitor_.OnBeacon(message, now_);
  }

  // Like the receiver's timer: armed again when it expires, and not before.
  void TickUntil(HealthTime time) {
    while (alarm_ <= time) {
      now_ = alarm_;
      monitor_.Tick(now_);
      alarm_ = std::min(monitor_.NextTick().value_or(HealthTime::max()),
                        now_ + simulation_.timeout / 2);
    }
  }

  void CountChanges() {
    for (const auto& [subject, state] : monitor_.subjects()) {
      if (state.last_change() != now_ || state.state() == Health::kUp) continue;
      if (state.state() == Health::kSilent) ++result_.silences;
      if (state.state() != Health::kUnknown) ++result_.downs;
    }
  }

  const LossSimulation simulation_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> lost_{0, 1};
  HealthTime now_{std::chrono::hours(1)};
  HealthTime alarm_{now_};
  HealthMonitor monitor_;
  std::priority_queue<std::pair<HealthTime, int>,
                      std::vector<std::pair<HealthTime, int>>, std::greater<>>
      next_;
  std::vector<uint64_t> sequences_;
  LossResult result_;
};

// The probability that n intervals with their jitter are long enough for a
// silence. Their sum is nearly normally distributed.
double ProbabilityThatLonger(const LossSimulation& simulation, int n) {
  const double mean = n * static_cast<double>(simulation.interval.count());
  const double deviation = std::sqrt(n / 3.0) * simulation.jitter *
                           static_cast<double>(simulation.interval.count());
  const auto limit =
      SubjectState::SilenceAfter(simulation.timeout, simulation.interval);
  const double away = (static_cast<double>(limit.count()) - mean) / deviation;
  return 0.5 * std::erfc(away / std::sqrt(2));
}

double ExpectedSilences(const LossSimulation& simulation, double received) {
  double probability = 0;
  for (int n = 1; n < 1000; ++n) {
    probability += std::pow(simulation.loss, n - 1) * (1 - simulation.loss) *
                   ProbabilityThatLonger(simulation, n);
  }
  return received * probability;
}

}  // namespace

LossResult Simulate(const LossSimulation& simulation) {
  LossResult result = Simulator(simulation).Run();
  result.expected =
      ExpectedSilences(simulation, static_cast<double>(result.received));
  return result;
}

}  // namespace l275
