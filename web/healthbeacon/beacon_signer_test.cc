#include "web/healthbeacon/beacon_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace l275 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kAnyServer[] = "1 * 00112233445566778899aabbccddeeff\n";
constexpr char kThisServer[] =
    "2 10.0.0.101 102132435465768798a9bacbdcedfe0f\n";
constexpr char kOtherServer[] =
    "3 10.0.0.102 112132435465768798a9bacbdcedfe0f\n";

class BeaconSignerTest : public ::testing::Test {
 protected:
  BeaconSignerTest() {
    std::string folder = ::testing::TempDir() + "/keys.XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/keys";
  }

  void Write(const std::string& text) {
    std::ofstream(path_) << text;
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  }

  absl::StatusOr<BeaconSigner> Create(const std::string& text,
                                      uint32_t key_id = 0) {
    Write(text);
    return BeaconSigner::Create({path_, key_id, Address()});
  }

  std::string ErrorOf(const std::string& text, uint32_t key_id = 0) {
    return std::string(Create(text, key_id).status().message());
  }

  static Ipv4Address Address() { return *Ipv4Address::Parse("10.0.0.101"); }

  static BeaconMessage Message() {
    BeaconMessage message;
    message.address = Address();
    message.interval_ms = 100;
    message.sequence = 1;
    return message;
  }

  static bool Verifies(const BeaconSigner& signer, const std::string& keys) {
    const auto known = BeaconKeys::Parse(keys, "keys");
    const BeaconMessage::Bytes bytes = signer.Sign(Message());
    const BeaconKey* const key =
        known->Find(BeaconMessage::Decode(bytes)->key_id);
    return key != nullptr && key->Verify(bytes);
  }

  std::string path_;
};

TEST_F(BeaconSignerTest, SignsWithTheOnlyKeyThereIs) {
  const auto signer = Create(kAnyServer);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->key_id(), 1u);
  EXPECT_TRUE(Verifies(*signer, kAnyServer));
}

TEST_F(BeaconSignerTest, PassesOverKeysOfOtherServers) {
  const auto signer = Create(std::string(kThisServer) + kOtherServer);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->key_id(), 2u);
  EXPECT_TRUE(Verifies(*signer, kThisServer));
}

TEST_F(BeaconSignerTest, AnIdChoosesOneOfSeveral) {
  const std::string keys = std::string(kAnyServer) + kThisServer;
  EXPECT_THAT(ErrorOf(keys),
              EndsWith("/keys: keys 1, 2 may speak for 10.0.0.101; expected "
                       "--key_id to choose one"));
  for (const uint32_t id : {1u, 2u}) {
    const auto signer = Create(keys, id);
    ASSERT_TRUE(signer.ok()) << signer.status();
    EXPECT_EQ(signer->key_id(), id);
    EXPECT_TRUE(Verifies(*signer, keys));
  }
}

TEST_F(BeaconSignerTest, SaysWhichKeyIsMissing) {
  EXPECT_THAT(ErrorOf(kOtherServer),
              EndsWith("/keys: no key may speak for 10.0.0.101"));
  EXPECT_THAT(ErrorOf(kAnyServer, 7), EndsWith("/keys: no key has the id 7"));
  EXPECT_THAT(ErrorOf(kOtherServer, 3),
              EndsWith("/keys: key 3 is bound to 10.0.0.102 and cannot speak "
                       "for 10.0.0.101"));
  EXPECT_THAT(ErrorOf("junk"), HasSubstr("/keys:1: "));
}

TEST_F(BeaconSignerTest, AFileThatOthersCanReadIsRefused) {
  Write(kAnyServer);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(
      BeaconSigner::Create({path_, 0, Address()}).status()));
}

TEST_F(BeaconSignerTest, WithoutAFileThereIsNoKey) {
  auto signer = BeaconSigner::Create({"", 0, Address()});
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->key_id(), 0u);
  EXPECT_EQ(signer->Sign(Message()), Message().Encode());
}

}  // namespace
}  // namespace l275
