#ifndef L275_COMMON_NETLINK_NETLINK_MESSAGE_H_
#define L275_COMMON_NETLINK_NETLINK_MESSAGE_H_

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"
#include "glog/logging.h"

namespace l275 {

// A netlink request: the netlink header, a family header (rtmsg, ndmsg, ...)
// and attributes. Memory is all that making one can lack.
class NetlinkRequest {
 public:
  // `type` is RTM_..., `flags` are NLM_F_... besides NLM_F_REQUEST.
  template <typename Header>
  NetlinkRequest(int type, int flags, Header header)
      : message_(nlmsg_alloc_simple(type, flags | NLM_F_REQUEST)) {
    CHECK(message_ != nullptr);
    CHECK_EQ(nlmsg_append(get(), &header, sizeof(header), NLMSG_ALIGNTO), 0);
  }

  NetlinkRequest& Put(int attribute, uint32_t value) {
    CHECK_EQ(nla_put_u32(get(), attribute, value), 0);
    return *this;
  }
  NetlinkRequest& Put(int attribute, Ipv4Address address) {
    return Put(attribute, address.ToNetwork());
  }

  nl_msg* get() const { return message_.get(); }

 private:
  struct Free {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
  };
  std::unique_ptr<nl_msg, Free> message_;
};

// A received message with the family header `Header` and attributes up to
// `kMaxAttribute`. Points into the message, which has to outlive it.
template <typename Header, int kMaxAttribute>
class NetlinkReply {
 public:
  // None when the message is too short for its header or malformed.
  static std::optional<NetlinkReply> Parse(nlmsghdr* message) {
    NetlinkReply reply;
    if (nlmsg_parse(message, sizeof(Header), reply.attributes_.data(),
                    kMaxAttribute, nullptr) < 0) {
      return std::nullopt;
    }
    std::memcpy(&reply.header_, nlmsg_data(message), sizeof(Header));
    return reply;
  }

  const Header& header() const { return header_; }
  bool Has(int attribute) const { return attributes_[attribute] != nullptr; }

  // The value of an attribute; none when it is absent or of another size.
  std::optional<uint8_t> Uint8(int attribute) const {
    return Value<uint8_t>(attribute);
  }
  std::optional<uint32_t> Uint32(int attribute) const {
    return Value<uint32_t>(attribute);
  }
  std::optional<MacAddress> Mac(int attribute) const {
    return Value<MacAddress>(attribute);
  }
  std::optional<Ipv4Address> Address(int attribute) const {
    const auto value = Value<uint32_t>(attribute);
    if (!value) return std::nullopt;
    return Ipv4Address::FromNetwork(*value);
  }
  // Empty when absent.
  std::string Text(int attribute) const {
    return TextOf(attributes_[attribute]);
  }
  // Of the attribute `nested` within `attribute`; empty when absent.
  std::string NestedText(int attribute, int nested) const {
    return TextOf(Nested(attribute, nested));
  }
  std::optional<uint32_t> NestedUint32(int attribute, int nested) const {
    return ValueOf<uint32_t>(Nested(attribute, nested));
  }

 private:
  static std::string TextOf(nlattr* a) {
    if (a == nullptr) return "";
    const char* text = static_cast<const char*>(nla_data(a));
    return std::string(text, strnlen(text, nla_len(a)));
  }

  nlattr* Nested(int attribute, int nested) const {
    nlattr* a = attributes_[attribute];
    if (a == nullptr) return nullptr;
    return nla_find(static_cast<nlattr*>(nla_data(a)), nla_len(a), nested);
  }

  template <typename T>
  std::optional<T> Value(int attribute) const {
    return ValueOf<T>(attributes_[attribute]);
  }

  template <typename T>
  static std::optional<T> ValueOf(nlattr* a) {
    if (a == nullptr || nla_len(a) != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, nla_data(a), sizeof(T));
    return value;
  }

  Header header_{};
  std::array<nlattr*, kMaxAttribute + 1> attributes_{};
};

}  // namespace l275

#endif  // L275_COMMON_NETLINK_NETLINK_MESSAGE_H_
