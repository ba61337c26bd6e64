#ifndef L275_LB_AGENT_MAPS_MAPPED_ARRAY_H_
#define L275_LB_AGENT_MAPS_MAPPED_ARRAY_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {

// An array map with BPF_F_MMAPABLE, mapped into this process: what is stored
// here the XDP program reads at once, without a system call.
//
// T is what one element of the map holds, a multiple of 8 bytes (to which the
// kernel rounds elements up). Indices are not checked.
template <typename T>
class MappedArray {
 public:
  static_assert(sizeof(T) % 8 == 0, "the kernel rounds elements up to 8 bytes");

  // Maps `entries` elements of the map `fd`, which can be closed afterwards.
  static absl::StatusOr<MappedArray> Create(int fd, uint32_t entries) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = (sizeof(T) * entries + page - 1) / page * page;
    void* memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
      return ErrnoStatus(errno, absl::StrCat("mmap(BPF array, ", bytes, ")"));
    }
    return MappedArray(static_cast<T*>(memory), entries, bytes);
  }

  MappedArray(MappedArray&& other) noexcept
      : elements_(std::exchange(other.elements_, nullptr)),
        size_(other.size_),
        bytes_(other.bytes_) {}
  MappedArray& operator=(MappedArray&&) = delete;
  ~MappedArray() {
    if (elements_ != nullptr) munmap(elements_, bytes_);
  }

  T* data() { return elements_; }
  const T* data() const { return elements_; }
  uint32_t size() const { return size_; }
  T& operator[](uint32_t index) { return elements_[index]; }
  const T& operator[](uint32_t index) const { return elements_[index]; }

 private:
  MappedArray(T* elements, uint32_t size, size_t bytes)
      : elements_(elements), size_(size), bytes_(bytes) {}

  T* elements_;
  uint32_t size_;
  size_t bytes_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_MAPPED_ARRAY_H_
