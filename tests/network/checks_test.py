"""What a web server says of itself, and where traffic goes then.

One load balancer and three web servers whose beacons check nginx. Needs root.
"""

from __future__ import annotations

import contextlib
import pathlib
import signal
import socket
import time
import unittest
from typing import Sequence

from testbed.beacon_keys import write_beacon_keys
from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import ask
from testbed.host import VIP
from testbed.waiting import wait_until
from testbed.web_server import WebServer
from tests.agent.prometheus_text import Samples, parse
from tests.agent.services_text import service_text

_ALL = {"web1", "web2", "web3"}
_OTHERS = {"web1", "web3"}
_REQUESTS = 60
_CONNECTIONS = 30
_DEADLINE_S = 30.0
_CHECK_TIMEOUT_MS = 5000  # so that a busy machine makes no server fail

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(Testbed("checks_test", Binaries.find(), lbs=1))
    bed.start()


class ChecksTest(unittest.TestCase):
    def setUp(self) -> None:
        """All servers up; web2's is the beacon that each test is about."""
        self.web = bed.web("web2")
        self.start_beacon(self.web.check_flag())

    def start_beacon(self, *flags: str) -> None:
        """Anew, with these flags."""
        if self.web.beacon.running:
            self.web.stop_beacon()
            self.wait_for_health("DOWN")
        self.web.start_beacon([f"--check_timeout_ms={_CHECK_TIMEOUT_MS}", *flags])
        bed.wait_until_active(web.address for web in bed.webs)

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.web.host.folder / name
        path.write_text(text)
        return path

    def health(self) -> str:
        [found] = [
            backend.health
            for backend in bed.lbs[0].agent.backends()
            if backend.address == self.web.address
        ]
        return found

    def wait_for_health(self, health: str) -> None:
        wait_until(lambda: self.health() == health, _DEADLINE_S, f"web2 {health}")

    def wait_for_log(self, text: str) -> None:
        wait_until(lambda: text in self.web.beacon.log_text(), _DEADLINE_S, text)

    def assert_answered_by(self, names: set[str]) -> None:
        """Every request is answered, by these servers and no other."""
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), names)

    def assert_left(self) -> None:
        """web2 is down, and the others answer everybody."""
        self.wait_for_health("DOWN")
        self.assert_answered_by(_OTHERS)

    def connect(self) -> dict[socket.socket, str]:
        """Connections with the servers that answer them, web2 among them."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        connections = bed.client.connect(_CONNECTIONS)
        for connection in connections:
            stack.enter_context(connection)
        servers = {connection: ask(connection) for connection in connections}
        self.assertEqual(set(servers.values()), _ALL)
        return servers

    def assert_stayed(self, servers: dict[socket.socket, str]) -> None:
        self.assertEqual({c: ask(c) for c in servers}, servers)

    def test_nginx_is_killed_and_started_again(self) -> None:
        self.web.nginx.kill()
        self.assert_left()
        self.wait_for_log("failed: cannot connect")
        self.web.nginx.start()
        self.wait_for_health("UP")
        self.assert_answered_by(_ALL)

    def test_nginx_hangs_and_goes_on(self) -> None:
        self.web.nginx.hang()
        self.addCleanup(self.web.nginx.go_on)
        self.assert_left()
        self.wait_for_log(f"failed: no answer within {_CHECK_TIMEOUT_MS} ms")
        self.web.nginx.go_on()
        self.wait_for_health("UP")
        self.assert_answered_by(_ALL)

    def test_a_check_of_the_operators_fails(self) -> None:
        bad = self.web.host.folder / "bad"
        check = self.file("check", f"#!/bin/sh\ntest ! -e {bad}\n")
        check.chmod(0o755)
        self.start_beacon(f"{self.web.check_flag()},exec:{check}")
        bad.touch()
        self.assert_left()
        self.wait_for_log("failed: exit code 1")
        bad.unlink()
        self.wait_for_health("UP")
        self.assert_answered_by(_ALL)

    def test_a_drain_by_signal_keeps_connections(self) -> None:
        servers = self.connect()
        self.web.beacon.signal(signal.SIGUSR1)
        self.wait_for_health("DRAINING")
        self.assert_answered_by(_OTHERS)
        self.assert_stayed(servers)
        self.web.beacon.signal(signal.SIGUSR2)
        self.wait_for_health("UP")
        self.assert_answered_by(_ALL)
        self.assert_stayed(servers)

    def test_restarts_of_healthbeacon_change_nothing(self) -> None:
        self.addCleanup(self.restart_agent, bed.services())
        # A timeout that no restart on a busy machine exceeds.
        flags = ["--beacon_timeout_ms=30000", "--flap_max=3"]
        self.restart_agent(bed.services(), flags)
        servers = self.connect()
        tables = self.metric("l275_table_changes_total")
        lines = self.count_changes()
        for _ in range(4):
            self.web.restart_beacon([self.web.check_flag()])
            self.wait_until_heard_since(time.monotonic())
        self.assertEqual(self.health(), "UP")
        self.assertEqual(self.metric("l275_table_changes_total"), tables)
        self.assertEqual(self.count_changes(), lines)
        self.assert_stayed(servers)
        self.assert_answered_by(_ALL)

    def count_changes(self) -> int:
        """Of web2's state, by the agent's log."""
        log = bed.lbs[0].agent.process.log_text()
        return log.count(f"backend {self.web.address} is ")

    def wait_until_heard_since(self, begin: float) -> None:
        """Until the agent has heard a beacon of web2 that came after `begin`."""
        address = f'backend="{self.web.address}"'
        [sample] = [
            name
            for name in self.metrics()
            if name.startswith("l275_health_beacon_age_seconds") and address in name
        ]

        def heard() -> bool:
            passed = time.monotonic() - begin
            return self.metric(sample) < passed

        wait_until(heard, _DEADLINE_S, "a beacon of the new healthbeacon")

    def test_a_weight_moves_new_flows_only(self) -> None:
        weight = self.file("weight", "100")
        self.start_beacon(f"--weight_file={weight}")
        servers = self.connect()
        weight.write_text("0")
        bed.wait_until_active({"10.0.0.101", "10.0.0.103"})
        self.assert_answered_by(_OTHERS)
        self.assert_stayed(servers)
        self.assertEqual(self.health(), "UP")
        weight.write_text("20")
        bed.wait_until_active(web.address for web in bed.webs)
        # 20 of 220 new flows, where it was a third.
        answers = bed.client.count_answers(600)
        self.assertGreater(answers["web2"], 10)
        self.assertLess(answers["web2"], 120)
        self.assert_stayed(servers)

    def test_one_port_is_down_and_the_other_up(self) -> None:
        agent = bed.lbs[0].agent
        self.addCleanup(self.restart_agent, bed.services())
        addresses = [web.address for web in bed.webs]
        both = [service_text(addresses, VIP, port=port) for port in (80, 81)]
        self.restart_agent("".join(both))
        command = self.web.beacon_command(
            self.web.address,
            "--service_port=81",
            "--check=tcp:127.0.0.1:81",  # nobody listens there
            f"--state_file={self.web.host.folder}/port-81.epoch",
        )
        beacon = self.web.host.start("beacon-81", command)
        self.addCleanup(beacon.kill)

        def active() -> dict[str, bool]:
            return {
                backend.service: backend.active
                for backend in agent.backends()
                if backend.address == self.web.address
            }

        wait_until(
            lambda: active() == {f"tcp:{VIP}:80": True, f"tcp:{VIP}:81": False},
            _DEADLINE_S,
            "web2 up for port 80 and down for port 81",
        )
        self.assert_answered_by(_ALL)

    def restart_agent(self, services: str, flags: Sequence[str] = ()) -> None:
        bed.lbs[0].agent.remove()
        bed.lbs[0].agent.start(services, flags)
        bed.wait_until_active(web.address for web in bed.webs)

    def test_who_has_another_key_cannot_say_down(self) -> None:
        keys = self.web.host.folder / "other.keys"
        write_beacon_keys(keys)
        self.addCleanup(keys.unlink)
        command = bed.web("web1").beacon_command(self.web.address, f"--key_file={keys}")
        forger = bed.web("web1").host.start("forger", command)
        rejected = 'l275_beacons_total{result="bad_tag"}'
        wait_until(lambda: self.metric(rejected) >= 3, _DEADLINE_S, rejected)
        forger.stop(signal.SIGINT)  # says "down"
        self.assertEqual(self.health(), "UP")
        self.assert_answered_by(_ALL)

    def metric(self, sample: str) -> float:
        return self.metrics()[sample]

    def metrics(self) -> Samples:
        url = "http://127.0.0.1:9275/metrics"
        return parse(bed.lbs[0].host.run(["curl", "-sS", url]).stdout)


if __name__ == "__main__":
    unittest.main()
