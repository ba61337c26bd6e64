#include "lb/agent/flows/flow_news.h"

#include <glog/logging.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr timeval kWaitForMore = {0, 2000};

}  // namespace

absl::StatusOr<std::unique_ptr<FlowNews>> FlowNews::Create(event_base* base,
                                                           const Maps& maps,
                                                           Callback callback) {
  std::unique_ptr<FlowNews> news(new FlowNews(std::move(callback)));
  news->ring_.reset(
      ring_buffer__new(maps.flow_news_fd(), OnNews, news.get(), nullptr));
  if (news->ring_ == nullptr) {
    return ErrnoStatus(errno, "ring_buffer__new(flow_news)");
  }
  // Not persistent: it rests while the timer runs.
  news->readable_.reset(event_new(
      base, ring_buffer__epoll_fd(news->ring_.get()), EV_READ,
      [](evutil_socket_t, short, void* self) {
        evtimer_add(static_cast<FlowNews*>(self)->timer_.get(), &kWaitForMore);
      },
      news.get()));
  news->timer_.reset(evtimer_new(
      base,
      [](evutil_socket_t, short, void* self) {
        static_cast<FlowNews*>(self)->Read();
      },
      news.get()));
  CHECK(news->timer_ != nullptr && news->readable_ != nullptr) << "event_new()";
  event_add(news->readable_.get(), nullptr);
  return news;
}

int FlowNews::OnNews(void* self, void* data, size_t size) {
  FlowNews& news = *static_cast<FlowNews*>(self);
  l275_flow_news entry;
  CHECK_EQ(size, sizeof(entry));
  std::memcpy(&entry, data, sizeof(entry));
  news.news_.push_back(entry);
  if (news.news_.size() == kMostAtOnce) news.HandOver();
  return 0;
}

void FlowNews::Read() {
  const int count = ring_buffer__consume(ring_.get());
  LOG_IF(ERROR, count < 0) << ErrnoStatus(-count, "ring_buffer__consume()");
  if (!news_.empty()) HandOver();
  event_add(readable_.get(), nullptr);
}

void FlowNews::HandOver() {
  callback_(news_);
  news_.clear();
}

}  // namespace l275
