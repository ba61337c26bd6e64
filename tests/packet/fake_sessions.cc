#include "tests/packet/fake_sessions.h"

#include <glog/logging.h>

namespace l275 {

void FakeSessions::Begin(Ipv4Address from, Ipv4Address to) {
  sessions_[{from, to}] = {true, {}};
}

void FakeSessions::End(Ipv4Address from, Ipv4Address to) {
  sessions_[{from, to}] = {};
}

bool FakeSessions::IsOpen(Ipv4Address from, Ipv4Address to) const {
  const auto session = sessions_.find({from, to});
  return session != sessions_.end() && session->second.open;
}

void FakeSessions::Send(Ipv4Address from, Ipv4Address to,
                        const sync::Message& message) {
  if (!IsOpen(from, to) || loses_(message)) return;
  sessions_[{from, to}].waiting.push_back(message.SerializeAsString());
}

bool FakeSessions::Take(Ipv4Address from, Ipv4Address to,
                        sync::Message* message) {
  std::deque<std::string>& waiting = sessions_[{from, to}].waiting;
  if (waiting.empty()) return false;
  CHECK(message->ParseFromString(waiting.front()));
  waiting.pop_front();
  ++taken_;
  return true;
}

}  // namespace l275
