"""lbctl with a real agent: every command, and that changes are atomic. Needs root."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import unittest
from typing import Any

from testbed.waiting import wait_until
from tests.agent.control_api import ControlApi
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_HTTP = "tcp:10.0.0.200:80"
_HTTPS = "tcp:10.0.0.200:443"
_SERVICES = service_text(["10.0.0.101", "10.0.0.102"], table_size=4099)
_CALLERS = 8
_ROUNDS = 25

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("lbctl_test"))


class LbctlTest(unittest.TestCase):
    def start(self, services: str = _SERVICES, *flags: str) -> None:
        rig.lb.start(services, *flags)
        self.addCleanup(rig.lb.stop)

    def run_lbctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The caller looks at its exit code."""
        return rig.lb.agent.lbctl(*arguments, may_fail=True)

    def lbctl(self, *arguments: str) -> str:
        """What a command that succeeds prints."""
        done = self.run_lbctl(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.lbctl(*arguments, "--output=json"))

    def assert_fails(self, exit_code: int, line: str, *arguments: str) -> None:
        done = self.run_lbctl(*arguments)
        self.assertEqual((done.returncode, done.stdout), (exit_code, ""), arguments)
        self.assertRegex(done.stderr, rf"\Albctl: {line}\n\Z")

    def file(self, text: str) -> str:
        path = rig.lb.host.folder / "lbctl_test.textproto"
        path.write_text(text)
        return str(path)

    def service(self, name: str = _HTTP) -> Any:
        return self.json("service", "show", name)

    def slots(self, name: str = _HTTP) -> dict[str, int]:
        """Of the service's backends, by address."""
        return {b["address"]: b.get("slots", 0) for b in self.service(name)["backend"]}


