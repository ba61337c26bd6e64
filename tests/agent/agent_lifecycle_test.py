"""lb_agent from its start to its end, and what signals do to it. Needs root."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import threading
import unittest

from testbed.host import FABRIC_INTERFACE
from testbed.unix_connection import UnixConnection
from testbed.waiting import wait_until
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_DEADLINE_S = 30.0
_ONE = service_text(["10.0.0.101"])
_TWO = service_text(["10.0.0.101@50", "10.0.0.102"])

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("agent_lifecycle_test"))


class AgentTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lb = rig.lb
        self.log_offset = 0
        self.addCleanup(self.lb.stop)

    def start(self, services: str = _ONE, *flags: str) -> None:
        log = self.lb.host.folder / "lb_agent.log"
        self.log_offset = log.stat().st_size if log.exists() else 0
        self.lb.start(services, *flags)

    def log(self) -> str:
        """What the agent logged since start()."""
        return self.lb.agent.process.log.read_text()[self.log_offset :]

    def wait_for_log(self, pattern: str) -> None:
        wait_until(lambda: re.search(pattern, self.log()), _DEADLINE_S, pattern)

    def weights(self) -> dict[str, int]:
        """Of the backends of all services, by address, as `lbctl export` has them."""
        return {
            backend["address"]: backend["weight"]
            for service in self.lb.config().get("service", [])
            for backend in service.get("backend", [])
        }

    def table_changes(self) -> int:
        """How often the agent has written its tables."""
        done = self.lb.host.run(["curl", "-sS", "http://127.0.0.1:9275/metrics"])
        found = re.search(r"^l275_table_changes_total (\d+)", done.stdout, re.M)
        return int(found.group(1))


class StartTest(AgentTest):
    def test_is_attached_and_answers_when_it_says_that_it_is_ready(self) -> None:
        self.start()  # waits for READY=1 on $NOTIFY_SOCKET, see sd_notify(3)
        self.assertIsNotNone(self.lb.attached_program())
        self.assertEqual(self.lb.agent.active_backends(), {"10.0.0.101"})

    def test_one_service_by_flags_alone(self) -> None:
        flags = [
            "--service=tcp:10.0.0.200:0",
            "--backends=10.0.0.101,10.0.0.102@50",
            "--services_file=",
        ]
        self.start(_ONE, *flags)
        self.assertEqual(self.weights(), {"10.0.0.101": 100, "10.0.0.102": 50})
        [service] = self.lb.config()["service"]
        self.assertEqual((service["vip"], service["port"]), ("10.0.0.200", 0))

    def test_flag_file(self) -> None:
        path = self.lb.host.folder / "flags"
        path.write_text("# a comment\n--table_size=251\n\n--decrement_ttl=false\n")
        self.start(_ONE, f"--flagfile={path}")
        [service] = self.lb.agent.lbctl_json("service", "list")["service"]
        self.assertEqual(service["table_size"], 251)

    def test_no_services_at_all(self) -> None:
        self.start("", "--allow_empty")
        self.assertEqual(self.weights(), {})
        self.assertIsNotNone(self.lb.attached_program())

    def test_generic_mode(self) -> None:
        self.start(_ONE, "--xdp_mode=generic")
        [interface] = self.lb.agent.lbctl_json("status")["interface"]
        self.assertEqual(interface["xdp_mode"], "generic")

    def test_the_slow_path_is_on_unless_told_otherwise(self) -> None:
        for flags, modes in (
            ([], "copy"),
            (["--slow_path=on", "--slow_path_zero_copy"], "copy"),  # no veth can
            (["--slow_path=off"], "off"),
        ):
            with self.subTest(flags):
                self.start(_ONE, *flags)
                status = self.lb.agent.lbctl_json("status")
                self.assertEqual(status["interface"][0]["slow_path"], modes)
                self.assertEqual(status["slow_path"]["on"], modes != "off")
                self.lb.stop()

    def test_without_raw_sockets_it_goes_on_without_what_needs_them(self) -> None:
        """And says so once; of the slow path in its status too."""
        drop = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"]
        flags = ["--health=none", "--service=tcp:10.0.0.200:80", "--http_listen="]
        process = self.lb.host.start(
            "without_raw", [*drop, *self.lb.agent.command(*flags)]
        )
        self.addCleanup(process.stop)
        process.wait_until_ready(
            lambda: self.lb.agent.control_socket.exists()
            and self.lb.attached_program() is not None,
            _DEADLINE_S,
            "attached",
        )
        slow_path = self.lb.agent.lbctl_json("status")["slow_path"]
        self.assertFalse(slow_path["on"])
        self.assertRegex(slow_path["reason"], "Operation not permitted")
        log = process.log.read_text()
        self.assertEqual(log.count("no slow path: "), 1)
        self.assertEqual(log.count('ICMP "fragmentation needed" is not counted'), 1)

    def test_auto_takes_native_mode_where_the_driver_can(self) -> None:
        self.start(_ONE, "--xdp_mode=auto")
        [interface] = self.lb.agent.lbctl_json("status")["interface"]
        self.assertEqual(interface["xdp_mode"], "native")


class EndTest(AgentTest):
    def test_sigterm_and_sigint_leave_the_program_and_exit_with_0(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.start()
                attached = self.lb.attached_program()
                process = self.lb.agent.process
                process.signal(number)
                wait_until(lambda: not process.running, _DEADLINE_S, number.name)
                process.stop()
                self.assertEqual(self.lb.attached_program(), attached)
                self.assertFalse(self.lb.agent.control_socket.exists())

    def test_starts_again_after_it_was_killed(self) -> None:
        for mode in ("native", "generic"):
            with self.subTest(mode):
                self.start(_TWO, f"--xdp_mode={mode}")
                left = self.lb.attached_program()
                self.lb.agent.kill()
                self.assertEqual(self.lb.attached_program(), left)
                self.start(_ONE, f"--xdp_mode={mode}")
                self.assertNotEqual(self.lb.attached_program(), left)
                self.assertEqual(self.weights(), {"10.0.0.101": 100})
                self.lb.stop()
                self.assertIsNone(self.lb.attached_program())

    def test_detach_takes_everything_away(self) -> None:
        self.start()
        running = self.lb.host.run(self.lb.agent.detach_command(), may_fail=True)
        self.assertEqual(running.returncode, 1)
        self.assertRegex(running.stderr, "--bpffs_dir: another lb_agent has its maps")
        self.assertIsNotNone(self.lb.attached_program())
        self.lb.agent.stop()
        for _ in range(2):  # nothing to take away is no error
            self.lb.agent.detach()
            self.assertIsNone(self.lb.attached_program())

    def test_what_a_killed_agent_left_is_replaced_in_the_other_mode_too(self) -> None:
        for left, then in (("native", "generic"), ("generic", "native")):
            with self.subTest(f"{left}, then {then}"):
                self.start(_ONE, f"--xdp_mode={left}")
                self.lb.agent.kill()
                self.start(_ONE, f"--xdp_mode={then}")
                [interface] = self.lb.agent.lbctl_json("status")["interface"]
                self.assertEqual(interface["xdp_mode"], then)
                self.lb.stop()
                self.assertIsNone(self.lb.attached_program())


class RestartTest(AgentTest):
    """What lbctl changed outlives the agent, however it ended."""

    def change(self, *arguments: str) -> str:
        return self.lb.agent.lbctl(*arguments).stdout

    def changed(self) -> list[str]:
        """What `lbctl status` shows as changed at run time."""
        return self.lb.agent.lbctl_json("status").get("run_time_change", [])

    def test_run_time_changes_stay(self) -> None:
        for end in (self.lb.agent.kill, self.lb.agent.stop):
            self.start(_TWO)
            self.assertEqual(self.changed(), [])
            self.change("backend", "add", "10.0.0.9")
            self.change("backend", "drain", "10.0.0.102")
            self.change("service", "add", "tcp:10.0.0.200:443")
            before, changed = self.lb.config(), self.changed()
            self.assertEqual(len(changed), 3)
            end()
            self.start(_TWO)
            self.assertEqual(self.lb.config(), before)
            self.assertEqual(self.changed(), changed)
            self.change("apply", "-f", str(self.lb.agent.services_file))
            self.assertEqual(self.changed(), [])
            self.lb.stop()

    def test_a_file_that_was_refused_is_no_base_for_the_next_start(self) -> None:
        room = "--max_slots=70000"
        self.start(_ONE, room)
        more = _ONE + service_text(["10.0.0.101"], port=443)
        self.lb.agent.reload(more)
        self.wait_for_log("SIGHUP: nothing changed: no room for 65537 more slots")
        self.assertEqual(self.changed(), [])
        self.change("backend", "drain", "10.0.0.101")
        self.lb.agent.stop()
        self.start(more, "--max_slots=200000")
        self.assertEqual(len(self.lb.config()["service"]), 2)
        self.assertEqual(
            self.changed(), ["tcp:10.0.0.200:80: backend 10.0.0.101 draining"]
        )

    def test_what_is_declared_anew_comes_beside_them(self) -> None:
        self.start(_ONE)
        self.change("backend", "drain", "10.0.0.101")
        self.lb.agent.stop()
        self.start(_ONE + service_text(["10.0.0.103"], port=443))
        self.assertEqual(set(self.weights()), {"10.0.0.101", "10.0.0.103"})
        self.assertEqual(
            self.changed(), ["tcp:10.0.0.200:80: backend 10.0.0.101 draining"]
        )

    def test_a_state_file_that_is_cut_off_is_refused_by_name(self) -> None:
        self.start(_ONE)
        self.change("backend", "drain", "10.0.0.101")
        self.lb.agent.kill()
        path = self.lb.agent.state_file
        path.write_text(path.read_text()[:-3])
        done = self.lb.run_agent()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"lb_agent: --state_file: {path}: cut off; ")
        self.assertIsNotNone(self.lb.attached_program())

    def test_a_full_disk_is_reported_and_breaks_nothing(self) -> None:
        folder = self.lb.host.folder / "full"
        folder.mkdir()
        self.lb.host.call("mount", "-t", "tmpfs", "-o", "size=8k", "none", str(folder))
        self.addCleanup(self.lb.host.call, "umount", "--lazy", str(folder))
        self.start(_ONE, f"--state_file={folder}/agent.state")
        before = (folder / "agent.state").read_text()
        many = [f"10.0.1.{i}" for i in range(1, 60)]
        for address in many:
            told = self.change("backend", "add", address)
            if "warning" in told:
                break
        self.assertRegex(told, "warning: in effect, but not saved: .*No space left")
        self.assertIn(address, self.weights())
        self.assertNotEqual(self.lb.agent.lbctl_json("status")["not_saved"], "")
        self.assertNotIn(address, (folder / "agent.state").read_text())
        self.assertTrue(before.endswith("# end\n"))
        self.lb.agent.kill()
        self.start(_ONE, f"--state_file={folder}/agent.state")
        saved = many[: many.index(address)]
        self.assertEqual(set(self.weights()), {"10.0.0.101", *saved})
        self.change("apply", "-f", str(self.lb.agent.services_file))
        self.assertEqual(self.lb.agent.lbctl_json("status")["not_saved"], "")
        self.assertEqual((folder / "agent.state").read_text(), before)


class StartingTest(AgentTest):
    """Nothing that comes too early does harm."""

    def pester(self, ended: threading.Event, seen: set[int]) -> None:
        """Requests and SIGHUPs, from when the agent can be reached."""
        while not ended.is_set():
            socket = UnixConnection(str(self.lb.agent.control_socket))
            with contextlib.closing(socket) as connection:
                try:
                    connection.request("GET", "/v1/services")
                    seen.add(connection.getresponse().status)
                except (OSError, http.client.HTTPException):
                    continue
            self.lb.agent.process.signal(signal.SIGHUP)

    def test_requests_and_sighup_while_it_starts(self) -> None:
        """With fewer backends than the maps have that it takes over."""
        self.start(_TWO)
        self.lb.agent.kill()
        ended, seen = threading.Event(), set[int]()
        pest = threading.Thread(target=self.pester, args=(ended, seen))
        pest.start()
        try:
            beacons = ["--health=beacon", "--insecure_beacons", "--beacon_keys_file="]
            interface = f"--beacon_interface={FABRIC_INTERFACE}"
            self.start(_ONE, *beacons, interface, "--beacon_state_file=")
            wait_until(lambda: 200 in seen, _DEADLINE_S, "an answer")
        finally:
            ended.set()
            pest.join()
        self.assertIn(503, seen)
        self.wait_for_log("SIGHUP: read")
        self.assertEqual(self.weights(), {"10.0.0.101": 100})


class ReloadTest(AgentTest):
    def test_a_good_file_is_one_change(self) -> None:
        self.start()
        before = self.table_changes()
        self.lb.agent.reload(_TWO + service_text(["10.0.0.103"], port=443))
        self.wait_for_log(r"SIGHUP: read \S+services\.textproto, 4 changes")
        self.assertEqual(
            self.weights(), {"10.0.0.101": 50, "10.0.0.102": 100, "10.0.0.103": 100}
        )
        # New backends' next hops may come with a change of their own later.
        self.assertGreaterEqual(self.table_changes(), before + 1)
        for line in (
            r"tcp:10\.0\.0\.200:80: backend 10\.0\.0\.101 weight 100 -> 50",
            r"tcp:10\.0\.0\.200:80: backend 10\.0\.0\.102 added, weight 100",
            r"tcp:10\.0\.0\.200:443: service added",
        ):
            self.assertRegex(self.log(), line)

    def lbctl(self, *arguments: str) -> str:
        done = self.lb.agent.lbctl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def disabled(self) -> set[str]:
        return {
            backend["address"]
            for service in self.lb.config()["service"]
            for backend in service["backend"]
            if backend.get("disabled")
        }

    def test_the_same_file_undoes_nothing_that_lbctl_did(self) -> None:
        self.start(_TWO)
        self.lbctl("backend", "add", "10.0.0.9")
        self.lbctl("backend", "disable", "10.0.0.101")
        self.lbctl("backend", "remove", "10.0.0.102")
        before = self.lb.config()
        self.lb.agent.reload(_TWO)
        self.wait_for_log(r"SIGHUP: read \S+, 0 changes")
        self.assertEqual(self.lb.config(), before)

    def test_a_disabled_server_stays_so_when_the_file_changes_its_weight(self) -> None:
        self.start(_ONE)
        self.lbctl("backend", "disable", "10.0.0.101")
        self.lb.agent.reload(_TWO)
        self.wait_for_log(r"SIGHUP: read \S+, 2 changes")
        self.assertEqual(self.weights(), {"10.0.0.101": 50, "10.0.0.102": 100})
        self.assertEqual(self.disabled(), {"10.0.0.101"})

    def test_what_a_newer_file_replaces_is_said(self) -> None:
        self.start(_ONE)
        self.lbctl("backend", "weight", "10.0.0.101", "7")
        self.lb.agent.reload(_TWO)
        self.wait_for_log(
            "replaces what was changed at run time: tcp:10.0.0.200:80: "
            "backend 10.0.0.101 weight 100 -> 7"
        )
        self.assertEqual(self.weights(), {"10.0.0.101": 50, "10.0.0.102": 100})
        self.assertRegex(self.lbctl("status"), "warning: .*weight 100 -> 7")
        self.lb.agent.reload(_TWO)
        self.wait_for_log(r"SIGHUP: read \S+, 0 changes")
        self.assertNotIn("weight 100 -> 7", self.lbctl("status"))

    def metric(self, name: str) -> float:
        done = self.lb.host.run(["curl", "-sS", "http://127.0.0.1:9275/metrics"])
        return float(re.search(rf"^{name} (\S+)", done.stdout, re.M).group(1))

    def test_a_bad_reload_is_visible_until_a_good_one(self) -> None:
        self.start(_ONE)
        successful = "l275_config_last_reload_successful"
        since = "l275_config_last_reload_success_timestamp_seconds"
        self.assertEqual(self.metric(successful), 1)
        started = self.metric(since)
        self.assertGreater(started, 1e9)
        self.lb.agent.reload("")
        self.wait_for_log("SIGHUP: nothing changed: .*: no service in it; expected")
        self.assertEqual(self.metric(successful), 0)
        self.assertEqual(self.metric(since), started)
        self.assertRegex(
            self.lbctl("status"), "warning: .*last reload failed: .*no service in it"
        )
        self.assertEqual(self.weights(), {"10.0.0.101": 100})
        self.lb.agent.reload(_ONE)
        self.wait_for_log("SIGHUP: read")
        self.assertEqual(self.metric(successful), 1)
        self.assertNotIn("last reload failed", self.lbctl("status"))

    def test_check_reads_all_and_changes_nothing(self) -> None:
        """Also beside a running agent."""
        self.start(_TWO)
        before = self.lb.config()
        file = self.lb.host.folder / "checked.conf"
        keys = self.lb.host.folder / "checked.keys"
        keys.write_text("junk\n")
        keys.chmod(0o600)
        empty = "no service in it; expected one, or --allow_empty"
        for text, flags, errors in (
            (_ONE, [], []),
            ("", [], [empty]),
            ("", ["--allow_empty"], []),
            (_ONE.rstrip("\n"), [], ["the last line does not end with a newline"]),
            (_ONE, ["--table_size=100"], ["--table_size"]),
            (_ONE, [f"--beacon_keys_file={keys}"], [str(keys)]),
            ("", [f"--beacon_keys_file={keys}"], [empty, str(keys)]),
        ):
            with self.subTest(text=text, flags=flags):
                file.write_text(text)
                done = self.lb.run_agent(f"--services_file={file}", "--check", *flags)
                lines = done.stderr.splitlines()
                self.assertEqual(len(lines), len(errors), done.stderr)
                for line, error in zip(lines, errors):
                    self.assertIn(error, line)
                self.assertEqual(done.returncode, 1 if errors else 0)
        self.assertEqual(self.lb.config(), before)

    def test_a_bad_file_changes_nothing(self) -> None:
        self.start(_TWO)
        file = re.escape(str(self.lb.agent.services_file))
        before = self.lb.config()
        program = self.lb.attached_program()
        for text, complaint in (
            ("service {", rf"{file}:1:10: .*end of text"),
            (_ONE + service_text(["10.0.0.300"], port=443), rf'{file}:9:3: .*300"'),
            (_ONE + _TWO, rf"{file}:6:1: service .* appears twice"),
        ):
            with self.subTest(complaint):
                self.lb.agent.reload(text)
                self.wait_for_log(f"SIGHUP: nothing changed: {complaint}")
                self.assertEqual(self.lb.config(), before)
        self.assertEqual(self.lb.attached_program(), program)

    def test_a_file_that_went_away_changes_nothing(self) -> None:
        self.start(_TWO)
        before = self.lb.config()
        self.lb.agent.services_file.unlink()
        self.lb.agent.process.signal(signal.SIGHUP)
        self.wait_for_log("SIGHUP: nothing changed: cannot read .*: No such file")
        self.assertEqual(self.lb.config(), before)

    def test_more_than_there_is_room_for_changes_nothing(self) -> None:
        self.start(_TWO, "--max_slots=70000")
        before = self.lb.config()
        self.lb.agent.reload(_ONE + service_text(["10.0.0.101"], port=443))
        self.wait_for_log("SIGHUP: nothing changed: no room for 65537 more slots")
        self.assertEqual(self.lb.config(), before)
        self.assertEqual(self.lb.agent.active_backends(), {"10.0.0.101", "10.0.0.102"})

    def test_without_a_services_file_it_says_that_there_is_nothing_to_read(
        self,
    ) -> None:
        self.start(_ONE, "--services_file=", "--service=tcp:10.0.0.200:80")
        self.lb.agent.process.signal(signal.SIGHUP)
        self.wait_for_log("SIGHUP: nothing to read again without --services_file")
        self.assertEqual(len(self.lb.config()["service"]), 1)


if __name__ == "__main__":
    unittest.main()
