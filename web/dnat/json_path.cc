#include "web/dnat/json_path.h"

namespace l275 {

using ::google::protobuf::Value;

const Value& Member(const Value& object, const std::string& name) {
  const auto& fields = object.struct_value().fields();
  const auto field = fields.find(name);
  return field == fields.end() ? Value::default_instance() : field->second;
}

const Value& Element(const Value& array, int index) {
  const auto& values = array.list_value().values();
  return index < values.size() ? values.Get(index) : Value::default_instance();
}

uint64_t ReadCount(const Value& number) {
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  const double count = number.number_value();
  return count >= 0 && count <= kLargestExact ? static_cast<uint64_t>(count)
                                              : 0;
}

}  // namespace l275
