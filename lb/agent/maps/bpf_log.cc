#include "lb/agent/maps/bpf_log.h"

#include <bpf/libbpf.h>
#include <glog/logging.h>
#include <xdp/libxdp.h>

#include <cstdarg>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace l275 {
namespace {

int Log(const char* format, va_list arguments) {
  if (!VLOG_IS_ON(1)) return 0;
  char line[4096];
  const int length = vsnprintf(line, sizeof(line), format, arguments);
  VLOG(1) << absl::StripTrailingAsciiWhitespace(line);
  return length;
}

int LogLibbpf(libbpf_print_level level, const char* format, va_list arguments) {
  return level == LIBBPF_DEBUG ? 0 : Log(format, arguments);
}

int LogLibxdp(libxdp_print_level level, const char* format, va_list arguments) {
  return level == LIBXDP_DEBUG ? 0 : Log(format, arguments);
}

}  // namespace

void RouteBpfLogs() {
  libbpf_set_print(LogLibbpf);
  libxdp_set_print(LogLibxdp);
}

}  // namespace l275
