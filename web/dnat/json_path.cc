#include "web/dnat/json_path.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace l275 {

using ::google::protobuf::Value;

namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

}  // namespace

const Value& Member(const Value& object, const std::string& name) {
  const auto& fields = object.struct_value().fields();
  const auto field = fields.find(name);
  return field == fields.end() ? Value::default_instance() : field->second;
}

const Value& Element(const Value& array, int index) {
  const auto& values = array.list_value().values();
  return index < values.size() ? values.Get(index) : Value::default_instance();
}

std::string CanonicalText(const Value& value) {
  std::string text;
  switch (value.kind_case()) {
    case Value::kStructValue: {
      std::map<std::string, const Value*> sorted;
      for (const auto& [name, member] : value.struct_value().fields()) {
        sorted[name] = &member;
      }
      for (const auto& [name, member] : sorted) {
        absl::StrAppend(&text, Quoted(name), ":", CanonicalText(*member), ",");
      }
      return absl::StrCat("{", text, "}");
    }
    case Value::kListValue:
      for (const Value& element : value.list_value().values()) {
        absl::StrAppend(&text, CanonicalText(element), ",");
      }
      return absl::StrCat("[", text, "]");
    case Value::kStringValue:
      return Quoted(value.string_value());
    case Value::kNumberValue:
      return absl::StrFormat("%.17g", value.number_value());
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    default:
      return "null";
  }
}

uint64_t ReadCount(const Value& number) {
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  const double count = number.number_value();
  return count >= 0 && count <= kLargestExact ? static_cast<uint64_t>(count)
                                              : 0;
}

}  // namespace l275
