#ifndef L275_COMMON_OS_WRITE_FILE_H_
#define L275_COMMON_OS_WRITE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace l275 {

// Makes `text` the content of the file, whole or not at all for anybody who
// reads it: it is written beside it, as <path>.new with mode 0600, and takes
// its name. Makes the file's folder when only that is missing. Does not wait
// for the disk: a power failure may leave the content from before, or, as the
// file system pleases, an empty file or part of the text. Errors name the call
// and the path.
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view text);

// The same, and waits until the disk has it: whole or not at all also after a
// power failure.
absl::Status WriteFileDurably(const std::string& path, absl::string_view text);

}  // namespace l275

#endif  // L275_COMMON_OS_WRITE_FILE_H_
