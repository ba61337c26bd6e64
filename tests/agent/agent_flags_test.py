"""Wrong flags and files: lb_agent refuses them in one line. Needs root."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import unittest
from typing import Sequence

from testbed.host import FABRIC_INTERFACE
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("agent_flags_test"))


@dataclasses.dataclass(frozen=True)
class Refusal:
    description: str
    flags: Sequence[str]
    line: str  # a regular expression for the whole line that is expected
    exit_code: int = 1


# Of glog: severity, date, time, thread, file and line.
_LOG_LINE = re.compile(r"[IWEF]\d{8} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] ")
_SERVICE = "--service=tcp:10.0.0.200:80"

# agent_options_test, map_sizing_test, desired_source_test and services_file_test have a
# row for each wrong value. These need the program or the kernel, or show that an error
# of those parts reaches the operator as one line.
# fmt: off
_REFUSALS = [
    Refusal("no interface given", ["--interface="],
            r"lb_agent: --interface is required: .*"),
    Refusal("an interface that does not exist", ["--interface=nope0"],
            r'lb_agent: there is no interface "nope0"'),
    Refusal("the second interface does not exist", ["--interface=eth1,nope0"],
            r'lb_agent: there is no interface "nope0"'),
    Refusal("an interface that is no Ethernet", ["--interface=lo"],
            r'lb_agent: interface "lo" is no Ethernet interface'),
    Refusal("an unknown flag", ["--nonsense=1"],
            r"ERROR: unknown command line flag 'nonsense'"),
    Refusal("an argument that is no flag", ["eth1"],
            r'lb_agent: unexpected argument "eth1"; expected flags only, .*', 2),
    Refusal("a flag file that does not exist", ["--flagfile=/nonexistent/flags"],
            r"/nonexistent/flags: No such file or directory"),
    Refusal("a number that is none", ["--table_size=big"],
            r"ERROR: illegal value 'big' specified for uint32 flag 'table_size'"),
    Refusal("a negative number", ["--hash_seed=-1"],
            r"ERROR: illegal value '-1' specified for uint64 flag 'hash_seed'"),
    Refusal("a number out of its range", ["--beacon_port=65536"],
            r"lb_agent: --beacon_port: 65536; expected 1 to 65535"),
    Refusal("a services file that does not exist", ["--services_file=/nonexistent"],
            r"lb_agent: cannot read /nonexistent: No such file or directory"),
    Refusal("a services file that is a folder", ["--services_file=/proc"],
            r"lb_agent: cannot read /proc: Is a directory"),
    Refusal("a service by file and by flag", ["--services_file=/dev/null", _SERVICE],
            r"lb_agent: --services_file and --service are both given; .*"),
    Refusal("the VIP as a backend", [_SERVICE, "--backends=10.0.0.200"],
            r"lb_agent: --backends: backend 10\.0\.0\.200 is the service's own VIP.*"),
    Refusal("more slots than there is room for", [_SERVICE, "--max_slots=1000"],
            r"lb_agent: no room for 65537 more slots.* 0 of 1000 in use.*--max_slots"),
    Refusal("pins outside of a bpffs", ["--bpffs_dir=/proc/l275"],
            r"lb_agent: --bpffs_dir: /proc is not in a bpffs \(mount -t bpf .*\)"),
    Refusal("pins in a relative path", ["--bpffs_dir=l275"],
            r'lb_agent: --bpffs_dir: "l275"; expected an absolute path .*'),
    Refusal("a keys file that is not there",
            ["--health=beacon", "--beacon_keys_file=/none/beacon.keys"],
            r"lb_agent: cannot read /none/beacon.keys: No such file or directory"),
    Refusal("a state file that cannot be written",
            ["--health=beacon", "--beacon_state_file=/proc/none/beacons"],
            r"lb_agent: open\(/proc/none/beacons.new\): No such file or directory"),
    Refusal("beacons on an interface that does not exist",
            ["--health=beacon", "--beacon_interface=nope0"],
            r"lb_agent: .*nope0.*"),
    Refusal("an HTTP address of nobody here", ["--http_listen=192.0.2.1:9275"],
            r"lb_agent: listening on 192\.0\.2\.1:9275: Cannot assign .*"),
    Refusal("a control socket that is another file", ["--control_socket=/etc/passwd"],
            r"lb_agent: /etc/passwd exists and is no socket"),
]
# fmt: on


class AgentRefusalTest(unittest.TestCase):
    def assert_refused(
        self, done: subprocess.CompletedProcess[str], line: str, exit_code: int = 1
    ) -> None:
        self.assertEqual(done.returncode, exit_code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assert_one_line(done.stderr, line)
        self.assertFalse(rig.lb.agent.control_socket.exists())

    def assert_one_line(self, stderr: str, line: str) -> None:
        """Log lines apart, for what happened on the way."""
        own = [text for text in stderr.splitlines() if not _LOG_LINE.match(text)]
        self.assertEqual(len(own), 1, stderr)
        self.assertRegex(own[0], rf"\A{line}\Z")

    def test_wrong_flags(self) -> None:
        for row in _REFUSALS:
            with self.subTest(row.description):
                done = rig.lb.run_agent(*row.flags)
                self.assert_refused(done, row.line, row.exit_code)
                self.assertIsNone(rig.lb.attached_program())

    def test_a_wrong_services_file(self) -> None:
        path = rig.lb.host.folder / "bad.textproto"
        path.write_text(service_text(["10.0.0.101", "10.0.0.101@5"]))
        done = rig.lb.run_agent(f"--services_file={path}")
        self.assert_refused(
            done,
            rf"lb_agent: {path}:5:3: tcp:10\.0\.0\.200:80: "
            r"backend 10\.0\.0\.101 appears twice",
        )
        self.assertIsNone(rig.lb.attached_program())

    def test_another_program_holds_the_interface(self) -> None:
        rig.lb.attach_foreign_program()
        self.addCleanup(rig.lb.detach_foreign_program)
        foreign = rig.lb.attached_program()
        self.assertIsNotNone(foreign)
        for mode in ("auto", "native", "generic"):
            with self.subTest(mode):
                done = rig.lb.run_agent(f"--xdp_mode={mode}")
                self.assert_refused(
                    done,
                    rf"lb_agent: {FABRIC_INTERFACE} has another XDP program already: "
                    rf'"xdp_pass", id {foreign}; detach it first .*',
                )
                self.assertEqual(rig.lb.attached_program(), foreign)

    def test_an_interface_down_the_list_is_held(self) -> None:
        """What was attached before it is detached again."""
        rig.lb.host.namespace.ip("link", "add", "second", "type", "veth")
        self.addCleanup(rig.lb.host.namespace.ip, "link", "delete", "second")
        rig.lb.attach_foreign_program()
        self.addCleanup(rig.lb.detach_foreign_program)
        foreign = rig.lb.attached_program()
        done = rig.lb.run_agent(f"--interface=second,{FABRIC_INTERFACE}")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(
            done.stderr, f"lb_agent: {FABRIC_INTERFACE} has another XDP program .*"
        )
        self.assertEqual(rig.lb.attached_program(), foreign)
        self.assertNotIn("xdp", rig.lb.host.namespace.ip("link", "show", "second"))

    def test_missing_capabilities(self) -> None:
        """The line names some that are missing, and none that is there."""
        for removed in (
            {"net_admin"},
            {"bpf", "perfmon", "sys_admin"},
            {"net_admin", "bpf", "perfmon", "sys_admin"},
        ):
            with self.subTest(removed):
                sets = ",".join(f"-{name}" for name in sorted(removed))
                setpriv = ["setpriv", f"--bounding-set={sets}", f"--inh-caps={sets}"]
                done = rig.lb.run_agent(wrapper=[*setpriv, "--"])
                self.assert_refused(done, r"lb_agent: missing CAP_.*; run as root .*")
                named = {n.lower() for n in re.findall(r"CAP_([A-Z_]+)", done.stderr)}
                self.assertLessEqual(named, removed)
                self.assertEqual("net_admin" in named, "net_admin" in removed)
                self.assertIsNone(rig.lb.attached_program())

    def test_an_agent_runs_already(self) -> None:
        rig.lb.start(service_text(["10.0.0.101"]))
        self.addCleanup(rig.lb.stop)
        before = rig.lb.attached_program()
        socket = f"--control_socket={rig.lb.host.folder / 'other.sock'}"
        pins = f"--bpffs_dir={rig.lb.host.folder / 'bpf' / 'other'}"
        for description, flags, line in (
            ("the same socket", [], "lb_agent: another process listens on .*"),
            (
                "the same interface",
                [socket, pins, "--http_listen="],
                f"lb_agent: another lb_agent serves {FABRIC_INTERFACE}",
            ),
            (
                "the same folder",
                [socket, "--http_listen="],
                "lb_agent: --bpffs_dir: another lb_agent has its maps in .*",
            ),
        ):
            with self.subTest(description):
                done = rig.lb.run_agent(*flags)
                self.assertEqual(done.returncode, 1)
                self.assert_one_line(done.stderr, line)
                self.assertEqual(rig.lb.attached_program(), before)
        self.assertEqual(len(rig.lb.config()["service"]), 1)


class AgentHelpTest(unittest.TestCase):
    def test_help_names_every_flag_of_the_agent(self) -> None:
        done = rig.lb.run_agent("--help")
        self.assertEqual(done.returncode, 0)
        for flag in ("interface", "services_file", "beacon_timeout_ms", "http_listen"):
            self.assertRegex(done.stdout, rf"-{flag} \(")
        self.assertNotIn("-logtostderr", done.stdout)

    def test_version(self) -> None:
        done = rig.lb.run_agent("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\Alb_agent.* \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
