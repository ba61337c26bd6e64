#include "lb/agent/views/no_backend_reason.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

control::BackendState Backend(const std::string& text) {
  control::BackendState state;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &state));
  return state;
}

TEST(NoBackendReasonTest, NamesEachReasonOnce) {
  EXPECT_EQ(NoBackendReason({}), "its service has no backend");
  EXPECT_EQ(
      NoBackendReason({
          Backend("weight: 0 disabled: true"),
          Backend("weight: 100 draining: true health: UP"),
          Backend("weight: 100 health: DRAINING"),
          Backend("weight: 0 health: UP"),
          Backend("weight: 100 announced_weight_percent: 0 health: UP"),
          Backend("weight: 100 health: UP next_hop { state: 'unusable' }"),
          Backend("weight: 100 health: UP unreachable: true"),
          Backend("weight: 100 health: SILENT"),
      }),
      "none of the 8 backends of its service gets flows: 1 disabled, 2 "
      "draining, 2 of weight 0, 1 unusable, 1 unreachable, 1 not up");
}

}  // namespace
}  // namespace l275
