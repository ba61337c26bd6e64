"""How long a server that fails gets new flows.

    bazel run -c opt //bench:health_times -- [--trials=50] [--json]

One load balancer, three web servers, SYNs of new flows all the time (20,000 a
second, in batches of 64: one each 3.2 ms), seen at the switch's port of the
server that fails. A trial ends when it is back; each begins at another point of
the intervals of beacons and checks.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import random
import re
import socket
import struct
import sys
import time
from typing import Callable, Optional

from bench.printed_table import print_json, print_table
from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.host import FABRIC
from testbed.waiting import wait_until
from testbed.web_server import WebServer
from tests.network.flood import Flood, drop_at_servers

_FRAMES_PER_SECOND = 20_000
_QUIET_S = 0.3
_BACK_S = 20.0

_ETH_P_ALL = 3
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_BUFFER_BYTES = 64 << 20
_SOURCE = slice(26, 28)
_FLOODERS = (b"\xc6\x12", b"\xc6\x13")  # 198.18.0.0/15

_FAILED = re.compile(r"^W(\d{8} [\d:.]+) .* check .* failed", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    fail: Callable[[WebServer], object]
    mend: Callable[[WebServer], object]
    # When the failure was known on the server; None: as soon as it failed.
    known: Optional[Callable[[WebServer], float]] = None
    agent_flags: tuple[str, ...] = ()
    beacon_flags: tuple[str, ...] = ()


class NewFlows:
    """SYNs of the flood that the switch sends to a host."""

    def __init__(self, bed: Testbed, web: WebServer) -> None:
        network = bed.network
        with network.namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            # Of what the switch sends, only sockets for all protocols are told.
            port = network.port(web.host, FABRIC)
            self._socket.bind((port, _ETH_P_ALL))
        self._socket.settimeout(_QUIET_S)

    def __enter__(self) -> NewFlows:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def wait_for_one(self, deadline_s: float) -> None:
        end = time.time() + deadline_s
        while self._next() is None:
            if time.time() > end:
                raise TestbedError(f"no new flows within {deadline_s:g} s")

    def last(self, deadline_s: float) -> float:
        """Returns when the last one came, time.time(), once none came for 0.3 s."""
        last = time.time()
        end = time.time() + deadline_s
        while (now := time.time()) < end:
            arrival = self._next()
            last = arrival or last
            if (arrival or now) > last + _QUIET_S:
                return last
        raise TestbedError(f"new flows still after {deadline_s:g} s")

    def _next(self) -> Optional[float]:
        """None: what came is something else, or nothing came."""
        try:
            frame, ancillary, _, address = self._socket.recvmsg(64, 64)
        except TimeoutError:
            return None
        if address[2] != socket.PACKET_OUTGOING or frame[_SOURCE] not in _FLOODERS:
            return None
        [(_, _, stamp)] = ancillary
        seconds, nanoseconds = struct.unpack("qq", stamp)
        return seconds + nanoseconds / 1e9


def kill_nginx(web: WebServer) -> None:
    web.nginx.kill()


def failed_check(web: WebServer) -> float:
    """When the beacon's log says that a check failed, the last time."""
    wait_until(
        lambda: _FAILED.search(web.beacon.log_text()), _BACK_S, "a check that failed"
    )
    text = _FAILED.findall(web.beacon.log_text())[-1]
    return datetime.datetime.strptime(text, "%Y%m%d %H:%M:%S.%f").timestamp()


def start_beacon(*flags: str) -> Callable[[WebServer], None]:
    return lambda web: web.start_beacon([web.check_flag(), *flags])


_FAST = ("--interval_ms=20",)

CASES = [
    Case("SIGINT to healthbeacon", lambda web: web.stop_beacon(), start_beacon()),
    Case("nginx killed", kill_nginx, lambda web: web.nginx.start()),
    Case(
        "  since its check failed",
        kill_nginx,
        lambda web: web.nginx.start(),
        failed_check,
    ),
    Case(
        "nginx hangs (SIGSTOP)",
        lambda web: web.nginx.hang(),
        lambda web: web.nginx.go_on(),
    ),
    Case("silence, by default", lambda web: web.kill_beacon(), start_beacon()),
    Case(
        "silence, timeout 260 ms, beacons 20 ms",
        lambda web: web.kill_beacon(),
        start_beacon(*_FAST),
        agent_flags=("--beacon_timeout_ms=260",),
        beacon_flags=_FAST,
    ),
]


class Bench:
    """Runs the cases on web2 of a testbed."""

    def __init__(self, bed: Testbed) -> None:
        self._bed = bed
        self._web = bed.web("web2")

    def run(self, case: Case, trials: int) -> list[float]:
        """Milliseconds of each trial."""
        self._prepare(case)
        flood = Flood(self._bed, _FRAMES_PER_SECOND, with_acks=False)
        try:
            return [self._trial(case) * 1000 for _ in range(trials)]
        finally:
            flood.stop()

    def _prepare(self, case: Case) -> None:
        """All servers' beacons, and the agent, with the case's flags."""
        for web in self._bed.webs:
            web.stop_beacon()
            web.start_beacon([web.check_flag(), *case.beacon_flags])
        agent = self._bed.lbs[0].agent
        agent.remove()
        flags = ["--tcp_idle_timeout_s=2", *case.agent_flags]
        agent.start(self._bed.services(), flags)
        self._wait_until_all_serve()

    def _trial(self, case: Case) -> float:
        self._wait_until_all_serve()
        time.sleep(random.uniform(0, 0.3))
        with NewFlows(self._bed, self._web) as flows:
            flows.wait_for_one(_BACK_S)
            begin = time.time()
            case.fail(self._web)
            last = flows.last(_BACK_S)
        if case.known is not None:
            begin = case.known(self._web)
        case.mend(self._web)
        return max(last - begin, 0)

    def _wait_until_all_serve(self) -> None:
        self._bed.wait_until_active({web.address for web in self._bed.webs}, _BACK_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args()
    samples = {}
    try:
        with Testbed("bench_health", Binaries.find(), lbs=1) as bed:
            bed.start()
            drop_at_servers(bed)
            bench = Bench(bed)
            for case in CASES:
                samples[case.name] = bench.run(case, arguments.trials)
    except TestbedError as error:
        print(f"health_times: {error}", file=sys.stderr)
        return 1
    print_table("ms", samples)
    if arguments.json:
        print_json("ms", samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
