// What the linker takes in place of common/os/version.cc.

#include "common/os/version.h"

namespace l275 {

const char kVersion[] = "0.2.0-test";

}  // namespace l275
