#include <event2/event.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/api/tcp_listener.h"
#include "lb/agent/peers/wire/peer_listener.h"
#include "lb/agent/peers/wire/peer_sender.h"
#include "lb/agent/peers/wire/peer_socket.h"
#include "lb/agent/peers/wire/session_writer.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Endpoint kA = {Ipv4Address::FromHost(0x0a010002), 9276};  // 10.1.0.2
constexpr Endpoint kB = {Ipv4Address::FromHost(0x0a010003), 9276};
constexpr Ipv4Address kStranger = Ipv4Address::FromHost(0x0a010004);

constexpr char kKey1[] = "1 * 000102030405060708090a0b0c0d0e0f\n";
constexpr char kKey2[] = "2 * 101112131415161718191a1b1c1d1e1f\n";

BeaconKeys Keys(const std::string& text) {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(text, "keys");
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *std::move(keys);
}

sync::Message Alive(uint32_t vip) {
  sync::Message message;
  message.mutable_alive()->add_held_vip(vip);
  return message;
}

sync::Message OfBytes(size_t bytes) {
  sync::Message message;
  message.mutable_declared()->set_services(std::string(bytes, 's'));
  return message;
}

// B connects to A, in a host that has both addresses. Each has keys of its own.
class PeerTest : public ::testing::Test {
 protected:
  PeerTest() : scope_(host_) {
    host_.Ip("addr add 10.1.0.2/32 dev lo");
    host_.Ip("addr add 10.1.0.3/32 dev lo");
    host_.Ip("addr add 10.1.0.4/32 dev lo");
  }

  void Listen() {
    auto listener = PeerListener::Create(
        base_.get(), {kA, {kB}}, &a_keys_,
        [this](Ipv4Address peer, const sync::Message& message) {
          EXPECT_EQ(peer, kB.address);
          OnMessage(message);
        },
        [this](Ipv4Address peer) {
          EXPECT_EQ(peer, kB.address);
          said_.push_back("gone");
        });
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }

  void OnMessage(const sync::Message& message) {
    if (message.has_hello()) said_.push_back("hello");
    if (message.has_declared()) said_.push_back("declared");
    for (const uint32_t vip : message.alive().held_vip()) {
      said_.push_back(absl::StrCat(vip));
    }
  }

  void Send() {
    sender_ = std::make_unique<PeerSender>(base_.get(), kB, kA, &b_keys_,
                                           [this] { ++connected_; });
  }

  void Connect() {
    Listen();
    Send();
    ASSERT_TRUE(RunUntilHeard()) << sender_->error();
  }

  bool RunUntilHeard() {
    return Run(
        [&] { return sender_->connected() && listener_->IsHeard(kB.address); });
  }

  bool Run(absl::FunctionRef<bool()> condition) {
    return RunUntil(base_.get(), condition);
  }

  PeerHeard Heard() { return listener_->heard().at(kB.address); }
  uint64_t Count(SyncResult result) { return Heard().frames.Of(result); }

  const TestNamespace host_;
  const TestNamespace::Scope scope_;
  const EventBasePtr base_{event_base_new()};
  SyncKeys a_keys_{Keys(kKey1)};
  SyncKeys b_keys_{Keys(kKey1)};
  std::unique_ptr<PeerListener> listener_;
  std::unique_ptr<PeerSender> sender_;
  std::vector<std::string> said_;
  int connected_ = 0;
  LogCapture log_;
};

// A connection made by hand, from any address.
class RawPeer {
 public:
  explicit RawPeer(event_base* base, Ipv4Address from = kB.address)
      : base_(base), fd_(NewPeerSocket(from).value()) {
    const sockaddr_in to = SockaddrOf(kA);
    if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to),
                sizeof(to)) != 0) {
      PCHECK(errno == EINPROGRESS);
    }
  }

  // The next bytes, that many; fewer when the connection was ended before.
  std::string Receive(size_t count) {
    std::string bytes;
    RunUntil(base_, [&] {
      char byte;
      while (bytes.size() < count) {
        const ssize_t got = recv(fd_.get(), &byte, 1, 0);
        if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return false;
        if (got <= 0) return true;
        bytes += byte;
      }
      return true;
    });
    return bytes;
  }

  bool WasEnded() { return Receive(1).empty(); }

  void Send(const std::string& bytes) {
    PCHECK(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size()));
  }

  SessionWriter Greeted(const SyncKeys& keys) {
    const std::string greeting = Receive(kSyncGreetingBytes);
    const auto nonce = DecodeSyncGreeting(
        {reinterpret_cast<const uint8_t*>(greeting.data()), greeting.size()});
    CHECK(nonce.has_value());
    return SessionWriter::Create(&keys, *nonce, kA, kB.address).value();
  }

 private:
  event_base* const base_;
  const UniqueFd fd_;
};

