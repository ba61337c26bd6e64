#include "common/os/version.h"

namespace l275 {

const char kVersion[] = "0.1.0";

}  // namespace l275
