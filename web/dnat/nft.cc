#include "web/dnat/nft.h"

#include <linux/capability.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/os/capabilities.h"
#include "common/os/status_util.h"

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
absl::Status CheckNetAdmin() {
  L275_ASSIGN_OR_RETURN(
      const std::vector<std::string> missing,
      MissingCapabilities({{CAP_NET_ADMIN, "CAP_NET_ADMIN"}}));
  return missing.empty() ? absl::OkStatus() : NotPermitted();
}

}  // namespace

absl::StatusOr<Nft> Nft::Create() {
  L275_RETURN_IF_ERROR(CheckNetAdmin());
  Context context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (context == nullptr || nft_ctx_buffer_output(context.get()) != 0 ||
      nft_ctx_buffer_error(context.get()) != 0) {
    return absl::ResourceExhaustedError("nft_ctx_new: out of memory");
  }
  nft_ctx_output_set_flags(context.get(),
                           NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL);
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
