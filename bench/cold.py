"""What a cold neighbour costs, and how fast changes of next hops are followed.

    bazel run -c opt //bench:cold -- [--trials=200] [--rounds=20] [--json]

One load balancer and three web servers, each in a network namespace. Prints the
figures and whether they are within the limits that the project has set itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import statistics
import sys
import time
from typing import Callable

from bench.printed_table import print_json, print_table
from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.host import FABRIC, FABRIC_INTERFACE, Host
from testbed.network import Network
from testbed.prober import Prober
from testbed.waiting import wait_until
from tests.agent.services_text import service_text
from tests.network.cold import (
    FrameTap,
    PacketSocket,
    Seen,
    announce,
    ask_often,
    connect,
    flush_neighbours,
    is_ready,
    mac_of,
    make_failed,
    next_hop,
    slow_path,
    speak,
    text_of_mac,
    verdict,
)
from tests.network.flood import Flood, drop_at_servers

_DEADLINE_S = 10.0
_WEB1 = "10.0.0.101"
_DEAD, _DEAD_PORT = "10.0.0.250", 81
_FAR, _FAR_PORT = "10.9.0.1", 82
_SERVICES = "".join(
    [
        service_text([_WEB1]),
        service_text([_DEAD], port=_DEAD_PORT),
        service_text([_FAR], port=_FAR_PORT),
    ]
)
_WATCHED_PER_SECOND = 50_000
_FLOOD_PER_SECOND = 10_000
_FLOOD_S = 10
_UNCHANGED_PACKETS = 1_000_000
_UNCHANGED_PER_SECOND = 100_000
_CHANGE_EVERY_S = 0.4
_COUNTED = re.compile(r"counter packets (\d+)")


class Cold:
    """The measurements. Each leaves the testbed as it found it."""

    def __init__(self, bed: Testbed, trials: int, rounds: int) -> None:
        self._bed = bed
        self._lb = bed.lbs[0]
        self._agent = bed.lbs[0].agent
        self._trials = trials
        self._rounds = rounds
        self.samples: dict[str, list[float]] = {}
        self.missed = 0

    def run(self) -> None:
        self.connects()
        self.mac_addresses()
        self.routes()
        self.flood()

    def connects(self) -> None:
        """First connections: nothing cold, tables flushed, an entry failed."""
        web = self._bed.web("web1").host
        self._connects("connect, warm", lambda: None)
        self._connects("connect, all hosts' tables flushed", self._flush)
        ask_often(self._lb, retry_ms=20, requests=1)
        self._connects("connect, entry failed before", lambda: self._fail(web))
        ask_often(self._lb, retry_ms=1000, requests=3)
        warm, *colder = [statistics.median(s) for s in self.samples.values()]
        self._judge("median connect time above warm, ms", max(colder) - warm, 5)

    def _connects(self, case: str, prepare: Callable[[], None]) -> None:
        before, trials = slow_path(self._agent).handed_over, []
        for _ in range(self._trials):
            prepare()
            trials.append(connect(self._bed.client))
        handed_over = slow_path(self._agent).handed_over - before
        self.samples[case] = [1000 * trial.seconds for trial in trials]
        print(f"{case}: {handed_over} frames by way of the agent")
        retransmitted = sum(trial.retransmissions > 0 for trial in trials)
        self._judge(f"{case}: {len(trials)} trials, SYNs retransmitted", retransmitted)

    def _flush(self) -> None:
        """The load balancer's last: it is the one that must not lose a packet."""
        for host in [self._bed.client.host, *(web.host for web in self._bed.webs)]:
            flush_neighbours(host)
        flush_neighbours(self._lb.host)

    def _fail(self, web: Host) -> None:
        make_failed(self._lb, web)
        speak(web)

    def mac_addresses(self) -> None:
        """From the ARP announcement to the first frame for the new address."""
        web1, web2 = self._bed.web("web1").host, self._bed.web("web2").host
        own, other = mac_of(web1), bytes.fromhex("02aa0a000065")
        took_over = mac_of(web2)
        late = 0
        for case, speaker, new in (
            ("MAC address changed, first frame to the new one", web1, other),
            ("another host took over, first frame to it", web2, took_over),
        ):
            followed = self.samples[case] = []
            for _ in range(self._rounds):
                frames = self._frames_around(lambda: self._announce(speaker, new))
                change = _change_of(frames, new)
                followed.append(1000 * change.followed_s)
                late += change.late
                self._announce(web1, own)
                self._wait_for_mac(own)
        self._judge(
            "slowest change of MAC address, ms", self._worst("first frame"), 100
        )
        self._judge("frames to the old address after a new one was used", late)

    def _announce(self, host: Host, mac: bytes) -> None:
        """As if the host had this address, and web1's."""
        if mac != mac_of(host):
            host.namespace.ip(
                "link", "set", FABRIC_INTERFACE, "address", text_of_mac(mac)
            )
        packets = PacketSocket(host)
        packets.send(announce(host, _WEB1, mac))
        packets.close()

    def _frames_around(self, change: Callable[[], None]) -> list[Seen]:
        """At the load balancer's port, with SYNs to web1 all the time."""
        flood = Flood(self._bed, _WATCHED_PER_SECOND, False)
        before = verdict(self._agent, "forward_tx")
        self._wait_for_frames(before + 1000)
        tap = FrameTap(self._bed.network.namespace, Network.port(self._lb.host, FABRIC))
        self._wait_for_frames(verdict(self._agent, "forward_tx") + 2500)
        change()
        self._wait_for_frames(verdict(self._agent, "forward_tx") + 10_000)
        flood.stop()
        return tap.frames()

    def _wait_for_frames(self, count: int) -> None:
        wait_until(
            lambda: verdict(self._agent, "forward_tx") >= count,
            _DEADLINE_S,
            "frames forwarded",
        )

    def _wait_for_mac(self, mac: bytes) -> None:
        wait_until(
            lambda: next_hop(self._agent, _WEB1)["next_hop"]["destination_mac"]
            == text_of_mac(mac),
            _DEADLINE_S,
            f"next hop {text_of_mac(mac)}",
        )

    def routes(self) -> None:
        """From before ip(8) is started to the agent's having written the change."""
        server = self._bed.web("web2").host.namespace
        server.ip("addr", "add", f"{_FAR}/32", "dev", "lo")
        interfaces = [FABRIC_INTERFACE, HEALTH_INTERFACE]
        self._route(interfaces[0])
        sent, web = verdict(self._agent, "forward_tx"), self._bed.web("web1").host
        counted = _counted(web)
        flood = Flood(self._bed, _UNCHANGED_PER_SECOND, False, flows=_UNCHANGED_PACKETS)
        followed = self.samples["route by another interface, followed"] = []
        while flood.running:
            interfaces.reverse()
            followed.append(1000 * self._route(interfaces[0]))
            time.sleep(_CHANGE_EVERY_S)  # the pace of the changes
        sent = verdict(self._agent, "forward_tx") - sent
        wait_until(lambda: _counted(web) - counted >= sent, _DEADLINE_S, "all arrived")
        print(f"{len(followed)} route changes while {sent} packets went elsewhere")
        self._judge("slowest change of route, ms", max(followed), 100)
        self._judge("packets lost elsewhere", _UNCHANGED_PACKETS - sent)
        self._lb.host.namespace.ip("route", "flush", f"{_FAR}/32")
        server.ip("addr", "del", f"{_FAR}/32", "dev", "lo")

    def _route(self, interface: str) -> float:
        """Seconds until frames for the backend leave by this interface."""
        start = time.perf_counter()
        self._lb.host.namespace.ip("route", "replace", f"{_FAR}/32", "dev", interface)
        wait_until(
            lambda: next_hop(self._agent, _FAR)["next_hop"]["interface"] == interface
            and is_ready(self._agent, _FAR),
            _DEADLINE_S,
            f"route by {interface}",
        )
        return time.perf_counter() - start

    def flood(self) -> None:
        """SYNs for a backend that never answers ARP."""
        frames = _FLOOD_PER_SECOND * _FLOOD_S
        before, resident = slow_path(self._agent), self._resident_kb()
        given = verdict(self._agent, "slow_path")
        flood = Flood(self._bed, _FLOOD_PER_SECOND, False, _DEAD_PORT, frames)
        waiting, grown, since = 0, 0, time.monotonic()
        with Prober(self._bed.client.host) as prober:
            while flood.running:
                waiting = max(waiting, slow_path(self._agent).waiting)
                grown = max(grown, self._resident_kb() - resident)
        wait_until(lambda: slow_path(self._agent).waiting == 0, _DEADLINE_S, "expired")
        after = slow_path(self._agent)
        dropped = sum(after.dropped.values()) - sum(before.dropped.values())
        given = verdict(self._agent, "slow_path") - given
        print(
            f"flood: {frames} SYNs in {_FLOOD_S} s, {given} handed over, {dropped} "
            f"dropped {after.dropped}, at most {waiting} waiting, "
            f"{len(prober.attempts(since))} connections to another backend"
        )
        self._judge("connections to another backend lost", prober.lost(since))
        self._judge("growth of the agent's memory, kB", grown, 4096)
        self._judge("SYNs not counted", abs(frames - given) + abs(given - dropped))

    def _resident_kb(self) -> int:
        pid = self._agent.process.pid
        text = open(f"/proc/{pid}/status").read()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M).group(1))

    def _worst(self, part: str) -> float:
        return max(max(s) for case, s in self.samples.items() if part in case)

    def _judge(self, what: str, value: float, below: float = 0) -> None:
        """At most 0, or less than `below`."""
        good = value < below if below else value <= 0
        self.missed += not good
        limit = f"limit {below:g}" if below else "limit 0"
        print(f"{'ok    ' if good else 'MISSED'}  {what}: {value:.5g} ({limit})")


