#ifndef L275_COMMON_NET_MAC_ADDRESS_H_
#define L275_COMMON_NET_MAC_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string>

namespace l275 {

// An Ethernet MAC address, its bytes in the order of the wire.
using MacAddress = std::array<uint8_t, 6>;

// "02:00:00:00:01:65", as ip(8) prints it.
std::string MacToString(const MacAddress& mac);

}  // namespace l275

#endif  // L275_COMMON_NET_MAC_ADDRESS_H_
