#ifndef L275_WEB_HEALTHBEACON_CHECK_H_
#define L275_WEB_HEALTHBEACON_CHECK_H_

#include <functional>

#include "absl/status/status.h"

namespace l275 {

// One way to ask whether a service works: once for each Start(). It never
// blocks, and sets no limit of time: the caller cancels it. Destroying it
// cancels it. The loop that it was made for outlives it; it runs on the loop's
// thread.
class Check {
 public:
  // OK: the service works. Otherwise the message says what is wrong with it, as
  // in "status 503".
  using Done = std::function<void(const absl::Status& result)>;

  Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  virtual ~Check() = default;

  // Asks. Calls `done` once, before it returns or later from the loop, unless
  // it is cancelled. The one before is over or cancelled. `done` must neither
  // start, cancel nor destroy the check.
  virtual void Start(Done done) = 0;
  virtual void Cancel() = 0;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_CHECK_H_
