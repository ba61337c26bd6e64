"""The programs of Debian that the testbed, the tests and the benches start.

Every start of a program by Python goes through here or through process.py, so a
program that is not in this list is never started, on whatever machine. And
tools/lint/check_programs.py sees to it that tools/install_deps.sh installs those
of the list.
"""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil
import subprocess
from typing import Mapping, Optional, Sequence

from testbed.errors import TestbedError

PROGRAMS = frozenset(
    {
        "bpftool",
        "cat",
        "curl",
        "env",
        "ethtool",
        "ip",
        "keepalived",
        "mount",
        "nft",
        "nginx",
        "nsenter",
        "ping",
        "setpriv",
        "sh",
        "sleep",
        "ss",
        "tcpdump",
        "timeout",
        "umount",
    }
)


def environment(extra: Optional[Mapping[str, str]] = None) -> dict[str, str]:
    """This process's, with the administrators' programs on the PATH."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return {**os.environ, "PATH": path, **(extra or {})}


def assert_can_start(program: str) -> None:
    """Raises TestbedError for a program that is not there or not in PROGRAMS.

    A program that is named by its path only has to be there.
    """
    if "/" in program:
        found = os.access(program, os.X_OK) and pathlib.Path(program).is_file()
    else:
        if program not in PROGRAMS:
            raise TestbedError(f"{program}: not in PROGRAMS of testbed/programs.py")
        found = shutil.which(program, path=environment()["PATH"]) is not None
    if not found:
        raise TestbedError(f"{program}: no such program; see tools/install_deps.sh")


def run(
    command: Sequence[str],
    may_fail: bool = False,
    timeout_s: Optional[float] = None,
    extra_environment: Optional[Mapping[str, str]] = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end.

    Raises TestbedError with the command, its exit code and its output unless the
    exit code is 0. With `may_fail` the caller looks at the exit code; a program
    that is not there is an error also then.
    """
    assert_can_start(command[0])
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment(extra_environment),
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise TestbedError(
            f"{shlex.join(command)}: not done within {timeout_s:g} s"
        ) from None
    if done.returncode != 0 and not may_fail:
        output = f"{done.stdout}{done.stderr}".strip()
        raise TestbedError(
            f"{shlex.join(command)}: exit code {done.returncode}: {output}"
        )
    return done
