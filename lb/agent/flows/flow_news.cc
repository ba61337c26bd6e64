#include "lb/agent/flows/flow_news.h"

#include <glog/logging.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr std::chrono::milliseconds kWaitForMore{2};

}  // namespace

absl::StatusOr<std::unique_ptr<FlowNews>> FlowNews::Create(event_base* base,
                                                           const Maps& maps,
                                                           Callback callback) {
  std::unique_ptr<FlowNews> news(new FlowNews(base, std::move(callback)));
  news->ring_.reset(
      ring_buffer__new(maps.flow_news_fd(), OnNews, news.get(), nullptr));
  if (news->ring_ == nullptr) {
    return ErrnoStatus(errno, "ring_buffer__new(flow_news)");
  }
  news->readable_.emplace(base, ring_buffer__epoll_fd(news->ring_.get()),
                          FdWatch::kReadable,
                          [self = news.get()] { self->OnReadable(); });
  return news;
}

FlowNews::FlowNews(event_base* base, Callback callback)
    : callback_(std::move(callback)), timer_(base, [this] { Read(); }) {}

int FlowNews::OnNews(void* self, void* data, size_t size) {
  FlowNews& news = *static_cast<FlowNews*>(self);
  l275_flow_news entry;
  CHECK_EQ(size, sizeof(entry));
  std::memcpy(&entry, data, sizeof(entry));
  news.news_.push_back(entry);
  if (news.news_.size() == kMostAtOnce) news.HandOver();
  return 0;
}

void FlowNews::OnReadable() {
  readable_->Disable();
  timer_.Start(kWaitForMore);
}

void FlowNews::Read() {
  const int count = ring_buffer__consume(ring_.get());
  LOG_IF(ERROR, count < 0) << ErrnoStatus(-count, "ring_buffer__consume()");
  if (!news_.empty()) HandOver();
  readable_->Enable();
}

void FlowNews::HandOver() {
  callback_(news_);
  news_.clear();
}

}  // namespace l275
