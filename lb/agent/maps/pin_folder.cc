#include "lb/agent/maps/pin_folder.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kNew[] = "-new";
constexpr char kOld[] = "-old";
constexpr mode_t kMode = 0700;

struct DirDeleter {
  void operator()(DIR* folder) const { closedir(folder); }
};

// What is in a folder; nothing when there is none.
std::vector<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, DirDeleter> folder(opendir(path.c_str()));
  if (folder == nullptr) return names;
  while (const dirent* entry = readdir(folder.get())) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kMode) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("mkdir(", path, ")"));
}

absl::Status RemovePin(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("unlink(", path, ")"));
}

absl::Status RemoveFolder(const std::string& path) {
  for (const std::string& name : NamesIn(path)) {
    L275_RETURN_IF_ERROR(RemovePin(absl::StrCat(path, "/", name)));
  }
  if (rmdir(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("rmdir(", path, ")"));
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("rename(", from, ", ", to, ")"));
}

// A bpffs refuses names with dots, an interface's name has no colon.
std::string PinNameOf(const std::string& interface) {
  return absl::StrReplaceAll(interface, {{".", ":"}});
}
std::string InterfaceOf(const std::string& pin_name) {
  return absl::StrReplaceAll(pin_name, {{":", "."}});
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status CheckIsBpffs(const std::string& path) {
  struct statfs file_system;
  if (statfs(path.c_str(), &file_system) != 0) {
    return ErrnoStatus(errno, absl::StrCat("statfs(", path, ")"));
  }
  if (file_system.f_type == BPF_FS_MAGIC) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is not in a bpffs (mount -t bpf bpf /sys/fs/bpf)"));
}

// Everybody may make folders in a bpffs as mount(8) makes it.
absl::Status CheckIsPrivate(int folder, const std::string& path) {
  struct stat status;
  if (fstat(folder, &status) != 0) {
    return ErrnoStatus(errno, absl::StrCat("fstat(", path, ")"));
  }
  if (status.st_uid == geteuid() && (status.st_mode & 022) == 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      path, " belongs to user ", status.st_uid, " with mode 0",
      absl::Hex(((status.st_mode >> 6) & 7) * 256 +
                ((status.st_mode >> 3) & 7) * 16 + (status.st_mode & 7)),
      "; expected a folder that nobody but this user can write"));
}

absl::StatusOr<UniqueFd> LockFolder(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd folder(open(path.c_str(), kFlags));
  if (!folder) return ErrnoStatus(errno, absl::StrCat("open(", path, ")"));
  L275_RETURN_IF_ERROR(CheckIsPrivate(folder.get(), path));
  if (flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("another lb_agent has its maps in ", path));
  }
  return ErrnoStatus(errno, absl::StrCat("flock(", path, ")"));
}

absl::StatusOr<uint32_t> MapIdOf(const std::string& pin) {
  const UniqueFd fd(bpf_obj_get(pin.c_str()));
  bpf_map_info info = {};
  uint32_t length = sizeof(info);
  if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0) {
    return ErrnoStatus(errno, absl::StrCat("reading ", pin));
  }
  return info.id;
}

absl::StatusOr<std::vector<uint32_t>> MapsOfProgram(const std::string& pin) {
  constexpr uint32_t kMany = 64;
  std::vector<uint32_t> maps(kMany);
  bpf_prog_info info = {};
  info.map_ids = reinterpret_cast<uint64_t>(maps.data());
  info.nr_map_ids = kMany;
  uint32_t length = sizeof(info);
  const UniqueFd fd(bpf_obj_get(pin.c_str()));
  if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0) {
    return ErrnoStatus(errno, absl::StrCat("reading ", pin));
  }
  maps.resize(std::min(info.nr_map_ids, kMany));
  return maps;
}

// Each pin takes the place of another one at once.
absl::Status MovePins(const std::string& from, const std::string& to) {
  L275_RETURN_IF_ERROR(MakeFolder(to));
  for (const std::string& name : NamesIn(from)) {
    L275_RETURN_IF_ERROR(
        Rename(absl::StrCat(from, "/", name), absl::StrCat(to, "/", name)));
  }
  return RemoveFolder(from);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PinFolder>> PinFolder::Create(
    const std::string& path) {
  if (path.empty() || path.front() != '/' || path.back() == '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path,
                     "\"; expected an absolute path of a bpffs, like "
                     "/sys/fs/bpf/l275"));
  }
  L275_RETURN_IF_ERROR(CheckIsBpffs(Exists(path) ? path : ParentOf(path)));
  L275_RETURN_IF_ERROR(MakeFolder(path));
  L275_ASSIGN_OR_RETURN(UniqueFd lock, LockFolder(path));
  std::unique_ptr<PinFolder> folder(new PinFolder(path, std::move(lock)));
  L275_RETURN_IF_ERROR(folder->Mend());
  return folder;
}

