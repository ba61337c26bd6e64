#include "web/healthbeacon/tcp_check.h"

#include <errno.h>
#include <glog/logging.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "common/os/status_util.h"

namespace l275 {

void TcpCheck::Start(Done done) {
  done_ = std::move(done);
  const int error = Connect();
  if (error != EINPROGRESS) return Finish(error);
  writable_.emplace(base_, socket_.get(), FdWatch::kWritable,
                    [this] { OnWritable(); });
}

void TcpCheck::Cancel() {
  done_ = nullptr;
  writable_.reset();
  socket_.reset();
}

int TcpCheck::Connect() {
  socket_.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return errno;
  sockaddr_in peer = {};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = endpoint_.address.ToNetwork();
  peer.sin_port = htons(endpoint_.port);
  const int result = connect(
      socket_.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(peer));
  return result == 0 ? 0 : errno;
}

void TcpCheck::OnWritable() {
  int error = 0;
  socklen_t size = sizeof(error);
  PCHECK(getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  Finish(error);
}

void TcpCheck::Finish(int error) {
  const Done done = std::move(done_);
  Cancel();
  done(error == 0 ? absl::OkStatus() : ErrnoStatus(error, "connect"));
}

}  // namespace l275
