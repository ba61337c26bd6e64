#ifndef L275_LB_AGENT_MAPS_PIN_FOLDER_H_
#define L275_LB_AGENT_MAPS_PIN_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/os/unique_fd.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// What outlives the agent: a folder of a bpffs with the maps, and the program
// of each interface.
//
//    maps/NAME               in use
//    interfaces/INTERFACE    the program attached to it
//    maps-new/, interfaces-new/
//                            what is being put in their place
//    maps-old/               what is on its way out
//
// What is new is staged, in any number of steps, and takes the place of the old
// with Commit(). An agent that ends between two steps leaves both; the next one
// goes on with the maps that a staged program uses, or else with the old.
//
// Locked for as long as this lives: one agent a folder.
class PinFolder {
 public:
  // Creates the folder where it is missing. FailedPrecondition: it is in no
  // bpffs, or another agent has it.
  static absl::StatusOr<std::unique_ptr<PinFolder>> Create(
      const std::string& path);
  PinFolder(const PinFolder&) = delete;
  PinFolder& operator=(const PinFolder&) = delete;

  // As Maps::Open().
  absl::StatusOr<std::unique_ptr<Maps>> OpenMaps() const;

  absl::Status StageMaps(const Maps& maps);
  absl::Status StageProgram(const std::string& interface, int fd);
  absl::Status Commit();
  // Takes away what was staged, and undoes a Commit() that failed halfway.
  void Rollback();

  // Where maps are pinned in the folder `path`, and the interfaces whose
  // programs are, whichever agent has it.
  static std::string MapsIn(const std::string& path) { return path + "/maps"; }
  static std::vector<std::string> InterfacesIn(const std::string& path);

  // Those that have a program.
  std::vector<std::string> Interfaces() const { return InterfacesIn(path_); }
  absl::Status RemoveProgram(const std::string& interface);

  // Takes everything away, the folder too.
  absl::Status Clear();

 private:
  PinFolder(std::string path, UniqueFd lock);

  absl::Status Mend();
  absl::Status RestoreOldMaps();
  absl::StatusOr<bool> StagedMapsAreInUse() const;
  std::string MapsPath() const { return MapsIn(path_); }
  std::string ProgramsPath() const { return path_ + "/interfaces"; }

  const std::string path_;
  const UniqueFd lock_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_PIN_FOLDER_H_
