#include "lb/agent/peers/wire/peer_sender.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <glog/logging.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/peers/wire/peer_socket.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstDelay{100};
constexpr milliseconds kLongestDelay{1000};
constexpr milliseconds kAnswerTimeout{2000};
constexpr std::chrono::seconds kSettled{5};

// Takes `count` bytes out of what came in, if that many are there.
template <size_t count>
std::optional<std::array<uint8_t, count>> Take(bufferevent* stream) {
  std::array<uint8_t, count> bytes;
  if (evbuffer_get_length(bufferevent_get_input(stream)) < count) {
    return std::nullopt;
  }
  CHECK_EQ(bufferevent_read(stream, bytes.data(), count), count);
  return bytes;
}

}  // namespace

PeerSender::PeerSender(event_base* base, const Endpoint& self,
                       const Endpoint& peer, const SyncKeys* keys,
                       std::function<void()> on_connected)
    : base_(base),
      self_(self),
      peer_(peer),
      keys_(keys),
      on_connected_(std::move(on_connected)),
      since_(HealthTime::clock::now()),
      delay_(kFirstDelay),
      log_(base, absl::StrCat("lines about load balancer ", peer.ToString())),
      timer_(base, [this] { OnTimer(); }) {
  timer_.Start(milliseconds(0));
}

void PeerSender::OnTimer() {
  if (state_ == State::kWaiting) {
    Connect();
  } else {
    Fail(absl::StrCat("no answer within ", kAnswerTimeout.count(), " ms"));
  }
}

void PeerSender::Connect() {
  state_ = State::kConnecting;
  timer_.Start(kAnswerTimeout);
  const absl::Status opened = Open();
  if (!opened.ok()) Fail(std::string(opened.message()));
}

// Callbacks are set last: what fails at once is told by the return value alone.
absl::Status PeerSender::Open() {
  L275_ASSIGN_OR_RETURN(UniqueFd fd, NewPeerSocket(self_.address));
  stream_.reset(bufferevent_socket_new(base_, fd.get(), BEV_OPT_CLOSE_ON_FREE));
  if (!stream_) return absl::InternalError("bufferevent_socket_new() failed");
  (void)fd.release();  // the stream's now
  const sockaddr_in address = SockaddrOf(peer_);
  if (bufferevent_socket_connect(stream_.get(),
                                 reinterpret_cast<const sockaddr*>(&address),
                                 sizeof(address)) != 0) {
    return ErrnoStatus(EVUTIL_SOCKET_ERROR(), "connecting");
  }
  bufferevent_setwatermark(stream_.get(), EV_READ, 0, kSyncTagBytes);
  bufferevent_setcb(
      stream_.get(),
      [](bufferevent*, void* self) {
        static_cast<PeerSender*>(self)->OnReadable();
      },
      nullptr,
      [](bufferevent*, short what, void* self) {
        static_cast<PeerSender*>(self)->OnEvent(what);
      },
      this);
  return absl::OkStatus();
}

void PeerSender::OnEvent(short what) {
  const int error = EVUTIL_SOCKET_ERROR();
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    state_ = State::kGreeting;
    CHECK_EQ(bufferevent_enable(stream_.get(), EV_READ), 0);
  } else if ((what & BEV_EVENT_EOF) == 0) {
    Fail(absl::StrCat(state_ == State::kConnecting ? "connecting: " : "",
                      evutil_socket_error_to_string(error)));
  } else if (state_ == State::kGreeting) {
    Fail(absl::StrCat("it closed the connection at once; is ",
                      self_.address.ToString(), " one of its peers?"));
  } else if (state_ == State::kWelcome) {
    Fail(absl::StrCat(
        "it closed the connection after our Hello; ",
        key_id_ == 0 ? "does it expect a key?"
                     : absl::StrCat("does it know our key ", key_id_, "?")));
  } else {
    Fail("it closed the connection");
  }
}

