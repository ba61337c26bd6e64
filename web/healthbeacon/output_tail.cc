#include "web/healthbeacon/output_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// More than a pipe holds, less than a child that never stops printing makes.
constexpr int kMaxReadsAtClose = 64;

}  // namespace

absl::StatusOr<UniqueFd> OutputTail::Open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "pipe2");
  UniqueFd writer(ends[1]);
  readable_.reset();
  text_.clear();
  pipe_.reset(ends[0]);
  PCHECK(fcntl(pipe_.get(), F_SETFL, O_NONBLOCK) == 0);
  readable_.emplace(base_, pipe_.get(), FdWatch::kReadable, [this] {
    if (!ReadSome()) readable_.reset();
  });
  return writer;
}

std::string OutputTail::Close() {
  readable_.reset();
  for (int i = 0; i < kMaxReadsAtClose && ReadSome(); ++i) {
  }
  pipe_.reset();
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(text_);
  const size_t newline = text.rfind('\n');
  std::string line(newline == text.npos ? text : text.substr(newline + 1));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return !absl::ascii_isprint(c); },
      '?');
  return line;
}

// Whether there may be more.
bool OutputTail::ReadSome() {
  char buffer[4096];
  const ssize_t size =
      TEMP_FAILURE_RETRY(read(pipe_.get(), buffer, sizeof(buffer)));
  if (size < 0) return false;
  text_.append(buffer, static_cast<size_t>(size));
  if (text_.size() > kMaxBytes) text_.erase(0, text_.size() - kMaxBytes);
  return size > 0;
}

}  // namespace l275
