"""Where the programs under test are."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Optional

from testbed.runfiles import runfile

_TARGETS = {
    "lb_agent": "lb/agent/lb_agent",
    "lbctl": "lb/cli/lbctl",
    "healthbeacon": "web/healthbeacon/healthbeacon",
    "dnat": "web/dnat/dnat",
    "xdp_pass": "testbed/xdp_pass.bpf.o",
}


_FILE = "binaries.json"


@dataclasses.dataclass(frozen=True)
class Binaries:
    """The programs under test, and the program of the switch's ports."""

    lb_agent: pathlib.Path
    lbctl: pathlib.Path
    healthbeacon: pathlib.Path
    dnat: pathlib.Path
    xdp_pass: pathlib.Path

    def save(self, folder: pathlib.Path) -> None:
        """For load()."""
        paths = {name: str(path) for name, path in vars(self).items()}
        (folder / _FILE).write_text(json.dumps(paths))

    @staticmethod
    def load(folder: pathlib.Path) -> Binaries:
        """The programs of the testbed that has this folder."""
        paths = json.loads((folder / _FILE).read_text())
        return Binaries(**{name: pathlib.Path(path) for name, path in paths.items()})

    def path_of(self, program: str) -> Optional[pathlib.Path]:
        return vars(self).get(program)

    @staticmethod
    def find() -> Binaries:
        """The runfiles of the Bazel target that runs now."""
        return Binaries(**{name: runfile(path) for name, path in _TARGETS.items()})
