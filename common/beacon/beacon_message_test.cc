#include "common/beacon/beacon_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace l275 {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

BeaconMessage Example() {
  BeaconMessage message;
  message.address = Ipv4Address::FromHost(0x0a000065);  // 10.0.0.101
  message.state = BeaconMessage::State::kUp;
  message.interval_ms = 100;
  message.epoch = 0x0102030405060708;
  message.sequence = 0x1112131415161718;
  message.port = 443;
  message.weight = 75;
  message.check_age_ms = 0x21222324;
  message.check_validity_ms = 0x31323334;
  message.key_id = 0x41424344;
  return message;
}

constexpr BeaconMessage::Bytes kExampleBytes = {
    'L',  '2',  '7',  '5',                           // magic
    2,                                               // version
    1,                                               // state: up
    0x01, 0xbb,                                      // port
    0x00, 0x00, 0x00, 0x64,                          // interval_ms
    10,   0,    0,    101,                           // address
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,  // epoch
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,  // sequence
    0x00, 0x4b,                                      // weight
    0,    0,                                         // reserved
    0x21, 0x22, 0x23, 0x24,                          // check_age_ms
    0x31, 0x32, 0x33, 0x34,                          // check_validity_ms
    0x41, 0x42, 0x43, 0x44,                          // key_id
                                                     // tag: 32 times 0
};

TEST(BeaconMessageTest, EncodesToTheDocumentedBytes) {
  EXPECT_THAT(Example().Encode(), ElementsAreArray(kExampleBytes));
}

TEST(BeaconMessageTest, DecodesTheDocumentedBytes) {
  const absl::StatusOr<BeaconMessage> message =
      BeaconMessage::Decode(kExampleBytes);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->address.ToString(), "10.0.0.101");
  EXPECT_EQ(message->state, BeaconMessage::State::kUp);
  EXPECT_EQ(message->interval_ms, 100u);
  EXPECT_EQ(message->epoch, 0x0102030405060708u);
  EXPECT_EQ(message->sequence, 0x1112131415161718u);
  EXPECT_EQ(message->port, 443);
  EXPECT_EQ(message->weight, 75);
  EXPECT_EQ(message->check_age_ms, 0x21222324u);
  EXPECT_EQ(message->check_validity_ms, 0x31323334u);
  EXPECT_EQ(message->key_id, 0x41424344u);
}

TEST(BeaconMessageTest, RoundTripsTheExtremesOfEveryField) {
  for (auto state : {BeaconMessage::State::kUp, BeaconMessage::State::kDown,
                     BeaconMessage::State::kDraining}) {
    for (uint64_t number : {uint64_t{1}, uint64_t{0x80}, ~uint64_t{0}}) {
      BeaconMessage sent = Example();
      sent.state = state;
      sent.interval_ms = static_cast<uint32_t>(number);
      sent.epoch = number;
      sent.sequence = number;
      sent.port = static_cast<uint16_t>(number);
      sent.weight = static_cast<uint16_t>(number % 1001);
      sent.check_age_ms = static_cast<uint32_t>(number);
      sent.check_validity_ms = static_cast<uint32_t>(number);
      sent.key_id = static_cast<uint32_t>(number);
      const absl::StatusOr<BeaconMessage> got =
          BeaconMessage::Decode(sent.Encode());
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->address, sent.address);
      EXPECT_EQ(got->state, sent.state);
      EXPECT_EQ(got->interval_ms, sent.interval_ms);
      EXPECT_EQ(got->epoch, sent.epoch);
      EXPECT_EQ(got->sequence, sent.sequence);
      EXPECT_EQ(got->port, sent.port);
      EXPECT_EQ(got->weight, sent.weight);
      EXPECT_EQ(got->check_age_ms, sent.check_age_ms);
      EXPECT_EQ(got->check_validity_ms, sent.check_validity_ms);
      EXPECT_EQ(got->key_id, sent.key_id);
    }
  }
}

TEST(BeaconMessageTest, RefusesEveryOtherLength) {
  std::vector<uint8_t> bytes(kExampleBytes.begin(), kExampleBytes.end());
  bytes.resize(1500);
  for (size_t length = 0; length <= bytes.size(); ++length) {
    if (length == BeaconMessage::kSize) continue;
    const absl::Status status =
        BeaconMessage::Decode(absl::MakeConstSpan(bytes).first(length))
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << length;
    EXPECT_EQ(status.message(),
              "a beacon of " + std::to_string(length) + " bytes; expected 80");
  }
}

struct BadField {
  const char* description;
  size_t offset;
  std::vector<uint8_t> bytes;
  const char* error;
};

class BeaconMessageBadFieldTest : public ::testing::TestWithParam<BadField> {};

TEST_P(BeaconMessageBadFieldTest, IsRefusedByName) {
  const BadField& row = GetParam();
  SCOPED_TRACE(row.description);
  BeaconMessage::Bytes bytes = kExampleBytes;
  std::copy(row.bytes.begin(), row.bytes.end(), bytes.begin() + row.offset);
  const absl::Status status = BeaconMessage::Decode(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(row.error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BeaconMessageBadFieldTest,
    ::testing::Values(
        BadField{"first byte of the magic", 0, {'l'}, "\"L275\""},
        BadField{"last byte of the magic", 3, {'6'}, "\"L275\""},
        BadField{"version 0", 4, {0}, "version 0; expected 2"},
        BadField{"an earlier version", 4, {1}, "version 1; expected 2"},
        BadField{"a later version", 4, {3}, "version 3; expected 2"},
        BadField{"state 0", 5, {0}, "state 0; expected 1 (up), 2 (down) or"},
        BadField{"state 4", 5, {4}, "state 4; expected 1 (up), 2 (down) or"},
        BadField{"state 255", 5, {255}, "state 255"},
        BadField{"first reserved byte", 34, {1}, "0x0100 in its reserved"},
        BadField{"second reserved byte", 35, {1}, "0x0001 in its reserved"},
        BadField{"interval 0", 8, {0, 0, 0, 0}, "interval of 0"},
        BadField{"no address", 12, {0, 0, 0, 0}, "for 0.0.0.0, which cannot"},
        BadField{"loopback", 12, {127, 0, 0, 1}, "for 127.0.0.1, which"},
        BadField{"multicast", 12, {239, 0, 0, 1}, "for 239.0.0.1, which"},
        BadField{"broadcast", 12, {255, 255, 255, 255}, "for 255.255.255.255"},
        BadField{"sequence 0", 24, {0, 0, 0, 0, 0, 0, 0, 0}, "with sequence 0"},
        BadField{"weight 1001 %", 32, {0x03, 0xe9}, "a weight of 1001%"},
        BadField{"an age of no checks", 40, {0, 0, 0, 0}, "without checks"}));

}  // namespace
}  // namespace l275
