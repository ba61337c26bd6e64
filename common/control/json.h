#ifndef L275_COMMON_CONTROL_JSON_H_
#define L275_COMMON_CONTROL_JSON_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"

namespace l275 {

// Protobuf's JSON mapping (https://protobuf.dev/programming-guides/json/) with
// the schema's own field names, as the control API speaks it.

// On one line; fields that are not set are left out.
std::string ToJson(const google::protobuf::Message& message);

// For --output=json: indented, ends with a newline, and every field is there,
// also one that is 0.
std::string ToPrettyJson(const google::protobuf::Message& message);

// From an agent's answer: fields that are not known are no error, a newer agent
// may have more. InvalidArgument otherwise says what was expected.
absl::Status FromJson(const std::string& json,
                      google::protobuf::Message* message);

// From a request: a field that is not known is an error as well, since it asks
// for something that would not be done.
absl::Status FromStrictJson(const std::string& json,
                            google::protobuf::Message* message);

}  // namespace l275

#endif  // L275_COMMON_CONTROL_JSON_H_
