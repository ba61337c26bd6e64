#include "lb/agent/health/beacon_filter.h"

#include <glog/logging.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

HealthSubject SubjectOf(const BeaconMessage& message) {
  return {message.address, message.port};
}

std::string Describe(const BeaconMessage& message, BeaconResult result) {
  return absl::StrCat("a beacon for ", SubjectOf(message).ToString(), ", key ",
                      message.key_id, ", epoch ", message.epoch, ", sequence ",
                      message.sequence, ": ", NameOf(result).help);
}

}  // namespace

BeaconFilter::BeaconFilter(std::optional<BeaconKeys> keys,
                           HealthTime::duration forget_after)
    : keys_(std::move(keys)), forget_after_(forget_after) {
  for (const EnumName& name : kBeaconResultNames) {
    logs_.emplace_back(
        absl::StrCat("datagrams to the beacon group (", name.word, ")"),
        /*lines=*/1, google::GLOG_WARNING, std::chrono::seconds(60));
  }
}

void BeaconFilter::SetKeys(BeaconKeys keys) {
  CHECK(keys_.has_value());
  keys_ = std::move(keys);
}

void BeaconFilter::SetSubjects(std::set<HealthSubject> subjects) {
  subjects_ = std::move(subjects);
  guard_.SetSubjects(subjects_);
}

std::optional<BeaconMessage> BeaconFilter::Check(
    absl::Span<const uint8_t> bytes, Ipv4Address sender, HealthTime now) {
  const absl::StatusOr<BeaconMessage> message = BeaconMessage::Decode(bytes);
  if (!message.ok()) {
    Reject(BeaconResult::kMalformed, sender, now,
           [&] { return std::string(message.status().message()); });
    return std::nullopt;
  }
  const BeaconResult result = Classify(bytes, *message, now);
  if (result != BeaconResult::kAccepted) {
    Reject(result, sender, now, [&] { return Describe(*message, result); });
    return std::nullopt;
  }
  counters_.Add(result);
  guard_.Remember(SubjectOf(*message), message->epoch, message->sequence,
                  message->key_id);
  if (!keys_.has_value()) last_accepted_[SubjectOf(*message)] = now;
  return *message;
}

BeaconResult BeaconFilter::Classify(absl::Span<const uint8_t> bytes,
                                    const BeaconMessage& message,
                                    HealthTime now) const {
  if (subjects_.count(SubjectOf(message)) == 0) {
    return BeaconResult::kUnknownBackend;
  }
  const BeaconResult key = ClassifyKey(message);
  if (key != BeaconResult::kAccepted) return key;
  if (!IsNewer(message, now)) return BeaconResult::kReplayed;
  if (keys_.has_value() && !keys_->Find(message.key_id)->Verify(bytes)) {
    return BeaconResult::kBadTag;
  }
  return BeaconResult::kAccepted;
}

BeaconResult BeaconFilter::ClassifyKey(const BeaconMessage& message) const {
  if (!keys_.has_value()) return BeaconResult::kAccepted;
  if (message.key_id == 0) return BeaconResult::kUnsigned;
  const BeaconKey* key = keys_->Find(message.key_id);
  if (key == nullptr) return BeaconResult::kUnknownKey;
  return key->MaySpeakFor(message.address) ? BeaconResult::kAccepted
                                           : BeaconResult::kWrongServer;
}

bool BeaconFilter::IsNewer(const BeaconMessage& message, HealthTime now) const {
  const HealthSubject subject = SubjectOf(message);
  if (guard_.IsNewer(subject, message.epoch, message.sequence)) return true;
  if (keys_.has_value()) {
    return keys_->Find(*guard_.KeyOf(subject)) == nullptr;
  }
  if (guard_.EpochOf(subject) == message.epoch) return false;
  const auto last = last_accepted_.find(subject);
  return last == last_accepted_.end() || now - last->second >= forget_after_;
}

void BeaconFilter::Reject(BeaconResult result, Ipv4Address sender,
                          HealthTime now,
                          absl::FunctionRef<std::string()> what) {
  counters_.Add(result);
  logs_[static_cast<size_t>(result)].LogLazily(
      [&] {
        return absl::StrCat("ignoring what ", sender.ToString(),
                            " sent to the beacon group: ", what());
      },
      now);
}

void BeaconFilter::Tick(HealthTime now) {
  for (LimitedLog& log : logs_) log.Tick(now);
}

}  // namespace l275
