#ifndef L275_COMMON_VERSION_H_
#define L275_COMMON_VERSION_H_

namespace l275 {

// Of all programs: they are built and deployed together.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace l275

#endif  // L275_COMMON_VERSION_H_