class CommandsTest(LbctlTest):
    def setUp(self) -> None:
        self.start()

    def test_status(self) -> None:
        text = self.lbctl("status")
        self.assertRegex(text, r"backends: +2 active of 2\n")
        self.assertRegex(text, r"tracked: +0 slots, 0 flows of 1048576\n")
        status = self.json("status")
        # Process() starts the program by way of nsenter, which becomes it.
        self.assertEqual(status["pid"], rig.lb.agent.process.pid)
        [interface] = status["interface"]
        self.assertEqual((interface["name"], interface["xdp_mode"]), ("eth1", "native"))
        self.assertEqual((status["services"], status["backends"]), (1, 2))
        self.assertEqual((status["slots_used"], status["health"]), (4099, "none"))

    def test_service_add_list_show_remove(self) -> None:
        backends = "--backends=10.0.0.101,10.0.0.103@50"
        added = self.lbctl("service", "add", _HTTPS, backends, "--table_size=251")
        self.assertEqual(
            added.splitlines(),
            [
                f"{_HTTPS}: service added",
                f"{_HTTPS}: backend 10.0.0.101 added, weight 100",
                f"{_HTTPS}: backend 10.0.0.103 added, weight 50",
            ],
        )
        self.assertRegex(self.lbctl("service", "list"), rf"{_HTTPS} +251 +2/2 ")
        self.assertRegex(self.lbctl("service", "show", _HTTPS), r"table size: +251\n")
        self.assertAlmostEqual(self.slots(_HTTPS)["10.0.0.101"], 251 * 2 / 3, delta=1)
        self.assertEqual(
            self.lbctl("service", "remove", _HTTPS), f"{_HTTPS}: service removed\n"
        )
        names = [s["service"] for s in self.json("service", "list")["service"]]
        self.assertEqual(names, [_HTTP])

    def test_a_service_on_all_ports(self) -> None:
        self.lbctl("service", "add", "tcp:10.0.0.201:0", "--backends=10.0.0.101")
        explanation = self.json("explain", "192.0.2.1:40000", "10.0.0.201:12345")
        self.assertEqual(explanation["service"], "tcp:10.0.0.201:0")

    def test_backend_add_list_remove(self) -> None:
        self.assertEqual(
            self.lbctl("backend", "add", "10.0.0.103@50"),
            f"{_HTTP}: backend 10.0.0.103 added, weight 50\n",
        )
        self.assertRegex(self.lbctl("backend", "list"), r"10\.0\.0\.103 .*\b50\b")
        self.assertGreater(self.slots()["10.0.0.103"], 0)
        self.assertEqual(
            self.lbctl("backend", "remove", "10.0.0.103"),
            f"{_HTTP}: backend 10.0.0.103 removed\n",
        )
        self.assertEqual(list(self.slots()), ["10.0.0.101", "10.0.0.102"])

    def test_backend_disable_and_enable(self) -> None:
        before = self.slots()
        self.lbctl("backend", "disable", "10.0.0.101")
        self.assertEqual(self.slots(), {"10.0.0.101": 0, "10.0.0.102": 4099})
        self.assertRegex(self.lbctl("backend", "list"), r"10\.0\.0\.101 .*disabled")
        self.assertEqual(
            self.lbctl("backend", "disable", "10.0.0.101"), "nothing changed\n"
        )
        self.lbctl("backend", "enable", "10.0.0.101")
        self.assertEqual(self.slots(), before)

    def test_backend_drain_and_enable(self) -> None:
        before = self.slots()
        drain = ["backend", "drain", "10.0.0.101"]
        self.assertEqual(self.lbctl(*drain), f"{_HTTP}: backend 10.0.0.101 draining\n")
        self.assertEqual(self.slots(), {"10.0.0.101": 0, "10.0.0.102": 4099})
        self.assertRegex(self.lbctl("backend", "list"), r"10\.0\.0\.101 .* draining +")
        self.assertIn("draining: true", self.lbctl("export"))
        self.assertEqual(self.lbctl(*drain), "nothing changed\n")
        self.assertEqual(
            self.lbctl("backend", "enable", "10.0.0.101"),
            f"{_HTTP}: backend 10.0.0.101 no longer draining\n",
        )
        self.assertEqual(self.slots(), before)

    def test_a_drain_with_a_deadline(self) -> None:
        drain = ["backend", "drain", "10.0.0.101"]
        self.assertRegex(
            self.lbctl(*drain, "--deadline=1h"),
            rf"\A{_HTTP}: backend 10\.0\.0\.101 draining until \d{{4}}-.*\n\Z",
        )
        self.assertRegex(self.lbctl("backend", "list"), r" draining,3(600|5\d\d)s ")
        self.lbctl(*drain, "--deadline=1s")
        self.assertRegex(self.lbctl("backend", "list"), r" (draining,[01]s|drained) ")
        wait_until(
            lambda: " drained " in self.lbctl("backend", "list"), 30, "end of the drain"
        )
        self.assertEqual(self.slots(), {"10.0.0.101": 0, "10.0.0.102": 4099})
        # Without a deadline it keeps what flows it has for as long as they last.
        self.lbctl(*drain)
        self.assertRegex(self.lbctl("backend", "list"), r" draining +")

    def test_the_last_backend_is_drained(self) -> None:
        """Then nobody is left for new flows."""
        for address in self.slots():
            self.lbctl("backend", "drain", address)
        self.assertEqual(set(self.slots().values()), {0})
        new = self.json("explain", "192.0.2.1:40000", "10.0.0.200:80")
        self.assertEqual(new["verdict"], "drop_no_backend")

    def test_backend_weight(self) -> None:
        self.lbctl("backend", "weight", "10.0.0.101", "300")
        share = self.slots()["10.0.0.101"] / 4099
        self.assertAlmostEqual(share, 0.75, delta=0.01)
        self.lbctl("backend", "weight", "10.0.0.101", "0")
        self.assertEqual(self.slots(), {"10.0.0.101": 0, "10.0.0.102": 4099})

    def test_a_backend_of_several_services(self) -> None:
        """Without --service all of them are meant, but not for adding."""
        self.lbctl("service", "add", _HTTPS, "--backends=10.0.0.101")
        self.assert_fails(1, "there are 2 services; .*", "backend", "add", "10.0.0.9")
        self.lbctl("backend", "disable", "10.0.0.101", f"--service={_HTTPS}")
        self.assertGreater(self.slots()["10.0.0.101"], 0)
        removed = self.lbctl("backend", "remove", "10.0.0.101").splitlines()
        self.assertEqual(len(removed), 2)
        self.assertNotIn("10.0.0.101", self.lbctl("export"))

    def test_stats(self) -> None:
        self.assertRegex(self.lbctl("stats"), rf"{_HTTP} +10\.0\.0\.101 +0 +0\n")
        rows = self.lbctl("stats", "--all")
        for verdict in self.json("stats")["verdict"]:
            self.assertRegex(rows, rf"(?m)^{verdict['verdict']} +{verdict['action']} ")

    def test_explain(self) -> None:
        rig.lb.know_neighbours({"10.0.0.102": "02:00:00:00:00:66"})
        self.lbctl("backend", "disable", "10.0.0.101")
        text = self.lbctl("explain", "192.0.2.1:40000", "10.0.0.200:80")
        for line in (
            r"flow: +192\.0\.2\.1:40000 -> 10\.0\.0\.200:80",
            rf"service: +{_HTTP}",
            "hash: +0x[0-9a-f]{16}",
            r"slot: +\d+ of 4099",
            r"backend: +10\.0\.0\.102, active, .*weight 100",
            "next hop: +eth1 02:00:00:00:00:66",
            "verdict: +forward_tx",
            "reason: +sent to its backend .*",
        ):
            self.assertRegex(text, rf"(?m)^{line}$")

    def test_explain_what_is_not_forwarded(self) -> None:
        other = self.json("explain", "192.0.2.1:40000", "10.0.0.200:81")
        self.assertEqual(other["verdict"], "pass_no_service")
        self.lbctl("backend", "remove", "10.0.0.101")
        self.lbctl("backend", "remove", "10.0.0.102")
        empty = self.json("explain", "192.0.2.1:40000", "10.0.0.200:80")
        self.assertEqual(empty["verdict"], "drop_no_backend")

    def test_refused_by_the_agent(self) -> None:
        before = self.lbctl("export")
        for line, arguments in (
            (f"there is a service {_HTTP} already", ["service", "add", _HTTP]),
            (f"there is no service {_HTTPS}", ["service", "remove", _HTTPS]),
            (f"no service {_HTTPS}; .*", ["service", "show", _HTTPS]),
            (f"{_HTTP} has a backend .* already", ["backend", "add", "10.0.0.101"]),
            ("no service has a backend 10.0.0.9", ["backend", "remove", "10.0.0.9"]),
            ("no service has a backend .*", ["backend", "disable", "10.0.0.9"]),
            ("no service has a backend .*", ["backend", "weight", "10.0.0.9", "1"]),
            ("no service has a backend .*", ["backend", "drain", "10.0.0.9"]),
            (".* 100 is no prime; .*", ["service", "add", _HTTPS, "--table_size=100"]),
        ):
            with self.subTest(" ".join(arguments)):
                self.assert_fails(1, line, *arguments)
                self.assertEqual(self.lbctl("export"), before)

    def test_wrong_usage(self) -> None:
        before = self.lbctl("export")
        for arguments in (
            [],
            ["nonsense"],
            ["backend"],
            ["backend", "add"],
            ["backend", "add", "web4"],
            ["backend", "add", "10.0.0.104@65536"],
            ["backend", "weight", "10.0.0.101", "heavy"],
            ["backend", "drain", "10.0.0.101", "--deadline=soon"],
            ["backend", "enable", "10.0.0.101", "--deadline=10m"],
            ["service", "add", "udp:10.0.0.200:80"],
            ["service", "add", _HTTPS, "--backends=10.0.0.101,,"],
            ["explain", "10.0.0.1", "10.0.0.200:80"],
            ["status", "now"],
            ["status", "--output=xml"],
            ["status", "--nonsense"],
            ["apply"],
        ):
            with self.subTest(" ".join(arguments)):
                self.assert_fails(2, ".*", *arguments)
                self.assertEqual(self.lbctl("export"), before)

    def test_no_agent(self) -> None:
        rig.lb.stop()
        self.assert_fails(1, f"no agent on {rig.lb.agent.control_socket}: .*", "status")

    def test_an_agent_that_was_killed(self) -> None:
        rig.lb.agent.kill()
        self.assert_fails(1, f"no agent on {rig.lb.agent.control_socket}: .*", "status")