TEST_F(PeerTest, MessagesComeInTheirOrder) {
  Connect();
  EXPECT_EQ(connected_, 1);
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_TRUE(sender_->Send(Alive(i)));
  ASSERT_TRUE(Run([&] { return said_.size() == 1001; }));
  EXPECT_EQ(said_[0], "hello");
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(said_[1 + i], absl::StrCat(i));
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
  EXPECT_EQ(sender_->counters().messages, 1000u);
  EXPECT_EQ(sender_->key_id(), 1u);
  EXPECT_EQ(Count(SyncResult::kAccepted), 1001u);
  EXPECT_GT(Heard().bytes, sender_->counters().bytes) << "the Hello, too";
  EXPECT_EQ(Heard().key_id, 1u);
  EXPECT_EQ(Heard().sessions, 1u);
  EXPECT_FALSE(Heard().version.empty());
  EXPECT_TRUE(Heard().since.has_value());
}

TEST_F(PeerTest, LargeMessagesPass) {
  Connect();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(sender_->Send(OfBytes(kMaxSyncMessageBytes - 16)));
  }
  EXPECT_TRUE(Run([&] { return said_.size() == 21; })) << sender_->error();
}

TEST_F(PeerTest, ATooLargeMessageIsNotSent) {
  Connect();
  EXPECT_FALSE(sender_->Send(OfBytes(kMaxSyncMessageBytes)));
  EXPECT_THAT(log_.Take(), Contains(HasSubstr("expected at most 262144")));
  EXPECT_TRUE(sender_->Send(Alive(1)));
  EXPECT_TRUE(Run([&] { return said_.size() == 2; }));
  EXPECT_EQ(said_, (std::vector<std::string>{"hello", "1"}));
}

TEST_F(PeerTest, BothEndsMakeTheSameTagOfASeed) {
  Listen();
  Send();
  EXPECT_EQ(sender_->TagOfHashSeed(5), "") << "without a session";
  EXPECT_EQ(listener_->TagOfHashSeed(kB.address, 5), "");
  EXPECT_EQ(listener_->TagOfHashSeed(kStranger, 5), "");
  ASSERT_TRUE(RunUntilHeard());
  EXPECT_THAT(sender_->TagOfHashSeed(5), SizeIs(32));
  EXPECT_EQ(sender_->TagOfHashSeed(5), listener_->TagOfHashSeed(kB.address, 5));
}

TEST_F(PeerTest, ConnectsAgainWhenTheListenerGoesAndReturns) {
  Send();
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_EQ(sender_->error(), "connecting: Connection refused");
  Listen();
  ASSERT_TRUE(RunUntilHeard());
  const HealthTime since = sender_->since();
  listener_.reset();
  ASSERT_TRUE(Run([&] { return !sender_->connected(); }));
  EXPECT_GT(sender_->since(), since);
  EXPECT_TRUE(sender_->Send(Alive(1))) << "dropped";
  EXPECT_EQ(sender_->counters().messages, 0u);
  Listen();
  ASSERT_TRUE(RunUntilHeard());
  EXPECT_EQ(connected_, 2);
  EXPECT_EQ(sender_->counters().sessions, 2u);
  EXPECT_THAT(said_, ElementsAre("hello", "hello")) << "and no gone";
}

TEST_F(PeerTest, TellsAReasonOnceWhileItTriesAgain) {
  Send();
  const HealthTime start = HealthTime::clock::now();
  Run([&] { return HealthTime::clock::now() - start > milliseconds(1500); });
  EXPECT_THAT(log_.Take(),
              ElementsAre("load balancer 10.1.0.2:9276 is not told of tracked "
                          "slots and flows, trying again: connecting: "
                          "Connection refused"));
}

