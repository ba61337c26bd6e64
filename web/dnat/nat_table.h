#ifndef L275_WEB_DNAT_NAT_TABLE_H_
#define L275_WEB_DNAT_NAT_TABLE_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "web/dnat/nat_rule.h"
#include "web/dnat/nft.h"
#include "web/dnat/ruleset.h"

namespace l275 {

// dnat's table in the kernel, see ruleset.h. Touches no other. One thread; the
// kernel keeps concurrent processes' changes whole.
class NatTable {
 public:
  static absl::StatusOr<NatTable> Create();

  // What is installed. Ruleset::installed is false when the table is not there.
  absl::StatusOr<Ruleset> Read();

  // Makes the table hold exactly these rules. True when it had to be changed;
  // one that holds them already is left alone, counters included. An error has
  // changed nothing, but for Aborted: the rules that the kernel lists after the
  // change are not those that were asked for.
  absl::StatusOr<bool> Apply(const std::vector<NatRule>& rules);

  // True when the table was there and has been removed.
  absl::StatusOr<bool> Remove();

 private:
  explicit NatTable(Nft nft) : nft_(std::move(nft)) {}

  absl::StatusOr<bool> IsInstalled();

  Nft nft_;
};

}  // namespace l275

#endif  // L275_WEB_DNAT_NAT_TABLE_H_
