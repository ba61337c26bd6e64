#ifndef L275_COMMON_CONTROL_COUNTED_ENUM_H_
#define L275_COMMON_CONTROL_COUNTED_ENUM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace l275 {

// Enums whose values are counted: each value has a word for metrics and the
// control API, and a help text for people. One list makes them all:
//
//   #define L275_RESULTS(X)         (each line but the last ends with "\")
//     X(kGood, "good", "is used")
//     X(kBad, "bad", "is not used")
//   L275_COUNTED_ENUM(Result, L275_RESULTS)
//
//   EnumCounters<Result> counters;
//   counters.Add(Result::kGood);
//   for (const Result result : AllOf<Result>()) {
//     Print(NameOf(result).word, counters.Of(result));
//   }
struct EnumName {
  const char* word;
  const char* help;
};

// NOLINTBEGIN(bugprone-macro-parentheses): names and lists are no expressions.
#define L275_ENUM_VALUE(name, word, help) name,
#define L275_ENUM_NAME(name, word, help) {word, help},
#define L275_COUNTED_ENUM(Enum, LIST)                                  \
  enum class Enum : uint8_t { LIST(L275_ENUM_VALUE) };                 \
  inline constexpr EnumName k##Enum##Names[] = {LIST(L275_ENUM_NAME)}; \
  constexpr const auto& NamesOf(Enum) { return k##Enum##Names; }       \
  constexpr const EnumName& NameOf(Enum value) {                       \
    return k##Enum##Names[static_cast<size_t>(value)];                 \
  }
// NOLINTEND(bugprone-macro-parentheses)

template <typename Enum>
inline constexpr size_t kCountOf = std::size(NamesOf(Enum{}));

// All values, in the order of the list.
template <typename Enum>
constexpr std::array<Enum, kCountOf<Enum>> AllOf() {
  std::array<Enum, kCountOf<Enum>> all = {};
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Enum>(i);
  return all;
}

// How often each value was counted.
template <typename Enum>
class EnumCounters {
 public:
  void Add(Enum value, uint64_t times = 1) {
    counts_[static_cast<size_t>(value)] += times;
  }
  uint64_t Of(Enum value) const { return counts_[static_cast<size_t>(value)]; }

 private:
  std::array<uint64_t, kCountOf<Enum>> counts_ = {};
};

}  // namespace l275

#endif  // L275_COMMON_CONTROL_COUNTED_ENUM_H_
