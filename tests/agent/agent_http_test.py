"""What lb_agent serves to monitoring: /metrics and /healthz. Needs root."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import unittest

from testbed.host import FABRIC_INTERFACE, Host
from testbed.waiting import wait_until
from tests.agent.prometheus_text import Samples, parse
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_SERVICES = service_text(["10.0.0.101", "10.0.0.102@0"], table_size=251)

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("agent_http_test"))


def ask(
    host: Host, path: str, method: str = "GET", port: int = 9275
) -> tuple[http.client.HTTPResponse, str]:
    """What the host's own 127.0.0.1 answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.sock = host.socket()
        connection.sock.connect(("127.0.0.1", port))
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read().decode()


class AgentHttpTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lb = rig.lb
        self.addCleanup(self.lb.stop)

    def metrics(self) -> Samples:
        response, body = ask(self.lb.host, "/metrics")
        self.assertEqual(response.status, 200)
        self.assertEqual(
            response.getheader("Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8",
        )
        return parse(body)

    def test_metrics_tell_what_the_agent_was_asked_to_do(self) -> None:
        self.lb.start(_SERVICES)
        samples = self.metrics()
        service = 'service="tcp:10.0.0.200:80"'
        for sample, value in {
            f"l275_service_slots{{{service}}}": 251,
            f'l275_backend_weight{{{service},backend="10.0.0.101"}}': 100,
            f'l275_backend_active{{{service},backend="10.0.0.101"}}': 1,
            f'l275_backend_slots{{{service},backend="10.0.0.101"}}': 251,
            f'l275_backend_active{{{service},backend="10.0.0.102"}}': 0,
            'l275_verdict_packets_total{verdict="forward_tx",action="TX"}': 0,
            "l275_slots_used": 251,
            "l275_write_failures_total": 0,
        }.items():
            self.assertEqual(samples.get(sample), value, sample)

    def test_an_interface_that_comes_back_is_attached_again(self) -> None:
        namespace = self.lb.host.namespace
        add = ["link", "add", "second", "type", "veth", "peer", "name", "peer2"]
        namespace.ip(*add)
        self.addCleanup(namespace.ip, "link", "delete", "second")
        self.lb.start(_SERVICES, f"--interface={FABRIC_INTERFACE},second")

        def health() -> tuple[int, str]:
            response, body = ask(self.lb.host, "/healthz")
            return response.status, body

        self.assertEqual(health(), (200, "ok\n"))
        namespace.ip("link", "delete", "second")
        gone = (503, "the program is not attached to second\n")
        wait_until(lambda: health() == gone, 30, "the interface missed")
        namespace.ip(*add)
        wait_until(lambda: health() == (200, "ok\n"), 30, "the interface attached")
        self.assertIn("prog/xdp", namespace.ip("-d", "link", "show", "second"))

    def test_every_verdict_that_lbctl_knows_has_a_metric(self) -> None:
        self.lb.start(_SERVICES)
        samples = self.metrics()
        verdicts = self.lb.agent.lbctl_json("stats")["verdict"]
        self.assertGreater(len(verdicts), 10)
        for verdict in verdicts:
            labels = f'verdict="{verdict["verdict"]}",action="{verdict["action"]}"'
            self.assertIn(f"l275_verdict_packets_total{{{labels}}}", samples)
            self.assertIn(f"l275_verdict_bytes_total{{{labels}}}", samples)

    def test_metrics_parse_without_any_service(self) -> None:
        self.lb.start("", "--allow_empty")
        self.assertEqual(self.metrics()["l275_slots_used"], 0)

    def test_beacons_are_counted_when_they_are_heard(self) -> None:
        self.lb.start(_SERVICES, "--health=beacon", "--beacon_interface=eth1")
        samples = self.metrics()
        self.assertEqual(samples['l275_beacons_total{result="malformed"}'], 0)

    def test_healthz(self) -> None:
        self.lb.start(_SERVICES)
        response, body = ask(self.lb.host, "/healthz")
        self.assertEqual((response.status, body), (200, "ok\n"))

    def test_anything_else_is_refused(self) -> None:
        self.lb.start(_SERVICES)
        for method, path, status in (
            ("GET", "/", 404),
            ("GET", "/metrics/more", 404),
            ("GET", "/v1/config", 404),
            ("POST", "/v1/apply", 501),
            ("POST", "/metrics", 501),
        ):
            with self.subTest(f"{method} {path}"):
                response, _ = ask(self.lb.host, path, method)
                self.assertEqual(response.status, status)

    def test_a_crowd_leaves_lbctl_alone(self) -> None:
        self.lb.start(_SERVICES)
        self.assert_crowd_is_borne("it has 64, the most it may have")

    def test_a_crowd_leaves_lbctl_alone_where_descriptors_are_few(self) -> None:
        self.lb.start(_SERVICES)
        pid = self.lb.agent.process.pid
        few = len(os.listdir(f"/proc/{pid}/fd")) + 60
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, few))
        self.assert_crowd_is_borne("only 48 file descriptors are left")

    def assert_crowd_is_borne(self, complaint: str) -> None:
        """300 clients of the metrics port who say nothing, and more who wait."""
        complaint = f"cannot accept connections on 127.0.0.1:9275: {complaint}"
        log = self.lb.agent.process.log_text
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                client = stack.enter_context(self.lb.host.socket())
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", 9275))
            wait_until(lambda: complaint in log(), 10, complaint)
            for _ in range(5):
                done = self.lb.agent.lbctl("status")
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertLessEqual(log().count("cannot accept"), 10)
        self.assertEqual(self.metrics()["l275_slots_used"], 251)

    def test_another_address_and_port(self) -> None:
        self.lb.start(_SERVICES, "--http_listen=127.0.0.1:8000")
        response, _ = ask(self.lb.host, "/healthz", port=8000)
        self.assertEqual(response.status, 200)
        with self.assertRaises(ConnectionRefusedError):
            ask(self.lb.host, "/healthz")

    def test_empty_turns_it_off(self) -> None:
        self.lb.start(_SERVICES, "--http_listen=")
        self.assertEqual(self.lb.host.call("ss", "-H", "-ltn"), "")


if __name__ == "__main__":
    unittest.main()
