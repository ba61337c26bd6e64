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


@dataclasses.dataclass(frozen=True)
class BadFile:
    description: str
    text: str
    line: str  # a regular expression for what follows "lb_agent: FILE"


# Of glog: severity, date, time, thread, file and line.
_LOG_LINE = re.compile(r"[IWEF]\d{8} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] ")
_SERVICE = "--service=tcp:10.0.0.200:80"

# fmt: off
_REFUSALS = [
    Refusal("no interface given", ["--interface="],
            r"lb_agent: --interface is required: .*"),
    Refusal("an interface that does not exist", ["--interface=nope0"],
            r'lb_agent: there is no interface "nope0"'),
    Refusal("the second interface does not exist", ["--interface=eth1,nope0"],
            r'lb_agent: there is no interface "nope0"'),
    Refusal("an interface given twice", ["--interface=eth1,eth1"],
            r"lb_agent: --interface=eth1,eth1: eth1 appears twice"),
    Refusal("an empty interface name", ["--interface=eth1,"],
            r"lb_agent: --interface=eth1,: an empty name"),
    Refusal("an interface that is no Ethernet", ["--interface=lo"],
            r'lb_agent: interface "lo" is no Ethernet interface'),
    Refusal("peers, and nowhere to hear them", ["--sync_peers=10.1.0.3:9276"],
            r"lb_agent: --sync_listen is missing: expected .*"),
    Refusal("somewhere to hear peers, and none", ["--sync_listen=10.1.0.2:9276"],
            r"lb_agent: --sync_peers is missing: expected .*"),
    Refusal("a peer without a port",
            ["--sync_listen=10.1.0.2:9276", "--sync_peers=10.1.0.3"],
            r'lb_agent: --sync_peers: "10\.1\.0\.3": expected .*'),
    Refusal("a peer that is the load balancer itself",
            ["--sync_listen=10.1.0.2:9276", "--sync_peers=10.1.0.2:9277"],
            r"lb_agent: --sync_peers: .* is this load balancer itself; .*"),
    Refusal("a wait for peers that is too long",
            ["--sync_listen=10.1.0.2:9276", "--sync_peers=10.1.0.3:9276",
             "--sync_wait_s=3601"],
            r"lb_agent: --sync_wait_s: 3601; expected 0 to 3600"),
    Refusal("an unknown flag", ["--nonsense=1"],
            r"ERROR: unknown command line flag 'nonsense'"),
    Refusal("an argument that is no flag", ["eth1"],
            r'lb_agent: unexpected argument "eth1"; expected flags only, .*', 2),
    Refusal("a flag file that does not exist", ["--flagfile=/nonexistent/flags"],
            r"/nonexistent/flags: No such file or directory"),
    Refusal("a services file that does not exist", ["--services_file=/nonexistent"],
            r"lb_agent: cannot read /nonexistent: No such file or directory"),
    Refusal("a services file that is a folder", ["--services_file=/proc"],
            r"lb_agent: cannot read /proc: Is a directory"),
    Refusal("a service by file and by flag", ["--services_file=/dev/null", _SERVICE],
            r"lb_agent: --services_file and --service are both given; .*"),
    Refusal("backends without a service", ["--backends=10.0.0.101"],
            r"lb_agent: --backends is given without --service, .*"),
    Refusal("a service without a port", ["--service=tcp:10.0.0.200"],
            r'lb_agent: --service: service "tcp:10\.0\.0\.200": expected .*'),
    Refusal("a protocol that is not known", ["--service=sctp:10.0.0.200:80"],
            r'lb_agent: --service: .*: protocol "sctp" is not known; expected tcp'),
    Refusal("a VIP that is no address", ["--service=tcp:10.0.0.300:80"],
            r'lb_agent: --service: .*"10\.0\.0\.300" is no IPv4 address; .*'),
    Refusal("a VIP that cannot be a host's", ["--service=tcp:224.0.0.1:80"],
            r'lb_agent: --service: .*"224\.0\.0\.1" cannot be a host\'s address; .*'),
    Refusal("a port out of range", ["--service=tcp:10.0.0.200:65536"],
            r'lb_agent: --service: .*"65536" is no port; expected 0 to 65535'),
    Refusal("a backend that is no address", [_SERVICE, "--backends=web1"],
            r'lb_agent: --backends: .*"web1" is no IPv4 address; .*'),
    Refusal("an empty backend", [_SERVICE, "--backends=10.0.0.101,"],
            r'lb_agent: --backends: backend "": expected ADDRESS.*'),
    Refusal("a weight that is no number", [_SERVICE, "--backends=10.0.0.101@much"],
            r'lb_agent: --backends: .*"much" is no weight; expected 0 to 65535'),
    Refusal("a weight out of range", [_SERVICE, "--backends=10.0.0.101@65536"],
            r'lb_agent: --backends: .*"65536" is no weight; expected 0 to 65535'),
    Refusal("a negative weight", [_SERVICE, "--backends=10.0.0.101@-1"],
            r'lb_agent: --backends: .*"-1" is no weight; expected 0 to 65535'),
    Refusal("a backend twice", [_SERVICE, "--backends=10.0.0.101,10.0.0.101@50"],
            r'lb_agent: --backends: backend "10\.0\.0\.101@50": its address .* twice'),
    Refusal("a table size that is no prime", ["--table_size=65536"],
            r"lb_agent: --table_size: .* 65536 is no prime; the nearest one is 65537"),
    Refusal("a table size of 0", ["--table_size=0"],
            r"lb_agent: --table_size: table size 0: expected a prime from .*"),
    Refusal("a table size out of range", ["--table_size=4294967291"],
            r"lb_agent: --table_size: table size 4294967291: expected a prime .*"),
    Refusal("a table size that is no number", ["--table_size=big"],
            r"ERROR: illegal value 'big' specified for uint32 flag 'table_size'"),
    Refusal("more slots than there can be", [_SERVICE, "--max_slots=4294967295"],
            r"lb_agent: --max_slots: 4294967295; expected 1 to 536870912, or 0 .*"),
    Refusal("more backends than there can be", [_SERVICE, "--max_backends=4194305"],
            r"lb_agent: --max_backends: 4194305; expected 1 to 4194304, or 0 .*"),
    Refusal("a services file that is stdin", ["--services_file=-"],
            r"lb_agent: --services_file=-: expected a file, which can be read .*"),
    Refusal("the VIP as a backend", [_SERVICE, "--backends=10.0.0.200"],
            r"lb_agent: --backends: backend 10\.0\.0\.200 is the service's own VIP.*"),
    Refusal("more slots than there is room for", [_SERVICE, "--max_slots=1000"],
            r"lb_agent: no room for 65537 more slots.* 0 of 1000 in use.*--max_slots"),
    Refusal("a seed that is no number", ["--hash_seed=0xyz"],
            r"ERROR: illegal value '0xyz' specified for uint64 flag 'hash_seed'"),
    Refusal("a negative seed", ["--hash_seed=-1"],
            r"ERROR: illegal value '-1' specified for uint64 flag 'hash_seed'"),
    Refusal("an XDP mode that is not known", ["--xdp_mode=fast"],
            r'lb_agent: --xdp_mode: "fast" is no XDP mode; expected auto, .*'),
    Refusal("pins outside of a bpffs", ["--bpffs_dir=/proc/l275"],
            r"lb_agent: --bpffs_dir: /proc is not in a bpffs \(mount -t bpf .*\)"),
    Refusal("pins in a relative path", ["--bpffs_dir=l275"],
            r'lb_agent: --bpffs_dir: "l275"; expected an absolute path .*'),
    Refusal("a health that is not known", ["--health=ping"],
            r'lb_agent: --health: "ping"; expected beacon or none'),
    Refusal("a group that is no multicast address",
            ["--health=beacon", "--beacon_group=10.0.0.1"],
            r"lb_agent: --beacon_group: 10\.0\.0\.1 is no multicast address; .*"),
    Refusal("a beacon port of 0", ["--health=beacon", "--beacon_port=0"],
            r"lb_agent: --beacon_port: 0; expected 1 to 65535"),
    Refusal("a beacon timeout of 0", ["--health=beacon", "--beacon_timeout_ms=0"],
            r"lb_agent: --beacon_timeout_ms: 0; expected 100 to 600000"),
    Refusal("beacons without a key",
            ["--health=beacon", "--beacon_keys_file="],
            r"lb_agent: --beacon_keys_file is required: .*--insecure_beacons.*"),
    Refusal("beacons with keys and without",
            ["--health=beacon", "--insecure_beacons"],
            r"lb_agent: --beacon_keys_file and --insecure_beacons: expected one .*"),
    Refusal("a keys file that is not there",
            ["--health=beacon", "--beacon_keys_file=/none/beacon.keys"],
            r"lb_agent: cannot read /none/beacon.keys: No such file or directory"),
    Refusal("a keys file that others can read",
            ["--health=beacon", "--beacon_keys_file=/etc/passwd"],
            r"lb_agent: /etc/passwd has mode 0644: others than its owner .*"),
    Refusal("a state file that cannot be written",
            ["--health=beacon", "--beacon_state_file=/proc/none/beacons"],
            r"lb_agent: open\(/proc/none/beacons.new\): No such file or directory"),
    Refusal("no beacon in a row", ["--health=beacon", "--up_after=0"],
            r"lb_agent: --up_after: 0; expected 1 to 1000"),
    Refusal("more than all backends", ["--health=beacon", "--panic_percent=101"],
            r"lb_agent: --panic_percent: 101; expected 0 to 100"),
    Refusal("too many flaps", ["--health=beacon", "--flap_max=1001"],
            r"lb_agent: --flap_max: 1001; expected 0 to 1000"),
    Refusal("flaps within no time", ["--health=beacon", "--flap_window_s=0"],
            r"lb_agent: --flap_window_s: 0; expected 1 to 86400"),
    Refusal("a hold of no time", ["--health=beacon", "--flap_hold_s=0"],
            r"lb_agent: --flap_hold_s: 0; expected 1 to 86400"),
    Refusal("beacons on an interface that does not exist",
            ["--health=beacon", "--beacon_interface=nope0"],
            r"lb_agent: .*nope0.*"),
    Refusal("a slow path that is neither on nor off", ["--slow_path=maybe"],
            r'lb_agent: --slow_path: "maybe"; expected on or off'),
    Refusal("zero-copy sockets of no slow path",
            ["--slow_path=off", "--slow_path_zero_copy"],
            r"lb_agent: --slow_path_zero_copy is given with --slow_path=off"),
    Refusal("an HTTP address without a port", ["--http_listen=127.0.0.1"],
            r'lb_agent: --http_listen: "127\.0\.0\.1": expected ADDRESS:PORT .*'),
    Refusal("an HTTP address of nobody here", ["--http_listen=192.0.2.1:9275"],
            r"lb_agent: listening on 192\.0\.2\.1:9275: Cannot assign .*"),
    Refusal("an empty control socket", ["--control_socket="],
            r'lb_agent: control socket "": expected a path of 1 to 107 characters'),
    Refusal("a control socket whose path is too long",
            [f"--control_socket=/run/{'x' * 104}"],
            r"lb_agent: control socket .*: expected a path of 1 to 107 characters"),
    Refusal("a control socket that is another file", ["--control_socket=/etc/passwd"],
            r"lb_agent: /etc/passwd exists and is no socket"),
    Refusal("a control socket in a folder that cannot be",
            ["--control_socket=/proc/none/agent.sock"],
            r"lb_agent: .*/proc/none.*: No such file or directory"),
]

