#ifndef L275_COMMON_OS_VERSION_H_
#define L275_COMMON_OS_VERSION_H_

namespace l275 {

// Of all programs: they are built and deployed together.
extern const char kVersion[];

}  // namespace l275

#endif  // L275_COMMON_OS_VERSION_H_
