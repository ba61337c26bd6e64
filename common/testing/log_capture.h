#ifndef L275_COMMON_TESTING_LOG_CAPTURE_H_
#define L275_COMMON_TESTING_LOG_CAPTURE_H_

#include <glog/logging.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace l275 {

// Keeps the lines that are logged while it lives, without glog's prefixes.
class LogCapture : public google::LogSink {
 public:
  LogCapture() { google::AddLogSink(this); }
  ~LogCapture() override { google::RemoveLogSink(this); }

  // The lines since the last call.
  std::vector<std::string> Take() { return std::exchange(lines_, {}); }

 private:
  void send(google::LogSeverity, const char*, const char*, int,
            const google::LogMessageTime&, const char* message,
            size_t length) override {
    lines_.emplace_back(message, length);
  }

  std::vector<std::string> lines_;
};

}  // namespace l275

#endif  // L275_COMMON_TESTING_LOG_CAPTURE_H_
