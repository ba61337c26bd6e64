#include "common/net/ipv4_address.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

TEST(Ipv4AddressTest, PrintsWhatItParsed) {
  for (const char* text :
       {"0.0.0.0", "10.0.0.101", "127.0.0.1", "255.255.255.255"}) {
    absl::StatusOr<Ipv4Address> address = Ipv4Address::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(Ipv4Address::FromNetwork(address->ToNetwork()), *address);
  }
}

TEST(Ipv4AddressTest, RefusesWhatIsNone) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "10.0.0.01",
                           "::1", "localhost", "10.0.0.1:80"}) {
    EXPECT_FALSE(Ipv4Address::Parse(text).ok()) << text;
  }
}

TEST(Ipv4AddressTest, NamesTheTextItRefuses) {
  EXPECT_EQ(Ipv4Address::Parse("10.0.0.300").status().message(),
            "\"10.0.0.300\" is no IPv4 address; expected one like 10.0.0.101");
}

TEST(Ipv4AddressTest, OrdersByValueNotByText) {
  EXPECT_LT(*Ipv4Address::Parse("10.0.0.2"), *Ipv4Address::Parse("10.0.0.10"));
}

TEST(ParseHostAddressTest, TakesUnicastOnly) {
  EXPECT_TRUE(ParseHostAddress("10.0.0.101").ok());
  EXPECT_TRUE(ParseHostAddress("198.51.100.7").ok());
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.18",
                           "239.0.0.1", "240.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(ParseHostAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace l275
