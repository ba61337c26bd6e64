#ifndef L275_COMMON_CONTROL_VERDICT_NAMES_H_
#define L275_COMMON_CONTROL_VERDICT_NAMES_H_

#include "common/abi/verdicts.h"

namespace l275 {

// The words of common/abi/verdicts.h, indexed by verdict.
struct VerdictName {
  const char* word;    // "forward_tx"
  const char* action;  // "TX", "REDIRECT", "PASS", "DROP"
  const char* help;
};

inline constexpr VerdictName kVerdictNames[L275_VERDICT_COUNT] = {
#define X(name, word, action, help) {word, #action, help},
    L275_VERDICTS(X)
#undef X
};

}  // namespace l275

#endif  // L275_COMMON_CONTROL_VERDICT_NAMES_H_
