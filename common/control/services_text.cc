#include "common/control/services_text.h"

#include <glog/logging.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::TextFormat;

// Positions count from 1, as editors do; protobuf's count from 0.
std::string Location(absl::string_view file_name, int line, int column) {
  return absl::StrCat(file_name, ":", line + 1, ":", column + 1);
}

// Keeps the first error. Warnings (none of this schema's fields has one) are
// not errors.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(absl::string_view file_name) : file_name_(file_name) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat(Location(file_name_, line, column), ": ", message);
    // The token that stands for the end is empty.
    if (absl::EndsWith(text_, "got: ")) text_ += "end of text";
    // Protobuf reads 10.0.0.200 as a number with too many points.
    if (absl::StartsWith(message, "Already saw decimal point")) {
      absl::StrAppend(&text_,
                      " If it is an address, put it in quotes: "
                      "\"10.0.0.200\"");
    }
  }

  const std::string& text() const { return text_; }

 private:
  const absl::string_view file_name_;
  std::string text_;
};

const FieldDescriptor* ServiceField() {
  return control::Services::descriptor()->FindFieldByNumber(
      control::Services::kServiceFieldNumber);
}

const FieldDescriptor* BackendField() {
  return control::Service::descriptor()->FindFieldByNumber(
      control::Service::kBackendFieldNumber);
}

using Tree = TextFormat::ParseInfoTree;
using ParseLocation = TextFormat::ParseLocation;

// Protobuf's mark of a place that it did not record.
bool IsKnown(const ParseLocation& at) { return at.line >= 0; }

// Where the first of the fields within a message stands.
ParseLocation FirstWithin(const Tree& tree,
                          const google::protobuf::Descriptor& message) {
  ParseLocation first;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    const ParseLocation at =
        tree.GetLocation(field, field->is_repeated() ? 0 : -1);
    if (!IsKnown(at)) continue;
    if (IsKnown(first) &&
        std::tie(first.line, first.column) < std::tie(at.line, at.column)) {
      continue;
    }
    first = at;
  }
  return first;
}

// Where element `index` of `count` stands. Protobuf records the place of each
// "field {}", but one for all of "field: [{}, {}]". With the latter in the text
// the n-th place need not be that of the n-th element, and what stands within
// the element is the nearest that is known, or else the first of all.
ParseLocation Find(const Tree& tree, const FieldDescriptor* field, int index,
                   int count) {
  if (IsKnown(tree.GetLocation(field, count - 1))) {
    return tree.GetLocation(field, index);
  }
  const Tree* element = tree.GetTreeForNested(field, index);
  if (element != nullptr) {
    const ParseLocation within = FirstWithin(*element, *field->message_type());
    if (IsKnown(within)) return within;
  }
  return tree.GetLocation(field, 0);
}

}  // namespace

std::string ServicesText::ServiceLocation(int i) const {
  if (i < 0 || i >= services.service_size()) return file_name;
  const ParseLocation at =
      Find(*locations, ServiceField(), i, services.service_size());
  return IsKnown(at) ? Location(file_name, at.line, at.column) : file_name;
}

std::string ServicesText::BackendLocation(int i, int j) const {
  std::string parent = ServiceLocation(i);
  if (i < 0 || i >= services.service_size()) return parent;
  const int count = services.service(i).backend_size();
  const Tree* service = locations->GetTreeForNested(ServiceField(), i);
  if (service == nullptr || j < 0 || j >= count) return parent;
  const ParseLocation at = Find(*service, BackendField(), j, count);
  return IsKnown(at) ? Location(file_name, at.line, at.column) : parent;
}

absl::StatusOr<ServicesText> ParseServicesText(absl::string_view text,
                                               absl::string_view file_name) {
  ServicesText parsed;
  parsed.file_name = std::string(file_name);
  parsed.locations = std::make_unique<TextFormat::ParseInfoTree>();
  FirstError error(file_name);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(parsed.locations.get());
  google::protobuf::io::ArrayInputStream input(text.data(),
                                               static_cast<int>(text.size()));
  if (!parser.Parse(&input, &parsed.services)) {
    return absl::InvalidArgumentError(error.text());
  }
  return parsed;
}

std::string PrintServicesText(const control::Services& services) {
  std::string text;
  CHECK(TextFormat::PrintToString(services, &text));
  return text;
}

}  // namespace l275
