"""Servers go and come back: by their beacons, and with --health=none.

One load balancer and three web servers. Needs root.
"""

from __future__ import annotations

import re
import socket
import unittest
from typing import Mapping

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import URL
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until
from testbed.web_server import WebServer
from tests.agent.prometheus_text import Samples, parse

_ALL = {"web1", "web2", "web3"}
_REQUESTS = 60
_TIMEOUT_MS = 1600  # --beacon_timeout_ms
_DEADLINE_S = 30.0
_CURL_TIMED_OUT = 28
_BEACON_GROUP = ("239.0.0.1", 4242)

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(Testbed("health_test", Binaries.find(), lbs=1))
    bed.start()


def lb() -> LoadBalancer:
    return bed.lbs[0]


class HealthTest(unittest.TestCase):
    def setUp(self) -> None:
        """Each test begins with all servers up."""
        for web in bed.webs:
            if not web.beacon.running:
                web.start_beacon()
        bed.wait_until_active(web.address for web in bed.webs)

    def wait_for_health(self, web: WebServer, health: str) -> None:
        wait_until(
            lambda: self.health()[web.address] == health,
            _DEADLINE_S,
            f"{web.name} {health}",
        )

    def health(self) -> Mapping[str, str]:
        """By address."""
        return {b.address: b.health for b in lb().agent.backends()}

    def metrics(self) -> Samples:
        done = lb().host.run(["curl", "-sS", "http://127.0.0.1:9275/metrics"])
        return parse(done.stdout)

    def active_by_metrics(self) -> set[str]:
        """The addresses of the backends that get flows."""
        name = re.compile(r'l275_backend_active\{.*backend="([\d.]+)"\}')
        found = [(name.fullmatch(k), v) for k, v in self.metrics().items()]
        return {match.group(1) for match, value in found if match and value == 1}

    def dropped_without_backend(self) -> int:
        verdicts = lb().agent.lbctl_json("stats")["verdict"]
        [found] = [v for v in verdicts if v["verdict"] == "drop_no_backend"]
        return int(found["counter"].get("packets", 0))

    def assert_answered_by(self, names: set[str]) -> None:
        """Every request is answered, by these servers and no other."""
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), names)

    def assert_nobody_answers(self) -> None:
        done = bed.client.curl("--connect-timeout", "0.3", URL, may_fail=True)
        self.assertEqual(done.returncode, _CURL_TIMED_OUT, done.stderr)

    def restart_agent(self, *flags: str) -> None:
        lb().agent.remove()
        lb().agent.start(bed.services(), flags)

    def test_a_beacon_that_is_stopped_says_so(self) -> None:
        web = bed.web("web2")
        web.stop_beacon()
        self.wait_for_health(web, "DOWN")
        self.assertEqual(self.active_by_metrics(), {"10.0.0.101", "10.0.0.103"})
        self.assert_answered_by({"web1", "web3"})
        web.start_beacon()
        self.wait_for_health(web, "UP")
        self.assert_answered_by(_ALL)

    def test_a_beacon_that_is_killed_is_missed_after_the_timeout(self) -> None:
        web = bed.web("web3")
        web.kill_beacon()
        self.wait_for_health(web, "SILENT")
        [found] = [
            backend
            for backend in lb().agent.lbctl_json("health")["backend"]
            if backend["backend"] == web.address
        ]
        silence = re.fullmatch(r"no beacon for (\d+) ms", found["reason"])
        self.assertGreaterEqual(int(silence.group(1)), _TIMEOUT_MS)
        self.assertEqual(self.active_by_metrics(), {"10.0.0.101", "10.0.0.102"})
        self.assert_answered_by({"web1", "web2"})
        web.start_beacon()
        self.wait_for_health(web, "UP")
        self.assert_answered_by(_ALL)

    def test_nobody_is_up(self) -> None:
        for web in bed.webs:
            web.stop_beacon()
        bed.wait_until_active([])
        before = self.dropped_without_backend()
        self.assert_nobody_answers()
        self.assertGreater(self.dropped_without_backend(), before)
        bed.web("web1").start_beacon()
        bed.wait_until_active(["10.0.0.101"])
        self.assert_answered_by({"web1"})

    def test_a_new_agent_waits_for_the_first_beacon(self) -> None:
        bed.web("web1").stop_beacon()
        self.restart_agent()
        bed.wait_until_active(["10.0.0.102", "10.0.0.103"])
        self.assertEqual(self.health()["10.0.0.101"], "UNKNOWN")
        self.assert_answered_by({"web2", "web3"})

    def test_junk_on_the_group_is_counted_and_changes_nothing(self) -> None:
        sample = 'l275_beacons_total{result="malformed"}'
        before = self.metrics()[sample]
        sender = bed.client.host
        with sender.socket(socket.SOCK_DGRAM) as junk:
            junk.setsockopt(
                socket.IPPROTO_IP,
                socket.IP_MULTICAST_IF,
                socket.inet_aton(sender.health_address),
            )
            for size in range(0, 200):
                junk.sendto(b"\xff" * size, _BEACON_GROUP)
        wait_until(
            lambda: self.metrics()[sample] >= before + 200, _DEADLINE_S, "200 malformed"
        )
        self.assertEqual(set(self.health().values()), {"UP"})
        self.assert_answered_by(_ALL)

    def test_beacons_of_strangers_are_counted_and_change_nothing(self) -> None:
        sample = 'l275_beacons_total{result="unknown_backend"}'
        before = self.metrics()[sample]
        stranger = bed.web("web1").host.start("stranger", self.stranger_command())
        self.addCleanup(stranger.kill)
        wait_until(
            lambda: self.metrics()[sample] >= before + 3, _DEADLINE_S, "3 strangers"
        )
        self.assertEqual(set(self.health()), {w.address for w in bed.webs})

    def stranger_command(self) -> list[str]:
        """A beacon for an address that is no backend."""
        return bed.web("web1").beacon_command("10.0.0.99")

    def test_without_health_beacons_are_ignored(self) -> None:
        self.addCleanup(self.restart_agent)
        self.restart_agent("--health=none")
        for web in bed.webs:
            web.stop_beacon()  # says "down"
        self.assertEqual(set(self.health().values()), {"UNCHECKED"})
        self.assertEqual(len(self.active_by_metrics()), 3)
        self.assert_answered_by(_ALL)


if __name__ == "__main__":
    unittest.main()
