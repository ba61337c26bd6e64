#ifndef L275_WEB_DNAT_NFT_H_
#define L275_WEB_DNAT_NFT_H_

#include <nftables/libnftables.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// nftables in the caller's network namespace, through libnftables: commands and
// answers in its JSON (libnftables-json(5)). Answers have numbers instead of
// names of protocols, flags, states and priorities, so that they are the same
// on a host without /etc/protocols or /etc/services.
//
// Owns libnftables' context. One thread.
class Nft {
 public:
  // PermissionDenied without CAP_NET_ADMIN.
  static absl::StatusOr<Nft> Create();

  // Runs commands as one transaction and returns their output, empty when they
  // have none. An error is the first line of what libnftables says; nothing has
  // changed then.
  absl::StatusOr<std::string> Run(const std::string& commands);

 private:
  struct Free {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
  };
  using Context = std::unique_ptr<nft_ctx, Free>;

  explicit Nft(Context context) : context_(std::move(context)) {}

  Context context_;
};

}  // namespace l275

#endif  // L275_WEB_DNAT_NFT_H_
