"""Requests through the VIP, and the way that they and the answers take.

One load balancer and three web servers. Needs root.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unittest
from typing import Counter, Mapping

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import Client
from testbed.host import FABRIC_INTERFACE, HEALTH, HEALTH_INTERFACE, VIP
from testbed.load_balancer import LoadBalancer
from testbed.nginx import LARGE_BYTES
from testbed.runfiles import runfile
from testbed.tap import counts_when
from testbed.web_server import WebServer
from tests.agent.services_text import service_text
from tests.network.capture import Capture

_OTHER_VIP = "10.0.0.201"
_NGINX_PORT = 8080
_UPLOAD_PORT = 9000
_UPLOAD_BYTES = 8_000_000
_MTU = 1500
_WEB1, _WEB2, _WEB3 = "10.0.0.101", "10.0.0.102", "10.0.0.103"
_SERVICES = "".join(
    [
        service_text([_WEB1, _WEB2, f"{_WEB3}@50"]),
        service_text([_WEB2], port=8000),
        service_text([_WEB1, _WEB3], vip=_OTHER_VIP, port=0),
    ]
)
_SYN_TO_VIP = f"dst host {VIP} and tcp[tcpflags] & tcp-syn != 0"

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(
        Testbed("forwarding_test", Binaries.find(), lbs=1, web_port=_NGINX_PORT)
    )
    bed.start(_SERVICES)
    lb().host.namespace.ip("addr", "add", f"{_OTHER_VIP}/32", "dev", FABRIC_INTERFACE)
    for web in bed.webs:
        apply_dnat(web)
        start_upload_server(web)


def apply_dnat(web: WebServer) -> None:
    """VIP:80 is nginx's, VIP:8000 the upload server's, the other VIP both's."""
    services = [f"tcp:{VIP}:80", f"tcp:{VIP}:8000", f"tcp:{_OTHER_VIP}:0"]
    ports = [f":{_NGINX_PORT}", f":{_UPLOAD_PORT}", ""]
    web.dnat(
        "apply",
        f"--service={','.join(services)}",
        f"--local={','.join(web.address + port for port in ports)}",
        f"--interface={FABRIC_INTERFACE}",
    )


def start_upload_server(web: WebServer) -> None:
    program = str(runfile("tests/network/upload_server.py"))
    arguments = [web.name, web.address, str(_UPLOAD_PORT)]
    process = web.host.start("upload_server", [sys.executable, program, *arguments])
    process.wait_until_ready(lambda: listens(web), 5, "upload server")


def listens(web: WebServer) -> bool:
    with web.host.socket() as probe:
        return probe.connect_ex((web.address, _UPLOAD_PORT)) == 0


def lb() -> LoadBalancer:
    return bed.lbs[0]


def client() -> Client:
    return bed.client


def tcp_segments() -> Mapping[str, str]:
    """The load balancer's own TCP counters, by name: InSegs, OutRsts, ..."""
    lines = lb().host.call("cat", "/proc/net/snmp").splitlines()
    names, values = [line.split()[1:] for line in lines if line.startswith("Tcp:")]
    return dict(zip(names, values))


