"""The steps of the demonstration: each shows a promise, and asserts it."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Callable, Counter, Iterable, Mapping

from testbed.bed import Testbed
from testbed.client import Download, ask
from testbed.errors import TestbedError
from testbed.host import VIP
from testbed.load_balancer import LoadBalancer
from testbed.nginx import LARGE_BYTES
from testbed.prober import Prober
from testbed.tap import Tap, VipFrames, counts_when
from testbed.terminal import Terminal, bar
from testbed.waiting import wait_until
from testbed.web_server import WebServer

_REQUESTS = 300
_OPEN_CONNECTIONS = 20
# A share is believed within five standard deviations of its binomial
# distribution; chance alone leaves that once in 1.7 million tables.
_DEVIATIONS = 5
_CUT_SHORT = 2
_MOVED_WITHIN_S = 2.0
_TAKEN_OVER_WITHIN_S = 1.0
_WATCH_S = 0.5  # what one line of a running count covers
_ENOUGH_ANSWERS = 40  # in a line, to tell that a server is not among them
_CHANGE_S = 60.0  # in which anything that is waited for happens
_MTU = 1500


class StepFailed(TestbedError):
    """A promise that was not seen to hold."""


@dataclasses.dataclass
class Demo:
    """What the steps share."""

    bed: Testbed
    terminal: Terminal
    time_factor: int  # by which promised times are longer

    def expect(self, holds: bool, text: str) -> None:
        """Prints the promise, or raises StepFailed with it."""
        if not holds:
            raise StepFailed(f"not seen: {text}")
        self.terminal.holds(text)

    def lbctl(self, lb: LoadBalancer, *arguments: str) -> None:
        """Runs lbctl on a load balancer and shows it."""
        self.terminal.command(f"testbed/on {lb.name} lbctl {' '.join(arguments)}")
        done = lb.agent.lbctl(*arguments, may_fail=True)
        self.terminal.say(done.stdout + done.stderr)
        if done.returncode != 0:
            raise StepFailed(
                f"lbctl {' '.join(arguments)}: exit code {done.returncode}"
            )

    def count(self, servers: Iterable[WebServer]) -> None:
        """Sends requests, shows who answered, asserts equal shares of `servers`."""
        names = {server.name for server in servers}
        counts = self.bed.client.count_answers(_REQUESTS)
        self._show(counts)
        self.expect(
            set(counts) == names and _equal(counts),
            f"{_REQUESTS} requests spread evenly over {_and(names)}, and no other",
        )

    def _show(self, counts: Counter[str]) -> None:
        total = sum(counts.values())
        rows = [
            (web.name, web.address, counts[web.name], bar(counts[web.name] / total))
            for web in self.bed.webs
        ]
        self.terminal.table(("server", "address", "requests", ""), rows)


@dataclasses.dataclass(frozen=True)
class Step:
    title: str
    run: Callable[[Demo], str]  # returns what was measured


def spread(demo: Demo) -> str:
    lb = demo.bed.active_lb()
    demo.terminal.say(
        f"{lb.name} holds the VIP; {_REQUESTS} curl requests from client:"
    )
    demo.count(demo.bed.webs)
    demo.lbctl(lb, "backend", "list")
    return f"{_REQUESTS} requests, 3 servers"


def beacon_stops(demo: Demo) -> str:
    web = demo.bed.web("web2")
    with Prober(demo.bed.client.host) as prober:
        watch = _Watch(demo, prober)
        watch.lines(1)
        web.kill_beacon()
        begin = time.monotonic()
        demo.terminal.say("web2's healthbeacon killed (SIGKILL: nothing but silence)")
        watch.until(lambda counts: _absent(web.name, counts))
        gone_s = prober.last_answer_of(web.name, begin) - begin
        lost = prober.lost(begin)
    moved_within_s = _MOVED_WITHIN_S * demo.time_factor
    demo.expect(
        gone_s < moved_within_s,
        f"web2's last new connection {gone_s:.2f} s after the kill, "
        f"under {moved_within_s:g} s",
    )
    cut_short = _CUT_SHORT * demo.time_factor
    demo.expect(
        lost <= cut_short,
        f"{lost} requests lost, at most the {cut_short} that {web.name}, which in "
        "truth lives, may have been answering when it was given up",
    )
    demo.count(w for w in demo.bed.webs if w is not web)
    return f"gone after {gone_s:.2f} s"


def beacon_returns(demo: Demo) -> str:
    web = demo.bed.web("web2")
    with Prober(demo.bed.client.host) as prober:
        begin = time.monotonic()
        web.start_beacon()
        demo.terminal.say("web2's healthbeacon started")
        _Watch(demo, prober).until(lambda counts: web.name in counts)
        back_s = _first_answer_of(prober, web.name, begin) - begin
    demo.expect(
        back_s < _MOVED_WITHIN_S * demo.time_factor,
        f"web2's first new connection {back_s:.2f} s after its beacon's start",
    )
    demo.bed.wait_until_active(w.address for w in demo.bed.webs)
    demo.count(demo.bed.webs)
    return f"back after {back_s:.2f} s"


def server_added(demo: Demo) -> str:
    web = demo.bed.add_web()
    web.start()
    demo.terminal.say(
        f"{web.name} made, plugged in and started; no load balancer knows it yet"
    )
    demo.count(w for w in demo.bed.webs if w is not web)
    for lb in demo.bed.lbs:
        demo.lbctl(lb, "backend", "add", web.address)
    demo.bed.wait_until_active(w.address for w in demo.bed.webs)
    demo.count(demo.bed.webs)
    return f"{web.name} takes its quarter"


def lb_cut_off(demo: Demo) -> str:
    with _OpenConnections(demo.bed) as connections:
        gaps = [_cut_and_heal(demo, connections) for _ in demo.bed.lbs]
    return "gaps " + " and ".join(f"{gap_s * 1000:.0f} ms" for gap_s in gaps)


def answers_bypass(demo: Demo) -> str:
    bed = demo.bed
    hosts = [bed.client.host, *(lb.host for lb in bed.lbs), *(w.host for w in bed.webs)]
    taps = {host.name: bed.network.tap(host) for host in hosts}
    download = bed.client.download_large()
    frames = _frames_of(taps, download.client_port)
    demo.terminal.say(
        f"the client got {download.size_bytes} bytes from {download.server}; "
        "frames at the switch's ports, by host:"
    )
    demo.terminal.table(
        ("host", "request: received", "sent", "answer: received", "sent"),
        [(name, *dataclasses.astuple(count)) for name, count in frames.items()],
    )
    return _judge_bypass(demo, download, frames)


STEPS = (
    Step("Requests spread over three servers", spread),
    Step("A server's beacon stops, its share goes to the others", beacon_stops),
    Step("The beacon is back, and so is the server", beacon_returns),
    Step("A server is added at run time", server_added),
    Step("The active load balancer is cut off, the other takes over", lb_cut_off),
    Step("Answers bypass the load balancers", answers_bypass),
)


class _Watch:
    """Counts a prober's answers, a line each half second or longer, as they come."""

    def __init__(self, demo: Demo, prober: Prober) -> None:
        self._demo = demo
        self._prober = prober

    def lines(self, count: int) -> None:
        for _ in range(count):
            self._line()

    def until(self, condition: Callable[[Counter[str]], bool]) -> None:
        """Until the condition holds for one whole line."""
        end = time.monotonic() + _CHANGE_S
        while not condition(self._line()):
            if time.monotonic() > end:
                raise StepFailed(f"no change within {_CHANGE_S:g} s")

    def _line(self) -> Counter[str]:
        begin = time.monotonic()
        time.sleep(_WATCH_S)
        wait_until(
            lambda: sum(self._prober.answers(begin).values()) >= _ENOUGH_ANSWERS,
            _CHANGE_S,
            f"{_ENOUGH_ANSWERS} answers",
        )
        counts = self._prober.answers(begin)
        names = [web.name for web in self._demo.bed.webs]
        self._demo.terminal.say(
            "    ".join(f"{name} {counts[name]:4}" for name in names)
        )
        return counts