TEST_F(PeerTest, APeerThatEndsItsConnectionIsGone) {
  Connect();
  sender_.reset();
  ASSERT_TRUE(Run([&] { return said_.back() == "gone"; }));
  EXPECT_FALSE(listener_->IsHeard(kB.address));
  EXPECT_FALSE(Heard().since.has_value());
  EXPECT_EQ(Heard().error, "it closed the connection");
}

TEST_F(PeerTest, ASilentPeerIsGone) {
  const HealthTime start = HealthTime::clock::now();
  Connect();
  ASSERT_TRUE(Run([&] { return said_.back() == "gone"; }));
  EXPECT_GE(HealthTime::clock::now() - start, milliseconds(4900));
  ASSERT_TRUE(Run([&] { return connected_ == 2; }));
}

TEST_F(PeerTest, ANewSessionTakesThePlaceOfTheOld) {
  Connect();
  sender_->Send(Alive(1));
  RawPeer again(base_.get());
  again.Send(again.Greeted(b_keys_).Hello());
  ASSERT_TRUE(Run([&] { return !sender_->connected(); }));
  EXPECT_THAT(said_, ElementsAre("hello", "1", "hello"));
  EXPECT_EQ(Heard().sessions, 2u);
}

TEST_F(PeerTest, StrangersAreNotGreeted) {
  Listen();
  RawPeer stranger(base_.get(), kStranger);
  EXPECT_TRUE(stranger.WasEnded());
  EXPECT_EQ(listener_->strangers(), 1u);
  EXPECT_THAT(log_.Take(),
              ElementsAre("closing a connection of 10.1.0.4 to 10.1.0.2:9276: "
                          "no peer has this address"));
}

TEST_F(PeerTest, WhoSaysNoHelloIsLate) {
  Connect();
  RawPeer late(base_.get());
  SessionWriter writer = late.Greeted(b_keys_);
  const std::string hello = writer.Hello();
  late.Send(hello.substr(0, hello.size() - 1));
  EXPECT_TRUE(late.WasEnded());
  EXPECT_EQ(Count(SyncResult::kLate), 1u);
  EXPECT_TRUE(sender_->connected()) << "it does no harm to the session";
}

TEST_F(PeerTest, OfACrowdTheNewestAreKept) {
  Listen();
  std::vector<std::unique_ptr<RawPeer>> crowd;
  std::vector<std::string> hellos;
  for (int i = 0; i < 6; ++i) {
    crowd.push_back(std::make_unique<RawPeer>(base_.get()));
    hellos.push_back(crowd.back()->Greeted(b_keys_).Hello());
  }
  EXPECT_EQ(Count(SyncResult::kCrowd), 2u);
  EXPECT_TRUE(crowd[0]->WasEnded());
  EXPECT_TRUE(crowd[1]->WasEnded());
  crowd[2]->Send(hellos[2]);
  EXPECT_THAT(crowd[2]->Receive(kSyncTagBytes), SizeIs(kSyncTagBytes));
  EXPECT_THAT(said_, ElementsAre("hello"));
}

TEST_F(PeerTest, WithoutADescriptorToAcceptWithItTriesLater) {
  Listen();
  RawPeer waiting(base_.get());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  std::vector<std::string> lines;
  const bool told = Run([&] {
    if (lines.empty()) lines = log_.Take();
    return !lines.empty();
  });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(told);
  EXPECT_THAT(lines, ElementsAre("cannot accept connections on 10.1.0.2:9276: "
                                 "Too many open files"));
  EXPECT_THAT(waiting.Receive(kSyncGreetingBytes), SizeIs(kSyncGreetingBytes));
}

TEST_F(PeerTest, ARecordedSessionIsRefused) {
  Listen();
  RawPeer first(base_.get());
  SessionWriter writer = first.Greeted(b_keys_);
  std::string recorded = writer.Hello();
  recorded += writer.Frame(Alive(1).SerializeAsString());
  first.Send(recorded);
  ASSERT_TRUE(Run([&] { return said_.size() == 2; }));
  RawPeer second(base_.get());
  second.Greeted(b_keys_);
  second.Send(recorded);
  EXPECT_TRUE(second.WasEnded());
  EXPECT_EQ(Count(SyncResult::kBadTag), 1u);
  EXPECT_THAT(said_, ElementsAre("hello", "1"));
  EXPECT_TRUE(listener_->IsHeard(kB.address)) << "the first";
}