@dataclasses.dataclass(frozen=True)
class Change:
    followed_s: float  # from the announcement to the first frame to the new one
    late: int  # frames to another address after the first one to the new


def _change_of(frames: list[Seen], new: bytes) -> Change:
    learned = next(f.time_s for f in frames if f.is_arp and f.headers[6:12] == new)
    sent = [f for f in frames if f.from_host and f.is_tcp_to(80)]
    first_new = next(i for i, f in enumerate(sent) if f.destination == new)
    # In the order in which they came: the wall clock may be set meanwhile.
    late = sum(f.destination != new for f in sent[first_new:])
    return Change(sent[first_new].time_s - learned, late)


def _counted(web: Host) -> int:
    """SYNs that reached the web server, by drop_at_servers()."""
    text = web.call("nft", "list", "table", "ip", "flood")
    return int(_COUNTED.search(text).group(1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200, help="first connections")
    parser.add_argument("--rounds", type=int, default=20, help="MAC changes")
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args()
    if arguments.trials < 1 or arguments.rounds < 1:
        parser.error("expected at least one trial and one round")
    try:
        with Testbed("bench_cold", Binaries.find(), lbs=1) as bed:
            bed.start()
            drop_at_servers(bed)
            bed.lbs[0].agent.remove()
            bed.lbs[0].agent.start(_SERVICES, ["--health=none"])
            cold = Cold(bed, arguments.trials, arguments.rounds)
            cold.run()
    except TestbedError as error:
        print(f"cold: {error}", file=sys.stderr)
        return 1
    print_table("ms", cold.samples)
    if arguments.json:
        print_json("ms", cold.samples)
    return 1 if cold.missed else 0


if __name__ == "__main__":
    sys.exit(main())
