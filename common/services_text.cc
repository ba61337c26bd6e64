#include "common/services_text.h"

#include <glog/logging.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

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

std::string LocationIn(const TextFormat::ParseInfoTree& tree,
                       const FieldDescriptor* field, int index,
                       absl::string_view file_name) {
  const TextFormat::ParseLocation at = tree.GetLocation(field, index);
  CHECK_GE(at.line, 0) << "no " << field->name() << " " << index;
  return Location(file_name, at.line, at.column);
}

}  // namespace

std::string ServicesText::ServiceLocation(int i) const {
  return LocationIn(*locations, ServiceField(), i, file_name);
}

std::string ServicesText::BackendLocation(int i, int j) const {
  const TextFormat::ParseInfoTree* service =
      locations->GetTreeForNested(ServiceField(), i);
  CHECK(service != nullptr) << "no service " << i;
  return LocationIn(*service, BackendField(), j, file_name);
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
