"""Whose beacons are believed, and what becomes of tables when none come.

One load balancer and three web servers. Needs root.
"""

from __future__ import annotations

import signal
import socket
import struct
import unittest
from typing import Sequence

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until
from testbed.web_server import WebServer
from tests.agent.prometheus_text import Samples, parse

_ALL = {"web1", "web2", "web3"}
_REQUESTS = 60
_DEADLINE_S = 30.0
_BEACON_GROUP = ("239.0.0.1", 4242)
_BEACON_BYTES = 80
_ADDRESS = slice(12, 16)  # see common/beacon/beacon_message.h

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(Testbed("trust_test", Binaries.find(), lbs=1))
    bed.start()


def lb() -> LoadBalancer:
    return bed.lbs[0]


class Attacker:
    """Somebody on the health network: hears all beacons, and sends what it likes."""

    def __init__(self) -> None:
        host = bed.client.host
        own = socket.inet_aton(host.health_address)
        self._socket = host.socket(socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        # Not to itself.
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        group = socket.inet_aton(_BEACON_GROUP[0])
        self._socket.bind(_BEACON_GROUP)
        self._socket.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + own
        )
        self._socket.settimeout(_DEADLINE_S)

    def close(self) -> None:
        self._socket.close()

    def record(self, web: WebServer, count: int) -> list[bytes]:
        """The server's next beacons."""
        address = socket.inet_aton(web.address)
        recorded: list[bytes] = []
        while len(recorded) < count:
            beacon = self._socket.recv(2 * _BEACON_BYTES)
            if beacon[_ADDRESS] == address:
                recorded.append(beacon)
        return recorded

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self._socket.sendto(datagram, _BEACON_GROUP)


