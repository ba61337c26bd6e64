"""Runs a program on a host of a testbed that is up.

testbed/on client curl http://10.0.0.200/
testbed/on lb1 lbctl status
testbed/on web1 dnat show
testbed/on lb2 tcpdump -ni eth2
"""

from __future__ import annotations

import argparse
import os
import sys

from testbed.agent import CONTROL_SOCKET_NAME, PINS_NAME
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.namespace import Namespace
from testbed.programs import environment
from testbed.state import State, assert_root


def main() -> int:
    arguments = _parse()
    try:
        assert_root()
        state = State(arguments.name)
        namespace = _namespace(state, arguments.host)
        command = _command(state, arguments.host, arguments.command)
        os.execvpe("nsenter", namespace.enter(command), environment())
    except (TestbedError, OSError) as error:
        print(f"on: {error}", file=sys.stderr)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="testbed/on",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--name", default="demo", help="the testbed (default: demo)")
    parser.add_argument("host", help="client, lb1, lb2, web1, ...")
    parser.add_argument("program", help="lbctl, dnat, ... are this project's")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    arguments.command = [arguments.program, *arguments.arguments]
    return arguments


def _namespace(state: State, host: str) -> Namespace:
    namespace = Namespace(state.bed, host)
    if not namespace.exists():
        up = ", ".join(state.hosts()) or "none, start it with testbed/demo.sh --keep"
        raise TestbedError(f"no host {host!r}; up in testbed {state.bed}: {up}")
    return namespace


def _command(state: State, host: str, command: list[str]) -> list[str]:
    """This project's programs by their paths, lbctl with its agent's socket and pins."""
    program, *arguments = command
    path = Binaries.load(state.folder).path_of(program)
    if path is None:
        return command
    if program == "lbctl":
        socket = state.host_folder(host) / CONTROL_SOCKET_NAME
        arguments.insert(0, f"--control_socket={socket}")
        if "ready" in arguments:
            pins = state.bpf_folder(host) / PINS_NAME
            arguments.insert(arguments.index("ready") + 1, f"--bpffs_dir={pins}")
    return [str(path), *arguments]


if __name__ == "__main__":
    sys.exit(main())
