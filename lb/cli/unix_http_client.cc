#include "lb/cli/unix_http_client.h"

#include <glog/logging.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlDeleter>;
using CurlHeadersPtr = std::unique_ptr<curl_slist, CurlDeleter>;

// Fails only for an option that this libcurl does not know, or without memory.
template <typename T>
void SetOption(CURL* curl, CURLoption option, T value) {
  CHECK_EQ(curl_easy_setopt(curl, option, value), CURLE_OK) << option;
}

size_t AppendBody(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

void SetPost(CURL* curl, const std::string& json, curl_slist* headers) {
  SetOption(curl, CURLOPT_POST, 1L);
  SetOption(curl, CURLOPT_POSTFIELDSIZE_LARGE,
            static_cast<curl_off_t>(json.size()));
  SetOption(curl, CURLOPT_POSTFIELDS, json.data());
  SetOption(curl, CURLOPT_HTTPHEADER, headers);
}

// The empty "Expect:" keeps libcurl from asking before it sends a long body.
CurlHeadersPtr JsonHeaders() {
  CurlHeadersPtr headers(
      curl_slist_append(nullptr, "Content-Type: application/json"));
  CHECK(headers != nullptr);
  CHECK(curl_slist_append(headers.get(), "Expect:") != nullptr);
  return headers;
}

}  // namespace

UnixHttpClient::UnixHttpClient(absl::string_view socket_path, long timeout_ms)
    : socket_path_(socket_path), timeout_ms_(timeout_ms) {}

absl::StatusOr<UnixHttpClient::Answer> UnixHttpClient::Get(
    const std::string& path_and_query) const {
  return Send(path_and_query, nullptr);
}

absl::StatusOr<UnixHttpClient::Answer> UnixHttpClient::PostJson(
    const std::string& path, const std::string& json) const {
  return Send(path, &json);
}

absl::StatusOr<UnixHttpClient::Answer> UnixHttpClient::Send(
    const std::string& path_and_query, const std::string* json) const {
  const CurlHeadersPtr headers = JsonHeaders();
  const CurlPtr curl(curl_easy_init());
  CHECK(curl != nullptr) << "curl_easy_init";
  Answer answer;
  const std::string url = absl::StrCat("http://localhost", path_and_query);
  SetOption(curl.get(), CURLOPT_URL, url.c_str());
  SetOption(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
  SetOption(curl.get(), CURLOPT_PROXY, "");  // whatever $http_proxy says
  SetOption(curl.get(), CURLOPT_NOSIGNAL, 1L);
  SetOption(curl.get(), CURLOPT_TIMEOUT_MS, timeout_ms_);
  SetOption(curl.get(), CURLOPT_WRITEFUNCTION, &AppendBody);
  SetOption(curl.get(), CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
  if (json != nullptr) SetPost(curl.get(), *json, headers.get());

  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return Explain(curl.get(), code, json != nullptr);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.http_status);
  return answer;
}

absl::Status UnixHttpClient::Explain(CURL* curl, CURLcode code,
                                     bool is_post) const {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return absl::DeadlineExceededError(absl::StrCat(
        "the agent on ", socket_path_, " did not answer within ", timeout_ms_,
        " ms", is_post ? " and may still make the change" : "",
        " (longer: --timeout_ms)"));
  }
  if (code == CURLE_COULDNT_CONNECT) {
    long error_number = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error_number);
    if (error_number != 0)
      return ExplainConnect(static_cast<int>(error_number));
  }
  if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
    return absl::UnavailableError(
        absl::StrCat("what listens on ", socket_path_,
                     " does not speak HTTP; is it the agent's socket?"));
  }
  return absl::UnavailableError(absl::StrCat("no answer from the agent on ",
                                             socket_path_, ": ",
                                             curl_easy_strerror(code)));
}

absl::Status UnixHttpClient::ExplainConnect(int error_number) const {
  if (error_number == EACCES || error_number == EPERM) {
    return absl::PermissionDeniedError(
        absl::StrCat("may not connect to ", socket_path_, ": ",
                     std::strerror(error_number), " (try as root)"));
  }
  return absl::NotFoundError(absl::StrCat(
      "no agent on ", socket_path_, ": ", std::strerror(error_number),
      " (is lb_agent running? another socket: --control_socket)"));
}

}  // namespace l275
