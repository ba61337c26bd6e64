#include "lb/agent/api/accept_pause.h"

#include <glog/logging.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr timeval kPause = {0, 100'000};

// libevent passes the error callback the argument of the accept callback, which
// is evhttp's for a listener that evhttp has. So the listener has to do.
std::map<const evconnlistener*, AcceptPause*>& PauseOf() {
  static auto* const pause_of =
      new std::map<const evconnlistener*, AcceptPause*>;
  return *pause_of;
}

}  // namespace

AcceptPause::AcceptPause(event_base* base, evconnlistener* listener,
                         std::string name, std::function<bool()> has_room)
    : listener_(listener),
      name_(std::move(name)),
      has_room_(std::move(has_room)),
      log_(base, absl::StrCat("failures to accept connections on ", name_),
           google::GLOG_WARNING),
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            static_cast<AcceptPause*>(self)->OnTimer();
          },
          this)) {
  CHECK(timer_ != nullptr) << "evtimer_new() failed";
  PauseOf()[listener] = this;
  evconnlistener_set_error_cb(listener, [](evconnlistener* failed, void*) {
    const int error = EVUTIL_SOCKET_ERROR();
    PauseOf().at(failed)->Pause(evutil_socket_error_to_string(error));
  });
}

AcceptPause::~AcceptPause() {
  evconnlistener_set_error_cb(listener_, nullptr);
  PauseOf().erase(listener_);
}

void AcceptPause::Pause(const std::string& why) {
  log_.Log(absl::StrCat("cannot accept connections on ", name_, ": ", why));
  evconnlistener_disable(listener_);
  Begin();
}

void AcceptPause::Begin() { CHECK_EQ(evtimer_add(timer_.get(), &kPause), 0); }

void AcceptPause::OnTimer() {
  if (!has_room_()) return Begin();
  evconnlistener_enable(listener_);
}

}  // namespace l275
