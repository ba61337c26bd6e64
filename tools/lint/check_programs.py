#!/usr/bin/python3
"""Finds programs that are started and that tools/install_deps.sh does not install.

On a machine that has them by chance nothing else shows it. Looks at absolute
paths in all sources, at commands of shell scripts, and at the list of
testbed/programs.py, by which alone Python starts programs. Says who starts
programs otherwise, since nobody could look through that.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from typing import AbstractSet, Callable, Iterator

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT))

from testbed.programs import PROGRAMS
from tools.lint import started_programs as started
from tools.lint.debian_packages import Packages, listed_packages, names_of

_FOLDERS = (
    "bench",
    "bpf",
    "common",
    "lb",
    "testbed",
    "tests",
    "third_party",
    "tools",
    "web",
)
_SCRIPTS = (".sh",)
_CXX = (".cc", ".h")
_SUFFIXES = (".py", ".bzl", ".bazel", *_SCRIPTS, *_CXX)
_PROGRAM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Of an operator, or not meant to be there.
_NOT_NEEDED = frozenset({"/usr/sbin/policy-rc.d", "systemctl"})
# Names programs that are not there, or none, for its own tests.
_LEFT_OUT = frozenset({"tools/lint/check_programs_test.py"})


def why_not_installed(program: str, brought: AbstractSet[str]) -> str:
    """Empty when the program is among those that packages brought."""
    path = program if "/" in program else shutil.which(program, path=_PROGRAM_PATH)
    if path is None or not os.path.exists(path):
        return f"{program}: there is no such program here"
    if not names_of(path) & brought:
        return f"{program}: {path} is of no package of tools/install_deps.sh"
    return ""


def complaints(path: str, text: str, missing: Callable[[str], str]) -> Iterator[str]:
    """Of a source file, each "FILE:LINE: what is wrong"."""
    found: list[started.Start] = []
    found += started.paths(text)
    if path.endswith(_SCRIPTS) or text.startswith("#!/bin/sh"):
        found += started.commands(text)
    for start in found:
        why = missing(start.program)
        if why:
            yield f"{path}:{start.line}: {why}"
    hidden: list[started.Complaint] = []
    if path.endswith(".py"):
        hidden += started.hidden_starts_of_python(path, text)
    elif path.endswith(_CXX):
        hidden += started.hidden_starts_of_cxx(path, text)
    for complaint in hidden:
        yield f"{path}:{complaint.line}: {complaint.text}"


def _sources() -> Iterator[pathlib.Path]:
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            name = str(path.relative_to(_ROOT))
            if path.suffix in _SUFFIXES or name == "testbed/on":
                if name not in _LEFT_OUT:
                    yield path


def main() -> int:
    packages = Packages()
    listed = listed_packages((_ROOT / "tools/install_deps.sh").read_text())
    brought = packages.programs(packages.with_dependencies(listed))
    known: dict[str, str] = {name: "" for name in _NOT_NEEDED}

    def missing(program: str) -> str:
        if program not in known:
            known[program] = why_not_installed(program, brought)
        return known[program]

    wrong = [f"testbed/programs.py: {w}" for w in map(missing, sorted(PROGRAMS)) if w]
    for path in _sources():
        wrong += complaints(str(path.relative_to(_ROOT)), path.read_text(), missing)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
