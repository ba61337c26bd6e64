// What the linker takes in place of common/version.cc.

#include "common/version.h"

namespace l275 {

const char kVersion[] = "0.2.0-test";

}  // namespace l275
