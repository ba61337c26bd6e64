#include "lb/agent/flows/flow_reader.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr uint32_t kChunkEntries = 16384;

}  // namespace

absl::StatusOr<bool> FlowReader::Read(Chunk& chunk) {
  uint32_t count = kChunkEntries;
  uint32_t next = 0;
  chunk.keys.resize(count);
  chunk.flows.resize(count);
  const int error = bpf_map_lookup_batch(
      maps_.flows_fd(), position_.has_value() ? &*position_ : nullptr, &next,
      chunk.keys.data(), chunk.flows.data(), &count, nullptr);
  if (error != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, "bpf_map_lookup_batch(flows)");
  }
  chunk.keys.resize(count);
  chunk.flows.resize(count);
  position_ = next;
  if (error != 0) position_.reset();
  return error == 0;
}

}  // namespace l275
