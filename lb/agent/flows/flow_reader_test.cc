#include "lb/agent/flows/flow_reader.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace l275 {
namespace {

constexpr uint32_t kFlows = 50000;

class FlowReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 1, 64, kFlows});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    reader_ = std::make_unique<FlowReader>(maps_.get());
  }

  // Of sources 0 to `end` - 1, which are also when they were seen last.
  void Add(uint32_t end) {
    for (uint32_t number = 0; number < end; ++number) {
      l275_flow_key key = {};
      key.source = number;
      const l275_flow flow = {1, 1, number, 0};
      ASSERT_EQ(bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_ANY),
                0);
    }
  }

  // Reads to a pass's end; how many chunks.
  int Pass(std::multiset<uint32_t>& sources) {
    FlowReader::Chunk chunk;
    for (int chunks = 1;; ++chunks) {
      const auto more = reader_->Read(chunk);
      EXPECT_TRUE(more.ok()) << more.status();
      EXPECT_EQ(chunk.keys.size(), chunk.flows.size());
      for (size_t i = 0; i < chunk.keys.size(); ++i) {
        EXPECT_EQ(chunk.keys[i].source, chunk.flows[i].last_seen);
        sources.insert(chunk.keys[i].source);
      }
      if (!more.ok() || !*more) return chunks;
    }
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<FlowReader> reader_;
};

TEST_F(FlowReaderTest, AnEmptyTableIsOneEmptyChunk) {
  std::multiset<uint32_t> sources;
  EXPECT_EQ(Pass(sources), 1);
  EXPECT_TRUE(sources.empty());
}

TEST_F(FlowReaderTest, EachPassReadsEachEntryOnce) {
  Add(kFlows);
  for (int pass = 0; pass < 2; ++pass) {
    std::multiset<uint32_t> sources;
    EXPECT_GT(Pass(sources), 3);
    EXPECT_EQ(sources.size(), kFlows);
    EXPECT_EQ(std::set<uint32_t>(sources.begin(), sources.end()).size(),
              kFlows);
  }
}

TEST_F(FlowReaderTest, APassCanBeBegunAnew) {
  Add(kFlows);
  FlowReader::Chunk chunk;
  const auto more = reader_->Read(chunk);
  ASSERT_TRUE(more.ok() && *more);
  reader_->BeginAnew();
  std::multiset<uint32_t> sources;
  Pass(sources);
  EXPECT_EQ(sources.size(), kFlows);
}

}  // namespace
}  // namespace l275
