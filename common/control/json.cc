#include "common/control/json.h"

#include <glog/logging.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using ::google::protobuf::util::JsonParseOptions;
using ::google::protobuf::util::JsonPrintOptions;

std::string Print(const google::protobuf::Message& message,
                  JsonPrintOptions options) {
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for Any, which the schema does not have.
  CHECK(google::protobuf::util::MessageToJsonString(message, &json, options)
            .ok());
  return json;
}

absl::Status Parse(const std::string& json, const JsonParseOptions& options,
                   google::protobuf::Message* message) {
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, message, options);
  if (status.ok()) return absl::OkStatus();
  // Its further lines show the place, with an arrow under it.
  const std::string why = status.message().ToString();
  return absl::InvalidArgumentError(
      absl::StrCat("expected JSON of ", message->GetDescriptor()->full_name(),
                   ": ", why.substr(0, why.find('\n'))));
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  return Print(message, JsonPrintOptions());
}

std::string ToPrettyJson(const google::protobuf::Message& message) {
  JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  return Print(message, options);
}

absl::Status FromJson(const std::string& json,
                      google::protobuf::Message* message) {
  JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return Parse(json, options, message);
}

absl::Status FromStrictJson(const std::string& json,
                            google::protobuf::Message* message) {
  return Parse(json, JsonParseOptions(), message);
}

}  // namespace l275
