#ifndef L275_WEB_DNAT_JSON_PATH_H_
#define L275_WEB_DNAT_JSON_PATH_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <string>

namespace l275 {

// Ways into a JSON document that protobuf has parsed. What is not there, or has
// another type, reads as null: a reader asks for a whole path and looks at its
// end only.

// The member of an object.
const google::protobuf::Value& Member(const google::protobuf::Value& object,
                                      const std::string& name);

// The element of an array.
const google::protobuf::Value& Element(const google::protobuf::Value& array,
                                       int index);

// The document as text that is the same for equal documents, whatever the order
// of their members.
std::string CanonicalText(const google::protobuf::Value& value);

// A number as a count: exact up to 2^53; 0 when negative or no number.
uint64_t ReadCount(const google::protobuf::Value& number);

}  // namespace l275

#endif  // L275_WEB_DNAT_JSON_PATH_H_
