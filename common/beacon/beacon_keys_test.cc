#include "common/beacon/beacon_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace l275 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "000102030405060708090a0b0c0d0e0f";

std::string Error(const std::string& text) {
  return std::string(BeaconKeys::Parse(text, "keys").status().message());
}

TEST(BeaconKeysTest, ReadsKeysCommentsAndSpace) {
  const auto keys = BeaconKeys::Parse(
      "# of the web servers\n\n"
      "1 * 000102030405060708090a0b0c0d0e0f\n"
      "\t4294967295   10.0.0.101\t000102030405060708090A0B0C0D0E0FFF # new\r\n",
      "keys");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 2u);
  ASSERT_NE(keys->Find(1), nullptr);
  EXPECT_EQ(keys->Find(1)->server(), std::nullopt);
  ASSERT_NE(keys->Find(4294967295), nullptr);
  EXPECT_EQ(keys->Find(4294967295)->server(),
            Ipv4Address::FromHost(0x0a000065));
  EXPECT_EQ(keys->Find(2), nullptr);
  EXPECT_EQ(keys->Find(0), nullptr);
}

TEST(BeaconKeysTest, TheSecretIsTheBytesOfItsDigits) {
  const auto keys = BeaconKeys::Parse(std::string("7 * ") + kSecret, "keys");
  ASSERT_TRUE(keys.ok()) << keys.status();
  const std::vector<uint8_t> secret = {0, 1, 2,  3,  4,  5,  6,  7,
                                       8, 9, 10, 11, 12, 13, 14, 15};
  const auto same = BeaconKey::Create(7, std::nullopt, secret);
  ASSERT_TRUE(same.ok());
  EXPECT_TRUE(keys->Find(7)->Verify(same->Sign(BeaconMessage())));
}

TEST(BeaconKeysTest, OneServersKeysMayHaveTheSameSecret) {
  const std::string secret = kSecret;
  EXPECT_EQ(Error("1 10.0.0.1 " + secret + "\n2 10.0.0.1 " + secret), "");
  EXPECT_EQ(Error("1 * " + secret + "\n2 * " + secret), "");
}

struct BadText {
  const char* description;
  std::string text;
  const char* error;
};

class BeaconKeysBadTextTest : public ::testing::TestWithParam<BadText> {};

TEST_P(BeaconKeysBadTextTest, IsRefusedByLineWithoutTheSecret) {
  SCOPED_TRACE(GetParam().description);
  EXPECT_THAT(Error(GetParam().text), HasSubstr(GetParam().error));
  EXPECT_THAT(Error(GetParam().text), Not(HasSubstr("0102")));
}

INSTANTIATE_TEST_SUITE_P(
    All, BeaconKeysBadTextTest,
    ::testing::Values(
        BadText{"empty", "", "keys: no key; expected lines of"},
        BadText{"comments only", "# 1 * 0001020304\n", "keys: no key"},
        BadText{"two words", std::string("\n1 ") + kSecret,
                "keys:2: 2 words; expected 3"},
        BadText{"four words", std::string("1 * ") + kSecret + " 0102",
                "keys:1: 4 words; expected 3"},
        BadText{"id 0", std::string("0 * ") + kSecret,
                "keys:1: the first word is no key id"},
        BadText{"id too large", std::string("4294967296 * ") + kSecret,
                "the first word is no key id"},
        BadText{"negative id", std::string("-1 * ") + kSecret,
                "the first word is no key id"},
        BadText{"the secret first", std::string(kSecret) + " * 1",
                "the first word is no key id"},
        BadText{"no address", std::string("1 web1 ") + kSecret,
                "the second word is neither a server's address nor *"},
        BadText{"the secret second", std::string("1 ") + kSecret + " *",
                "the second word is neither"},
        BadText{"an address that no host has",
                std::string("1 239.0.0.1 ") + kSecret,
                "the second word is neither"},
        BadText{"an odd number of digits", std::string("1 * ") + kSecret + "0",
                "keys:1: the secret is not an even number of hex digits"},
        BadText{"no hex digits", std::string("1 * ") + kSecret + "0g",
                "the secret is not an even number of hex digits"},
        BadText{"a short secret", "1 * 000102030405060708090a0b0c0d0e",
                "keys:1: a secret of 15 bytes; expected 16 or more"},
        BadText{
            "one secret for two servers",
            std::string("7 10.0.0.1 ") + kSecret + "\n9 10.0.0.2 " + kSecret,
            "keys: keys 7 and 9 have the same secret"},
        BadText{"one secret for a server and for all",
                std::string("1 * ") + kSecret + "\n2 10.0.0.2 " + kSecret,
                "keys: keys 1 and 2 have the same secret"},
        BadText{"an id twice",
                std::string("1 * ") + kSecret + "\n1 10.0.0.1 " + kSecret,
                "keys:2: key id 1 appears twice"}));

class BeaconKeysFileTest : public ::testing::Test {
 protected:
  BeaconKeysFileTest() : path_(::testing::TempDir() + "/beacon.keys") {
    std::ofstream(path_) << "1 * " << kSecret << "\n";
  }
  ~BeaconKeysFileTest() override { unlink(path_.c_str()); }

  absl::Status ReadWithMode(mode_t mode) {
    EXPECT_EQ(chmod(path_.c_str(), mode), 0);
    return BeaconKeys::Read(path_).status();
  }

  const std::string path_;
};

TEST_F(BeaconKeysFileTest, IsReadWhenItsOwnersAlone) {
  for (const mode_t mode : {0600, 0400, 0700}) {
    EXPECT_EQ(ReadWithMode(mode), absl::OkStatus()) << std::oct << mode;
  }
}

TEST_F(BeaconKeysFileTest, IsRefusedWhenOthersMayUseIt) {
  for (const mode_t mode : {0640, 0620, 0610, 0604, 0602, 0601}) {
    EXPECT_EQ(ReadWithMode(mode).code(), absl::StatusCode::kPermissionDenied)
        << std::oct << mode;
  }
  EXPECT_EQ(ReadWithMode(0644).message(),
            path_ +
                " has mode 0644: others than its owner may use it; "
                "expected 0600 or 0400");
}

TEST_F(BeaconKeysFileTest, AMissingFileIsNamed) {
  const absl::Status status = BeaconKeys::Read(path_ + ".not").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              EndsWith("beacon.keys.not: No such file or directory"));
}

TEST_F(BeaconKeysFileTest, AFifoIsRefusedAndNotWaitedFor) {
  const std::string fifo = path_ + ".fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const absl::Status status = BeaconKeys::Read(fifo).status();
  unlink(fifo.c_str());
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), EndsWith("is no regular file"));
}

TEST_F(BeaconKeysFileTest, AFileOfAnySizeIsReadWhole) {
  std::ofstream(path_, std::ios::app)
      << std::string(200'000, '#') << "\n2 * " << kSecret;
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  const auto keys = BeaconKeys::Read(path_);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 2u);
}

TEST_F(BeaconKeysFileTest, ADirectoryIsRefused) {
  const absl::Status status = BeaconKeys::Read(::testing::TempDir()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace l275
