#include "lb/agent/peers/wire/peer_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <glog/logging.h>

#include <array>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kHelloTimeout{2};
constexpr std::chrono::seconds kSilence{5};

}  // namespace

absl::StatusOr<std::unique_ptr<PeerConnection>> PeerConnection::Create(
    event_base* base, UniqueFd fd, const Endpoint& listener, Ipv4Address peer,
    const SyncKeys* keys, Owner* owner) {
  std::unique_ptr<PeerConnection> connection(
      new PeerConnection(base, listener, peer, keys, owner));
  L275_RETURN_IF_ERROR(connection->Start(base, std::move(fd)));
  return connection;
}

absl::Status PeerConnection::Start(event_base* base, UniqueFd fd) {
  stream_.reset(bufferevent_socket_new(base, fd.get(), BEV_OPT_CLOSE_ON_FREE));
  if (!stream_) return absl::InternalError("bufferevent_socket_new() failed");
  (void)fd.release();  // the stream's now
  bufferevent_setcb(
      stream_.get(),
      [](bufferevent*, void* self) {
        static_cast<PeerConnection*>(self)->OnReadable();
      },
      nullptr,
      [](bufferevent*, short what, void* self) {
        static_cast<PeerConnection*>(self)->OnEvent(what);
      },
      this);
  Greet();
  return absl::OkStatus();
}

void PeerConnection::Greet() {
  const auto greeting = EncodeSyncGreeting(session_.nonce());
  CHECK_EQ(bufferevent_write(stream_.get(), greeting.data(), greeting.size()),
           0);
  StartDeadline();
  BoundInput();
  CHECK_EQ(bufferevent_enable(stream_.get(), EV_READ), 0);
}

// One frame is read ahead, and no more.
void PeerConnection::BoundInput() {
  const size_t max_bytes = session_.MaxFrameBytes();
  bufferevent_setwatermark(stream_.get(), EV_READ, 0, max_bytes);
  CHECK_EQ(bufferevent_set_max_single_read(stream_.get(), max_bytes), 0);
}

void PeerConnection::StartDeadline() {
  deadline_.Start(session_.is_open() ? kSilence : kHelloTimeout);
}

void PeerConnection::OnReadable() {
  while (ReadFrame()) {
  }
}

// False: there is no whole one, or the connection has ended.
bool PeerConnection::ReadFrame() {
  evbuffer* const input = bufferevent_get_input(stream_.get());
  std::array<uint8_t, kSyncLengthBytes> head;
  if (evbuffer_copyout(input, head.data(), head.size()) !=
      static_cast<ev_ssize_t>(head.size())) {
    return false;
  }
  const std::optional<size_t> bytes = session_.FrameBytes(head);
  if (!bytes.has_value()) return Reject(SyncResult::kMalformed);
  if (evbuffer_get_length(input) < *bytes) return false;
  const uint8_t* const frame =
      evbuffer_pullup(input, static_cast<ev_ssize_t>(*bytes));
  CHECK(frame != nullptr);
  if (!Take({frame, *bytes})) return false;
  evbuffer_drain(input, *bytes);
  return true;
}

bool PeerConnection::Take(absl::Span<const uint8_t> frame) {
  const bool is_first = !session_.is_open();
  sync::Message message;
  const SyncResult result = session_.Read(frame, &message);
  if (result != SyncResult::kAccepted) return Reject(result);
  if (is_first) {
    const BeaconKey::Tag welcome = session_.Welcome();
    CHECK_EQ(bufferevent_write(stream_.get(), welcome.data(), welcome.size()),
             0);
    BoundInput();
  }
  StartDeadline();
  owner_->OnMessage(this, message, frame.size());
  return true;
}

void PeerConnection::OnEvent(short what) {
  const int error = EVUTIL_SOCKET_ERROR();
  owner_->OnEnd(this, std::nullopt,
                (what & BEV_EVENT_EOF) != 0
                    ? "it closed the connection"
                    : evutil_socket_error_to_string(error));
}

void PeerConnection::OnDeadline() {
  if (!session_.is_open()) {
    Reject(SyncResult::kLate);
    return;
  }
  owner_->OnEnd(this, std::nullopt,
                absl::StrCat("silent for ", kSilence.count(), " seconds"));
}

// False, for its callers: the connection is no more.
bool PeerConnection::Reject(SyncResult result) {
  owner_->OnEnd(this, result, NameOf(result).help);
  return false;
}

}  // namespace l275
