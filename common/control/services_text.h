#ifndef L275_COMMON_CONTROL_SERVICES_TEXT_H_
#define L275_COMMON_CONTROL_SERVICES_TEXT_H_

#include <google/protobuf/text_format.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/control/control.pb.h"

namespace l275 {

// The services file: control::Services in protobuf's text format
// (https://protobuf.dev/reference/protobuf/textformat-spec/).
//
//   service {
//     protocol: TCP
//     vip: "10.0.0.200"
//     port: 80
//     backend { address: "10.0.0.101" weight: 50 }
//     backend { address: "10.0.0.102" }
//   }
//
// Whoever checks what the text means can still say where it stands:
// "services.conf:5:3: backend ...". Movable, not copyable.
struct ServicesText {
  control::Services services;

  // "FILE:LINE:COLUMN", counted from 1, of service `i`, and of backend `j` of
  // service `i`: where the words "service" and "backend" begin. Where the text
  // has the short form "service: [{...}, {...}]", the first thing within the
  // braces. Indexes are those of `services` as parsed; for one out of range the
  // nearest place that is known, at least the file.
  std::string ServiceLocation(int i) const;
  std::string BackendLocation(int i, int j) const;

  std::string file_name;
  std::unique_ptr<google::protobuf::TextFormat::ParseInfoTree> locations;
};

// Checks syntax and field types only. The first error is InvalidArgument
// "FILE:LINE:COLUMN: message".
absl::StatusOr<ServicesText> ParseServicesText(absl::string_view text,
                                               absl::string_view file_name);

// What ParseServicesText() takes again.
std::string PrintServicesText(const control::Services& services);

}  // namespace l275

#endif  // L275_COMMON_CONTROL_SERVICES_TEXT_H_