# Where a name or an enumerator is not known, protobuf tells the place of the
# token after it.
_BAD_FILES = [
    BadFile("no protobuf text", "services: [80]\n",
            r":1:9: .*\"services\".*"),
    BadFile("a brace that is not closed", 'service {\n  vip: "10.0.0.200"\n',
            r":3:1: .*got: end of text"),
    BadFile("a field that is not known", 'service {\n  vpi: "10.0.0.200"\n}\n',
            r":2:6: .*\"vpi\".*"),
    BadFile("a number where text belongs", "service {\n  vip: 10\n}\n",
            r":2:8: .*"),
    BadFile("a protocol that is not known", "service { protocol: UDP port: 80 }\n",
            r":1:25: .*\"UDP\".*"),
    BadFile("a service without a VIP", "service { port: 80 }\n",
            r":1:1: .*"),
    BadFile("a service without a port", 'service { vip: "10.0.0.200" }\n',
            r":1:1: service with VIP 10\.0\.0\.200 has no port; expected .*"),
    BadFile("a port out of range", 'service { vip: "10.0.0.200" port: 65536 }\n',
            r":1:1: .*port 65536 is out of range; expected 0 to 65535"),
    BadFile("a VIP that is no address", 'service { vip: "vip" port: 80 }\n',
            r':1:1: .*"vip" is no IPv4 address; .*'),
    BadFile("a backend that is no address", service_text(["10.0.0.101", "web2"]),
            r':5:3: tcp:10\.0\.0\.200:80: "web2" is no IPv4 address; .*'),
    BadFile("a weight out of range", service_text(["10.0.0.101@65536"]),
            r":4:3: .*weight 65536 is out of range; expected 0 to 65535"),
    BadFile("a negative weight", service_text(["10.0.0.101@-1"]),
            r":4:\d+: .*"),
    BadFile("a backend twice", service_text(["10.0.0.101", "10.0.0.101@5"]),
            r":5:3: tcp:10\.0\.0\.200:80: backend 10\.0\.0\.101 appears twice"),
    BadFile("a table size that is no prime", service_text([], table_size=100),
            r":1:1: tcp:10\.0\.0\.200:80: .* 100 is no prime; the nearest one is 101"),
    BadFile("a service twice", service_text([]) + service_text(["10.0.0.101"]),
            r":5:1: service tcp:10\.0\.0\.200:80 appears twice"),
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

    def test_wrong_services_files(self) -> None:
        path = rig.lb.host.folder / "bad.textproto"
        for row in _BAD_FILES:
            with self.subTest(row.description):
                path.write_text(row.text)
                done = rig.lb.run_agent(f"--services_file={path}")
                self.assert_refused(done, f"lb_agent: {path}{row.line}")
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