class ApplyTest(LbctlTest):
    def test_export_and_apply_are_a_pair(self) -> None:
        self.start(_SERVICES + service_text(["10.0.0.103@0"], "10.0.0.201", 0))
        self.lbctl("backend", "disable", "10.0.0.102")
        self.lbctl("backend", "drain", "10.0.0.101", "--deadline=1h")
        exported = self.lbctl("export")
        self.assertEqual(
            self.lbctl("apply", "-f", self.file(exported)), "nothing changed\n"
        )
        self.assertEqual(
            self.json("apply", "-f", self.file(exported)),
            {"change": [], "warning": []},
        )
        self.assertEqual(self.lbctl("export"), exported)
        rig.lb.stop()
        self.start(exported)
        self.assertEqual(self.lbctl("export"), exported)

    def test_apply_prints_what_it_changed(self) -> None:
        self.start()
        wanted = service_text(["10.0.0.101@7", "10.0.0.103"], table_size=251)
        changes = self.lbctl("apply", "-f", self.file(wanted)).splitlines()
        self.assertEqual(
            changes,
            [
                f"{_HTTP}: table size 4099 -> 251",
                f"{_HTTP}: backend 10.0.0.101 weight 100 -> 7",
                f"{_HTTP}: backend 10.0.0.102 removed",
                f"{_HTTP}: backend 10.0.0.103 added, weight 100",
            ],
        )

    def test_a_file_with_a_bad_entry_changes_nothing(self) -> None:
        self.start()
        before = self.lbctl("export")
        good = service_text(["10.0.0.109"])
        for bad, place in (
            (service_text(["10.0.0.300"], port=443), "9:3"),
            (service_text(["10.0.0.101@65536"], port=443), "9:3"),
            (service_text([], port=65536), "6:1"),
            (service_text([], port=443, table_size=10), "6:1"),
            (good, "6:1"),
            ("service {", r"6:\d+"),
        ):
            with self.subTest(bad):
                file = self.file(good + bad)
                self.assert_fails(1, f"{file}:{place}: .*", "apply", "-f", file)
                self.assertEqual(self.lbctl("export"), before)

    def test_the_agent_itself_refuses_a_bad_entry(self) -> None:
        """Whatever lbctl checks before."""
        self.start()
        before = self.lbctl("export")
        good = {"vip": "10.0.0.200", "port": 443}
        with ControlApi(rig.lb.agent.control_socket) as api:
            for bad in (
                {"vip": "10.0.0.300", "port": 80},
                {"vip": "10.0.0.201"},
                {**good, "backend": [{"address": "10.0.0.101", "weight": 65536}]},
                good,
                {"vip": "10.0.0.201", "port": 80, "nonsense": 1},
            ):
                with self.subTest(bad):
                    message = {"service": [good, bad]}
                    status, answer = api.post("/v1/apply", message)
                    self.assertEqual((status, list(answer)), (400, ["error"]))
                    self.assertEqual(self.lbctl("export"), before)

    def test_a_file_that_is_not_there(self) -> None:
        self.start()
        self.assert_fails(
            1, "cannot read /nonexistent: No such file.*", "apply", "-f", "/nonexistent"
        )

    def test_an_empty_file_needs_consent_to_remove_everything(self) -> None:
        self.start()
        before = self.lbctl("export")
        file = self.file("# nothing\n")
        self.assert_fails(
            1,
            f"{file}: no service in it; expected one, or --allow_empty",
            "apply",
            "-f",
            file,
        )
        with ControlApi(rig.lb.agent.control_socket) as api:
            status, answer = api.post("/v1/apply", {})
            self.assertEqual(status, 400)
            self.assertIn("all 1 would be removed", answer["error"])
        self.assertEqual(self.lbctl("export"), before)
        self.assertEqual(
            self.lbctl("apply", "-f", file, "--allow_empty"),
            f"{_HTTP}: service removed\n",
        )
        self.assertEqual(self.lbctl("export"), "")

    def test_a_dry_run_shows_what_apply_would_change(self) -> None:
        self.start()
        self.lbctl("backend", "disable", "10.0.0.102")
        before = self.lbctl("export")
        file = self.file(_SERVICES)
        enabled = f"{_HTTP}: backend 10.0.0.102 enabled\n"
        self.assertEqual(self.lbctl("apply", "--dry-run", "-f", file), enabled)
        self.assertEqual(self.lbctl("export"), before)
        self.assertEqual(self.lbctl("apply", "-f", file), enabled)
        self.assertEqual(
            self.lbctl("apply", "--dry-run", "-f", file), "nothing would change\n"
        )


