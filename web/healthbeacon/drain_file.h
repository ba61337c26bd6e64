#ifndef L275_WEB_HEALTHBEACON_DRAIN_FILE_H_
#define L275_WEB_HEALTHBEACON_DRAIN_FILE_H_

#include <string>
#include <utility>

namespace l275 {

// Remembers across restarts that an operator has this backend drained: an
// upgrade in the middle of a maintenance must not bring new flows. A reboot
// ends the drain: the file has the boot's id (random(4), boot_id).
//
// What cannot be read or written is a warning in the log: the drain is in
// effect all the same, until this process ends.
class DrainFile {
 public:
  explicit DrainFile(std::string path) : path_(std::move(path)) {}

  // Whether a drain of this boot was begun and not ended.
  bool Exists() const;
  void Write() const;
  void Remove() const;

 private:
  std::string path_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_DRAIN_FILE_H_
