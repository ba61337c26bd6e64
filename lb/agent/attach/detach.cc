#include "lb/agent/attach/detach.h"

#include <glog/logging.h>

#include "common/os/status_util.h"
#include "lb/agent/attach/xdp_attachment.h"
#include "lb/agent/maps/pin_folder.h"

namespace l275 {

absl::Status DetachAll(const std::string& bpffs_dir) {
  L275_ASSIGN_OR_RETURN(const auto pins, PinFolder::Create(bpffs_dir));
  for (const std::string& interface : pins->Interfaces()) {
    const absl::Status detached = XdpAttachment::Detach(interface);
    if (absl::IsNotFound(detached)) {
      LOG(WARNING) << detached.message();
      continue;
    }
    L275_RETURN_IF_ERROR(detached);
    LOG(INFO) << "detached from " << interface;
  }
  return pins->Clear();
}

}  // namespace l275
