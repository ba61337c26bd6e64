#include "lb/agent/peers/sync_messages.h"

#include <arpa/inet.h>

#include <map>

#include "absl/numeric/bits.h"
#include "absl/strings/str_cat.h"
#include "common/abi/flow_mark.h"
#include "common/os/status_util.h"
#include "lb/agent/table/prime.h"

namespace l275 {
namespace {

constexpr size_t kRangesOfMessage = 256;
constexpr size_t kDeclaredBytesOfMessage = 128 << 10;
constexpr uint32_t kBits = 64;  // of a word of tracked ranges

absl::Status Wrong(const char* what) {
  return absl::InvalidArgumentError(absl::StrCat("a message with ", what));
}

// Numbers addresses as they come.
class AddressList {
 public:
  explicit AddressList(google::protobuf::RepeatedField<uint32_t>* addresses)
      : addresses_(*addresses) {}

  uint32_t IndexOf(Ipv4Address address) {
    const auto [position, is_new] =
        indices_.emplace(address, static_cast<uint32_t>(addresses_.size()));
    if (is_new) addresses_.Add(address.ToHost());
    return position->second;
  }

 private:
  google::protobuf::RepeatedField<uint32_t>& addresses_;
  std::map<Ipv4Address, uint32_t> indices_;
};

void AddRange(const SlotRange& range, AddressList& addresses,
              sync::Slots* message) {
  message->add_range(range.index);
  message->add_tracked(range.tracked);
  for (const Ipv4Address prior : range.priors) {
    message->add_prior(addresses.IndexOf(prior));
  }
}

// The slots that a range has, as bits.
uint64_t SlotsOfRange(uint32_t index, uint32_t slots) {
  const uint32_t rest = slots - index * SlotRange::kSlots;
  return rest >= SlotRange::kSlots ? ~uint64_t{0} : (uint64_t{1} << rest) - 1;
}

bool IsRangeTracked(const sync::Table& message, uint32_t range) {
  const int word = static_cast<int>(range / kBits);
  return word < message.tracked_ranges_size() &&
         (message.tracked_ranges(word) >> (range % kBits) & 1) != 0;
}

// Whether all ranges that are said to be tracked are some of so many.
bool AreRangesBelow(const sync::Table& message, uint32_t end) {
  const int words = static_cast<int>((end + kBits - 1) / kBits);
  if (message.tracked_ranges_size() < words) return true;
  if (message.tracked_ranges_size() > words) return false;
  return end % kBits == 0 ||
         message.tracked_ranges(words - 1) >> (end % kBits) == 0;
}

void AddTrackedRange(uint32_t range, sync::Table* table) {
  const int word = static_cast<int>(range / kBits);
  while (table->tracked_ranges_size() <= word) table->add_tracked_ranges(0);
  table->set_tracked_ranges(
      word, table->tracked_ranges(word) | uint64_t{1} << (range % kBits));
}

// A value of a later version counts as not known.
uint32_t MarkOfSeen(sync::Seen seen) {
  switch (seen) {
    case sync::SEEN_ONE_SYN:
      return L275_FLOW_ONE_SYN;
    case sync::SEEN_ONE_OTHER:
      return L275_FLOW_ONE_OTHER;
    default:
      return 0;
  }
}

}  // namespace

std::vector<sync::Message> DeclaredMessages(absl::string_view services,
                                            const std::string& hash_seed_tag,
                                            std::chrono::seconds idle_timeout) {
  std::vector<sync::Message> messages;
  do {
    sync::Declared* const declared = messages.emplace_back().mutable_declared();
    const absl::string_view part = services.substr(0, kDeclaredBytesOfMessage);
    declared->set_services(std::string(part));
    declared->set_hash_seed_tag(hash_seed_tag);
    declared->set_tcp_idle_timeout_s(
        static_cast<uint32_t>(idle_timeout.count()));
    services.remove_prefix(part.size());
    declared->set_goes_on(!services.empty());
  } while (!services.empty());
  return messages;
}

sync::ServiceName NameOfService(const ServiceAddress& address) {
  sync::ServiceName name;
  name.set_vip(address.vip.ToHost());
  name.set_port(address.port);
  name.set_protocol(address.protocol);
  return name;
}

absl::StatusOr<ServiceAddress> ServiceOfName(const sync::ServiceName& name) {
  if (name.port() > UINT16_MAX || name.protocol() > UINT8_MAX) {
    return Wrong("a service that cannot be");
  }
  return ServiceAddress{static_cast<uint8_t>(name.protocol()),
                        Ipv4Address::FromHost(name.vip()),
                        static_cast<uint16_t>(name.port())};
}

sync::Message TableMessage(const ServiceAddress& address,
                           const PortableTable& table, bool used,
                           absl::Span<const SlotRange> ranges) {
  sync::Message message;
  sync::Table* const told = message.mutable_table();
  *told->mutable_service() = NameOfService(address);
  told->set_slots(table.slots);
  for (const MaglevBackend& backend : table.backends) {
    told->add_backend(backend.address.ToHost());
    told->add_weight(backend.weight);
  }
  told->set_used(used);
  for (const SlotRange& range : ranges) AddTrackedRange(range.index, told);
  return message;
}

absl::StatusOr<PortableTable> TableOfMessage(const sync::Table& message) {
  if (message.backend_size() != message.weight_size()) {
    return Wrong("backends and weights that are not as many");
  }
  const absl::Status size = CheckTableSize(message.slots());
  if (!size.ok()) return Annotate(size, "a message");
  PortableTable table;
  table.slots = message.slots();
  for (int i = 0; i < message.backend_size(); ++i) {
    if (message.weight(i) == 0) return Wrong("a weight of 0");
    const Ipv4Address address = Ipv4Address::FromHost(message.backend(i));
    // Ordered, so that none is there twice.
    if (i > 0 && !(table.backends.back().address < address)) {
      return Wrong("backends in another order than their addresses'");
    }
    table.backends.push_back({address, message.weight(i)});
  }
  if (!AreRangesBelow(message, RangesOf(table.slots))) {
    return Wrong("a range past the table");
  }
  return table;
}

std::vector<SlotRange> UntrackedRangesOfMessage(const sync::Table& message) {
  std::vector<SlotRange> ranges;
  for (uint32_t i = 0; i < RangesOf(message.slots()); ++i) {
    if (!IsRangeTracked(message, i)) ranges.push_back({i});
  }
  return ranges;
}

std::vector<sync::Message> SlotsMessages(const ServiceAddress& address,
                                         absl::Span<const SlotRange> ranges) {
  std::vector<sync::Message> messages;
  for (size_t done = 0; done < ranges.size(); done += kRangesOfMessage) {
    sync::Slots* const slots = messages.emplace_back().mutable_slots();
    *slots->mutable_service() = NameOfService(address);
    AddressList addresses(slots->mutable_backend());
    for (const SlotRange& range : ranges.subspan(done, kRangesOfMessage)) {
      AddRange(range, addresses, slots);
    }
  }
  return messages;
}

absl::StatusOr<std::vector<SlotRange>> RangesOfMessage(
    const sync::Slots& message, uint32_t slots) {
  if (message.range_size() != message.tracked_size()) {
    return Wrong("ranges and tracked slots that are not as many");
  }
  std::vector<SlotRange> ranges;
  int prior = 0;
  for (int i = 0; i < message.range_size(); ++i) {
    SlotRange& range = ranges.emplace_back();
    range.index = message.range(i);
    range.tracked = message.tracked(i);
    if (range.index >= RangesOf(slots) ||
        (range.tracked & ~SlotsOfRange(range.index, slots)) != 0) {
      return Wrong("slots past the table");
    }
    for (int left = absl::popcount(range.tracked); left > 0; --left) {
      if (prior == message.prior_size() ||
          message.prior(prior) >=
              static_cast<uint32_t>(message.backend_size())) {
        return Wrong("a prior that is not there");
      }
      range.priors.push_back(Ipv4Address::FromHost(
          message.backend(static_cast<int>(message.prior(prior++)))));
    }
  }
  if (prior != message.prior_size()) return Wrong("too many priors");
  return ranges;
}

sync::Seen SeenOfMark(uint32_t mark) {
  switch (mark) {
    case L275_FLOW_ONE_SYN:
      return sync::SEEN_ONE_SYN;
    case L275_FLOW_ONE_OTHER:
      return sync::SEEN_ONE_OTHER;
    default:
      return sync::SEEN_MORE;
  }
}

absl::StatusOr<std::vector<PortableFlow>> FlowsOfMessage(
    const sync::Flows& message, const ServiceAddress& address) {
  const int count = message.source_size();
  if (message.ports_size() != count || message.at_size() != count ||
      message.age_size() != count ||
      (message.seen_size() != 0 && message.seen_size() != count)) {
    return Wrong("flows of which some are not whole");
  }
  std::vector<PortableFlow> flows(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    PortableFlow& flow = flows[static_cast<size_t>(i)];
    if (message.at(i) >= static_cast<uint32_t>(message.backend_size())) {
      return Wrong("a flow at a backend that is not there");
    }
    flow.key.source = htonl(message.source(i));
    flow.key.destination = address.vip.ToNetwork();
    flow.key.source_port = htons(static_cast<uint16_t>(message.ports(i) >> 16));
    flow.key.destination_port = htons(static_cast<uint16_t>(message.ports(i)));
    flow.key.protocol = address.protocol;
    flow.backend =
        Ipv4Address::FromHost(message.backend(static_cast<int>(message.at(i))));
    flow.age = message.age(i);
    if (message.seen_size() != 0) flow.mark = MarkOfSeen(message.seen(i));
  }
  return flows;
}

}  // namespace l275