class ForwardingTest(unittest.TestCase):
    def restart(self, services: str, *flags: str) -> None:
        """Starts the agent again, and in the end as it was before."""
        self.addCleanup(bed.wait_until_active, [_WEB1, _WEB2, _WEB3])
        self.addCleanup(lb().agent.start, _SERVICES)
        self.addCleanup(lb().agent.remove)
        lb().agent.remove()
        lb().agent.start(services, ["--health=none", *flags])

    def assert_shares(self, answers: Counter[str], weights: Mapping[str, int]) -> None:
        """Within five standard deviations of the binomial distribution."""
        total, all_weights = sum(answers.values()), sum(weights.values())
        self.assertEqual(set(answers), set(weights))
        for name, weight in weights.items():
            share = weight / all_weights
            limit = 5 * (total * share * (1 - share)) ** 0.5
            self.assertAlmostEqual(answers[name], total * share, delta=limit)

    def upload(self, url: str) -> str:
        """Sends some MB of noise; returns the server that got all of it."""
        body = os.urandom(_UPLOAD_BYTES)
        path = client().host.folder / "body"
        path.write_bytes(body)
        done = client().curl("--fail", "--data-binary", f"@{path}", url)
        server, digest = done.stdout.split()
        self.assertEqual(digest, hashlib.sha256(body).hexdigest())
        return server

    def captured_ttl(self, web: WebServer) -> int:
        """Of a request to the VIP, as the only web server receives it."""
        capture = Capture(web.host, FABRIC_INTERFACE, _SYN_TO_VIP)
        self.assertEqual(set(client().count_answers(1)), {web.name})
        return int(re.search(r"\bttl (\d+)", capture.text()).group(1))

    def test_web_servers_reach_their_own_services_by_the_vip(self) -> None:
        for web in bed.webs:
            self.assertEqual(Client(web.host).count_answers(30), {web.name: 30})

    def test_requests_reach_all_servers_by_weight(self) -> None:
        answers = client().count_answers(600)
        self.assert_shares(answers, {"web1": 100, "web2": 100, "web3": 50})

    def test_services_do_not_mix(self) -> None:
        """Each with servers of its own: by port, by VIP, on all ports."""
        for url, servers in (
            (f"http://{VIP}/", {"web1", "web2", "web3"}),
            (f"http://{_OTHER_VIP}:{_NGINX_PORT}/", {"web1", "web3"}),
        ):
            with self.subTest(url):
                self.assertEqual(set(client().count_answers(60, url)), servers)
        self.assertEqual(self.upload(f"http://{VIP}:8000/"), "web2")
        server = self.upload(f"http://{_OTHER_VIP}:{_UPLOAD_PORT}/")
        self.assertIn(server, {"web1", "web3"})

    def test_a_port_without_a_service_is_the_load_balancers_own(self) -> None:
        refused = 7  # of curl: could not connect
        before = int(tcp_segments()["OutRsts"])
        done = client().curl(f"http://{VIP}:81/", may_fail=True)
        self.assertEqual(done.returncode, refused)
        # A SYN that had to wait may have been sent again.
        self.assertGreater(int(tcp_segments()["OutRsts"]), before)

    def test_long_requests_arrive_whole(self) -> None:
        before = lb().host.frames(FABRIC_INTERFACE)
        self.upload(f"http://{VIP}:8000/")
        passed = lb().host.frames(FABRIC_INTERFACE) - before
        self.assertGreater(passed.rx_frames, _UPLOAD_BYTES / _MTU)
        self.assertGreater(passed.tx_frames, _UPLOAD_BYTES / _MTU)

    def test_answers_bypass_the_load_balancer(self) -> None:
        taps = [bed.network.tap(h) for h in (lb().host, client().host)]
        download = client().download_large()
        self.assertEqual(download.size_bytes, LARGE_BYTES)
        through, got = counts_when(
            taps,
            download.client_port,
            lambda at: at[0].requests_sent == at[1].requests_sent,
        )
        self.assertEqual((through.answers_received, through.answers_sent), (0, 0))
        self.assertGreater(got.answers_received, LARGE_BYTES / _MTU)
        self.assertGreater(got.requests_sent, 0)
        self.assertEqual(through.requests_received, got.requests_sent)
        self.assertEqual(through.requests_sent, got.requests_sent)

    def test_the_load_balancers_stack_sees_nothing(self) -> None:
        before = tcp_segments()
        client().count_answers(100)
        with client().connect(1)[0]:  # is open while the counters are read
            self.assertEqual(tcp_segments(), before)
            self.assertEqual(lb().host.call("ss", "-Htan", f"src {VIP}"), "")

    def test_the_ttl_is_decremented(self) -> None:
        self.restart(service_text([_WEB1]))
        self.assertEqual(self.captured_ttl(bed.web("web1")), 63)

    def test_the_ttl_is_kept_where_asked(self) -> None:
        self.restart(service_text([_WEB1]), "--decrement_ttl=false")
        self.assertEqual(self.captured_ttl(bed.web("web1")), 64)

    def test_generic_mode(self) -> None:
        self.restart(_SERVICES, "--xdp_mode=generic")
        answers = client().count_answers(100)
        self.assertEqual(set(answers), {"web1", "web2", "web3"})
        self.assertEqual(self.upload(f"http://{VIP}:8000/"), "web2")

    def test_a_backend_behind_another_interface(self) -> None:
        """Reached by a redirect: web1's address on the second network."""
        self.pass_xdp_on_the_second_network()
        web = bed.web("web1")
        self.use_second_network(web)
        self.restart(service_text([web.host.health_address]))
        before = self.redirected()
        capture = Capture(web.host, HEALTH_INTERFACE, _SYN_TO_VIP)
        self.assertEqual(client().count_answers(50), {"web1": 50})
        self.assertRegex(capture.text(), r"\bttl 63\b")
        self.assertGreater(self.redirected(), before + 50)

    def pass_xdp_on_the_second_network(self) -> None:
        port = bed.network.port(lb().host, HEALTH)
        xdp_pass = str(runfile("testbed/xdp_pass.bpf.o"))
        network = bed.network.namespace
        network.ip("link", "set", port, "xdpdrv", "object", xdp_pass, "section", "xdp")
        self.addCleanup(network.ip, "link", "set", port, "xdpdrv", "off")

    def use_second_network(self, web: WebServer) -> None:
        """Has the web server take the VIP's packets there."""
        self.addCleanup(apply_dnat, web)
        web.dnat(
            "apply",
            f"--service=tcp:{VIP}:80",
            f"--local={web.host.health_address}:{_NGINX_PORT}",
            f"--interface={HEALTH_INTERFACE}",
        )

    def redirected(self) -> int:
        """Frames that the program has redirected, by its own count."""
        verdicts = lb().agent.lbctl_json("stats")["verdict"]
        [found] = [v for v in verdicts if v["verdict"] == "forward_redirect"]
        return int(found["counter"].get("packets", 0))


if __name__ == "__main__":
    unittest.main()
