#include "web/dnat/nft.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace l275 {
namespace {

// Of "internal:0:0-0: Error: Could not process rule: No such file or
// directory\n..." what a person can use.
std::string FirstLine(absl::string_view error) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(error, '\n', absl::SkipWhitespace());
  if (lines.empty()) return "no reason given";
  absl::string_view line = lines[0];
  const size_t mark = line.find("Error: ");
  if (mark != absl::string_view::npos) line.remove_prefix(mark + 7);
  return std::string(line);
}

absl::Status NotPermitted() {
  return absl::PermissionDeniedError(
      "nftables: not permitted; expected to run as root (CAP_NET_ADMIN)");
}

absl::Status ToStatus(absl::string_view error) {
  const std::string line = FirstLine(error);
  if (absl::StrContains(line, std::strerror(EPERM))) return NotPermitted();
  return absl::InternalError(absl::StrCat("nftables: ", line));
}

// Asked beforehand, as libnftables writes to stderr when it finds out itself.
bool HasNetAdmin() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective &
         CAP_TO_MASK(CAP_NET_ADMIN);
}

}  // namespace

absl::StatusOr<Nft> Nft::Create() {
  if (!HasNetAdmin()) return NotPermitted();
  Context context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (context == nullptr || nft_ctx_buffer_output(context.get()) != 0 ||
      nft_ctx_buffer_error(context.get()) != 0) {
    return absl::ResourceExhaustedError("nft_ctx_new: out of memory");
  }
  nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_JSON);
  return Nft(std::move(context));
}

absl::StatusOr<std::string> Nft::Run(const std::string& commands) {
  const int result = nft_run_cmd_from_buffer(context_.get(), commands.c_str());
  const std::string output = nft_ctx_get_output_buffer(context_.get());
  const std::string error = nft_ctx_get_error_buffer(context_.get());
  if (result != 0) return ToStatus(error);
  return output;
}

}  // namespace l275
