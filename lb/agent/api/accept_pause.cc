#include "lb/agent/api/accept_pause.h"

#include <glog/logging.h>

#include <chrono>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr std::chrono::milliseconds kPause{100};

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
      timer_(base, [this] { OnTimer(); }) {
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
  timer_.Start(kPause);
}

void AcceptPause::OnTimer() {
  if (!has_room_()) return timer_.Start(kPause);
  evconnlistener_enable(listener_);
}

}  // namespace l275