class TrustTest(unittest.TestCase):
    def setUp(self) -> None:
        """Each test begins with all servers up."""
        self.attacker = Attacker()
        self.addCleanup(self.attacker.close)
        for web in bed.webs:
            if not web.beacon.running:
                web.start_beacon()
        bed.wait_until_active(web.address for web in bed.webs)
        self.wait_for_all("UP")

    def wait_for_all(self, state: str) -> None:
        wait_until(
            lambda: set(self.states().values()) == {state}, _DEADLINE_S, f"all {state}"
        )

    def states(self) -> dict[str, str]:
        """By address."""
        return {b["backend"]: b["state"] for b in self.health()["backend"]}

    def health(self) -> dict:
        return lb().agent.lbctl_json("health")

    def count(self, result: str) -> int:
        [found] = [b for b in self.health()["beacon"] if b["result"] == result]
        return int(found["beacons"])

    def mode(self) -> str:
        [service] = self.health()["service"]
        return service["mode"]

    def metrics(self) -> Samples:
        done = lb().host.run(["curl", "-sS", "http://127.0.0.1:9275/metrics"])
        return parse(done.stdout)

    def table_changes(self) -> float:
        return self.metrics()["l275_table_changes_total"]

    def wait_for_state(self, web: WebServer, state: str) -> None:
        wait_until(lambda: self.states()[web.address] == state, _DEADLINE_S, f"{state}")

    @staticmethod
    def kill_beacons(webs: Sequence[WebServer]) -> None:
        """All at once, and not each when the one before has been seen to end."""
        for web in webs:
            web.beacon.signal(signal.SIGKILL)
        for web in webs:
            web.beacon.kill()

    def restart_agent(self, *flags: str) -> None:
        lb().agent.stop()
        lb().agent.start(bed.services(), flags)

    def test_replayed_beacons_are_worthless_also_after_a_restart(self) -> None:
        web = bed.web("web2")
        recorded = self.attacker.record(web, 10)
        web.kill_beacon()
        self.wait_for_state(web, "SILENT")
        before = self.count("replayed")
        self.attacker.send(*recorded)
        wait_until(
            lambda: self.count("replayed") == before + 10, _DEADLINE_S, "10 replayed"
        )
        self.assertEqual(self.states()[web.address], "SILENT")
        self.restart_agent()
        self.attacker.send(*recorded)
        wait_until(lambda: self.count("replayed") == 10, _DEADLINE_S, "10 replayed")
        self.assertEqual(self.states()[web.address], "UNKNOWN")
        self.assertNotIn(web.address, lb().agent.active_backends())

    def test_forged_beacons_are_counted_by_reason_and_change_nothing(self) -> None:
        [beacon] = self.attacker.record(bed.web("web1"), 1)
        before = {r: self.count(r) for r in ("bad_tag", "unknown_key", "unsigned")}
        newer = struct.pack(">Q", 2**63)
        forged = beacon[:16] + newer + beacon[24:]
        down = forged[:5] + b"\x02" + forged[6:]
        self.attacker.send(
            down,
            down[:44] + struct.pack(">I", 99) + down[48:],
            down[:44] + bytes(36),
        )
        for result, count in before.items():
            wait_until(
                lambda: self.count(result) == count + 1, _DEADLINE_S, f"one {result}"
            )
        self.assertEqual(set(self.states().values()), {"UP"})
        sample = 'l275_beacons_total{result="bad_tag"}'
        self.assertEqual(self.metrics()[sample], before["bad_tag"] + 1)

    def test_when_all_beacons_stop_tables_stay_and_when_they_return(self) -> None:
        before = self.table_changes()
        self.kill_beacons(bed.webs)
        self.wait_for_all("SILENT")
        self.assertEqual(self.mode(), "panic")
        self.assertEqual(self.table_changes(), before)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)
        listed = lb().agent.lbctl("backend", "list").stdout
        self.assertEqual(listed.count("silent,trusted"), 3, listed)
        self.assertIn("PANIC in 1", lb().agent.lbctl("status").stdout)
        for web in bed.webs:
            web.start_beacon()
        self.wait_for_all("UP")
        self.assertEqual(self.mode(), "calm")
        self.assertEqual(self.table_changes(), before)

    def test_a_server_that_goes_in_panic_gets_nothing(self) -> None:
        self.kill_beacons(bed.webs[:2])
        wait_until(lambda: self.mode() == "panic", _DEADLINE_S, "panic")
        bed.web("web3").stop_beacon()  # says "down"
        bed.wait_until_active(["10.0.0.101", "10.0.0.102"])

    def test_keys_are_read_again_on_sighup(self) -> None:
        keys = bed.state.beacon_keys
        text = keys.read_text()
        self.addCleanup(keys.write_text, text)
        keys.write_text(text + "2 10.0.0.101 " + "ab" * 16 + "\n")
        lb().agent.reload(bed.services())
        wait_until(lambda: self.health()["keys"] == 2, _DEADLINE_S, "2 keys")
        keys.write_text("junk\n")
        lb().agent.reload(bed.services())
        wait_until(
            lambda: "SIGHUP: the beacons' keys stay as they are"
            in lb().agent.process.log_text(),
            _DEADLINE_S,
            "a line about the keys",
        )
        self.assertEqual(self.health()["keys"], 2)
        accepted = self.count("accepted")
        wait_until(
            lambda: self.count("accepted") > accepted + 10, _DEADLINE_S, "beacons"
        )
        self.assertEqual(set(self.states().values()), {"UP"})

    def test_an_insecure_agent_believes_everybody_and_says_so(self) -> None:
        self.addCleanup(self.restart_agent)
        self.restart_agent("--beacon_keys_file=", "--insecure_beacons")
        self.assertIn("INSECURE", lb().agent.process.log_text())
        self.assertIn("INSECURE", lb().agent.lbctl("status").stdout)
        self.assertIn("INSECURE", lb().agent.lbctl("health").stdout)
        self.assertEqual(self.metrics()["l275_beacons_insecure"], 1)
        bed.wait_until_active(web.address for web in bed.webs)
        web = bed.web("web1")
        web.stop_beacon()
        self.wait_for_state(web, "DOWN")
        web.start_beacon(["--key_file=", "--insecure_beacons"])
        self.addCleanup(web.stop_beacon)
        self.wait_for_state(web, "UP")

    def test_the_steps_after_a_break_in(self) -> None:
        """docs/security.md, as written: what was disabled stays so."""
        keys = bed.state.beacon_keys
        text = keys.read_text()
        web = bed.web("web1")

        def lbctl(*arguments: str) -> None:
            done = lb().agent.lbctl(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)

        def restore() -> None:
            keys.write_text(text)
            lb().agent.process.signal(signal.SIGHUP)
            lbctl("backend", "enable", web.address)

        keys.write_text(text + f"9 {web.address} " + "ab" * 32 + "\n")
        lb().agent.process.signal(signal.SIGHUP)
        wait_until(lambda: self.health()["keys"] == 2, _DEADLINE_S, "its key too")
        self.addCleanup(restore)
        lbctl("backend", "disable", web.address)
        keys.write_text(text)
        lb().agent.process.signal(signal.SIGHUP)
        wait_until(lambda: self.health()["keys"] == 1, _DEADLINE_S, "its key gone")
        self.assertEqual(lb().agent.active_backends(), {"10.0.0.102", "10.0.0.103"})
        self.assertIn(f"{web.address} disabled", lb().agent.lbctl("status").stdout)
        lbctl("backend", "enable", web.address)
        bed.wait_until_active(web.address for web in bed.webs)

    def test_a_server_that_flaps_is_damped(self) -> None:
        self.addCleanup(self.restart_agent)
        self.restart_agent("--flap_max=3", "--flap_hold_s=1000")
        bed.wait_until_active(web.address for web in bed.webs)
        web = bed.web("web1")
        before = self.table_changes()
        for state in ("UP", "DAMPED", "DAMPED"):
            web.stop_beacon()
            self.wait_for_state(web, "DOWN")
            web.start_beacon()
            self.wait_for_state(web, state)
        self.assertEqual(self.table_changes() - before, 3)
        text = lb().agent.lbctl("health").stdout
        self.assertIn("it says up, but changed 3 times", text)
        self.assertEqual(lb().agent.active_backends(), {"10.0.0.102", "10.0.0.103"})


if __name__ == "__main__":
    unittest.main()
