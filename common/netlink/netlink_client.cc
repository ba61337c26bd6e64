#include "common/netlink/netlink_client.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// What the callbacks of one call share.
struct Exchange {
  uint32_t sequence;
  NetlinkClient::Handler handler;
  bool done = false;
  int error = 0;  // errno
};

// Skips what is left of an earlier answer that was not read to its end.
int OnSequence(nl_msg* message, void* exchange) {
  return nlmsg_hdr(message)->nlmsg_seq ==
                 static_cast<Exchange*>(exchange)->sequence
             ? NL_OK
             : NL_SKIP;
}

int OnValid(nl_msg* message, void* exchange) {
  static_cast<Exchange*>(exchange)->handler(nlmsg_hdr(message));
  return NL_OK;
}

// The acknowledgement, or the end of a dump.
int OnDone(nl_msg*, void* exchange) {
  static_cast<Exchange*>(exchange)->done = true;
  return NL_STOP;
}

int OnError(sockaddr_nl*, nlmsgerr* error, void* exchange) {
  static_cast<Exchange*>(exchange)->error = -error->error;
  return OnDone(nullptr, exchange);
}

// A dump during which the table changed may lack rows. Whoever dumps also
// listens, and is told of the changed ones.
int OnInterrupted(nl_msg*, void*) { return NL_OK; }

NlCbPtr CallbacksOf(Exchange* exchange) {
  NlCbPtr callbacks = NewCallbacks();
  nl_cb* cb = callbacks.get();
  nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, OnSequence, exchange);
  nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, OnValid, exchange);
  nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, OnDone, exchange);
  nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, OnDone, exchange);
  nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, OnInterrupted, exchange);
  nl_cb_err(cb, NL_CB_CUSTOM, OnError, exchange);
  return callbacks;
}

absl::Status LostAnswer(absl::string_view what, int libnl_error) {
  return absl::ResourceExhaustedError(
      absl::StrCat(what, ": no answer: ", nl_geterror(libnl_error)));
}

}  // namespace

bool IsFailure(const absl::Status& status) {
  return !status.ok() && !absl::IsNotFound(status);
}

absl::StatusOr<NetlinkClient> NetlinkClient::Create(int protocol) {
  L275_ASSIGN_OR_RETURN(NlSockPtr socket, OpenNetlink(protocol));
  return NetlinkClient(std::move(socket));
}

absl::Status NetlinkClient::Call(const NetlinkRequest& request,
                                 absl::string_view what, Handler handler) {
  int result = nl_send_auto(socket_.get(), request.get());
  if (result < 0) return LostAnswer(what, result);
  Exchange exchange{nlmsg_hdr(request.get())->nlmsg_seq, handler};
  const NlCbPtr callbacks = CallbacksOf(&exchange);
  while (!exchange.done) {
    result = nl_recvmsgs(socket_.get(), callbacks.get());
    if (result < 0 && !exchange.done) return LostAnswer(what, result);
  }
  if (exchange.error != 0) return ErrnoStatus(exchange.error, what);
  return absl::OkStatus();
}

}  // namespace l275
