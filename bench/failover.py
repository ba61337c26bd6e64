"""What clients notice when the VIP moves to the other load balancer.

    bazel run -c opt //bench:failover -- [--case=power_off]... [--rounds=10] [--json]

Two load balancers with keepalived, three web servers and a fourth in reserve. 2,000
connections keep talking, and a frame goes to the VIP each millisecond, counted where
it arrives. Gaps are those of the frames: from the last that arrived to the next that
did.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import json
import statistics
import sys
import time
from typing import Callable, Iterator, Optional, Sequence

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.load_balancer import LoadBalancer
from testbed.process import Process
from testbed.waiting import wait_until
from tests.network.connections import Connections
from tests.network.flood import drop_at_servers
from tests.network.frame_prober import FrameProber, Loss

_NEW_CONNECTIONS = 300
_BUSY_PROCESSES = 40
_BUSY_S = 60
_SPLIT_S = 3.0
_STRAYS_S = 4.0  # more than the agent's grace of 2 s
_TAKEN_OVER_S = 10.0
_SETTLED_S = 20.0
# From the second on they can be repeated in a circle.
_ADDED = "10.0.0.104"
_FIRST_CHANGE = ("add", _ADDED)
_CHANGES = (
    ("weight", "10.0.0.101", "50"),
    ("drain", "10.0.0.102"),
    ("weight", "10.0.0.101", "100"),
    ("enable", "10.0.0.102"),
)


@dataclasses.dataclass(frozen=True)
class Figure:
    what: str
    value: float
    limit: Optional[float] = None  # the most that is good; None: not judged

    @property
    def met(self) -> bool:
        return self.limit is None or self.value <= self.limit

    def line(self) -> str:
        text = f"  {self.what:52} {self.value:8.5g}"
        if self.limit is None:
            return text
        word = "met" if self.met else "MISSED"
        return f"{text}  limit {self.limit:g}: {word}"


class Bench:
    """The cases, each with connections of its own."""

    def __init__(
        self, bed: Testbed, prober: FrameProber, rounds: int, connections: int
    ) -> None:
        self._bed = bed
        self._prober = prober
        self._rounds = rounds
        self._connections = connections

    def power_off(self) -> list[Figure]:
        """The active one is powered off, and on again; then the other one."""
        gone, back = [], []
        moved = -self._takeovers()
        with self._talking() as connections:
            for _ in range(self._rounds):
                active = self._bed.active_lb()
                gone.append(self._power_off(active, connections))
                back.append(self._power_on(active, connections))
            broken = len(connections.broken())
        moved += self._takeovers()
        return [
            Figure(f"broken of {self._connections} connections", broken, 0),
            *_gaps(gone, 120),
            Figure("frames lost while it comes back", sum(l.lost for l in back), 0),
            Figure("takeovers beyond one a power-off", moved - self._rounds, 0),
        ]

    def hand_over(self) -> list[Figure]:
        """keepalived of the active one is stopped, and started again."""
        losses, back = [], []
        with self._talking() as connections:
            for _ in range(self._rounds):
                active = self._bed.active_lb()
                stop = active.keepalived.stop
                losses.append(self._take_over(active, stop, connections))
                back.append(self._meanwhile(active.keepalived.start, connections))
            broken = len(connections.broken())
        return [
            Figure(f"broken of {self._connections} connections", broken, 0),
            *_gaps(losses, 25),
            Figure("frames lost while it comes back", sum(l.lost for l in back), 0),
        ]

    def busy(self) -> list[Figure]:
        """Many processes want the CPU; nothing else is wrong."""
        before, since = self._takeovers(), time.monotonic()
        busy = [self._start_busy(i) for i in range(_BUSY_PROCESSES)]
        for process in busy:
            wait_until(lambda: not process.running, _BUSY_S + 30, "its end")
        loss = self._prober.loss(since)
        return [
            Figure(
                f"takeovers in {_BUSY_S} s with {_BUSY_PROCESSES} busy processes",
                self._takeovers() - before,
                0,
            ),
            Figure(f"frames lost of {loss.sent}", loss.lost),
        ]

    def after_change(self) -> list[Figure]:
        """Powered off within a second after the tables changed."""
        losses, broken, delays = [], [], []
        changes = itertools.chain([_FIRST_CHANGE], itertools.cycle(_CHANGES))
        for change in itertools.islice(changes, self._rounds):
            with self._talking() as connections:
                changed = self._change(change)
                connections.open(_NEW_CONNECTIONS)
                delays.append(time.monotonic() - changed)
                active = self._bed.active_lb()
                losses.append(self._power_off(active, connections))
                broken.append(len(connections.broken()))
                self._power_on(active, connections)
        total = self._connections + _NEW_CONNECTIONS
        return [
            Figure(f"broken of {total} connections (worst)", max(broken), 0),
            Figure(f"broken in all {self._rounds} rounds", sum(broken), 0),
            *_gaps(losses, 120),
            Figure("from the change to the power-off, s (worst)", max(delays), 1),
        ]

    def split_brain(self) -> list[Figure]:
        """Nothing gets from one load balancer to the other for a while."""
        with self._talking() as connections:
            since = time.monotonic()
            self._bed.network.cut_path(*(lb.host for lb in self._bed.lbs))
            wait_until(self._both_hold, _TAKEN_OVER_S, "two holders of the VIP")
            time.sleep(_SPLIT_S - (time.monotonic() - since))
            self._show_vip("cut off from each other")
            split = self._prober.loss(since)
            connections.wait_until_all_have_talked()
            before, strays = len(connections.broken()), self._strays()
            healed = time.monotonic()
            self._bed.network.heal_path()
            self._bed.wait_until_served()
            time.sleep(_STRAYS_S)
            connections.wait_until_all_have_talked()
            loss = self._prober.loss(healed)
            self._show_vip("healed")
            broken = len(connections.broken()) - before
        return [
            Figure("broken while there were two", before),
            Figure("frames lost while there were two", split.lost),
            Figure(f"broken of {self._connections} after the heal", broken, 0),
            Figure("frames lost after the heal", loss.lost),
            Figure("strays after the heal", self._strays() - strays),
        ]

    @contextlib.contextmanager
    def _talking(self) -> Iterator[Connections]:
        with Connections(self._bed.client) as connections:
            connections.open(self._connections)
            yield connections

    def _power_off(self, active: LoadBalancer, connections: Connections) -> Loss:
        return self._take_over(active, lambda: self._bed.power_off(active), connections)

    def _power_on(self, lb: LoadBalancer, connections: Connections) -> Loss:
        def power_on() -> None:
            self._bed.power_on(lb)
            self._wait_until_alike()

        return self._meanwhile(power_on, connections)

    def _take_over(
        self,
        active: LoadBalancer,
        end: Callable[[], None],
        connections: Connections,
    ) -> Loss:
        other = self._bed.other_lb(active)

        def taken_over() -> None:
            end()
            wait_until(other.keepalived.active, _TAKEN_OVER_S, f"{other.name} active")

        return self._meanwhile(taken_over, connections)

    def _meanwhile(self, action: Callable[[], None], connections: Connections) -> Loss:
        """What is lost during the action, and until all connections have talked."""
        since = time.monotonic()
        action()
        connections.wait_until_all_have_talked()
        return self._prober.loss(since)

    def _wait_until_alike(self) -> None:
        """Until both send new flows to the same servers."""
        first, second = self._bed.lbs
        wait_until(
            lambda: first.agent.active_backends()
            == second.agent.active_backends()
            != set(),
            _SETTLED_S,
            "the same backends",
        )

    def _change(self, change: tuple[str, ...]) -> float:
        """At both; returns when it was in effect, of time.monotonic()."""
        for lb in self._bed.lbs:
            lb.agent.lbctl("backend", *change)
        if change == _FIRST_CHANGE:
            self._bed.wait_until_active(web.address for web in self._bed.webs)
        return time.monotonic()

    def _start_busy(self, number: int) -> Process:
        loop = ["timeout", str(_BUSY_S), "sh", "-c", "while :; do :; done"]
        return self._bed.client.host.start(f"busy{number}", loop)

    def _takeovers(self) -> int:
        return sum(lb.keepalived.takeovers() for lb in self._bed.lbs)

    def _both_hold(self) -> bool:
        return all(lb.keepalived.active() for lb in self._bed.lbs)

    def _strays(self) -> int:
        vips = [lb.agent.lbctl_json("status")["vip"][0] for lb in self._bed.lbs]
        return sum(int(vip.get("stray_packets", 0)) for vip in vips)

    def _show_vip(self, when: str) -> None:
        for lb in self._bed.lbs:
            shown = lb.agent.lbctl("status").stdout.splitlines()
            metrics = lb.host.run(["curl", "-sS", "http://127.0.0.1:9275/metrics"])
            shown += metrics.stdout.splitlines()
            for line in shown:
                if line.startswith(("VIP:", "l275_vip")):
                    print(f"  {when}, {lb.name}: {line}")


def _gaps(losses: list[Loss], limit_ms: float) -> Iterator[Figure]:
    gaps = [loss.gap_s * 1000 for loss in losses]
    yield Figure("gap, ms (worst)", max(gaps), limit_ms)
    yield Figure("gap, ms (median)", statistics.median(gaps))


_CASES = {
    "power_off": Bench.power_off,
    "hand_over": Bench.hand_over,
    "busy": Bench.busy,
    "after_change": Bench.after_change,
    "split_brain": Bench.split_brain,
}


def run(names: Sequence[str], rounds: int, connections: int) -> dict[str, list[Figure]]:
    """Prints each case's figures as soon as it is over."""
    results = {}
    with Testbed("bench_failover", Binaries.find()) as bed:
        bed.start()
        bed.add_web().start()  # no load balancer knows it yet
        drop_at_servers(bed)
        with FrameProber(bed) as prober:
            bench = Bench(bed, prober, rounds, connections)
            for name in names:
                print(f"{name}: {_CASES[name].__doc__}", flush=True)
                results[name] = _CASES[name](bench)
                print("\n".join(f.line() for f in results[name]), flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--case", action="append", choices=_CASES, help="repeatable; default all"
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.connections < 1:
        parser.error("expected at least one round and one connection")
    try:
        results = run(
            arguments.case or list(_CASES), arguments.rounds, arguments.connections
        )
    except TestbedError as error:
        print(f"failover: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(
            json.dumps(
                {
                    name: {figure.what: figure.value for figure in figures}
                    for name, figures in results.items()
                }
            )
        )
    return 0 if all(f.met for figures in results.values() for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
