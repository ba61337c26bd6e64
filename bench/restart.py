"""Whether agents that end lose frames or move connections.

    bazel run -c opt //bench:restart -- [--restarts=20] [--json]

One load balancer and three web servers. The agent is killed, stopped, and upgraded
to a build of another version and back, so many times each, while 20,000 frames a
second go through the program and are counted at both ends, and 2,000 connections
keep talking.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Callable

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.runfiles import runfile
from tests.network.connections import Connections
from tests.network.flood import drop_at_servers
from tests.network.restarts import Counted, count_frames, restart

_CONNECTIONS = 2000
_NEXT = "tests/upgrade/lb_agent_next"


class Restarts:
    """A testbed whose agent is restarted again and again."""

    def __init__(self, bed: Testbed, connections: Connections) -> None:
        self._bed = bed
        self._connections = connections
        self._agent = bed.lbs[0].agent
        self._other = runfile(_NEXT)
        self._starts: list[float] = []

    def measure(
        self, count: int, restart_it: Callable[[], None]
    ) -> tuple[Counted, list[float], int]:
        """Frames at both ends, seconds of each start, connections that broke."""
        self._starts = []
        broken = len(self._connections.broken())

        def restarts() -> None:
            for _ in range(count):
                restart_it()

        counted = count_frames(self._bed, restarts)
        self._connections.wait_until_all_have_talked()
        return counted, self._starts, len(self._connections.broken()) - broken

    def kill(self) -> None:
        self._restart(kill=True)

    def stop(self) -> None:
        self._restart(kill=False)

    def upgrade(self) -> None:
        """To the build that does not run now."""
        before = self._version()
        self._agent.program, self._other = self._other, self._agent.program
        self.stop()
        if self._version() == before:
            raise TestbedError(f"the agent is of version {before} as before")

    def _restart(self, kill: bool) -> None:
        begin = time.monotonic()
        restart(self._agent, self._bed.services(), (), kill)
        self._starts.append(time.monotonic() - begin)

    def _version(self) -> str:
        return self._agent.lbctl_json("status")["version"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args()
    if arguments.restarts < 1:
        parser.error("expected at least one restart")
    results = {}
    try:
        with Testbed("bench_restart", Binaries.find(), lbs=1) as bed:
            bed.start()
            drop_at_servers(bed)
            with Connections(bed.client) as connections:
                connections.open(_CONNECTIONS)
                restarts = Restarts(bed, connections)
                for name, restart_it in (
                    ("killed", restarts.kill),
                    ("stopped", restarts.stop),
                    ("upgraded", restarts.upgrade),
                ):
                    counted, starts, broken = restarts.measure(
                        arguments.restarts, restart_it
                    )
                    print(
                        f"{name} {arguments.restarts} times: {counted.lost} of "
                        f"{counted.sent} frames lost, {broken} of {_CONNECTIONS} "
                        f"connections broken; gone and ready again in "
                        f"{1000 * sorted(starts)[len(starts) // 2]:.0f} ms (median), "
                        f"{1000 * max(starts):.0f} ms (longest)",
                        flush=True,
                    )
                    results[name] = {"lost": counted.lost, "broken": broken}
    except TestbedError as error:
        print(f"restart: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