PinFolder::PinFolder(std::string path, UniqueFd lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

absl::Status PinFolder::Mend() {
  L275_ASSIGN_OR_RETURN(const bool use_staged, StagedMapsAreInUse());
  if (!use_staged) {
    L275_RETURN_IF_ERROR(RemoveFolder(MapsPath() + kNew));
    if (!Exists(MapsPath())) L275_RETURN_IF_ERROR(RestoreOldMaps());
  }
  return Commit();
}

absl::StatusOr<bool> PinFolder::StagedMapsAreInUse() const {
  const std::string slots = MapsPath() + kNew + "/slots";
  const std::string programs = ProgramsPath() + kNew;
  if (!Exists(slots)) return false;
  L275_ASSIGN_OR_RETURN(const uint32_t id, MapIdOf(slots));
  for (const std::string& name : NamesIn(programs)) {
    L275_ASSIGN_OR_RETURN(const auto maps,
                          MapsOfProgram(absl::StrCat(programs, "/", name)));
    if (std::count(maps.begin(), maps.end(), id) > 0) return true;
  }
  return false;
}

absl::StatusOr<std::unique_ptr<Maps>> PinFolder::OpenMaps() const {
  return Maps::Open(MapsPath());
}

absl::Status PinFolder::StageMaps(const Maps& maps) {
  L275_RETURN_IF_ERROR(RemoveFolder(MapsPath() + kNew));
  L275_RETURN_IF_ERROR(MakeFolder(MapsPath() + kNew));
  return maps.Pin(MapsPath() + kNew);
}

absl::Status PinFolder::StageProgram(const std::string& interface, int fd) {
  const std::string folder = ProgramsPath() + kNew;
  L275_RETURN_IF_ERROR(MakeFolder(folder));
  const std::string pin = absl::StrCat(folder, "/", PinNameOf(interface));
  L275_RETURN_IF_ERROR(RemovePin(pin));
  if (bpf_obj_pin(fd, pin.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("pinning ", pin));
}

// First the maps: for as long as they are staged, the staged programs tell that
// they are in use. The old ones go last, when nothing can fail any more.
absl::Status PinFolder::Commit() {
  const std::string old = MapsPath() + kOld;
  if (Exists(MapsPath() + kNew)) {
    L275_RETURN_IF_ERROR(RemoveFolder(old));
    if (Exists(MapsPath())) L275_RETURN_IF_ERROR(Rename(MapsPath(), old));
    L275_RETURN_IF_ERROR(Rename(MapsPath() + kNew, MapsPath()));
  }
  L275_RETURN_IF_ERROR(MovePins(ProgramsPath() + kNew, ProgramsPath()));
  return RemoveFolder(old);
}

void PinFolder::Rollback() {
  for (const std::string& folder : {MapsPath() + kNew, ProgramsPath() + kNew}) {
    RemoveFolder(folder).IgnoreError();
  }
  RestoreOldMaps().IgnoreError();
}

// Of a Commit() that came halfway.
absl::Status PinFolder::RestoreOldMaps() {
  const std::string old = MapsPath() + kOld;
  if (!Exists(old)) return absl::OkStatus();
  L275_RETURN_IF_ERROR(RemoveFolder(MapsPath()));
  return Rename(old, MapsPath());
}

std::vector<std::string> PinFolder::InterfacesIn(const std::string& path) {
  std::vector<std::string> interfaces = NamesIn(path + "/interfaces");
  for (std::string& name : interfaces) name = InterfaceOf(name);
  return interfaces;
}

absl::Status PinFolder::RemoveProgram(const std::string& interface) {
  return RemovePin(absl::StrCat(ProgramsPath(), "/", PinNameOf(interface)));
}

absl::Status PinFolder::Clear() {
  for (const std::string& folder :
       {ProgramsPath() + kNew, MapsPath() + kOld, MapsPath() + kNew,
        ProgramsPath(), MapsPath()}) {
    L275_RETURN_IF_ERROR(RemoveFolder(folder));
  }
  if (rmdir(path_.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("rmdir(", path_, ")"));
}

}  // namespace l275
