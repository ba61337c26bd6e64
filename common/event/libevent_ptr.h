#ifndef L275_COMMON_EVENT_LIBEVENT_PTR_H_
#define L275_COMMON_EVENT_LIBEVENT_PTR_H_

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include <memory>

namespace l275 {

// Owning pointers to libevent's objects. An event loop outlives its events.
struct LibeventDeleter {
  void operator()(event_base* base) const { event_base_free(base); }
  void operator()(event* e) const { event_free(e); }
  void operator()(bufferevent* buffered) const { bufferevent_free(buffered); }
  void operator()(evconnlistener* listener) const {
    evconnlistener_free(listener);
  }
  void operator()(evhttp* http) const { evhttp_free(http); }
  void operator()(evhttp_connection* connection) const {
    evhttp_connection_free(connection);
  }
  void operator()(evhttp_uri* uri) const { evhttp_uri_free(uri); }
};

using EventBasePtr = std::unique_ptr<event_base, LibeventDeleter>;
using EventPtr = std::unique_ptr<event, LibeventDeleter>;
using BuffereventPtr = std::unique_ptr<bufferevent, LibeventDeleter>;
using EvconnlistenerPtr = std::unique_ptr<evconnlistener, LibeventDeleter>;
using EvhttpPtr = std::unique_ptr<evhttp, LibeventDeleter>;
using EvhttpConnectionPtr = std::unique_ptr<evhttp_connection, LibeventDeleter>;
using EvhttpUriPtr = std::unique_ptr<evhttp_uri, LibeventDeleter>;

}  // namespace l275

#endif  // L275_COMMON_EVENT_LIBEVENT_PTR_H_