TEST_F(PeerTest, ATamperedFrameEndsTheSession) {
  Listen();
  RawPeer raw(base_.get());
  SessionWriter writer = raw.Greeted(b_keys_);
  raw.Send(writer.Hello());
  std::string frame = writer.Frame(Alive(1).SerializeAsString());
  frame.back() ^= 1;
  raw.Send(frame);
  ASSERT_TRUE(Run([&] { return said_.size() == 2; }));
  EXPECT_THAT(said_, ElementsAre("hello", "gone"));
  EXPECT_EQ(Count(SyncResult::kBadTag), 1u);
  EXPECT_EQ(Heard().error, "its tag is not the key's");
}

TEST_F(PeerTest, ATooLongFrameIsRefusedByItsLength) {
  Listen();
  const struct {
    const char* why;
    bool open;
    size_t length;
  } kCases[] = {
      {"before a Hello", false, kMaxSyncHelloBytes + 1},
      {"after it", true, kMaxSyncMessageBytes + 1},
      {"the longest", true, 0xffffffff},
  };
  uint64_t expected = 0;
  for (const auto& c : kCases) {
    RawPeer raw(base_.get());
    SessionWriter writer = raw.Greeted(b_keys_);
    if (c.open) {
      raw.Send(writer.Hello());
      EXPECT_THAT(raw.Receive(kSyncTagBytes), SizeIs(kSyncTagBytes));
    }
    const auto length = EncodeSyncLength(c.length);
    raw.Send(std::string(length.begin(), length.end()));
    EXPECT_TRUE(raw.WasEnded()) << c.why;
    EXPECT_EQ(Count(SyncResult::kMalformed), ++expected) << c.why;
  }
}