void PeerSender::OnReadable() {
  switch (state_) {
    case State::kGreeting:
      ReadGreeting();
      break;
    case State::kWelcome:
      ReadWelcome();
      break;
    default:
      Fail("it sent something after its welcome; expected nothing");
  }
}

void PeerSender::ReadGreeting() {
  const auto bytes = Take<kSyncGreetingBytes>(stream_.get());
  if (!bytes.has_value()) return;
  const std::optional<SyncNonce> nonce = DecodeSyncGreeting(*bytes);
  if (!nonce.has_value()) {
    Fail("its greeting is no load balancer's, or another version's");
    return;
  }
  const absl::Status sent = SendHello(*nonce);
  if (!sent.ok()) Fail(std::string(sent.message()));
}

absl::Status PeerSender::SendHello(const SyncNonce& listener_nonce) {
  L275_ASSIGN_OR_RETURN(session_, SessionWriter::Create(keys_, listener_nonce,
                                                        peer_, self_.address));
  key_id_ = session_->key().id;
  state_ = State::kWelcome;
  Write(session_->Hello());
  return absl::OkStatus();
}

void PeerSender::ReadWelcome() {
  const auto bytes = Take<kSyncTagBytes>(stream_.get());
  if (!bytes.has_value()) return;
  if (!session_->IsWelcome(*bytes)) {
    Fail(absl::StrCat("its welcome is not signed with key ", key_id_));
    return;
  }
  timer_.Stop();
  state_ = State::kOpen;
  since_ = HealthTime::clock::now();
  ++counters_.sessions;
  logged_error_.clear();
  log_.Log(google::GLOG_INFO,
           absl::StrCat("telling load balancer ", peer_.ToString(),
                        " of tracked slots and flows"));
  on_connected_();
}

bool PeerSender::Send(const sync::Message& message) {
  if (message.ByteSizeLong() > kMaxSyncMessageBytes) {
    LOG(ERROR) << "a message of " << message.ByteSizeLong()
               << " bytes for load balancer " << peer_.ToString()
               << " is not sent; expected at most " << kMaxSyncMessageBytes;
    return false;
  }
  if (!connected()) return true;
  ++counters_.messages;
  const std::string frame = session_->Frame(message.SerializeAsString());
  counters_.bytes += frame.size();
  Write(frame);
  if (unsent_bytes() > kMaxUnsentBytes) {
    Fail(absl::StrCat("it takes in less than it is told: over ",
                      kMaxUnsentBytes >> 20, " MB wait for it"));
  }
  return true;
}

void PeerSender::Write(const std::string& frame) {
  CHECK_EQ(bufferevent_write(stream_.get(), frame.data(), frame.size()), 0);
}

size_t PeerSender::unsent_bytes() const {
  return connected()
             ? evbuffer_get_length(bufferevent_get_output(stream_.get()))
             : 0;
}

void PeerSender::OnKeysChanged() {
  if (!session_.has_value() || session_->IsKeyHeld()) return;
  Fail(absl::StrCat("key ", key_id_, " is not in the keys file any more"));
}

std::string PeerSender::TagOfHashSeed(uint64_t hash_seed) const {
  return connected() ? session_->TagOfHashSeed(hash_seed) : "";
}

void PeerSender::Fail(const std::string& error) {
  const HealthTime now = HealthTime::clock::now();
  if (connected()) {
    if (now - since_ >= kSettled) delay_ = kFirstDelay;
    since_ = now;
  }
  state_ = State::kWaiting;
  stream_.reset();
  session_.reset();
  error_ = error;
  if (std::exchange(logged_error_, error) != error) {
    log_.Log(google::GLOG_WARNING,
             absl::StrCat("load balancer ", peer_.ToString(),
                          " is not told of tracked slots and flows, trying "
                          "again: ",
                          error));
  }
  timer_.Start(delay_);
  delay_ = std::min(2 * delay_, kLongestDelay);
}

}  // namespace l275
