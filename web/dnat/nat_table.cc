#include "web/dnat/nat_table.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "web/dnat/differences.h"

namespace l275 {

absl::StatusOr<NatTable> NatTable::Create() {
  L275_ASSIGN_OR_RETURN(Nft nft, Nft::Create());
  return NatTable(std::move(nft));
}

absl::StatusOr<bool> NatTable::IsInstalled() {
  L275_ASSIGN_OR_RETURN(const std::string tables,
                        nft_.Run(ListTablesCommand()));
  return TableIsListed(tables);
}

absl::StatusOr<Ruleset> NatTable::Read() {
  L275_ASSIGN_OR_RETURN(const bool installed, IsInstalled());
  if (!installed) return Ruleset();
  L275_ASSIGN_OR_RETURN(const std::string table, nft_.Run(ListTableCommand()));
  return ParseRuleset(table);
}

absl::StatusOr<bool> NatTable::Apply(const std::vector<NatRule>& rules) {
  L275_ASSIGN_OR_RETURN(const Ruleset before, Read());
  if (Differences(rules, before).empty()) return false;
  L275_RETURN_IF_ERROR(nft_.Run(ReplaceCommand(rules)).status());
  L275_ASSIGN_OR_RETURN(const Ruleset after, Read());
  const std::vector<std::string> differences = Differences(rules, after);
  if (differences.empty()) return true;
  return absl::AbortedError(
      absl::StrCat("the rules were installed, but the kernel lists others: ",
                   differences.front()));
}

absl::StatusOr<bool> NatTable::Remove() {
  L275_ASSIGN_OR_RETURN(const bool installed, IsInstalled());
  if (!installed) return false;
  L275_RETURN_IF_ERROR(nft_.Run(RemoveCommand()).status());
  return true;
}

}  // namespace l275