class _OpenConnections:
    """Connections of the client that were opened once and stay open."""

    def __init__(self, bed: Testbed) -> None:
        self._bed = bed
        self._connections = bed.client.connect(_OPEN_CONNECTIONS)
        self._servers = self._ask()

    def __enter__(self) -> _OpenConnections:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def wait_until_known(self, lb: LoadBalancer) -> None:
        """Until the load balancer would send each to the server that it has."""
        address_of = {web.name: web.address for web in self._bed.webs}
        expected = [address_of[server] for server in self._servers]
        wait_until(
            lambda: self._backends_by(lb) == expected,
            _CHANGE_S,
            f"{lb.name} knows the open connections",
        )

    def _backends_by(self, lb: LoadBalancer) -> list[str]:
        sources = [connection.getsockname() for connection in self._connections]
        explained = [
            lb.agent.lbctl_json("explain", f"{address}:{port}", f"{VIP}:80")
            for address, port in sources
        ]
        return [it["backend"]["address"] for it in explained]

    def live_on(self) -> bool:
        """Whether each still has its server; TestbedError when one is broken."""
        return self._ask() == self._servers

    def _ask(self) -> list[str]:
        return [ask(connection) for connection in self._connections]


def _cut_and_heal(demo: Demo, connections: _OpenConnections) -> float:
    """Returns the gap in seconds."""
    bed, active = demo.bed, demo.bed.active_lb()
    other = bed.other_lb(active)
    connections.wait_until_known(other)
    with Prober(bed.client.host) as prober:
        wait_until(lambda: prober.answers(0), _CHANGE_S, "an answer")
        begin = time.monotonic()
        bed.network.cut(active.host)
        demo.terminal.say(f"{active.name} holds the VIP; its cables are cut")
        wait_until(other.keepalived.active, _CHANGE_S, f"{other.name} active")
        active_since = time.monotonic()
        wait_until(
            lambda: prober.answers(active_since), _CHANGE_S, f"answers via {other.name}"
        )
    gap_s, lost = prober.gap_s(begin - _WATCH_S), prober.lost(begin - _WATCH_S)
    demo.expect(
        gap_s < _TAKEN_OVER_WITHIN_S * demo.time_factor,
        f"{other.name} took over: {gap_s * 1000:.0f} ms without an answer, "
        f"{lost} requests lost of one each 5 ms",
    )
    demo.expect(
        connections.live_on(),
        f"{_OPEN_CONNECTIONS} connections opened before live on, each with its server",
    )
    _heal(demo, active)
    return gap_s