class RoomTest(LbctlTest):
    def test_no_room_for_slots(self) -> None:
        self.start(_SERVICES, "--max_slots=5000")
        before = self.lbctl("export")
        no_room = "no room for 4099 more slots.* 4099 of 5000 in use.*--max_slots"
        add = ["service", "add", _HTTPS, "--table_size=4099"]
        self.assert_fails(1, no_room, *add, "--backends=10.0.0.101")
        both = service_text(["10.0.0.109"], table_size=4099)
        both += service_text(["10.0.0.109"], port=443, table_size=4099)
        self.assert_fails(1, no_room, "apply", "-f", self.file(both))
        self.assertEqual(self.lbctl("export"), before)
        self.assertEqual(sum(self.slots().values()), 4099)
        # What fits is still taken.
        self.lbctl("service", "add", _HTTPS, "--table_size=251")

    def test_no_room_for_services(self) -> None:
        self.start(_SERVICES, "--max_services=2")
        self.lbctl("service", "add", _HTTPS)
        before = self.lbctl("export")
        no_room = "no room for 1 more services.* 2 of 2 in use.*--max_services"
        self.assert_fails(1, no_room, "service", "add", "tcp:10.0.0.201:80")
        self.assertEqual(self.lbctl("export"), before)

    def test_no_room_for_backends(self) -> None:
        self.start(_SERVICES, "--max_backends=3")
        before = self.lbctl("export")
        no_room = "no room for 1 more backends.* 3 of 3 in use.*--max_backends"
        two = "--backends=10.0.0.103,10.0.0.104"
        self.assert_fails(1, no_room, "service", "add", _HTTPS, two)
        self.assertEqual(self.lbctl("export"), before)
        self.lbctl("backend", "add", "10.0.0.103")
        self.assert_fails(1, no_room, "backend", "add", "10.0.0.104")


class ConcurrencyTest(LbctlTest):
    def test_concurrent_changes_are_never_lost(self) -> None:
        self.start()
        with concurrent.futures.ThreadPoolExecutor(_CALLERS) as pool:
            callers = [pool.submit(self.change_backends, c) for c in range(_CALLERS)]
            kept = [address for caller in callers for address in caller.result()]
        self.assertEqual(set(self.slots()), {"10.0.0.101", "10.0.0.102", *kept})
        self.assertEqual(sum(self.slots().values()), 4099)

    def change_backends(self, caller: int) -> list[str]:
        """Adds 25 backends of its own and removes every second; who is left."""
        addresses = [f"10.1.{caller}.{number}" for number in range(1, _ROUNDS + 1)]
        for number, address in enumerate(addresses):
            self.lbctl("backend", "add", address)
            if number % 2:
                self.lbctl("backend", "remove", addresses[number - 1])
        return [a for number, a in enumerate(addresses) if number % 2 or number == 24]


if __name__ == "__main__":
    unittest.main()