TEST_F(PeerTest, SaysWhyAKeyIsRefused) {
  Listen();
  b_keys_.Set(Keys(kKey2));
  Send();
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_EQ(sender_->error(),
            "it closed the connection after our Hello; does it know our key "
            "2?");
  EXPECT_EQ(Count(SyncResult::kUnknownKey), 1u);
  EXPECT_EQ(Heard().error, "signed with a key that is not in the file");
  EXPECT_EQ(connected_, 0);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(PeerTest, WithoutAKeyOfItsOwnItSaysSo) {
  Listen();
  b_keys_.Set(Keys("3 10.1.0.2 303132333435363738393a3b3c3d3e3f\n"));
  Send();
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_THAT(sender_->error(), HasSubstr("may speak for 10.1.0.3"));
}

// Something else at A's address, which says `words` to who connects.
class Impostor {
 public:
  Impostor() : listener_(ListenTcp(kA).value()) {}

  void Say(event_base* base, const std::string& words) {
    RunUntil(base, [&] {
      if (!accepted_) {
        accepted_.reset(
            accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      }
      return static_cast<bool>(accepted_);
    });
    PCHECK(send(accepted_.get(), words.data(), words.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(words.size()));
  }

 private:
  const UniqueFd listener_;
  UniqueFd accepted_;
};

TEST_F(PeerTest, NobodyIsToldWhoDoesNotKnowTheKey) {
  Impostor impostor;
  Send();
  const auto greeting = EncodeSyncGreeting(NewSyncNonce());
  std::string answer(greeting.begin(), greeting.end());
  answer.append(kSyncTagBytes, 'x');
  impostor.Say(base_.get(), answer);
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_EQ(sender_->error(), "its welcome is not signed with key 1");
  EXPECT_EQ(connected_, 0);
}

TEST_F(PeerTest, WhatIsNoLoadBalancerIsNotTold) {
  Impostor other;
  Send();
  other.Say(base_.get(), "220 mail.example ESMTP ready\r\n");
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_THAT(sender_->error(), HasSubstr("its greeting is no load balancer"));
}

TEST_F(PeerTest, WhoDoesNotAnswerIsGivenUp) {
  Impostor mute;
  Send();
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_EQ(sender_->error(), "no answer within 2000 ms");
}

TEST_F(PeerTest, ASlowPeerIsBegunAnew) {
  Connect();
  size_t sent = 0;
  while (sender_->connected()) {
    sender_->Send(OfBytes(200'000));
    ASSERT_LT(sent += 200'000, 2 * PeerSender::kMaxUnsentBytes);
  }
  EXPECT_GT(sent, PeerSender::kMaxUnsentBytes);
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
  EXPECT_THAT(sender_->error(), HasSubstr("over 64 MB wait for it"));
  EXPECT_TRUE(Run([&] { return connected_ == 2; }));
}

// The sender in a host of its own, on a cable that is pulled and put back.
TEST_F(PeerTest, APeerThatIsCutOffIsNoticedByWhatItDoesNotAcknowledge) {
  const TestNamespace other;
  host_.Ip("addr del 10.1.0.3/32 dev lo");
  host_.Connect("cable", other, "cable");
  host_.Ip("route add 10.1.0.3/32 dev cable");
  other.Ip("addr add 10.1.0.3/24 dev cable");
  Listen();
  {
    const TestNamespace::Scope in_other(other);
    Send();
    ASSERT_TRUE(RunUntilHeard()) << sender_->error();
  }
  host_.Ip("link set cable down");
  const HealthTime start = HealthTime::clock::now();
  sender_->Send(Alive(1));
  ASSERT_TRUE(Run([&] { return !sender_->connected(); }));
  EXPECT_GE(HealthTime::clock::now() - start, milliseconds(2900));
  EXPECT_EQ(sender_->error(), "Connection timed out");
  host_.Ip("link set cable up");
  host_.Ip("route replace 10.1.0.3/32 dev cable");
  const TestNamespace::Scope in_other(other);  // where it connects from
  EXPECT_TRUE(Run([&] { return connected_ == 2; })) << sender_->error();
}

TEST_F(PeerTest, SessionsLiveOnWhenTheirKeyStays) {
  Connect();
  for (SyncKeys* keys : {&a_keys_, &b_keys_}) {
    keys->Set(Keys(absl::StrCat(kKey1, kKey2)));
  }
  listener_->OnKeysChanged();
  sender_->OnKeysChanged();
  sender_->Send(Alive(1));
  ASSERT_TRUE(Run([&] { return said_.size() == 2; }));
  EXPECT_THAT(said_, ElementsAre("hello", "1"));
}

TEST_F(PeerTest, SessionsEndWithTheirKey) {
  Connect();
  a_keys_.Set(Keys(kKey2));
  listener_->OnKeysChanged();
  EXPECT_THAT(said_, ElementsAre("hello", "gone"));
  EXPECT_EQ(Heard().error, "key 1 is not in the keys file any more");
  b_keys_.Set(Keys(kKey2));
  ASSERT_TRUE(RunUntilHeard());
  EXPECT_EQ(Heard().key_id, 2u);
  b_keys_.Set(Keys(kKey1));
  sender_->OnKeysChanged();
  EXPECT_FALSE(sender_->connected());
  EXPECT_EQ(sender_->error(), "key 2 is not in the keys file any more");
}

TEST_F(PeerTest, TheAddressMayComeLater) {
  host_.Ip("addr del 10.1.0.2/32 dev lo");
  host_.Ip("addr del 10.1.0.3/32 dev lo");
  Listen();
  Send();
  ASSERT_TRUE(Run([&] { return !sender_->error().empty(); }));
  EXPECT_EQ(sender_->error(),
            "bind(10.1.0.3), the address of --sync_listen: "
            "Cannot assign requested address");
  host_.Ip("addr add 10.1.0.3/32 dev lo");
  ASSERT_TRUE(Run([&] {
    return absl::StrContains(sender_->error(), "connecting");
  })) << sender_->error();
  host_.Ip("addr add 10.1.0.2/32 dev lo");
  EXPECT_TRUE(RunUntilHeard()) << sender_->error();
}

TEST_F(PeerTest, APortThatIsTakenIsAnError) {
  Listen();
  EXPECT_EQ(
      PeerListener::Create(base_.get(), {kA, {kB}}, &a_keys_, nullptr, nullptr)
          .status()
          .message(),
      "listening on 10.1.0.2:9276: Address already in use");
}

}  // namespace
}  // namespace l275
