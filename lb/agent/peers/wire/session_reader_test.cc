#include "lb/agent/peers/wire/session_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "lb/agent/peers/wire/session_writer.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Ipv4Address kSender = Ipv4Address::FromHost(0x0a010003);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a010004);
constexpr Endpoint kListener = {Ipv4Address::FromHost(0x0a010002), 9276};

constexpr char kKeys[] =
    "1 * 000102030405060708090a0b0c0d0e0f\n"
    "2 10.1.0.3 101112131415161718191a1b1c1d1e1f\n"
    "3 10.1.0.4 202122232425262728292a2b2c2d2e2f\n";

BeaconKeys Keys(const char* text = kKeys) {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(text, "keys");
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *std::move(keys);
}

absl::Span<const uint8_t> BytesOf(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Alive(uint32_t vip) {
  sync::Message message;
  message.mutable_alive()->add_held_vip(vip);
  return message.SerializeAsString();
}

// What a listener makes of a stream of bytes: a word for each frame that it
// looks at, "accepted" or why it ended the connection.
std::vector<std::string> Listen(SessionReader* reader,
                                absl::string_view stream) {
  std::vector<std::string> results;
  while (stream.size() >= kSyncLengthBytes) {
    const std::optional<size_t> bytes = reader->FrameBytes(BytesOf(stream));
    if (bytes.has_value() && *bytes > stream.size()) break;  // waits for more
    sync::Message message;
    const SyncResult result =
        bytes.has_value()
            ? reader->Read(BytesOf(stream.substr(0, *bytes)), &message)
            : SyncResult::kMalformed;
    results.push_back(NameOf(result).word);
    if (result != SyncResult::kAccepted) break;
    stream.remove_prefix(*bytes);
  }
  return results;
}

class SessionReaderTest : public ::testing::Test {
 protected:
  static SessionWriter WriterOf(const SessionReader& reader,
                                const SyncKeys& keys,
                                Endpoint listener = kListener,
                                Ipv4Address sender = kSender) {
    absl::StatusOr<SessionWriter> writer =
        SessionWriter::Create(&keys, reader.nonce(), listener, sender);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  // What becomes of the Hello of a sender with these keys.
  std::vector<std::string> ResultOfHello(const SyncKeys& senders,
                                         const SyncKeys& listeners) {
    SessionReader reader(&listeners, kListener, kSender);
    return Listen(&reader, WriterOf(reader, senders).Hello());
  }

  SyncKeys keys_{Keys()};
  const SyncKeys insecure_{std::nullopt};
  SessionReader reader_{&keys_, kListener, kSender};
  SessionWriter writer_ = WriterOf(reader_, keys_);
};

TEST_F(SessionReaderTest, BelievesASession) {
  EXPECT_FALSE(reader_.is_open());
  EXPECT_THAT(Listen(&reader_, writer_.Hello()), ElementsAre("accepted"));
  ASSERT_TRUE(reader_.is_open());
  EXPECT_EQ(reader_.key().id, 2u);
  EXPECT_TRUE(writer_.IsWelcome(reader_.Welcome()));
  for (uint32_t vip = 0; vip < 100; ++vip) {
    EXPECT_THAT(Listen(&reader_, writer_.Frame(Alive(vip))),
                ElementsAre("accepted"));
  }
}

TEST_F(SessionReaderTest, HandsOverWhatIsSaid) {
  sync::Message message;
  ASSERT_EQ(reader_.Read(BytesOf(writer_.Hello()), &message),
            SyncResult::kAccepted);
  EXPECT_EQ(message.hello().address(), kSender.ToHost());
  EXPECT_FALSE(message.hello().version().empty());
  ASSERT_EQ(reader_.Read(BytesOf(writer_.Frame(Alive(7))), &message),
            SyncResult::kAccepted);
  EXPECT_THAT(message.alive().held_vip(), ElementsAre(7));
}

TEST_F(SessionReaderTest, AKindOfANewerVersionIsNoError) {
  Listen(&reader_, writer_.Hello());
  sync::Message message;
  // Field 99, with no bytes.
  EXPECT_EQ(reader_.Read(BytesOf(writer_.Frame(std::string("\x9a\x06\x00", 3))),
                         &message),
            SyncResult::kAccepted);
  EXPECT_EQ(message.what_case(), sync::Message::WHAT_NOT_SET);
}

// Each byte, in the Hello, in later frames, in their lengths and tags. What
// came before it is believed, and nothing from there on.
TEST_F(SessionReaderTest, AByteThatWasChangedIsNoticed) {
  const size_t hello_bytes = writer_.Hello().size();
  const size_t frame_bytes = writer_.Frame(Alive(1)).size();
  const size_t session_bytes = hello_bytes + 2 * frame_bytes;
  for (size_t at = 0; at < session_bytes; ++at) {
    SessionReader reader(&keys_, kListener, kSender);
    SessionWriter writer = WriterOf(reader, keys_);
    std::string stream = writer.Hello();
    stream += writer.Frame(Alive(1));
    stream += writer.Frame(Alive(2));
    ASSERT_EQ(stream.size(), session_bytes);
    stream[at] ^= 1 + at % 255;
    const size_t before =
        at < hello_bytes ? 0 : 1 + (at - hello_bytes) / frame_bytes;
    const std::vector<std::string> results = Listen(&reader, stream);
    size_t accepted = 0;
    for (const std::string& result : results) accepted += result == "accepted";
    EXPECT_EQ(accepted, before) << "byte " << at;
  }
}

TEST_F(SessionReaderTest, ARecordedSessionIsWorthless) {
  std::string recorded = writer_.Hello();
  recorded += writer_.Frame(Alive(1));
  recorded += writer_.Frame(Alive(2));
  EXPECT_THAT(Listen(&reader_, recorded),
              ElementsAre("accepted", "accepted", "accepted"));
  SessionReader again(&keys_, kListener, kSender);
  EXPECT_THAT(Listen(&again, recorded), ElementsAre("bad_tag"));
}

TEST_F(SessionReaderTest, FramesComeOnceEachInTheirOrder) {
  const std::string hello = writer_.Hello();
  const std::string one = writer_.Frame(Alive(1));
  const std::string two = writer_.Frame(Alive(2));
  const struct {
    const char* why;
    std::string rest;
  } kCases[] = {
      {"one left out", two},
      {"another order", two + one},
      {"as another session of this connection", hello},
  };
  for (const auto& c : kCases) {
    SessionReader reader = reader_;
    EXPECT_THAT(Listen(&reader, hello + c.rest),
                ElementsAre("accepted", "bad_tag"))
        << c.why;
  }
  EXPECT_THAT(Listen(&reader_, hello + one + one),
              ElementsAre("accepted", "accepted", "bad_tag"))
      << "once more";
}

TEST_F(SessionReaderTest, ASessionCannotBePassedOn) {
  const Endpoint other = {kOther, kListener.port};
  EXPECT_THAT(Listen(&reader_, WriterOf(reader_, keys_, other).Hello()),
              ElementsAre("bad_tag"));
  const Endpoint port = {kListener.address, 9277};
  EXPECT_THAT(Listen(&reader_, WriterOf(reader_, keys_, port).Hello()),
              ElementsAre("bad_tag"));
}

TEST_F(SessionReaderTest, SpeaksForTheAddressThatItCameFrom) {
  const SyncKeys for_all(Keys("1 * 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_THAT(
      Listen(&reader_, WriterOf(reader_, for_all, kListener, kOther).Hello()),
      ElementsAre("wrong_server"));
}

TEST_F(SessionReaderTest, RefusesKeysByReason) {
  const SyncKeys unknown(Keys("4 * 000102030405060708090a0b0c0d0e0f\n"));
  const SyncKeys other_secret(Keys("1 * ffffffffffffffffffffffffffffffff\n"));
  const SyncKeys others(Keys("3 * 202122232425262728292a2b2c2d2e2f\n"));
  EXPECT_THAT(ResultOfHello(insecure_, keys_), ElementsAre("unsigned"));
  EXPECT_THAT(ResultOfHello(unknown, keys_), ElementsAre("unknown_key"));
  EXPECT_THAT(ResultOfHello(other_secret, keys_), ElementsAre("bad_tag"));
  EXPECT_THAT(ResultOfHello(others, keys_), ElementsAre("wrong_server"))
      << "key 3 is bound to another";
  EXPECT_THAT(ResultOfHello(keys_, insecure_), ElementsAre("unknown_key"));
}

TEST_F(SessionReaderTest, WithoutKeysTagsAreZeros) {
  SessionReader reader(&insecure_, kListener, kSender);
  SessionWriter writer = WriterOf(reader, insecure_);
  EXPECT_THAT(Listen(&reader, writer.Hello()), ElementsAre("accepted"));
  EXPECT_TRUE(writer.IsWelcome(reader.Welcome()));
  std::string frame = writer.Frame(Alive(1));
  EXPECT_THAT(Listen(&reader, frame), ElementsAre("accepted"));
  frame.back() = 1;
  EXPECT_THAT(Listen(&reader, frame), ElementsAre("bad_tag"));
}

TEST_F(SessionReaderTest, WithKeysATagOfZerosIsNeverEnough) {
  Listen(&reader_, writer_.Hello());
  std::string frame = writer_.Frame(Alive(1));
  frame.replace(frame.size() - kSyncTagBytes, kSyncTagBytes, kSyncTagBytes,
                '\0');
  EXPECT_THAT(Listen(&reader_, frame), ElementsAre("bad_tag"));
}

TEST_F(SessionReaderTest, ThereIsOneHelloAndItIsTheFirst) {
  EXPECT_THAT(Listen(&reader_, writer_.Frame(Alive(1))),
              ElementsAre("malformed"));
  SessionReader again(&keys_, kListener, kSender);
  SessionWriter writer = WriterOf(again, keys_);
  EXPECT_THAT(Listen(&again, writer.Hello()), ElementsAre("accepted"));
  EXPECT_THAT(Listen(&again, writer.Hello()), ElementsAre("malformed"));
}

TEST_F(SessionReaderTest, WhatIsNoMessageIsMalformed) {
  Listen(&reader_, writer_.Hello());
  EXPECT_THAT(Listen(&reader_, writer_.Frame("\xff")),
              ElementsAre("malformed"));
}

TEST_F(SessionReaderTest, ANonceHasItsSize) {
  sync::Message message;
  message.mutable_hello()->set_address(kSender.ToHost());
  message.mutable_hello()->set_key_id(1);
  for (const size_t size : {0, 15, 17}) {
    message.mutable_hello()->set_nonce(std::string(size, 'n'));
    SessionReader reader(&keys_, kListener, kSender);
    EXPECT_THAT(Listen(&reader, writer_.Frame(message.SerializeAsString())),
                ElementsAre("malformed"))
        << size;
  }
}

TEST_F(SessionReaderTest, LengthsAreBoundBeforeAnythingElse) {
  EXPECT_EQ(reader_.MaxFrameBytes(), SyncFrameBytes(512));
  EXPECT_EQ(reader_.FrameBytes(EncodeSyncLength(512)), SyncFrameBytes(512));
  for (const size_t length : {513u, 0xffffffdcu, 0xffffffffu}) {
    EXPECT_EQ(reader_.FrameBytes(EncodeSyncLength(length)), std::nullopt);
  }
  Listen(&reader_, writer_.Hello());
  EXPECT_EQ(reader_.FrameBytes(EncodeSyncLength(kMaxSyncMessageBytes)),
            SyncFrameBytes(kMaxSyncMessageBytes));
  EXPECT_EQ(reader_.FrameBytes(EncodeSyncLength(kMaxSyncMessageBytes + 1)),
            std::nullopt);
}

TEST_F(SessionReaderTest, AKeyThatGoesAwayEndsItsSession) {
  Listen(&reader_, writer_.Hello());
  const std::string one = writer_.Frame(Alive(1));
  const std::string two = writer_.Frame(Alive(2));
  keys_.Set(Keys());
  EXPECT_TRUE(reader_.IsKeyHeld());
  EXPECT_THAT(Listen(&reader_, one), ElementsAre("accepted"));
  keys_.Set(Keys("1 * 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_FALSE(reader_.IsKeyHeld());
  EXPECT_FALSE(writer_.IsKeyHeld());
  EXPECT_THAT(Listen(&reader_, two), ElementsAre("unknown_key"));
}

TEST_F(SessionReaderTest, BothEndsMakeTheSameTagOfASeed) {
  Listen(&reader_, writer_.Hello());
  EXPECT_EQ(reader_.TagOfHashSeed(5), writer_.TagOfHashSeed(5));
  EXPECT_NE(reader_.TagOfHashSeed(5), writer_.TagOfHashSeed(6));
  keys_.Set(Keys("1 * 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_EQ(reader_.TagOfHashSeed(5), "") << "never with a key for nobody";
  EXPECT_EQ(writer_.TagOfHashSeed(5), "");
}

TEST_F(SessionReaderTest, HalfAFrameIsWaitedFor) {
  const std::string hello = writer_.Hello();
  for (size_t size = 0; size < hello.size(); ++size) {
    EXPECT_THAT(Listen(&reader_, hello.substr(0, size)), IsEmpty());
  }
  EXPECT_THAT(Listen(&reader_, hello), ElementsAre("accepted"));
}

}  // namespace
}  // namespace l275
