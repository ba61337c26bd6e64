#include "lb/agent/publish/service_writer.h"

#include <arpa/inet.h>

#include <cstring>

#include "common/abi/flow_hash.h"

namespace l275 {

uint64_t ServiceKeyWord(const ServiceAddress& address) {
  l275_service_key key = {};
  key.vip = address.vip.ToNetwork();
  key.port = htons(address.port);
  key.protocol = address.protocol;
  uint64_t word;
  std::memcpy(&word, &key, sizeof(word));
  return word;
}

ServiceAddress ServiceAddressOf(uint64_t key_word) {
  l275_service_key key;
  std::memcpy(&key, &key_word, sizeof(key));
  return {key.protocol, Ipv4Address::FromNetwork(key.vip), ntohs(key.port)};
}

ServiceWriter::ServiceWriter(Maps* maps)
    : maps_(*maps),
      records_(1, maps->services().size()),
      taken_(size_t{maps->service_buckets().size()} * L275_BUCKET_ENTRIES),
      rests_until_(taken_.size()) {}

std::optional<uint32_t> ServiceWriter::ReservePlace(
    const ServiceAddress& address, TimePoint now) {
  const uint32_t mask = maps_.service_buckets().size() - 1;
  const uint32_t first = l275_bucket_of_service(ServiceKeyWord(address), mask);
  for (uint32_t probe = 0; probe < L275_BUCKET_PROBES; ++probe) {
    const uint32_t bucket = (first + probe) & mask;
    for (uint32_t i = 0; i < L275_BUCKET_ENTRIES; ++i) {
      const uint32_t place = bucket * L275_BUCKET_ENTRIES + i;
      if (taken_[place] || now < rests_until_[place]) continue;
      taken_[place] = true;
      return place;
    }
    // For good: that a key is beyond is not to be forgotten.
    __atomic_store_n(&maps_.service_buckets()[bucket].overflown, 1,
                     __ATOMIC_RELEASE);
  }
  return std::nullopt;
}

void ServiceWriter::ReturnPlace(uint32_t place) { taken_[place] = false; }

bool ServiceWriter::Adopt(uint32_t place, uint32_t record) {
  if (taken_[place] || !records_.Reserve(record, 1)) return false;
  taken_[place] = true;
  return true;
}

void ServiceWriter::Publish(const ServiceAddress& address, uint32_t place,
                            uint32_t record, const l275_service& service) {
  maps_.services()[record] = service;
  l275_service_bucket& bucket = BucketOf(place);
  const uint32_t entry = place % L275_BUCKET_ENTRIES;
  __atomic_store_n(&bucket.record[entry], record, __ATOMIC_RELEASE);
  __atomic_store_n(&bucket.key[entry], ServiceKeyWord(address),
                   __ATOMIC_RELEASE);
}

void ServiceWriter::Remove(uint32_t place, TimePoint now) {
  __atomic_store_n(&BucketOf(place).key[place % L275_BUCKET_ENTRIES], 0,
                   __ATOMIC_RELEASE);
  taken_[place] = false;
  rests_until_[place] = now + RangeAllocator::kRest;
}

l275_service_bucket& ServiceWriter::BucketOf(uint32_t place) {
  return maps_.service_buckets()[place / L275_BUCKET_ENTRIES];
}

}  // namespace l275