def _heal(demo: Demo, lb: LoadBalancer) -> None:
    demo.bed.network.heal(lb.host)
    demo.bed.wait_until_active(w.address for w in demo.bed.webs)
    demo.terminal.say(
        f"{lb.name}'s cables are back: it hears all beacons and stands by"
    )


def _frames_of(taps: Mapping[str, Tap], client_port: int) -> dict[str, VipFrames]:
    """By host, when what the client sent has gone through a load balancer."""
    names = list(taps)

    def complete(counts: list[VipFrames]) -> bool:
        at = dict(zip(names, counts))
        through = sum(at[name].requests_sent for name in names if name[:2] == "lb")
        return through == at["client"].requests_sent

    return dict(zip(names, counts_when(list(taps.values()), client_port, complete)))


def _judge_bypass(
    demo: Demo, download: Download, frames: Mapping[str, VipFrames]
) -> str:
    through = [frames[lb.name] for lb in demo.bed.lbs]
    server, client = frames[download.server], frames[demo.bed.client.host.name]
    demo.expect(
        sum(f.requests_sent for f in through) == client.requests_sent > 0,
        f"{client.requests_sent} frames of the client went through a load balancer",
    )
    demo.expect(
        server.answers_sent == client.answers_received > LARGE_BYTES / _MTU,
        f"{server.answers_sent} frames came back from {download.server}",
    )
    demo.expect(
        not any(f.answers_received or f.answers_sent for f in through),
        "none of those touched a load balancer",
    )
    return f"0 of {server.answers_sent} frames of the answer"


def _first_answer_of(prober: Prober, server: str, since: float) -> float:
    return min(a.start for a in prober.attempts(since) if a.server == server)


def _absent(server: str, counts: Counter[str]) -> bool:
    return server not in counts


def _equal(counts: Counter[str]) -> bool:
    total, share = sum(counts.values()), 1 / len(counts)
    limit = _DEVIATIONS * math.sqrt(total * share * (1 - share))
    return all(abs(count - total * share) <= limit for count in counts.values())


def _and(names: Iterable[str]) -> str:
    *most, last = sorted(names)
    return f"{', '.join(most)} and {last}" if most else last
