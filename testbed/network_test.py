"""Needs root: makes namespaces."""

import time
import unittest

from testbed.errors import TestbedError
from testbed.client import Client
from testbed.host import FABRIC_INTERFACE, VIP, Host
from testbed.namespace import (
    Namespace,
    call,
    namespaces_of,
    remove_namespaces_of,
)
from testbed.network import Network
from testbed.nginx import Nginx
from testbed.prober import Prober
from testbed.runfiles import runfile
from testbed.state import State, assert_root
from testbed.tap import VipFrames, counts_when
from testbed.waiting import wait_until

_BED = "network_test"
_OWN = "network_test_own"
_DEADLINE_S = 30.0


class NetworkTest(unittest.TestCase):
    """A client and a server that, for once, owns the VIP itself."""

    def setUp(self) -> None:
        assert_root()
        self.enter_own_namespace()
        self.own_links = call(["ip", "-brief", "link"])
        self.state = State(_BED)
        self.state.lock()
        self.state.remove()
        self.state.create()
        self.addCleanup(self.state.unlock)
        self.addCleanup(self.state.remove)
        self.network = Network(_BED)
        self.network.create()
        self.client = self.add_host("client", 1)
        self.server = self.add_host("web1", 101)
        self.server.namespace.ip("addr", "add", f"{VIP}/32", "dev", FABRIC_INTERFACE)

    def enter_own_namespace(self) -> None:
        """In place of the machine's, in which others may change links meanwhile."""
        remove_namespaces_of(_OWN)
        own = Namespace(_OWN, "machine")
        self.addCleanup(remove_namespaces_of, _OWN)
        own.create()
        self.enterContext(own.entered())

    def add_host(self, name: str, number: int) -> Host:
        host = Host(_BED, name, number, self.state.host_folder(name))
        host.namespace.create()
        self.network.plug(host)
        self.addCleanup(host.kill_all)
        return host

    def start_nginx(self) -> None:
        Nginx(self.server).start()

    def wait_until_reached(self, address: str) -> None:
        """After a while: a port of the switch that came up learns first."""
        wait_until(lambda: self.client.reaches(address), _DEADLINE_S, address)

    def test_hosts_reach_each_other_on_both_networks(self) -> None:
        self.wait_until_reached("10.0.0.101")
        self.wait_until_reached("10.1.0.101")

    def test_a_host_is_cut_off_until_it_is_healed(self) -> None:
        self.network.cut(self.server)
        self.assertFalse(self.client.reaches("10.0.0.101"))
        self.assertFalse(self.client.reaches("10.1.0.101"))
        self.network.heal(self.server)
        self.wait_until_reached("10.0.0.101")

    def test_the_path_between_two_hosts_is_cut_until_it_is_healed(self) -> None:
        other = self.add_host("web2", 102)
        self.network.cut_path(self.client, other)
        self.assertFalse(self.client.reaches("10.0.0.102"))
        self.assertFalse(self.client.reaches("10.1.0.102"))
        self.wait_until_reached("10.0.0.101")
        self.network.heal_path()
        self.wait_until_reached("10.0.0.102")
        self.network.heal_path()

    def test_interfaces_after_a_boot(self) -> None:
        self.wait_until_reached("10.0.0.101")
        self.server.reset_interfaces()
        self.assertEqual(self.server.addresses(FABRIC_INTERFACE), ["10.0.0.101"])
        self.assertEqual(self.server.call("ip", "neigh", "show"), "")
        self.wait_until_reached("10.0.0.101")

    def test_the_switch_passes_frames_through_native_xdp(self) -> None:
        self.network.pass_xdp(self.server, runfile("testbed/xdp_pass.bpf.o"))
        link = self.network.namespace.ip("link", "show", "fabric-web1")
        self.assertRegex(link, r"\bxdp\b.*\n.*\n.*xdp_pass")
        self.wait_until_reached("10.0.0.101")

    def test_removal_leaves_nothing_and_touches_nothing_else(self) -> None:
        self.start_nginx()
        self.state.mount_bpf("web1")
        other = State(f"{_BED}_2")
        self.addCleanup(other.remove)
        Network(other.bed).create()
        self.state.remove()
        self.assertEqual(namespaces_of(_BED), [])
        self.assertFalse(self.state.leftovers())
        self.assertTrue(other.leftovers())
        self.assertEqual(call(["ip", "-brief", "link"]), self.own_links)

    def test_one_name_is_used_once_at_a_time(self) -> None:
        with self.assertRaisesRegex(TestbedError, "another process is using it"):
            State(_BED).lock()

    def test_names_that_could_be_mistaken_are_refused(self) -> None:
        for name in ("", "a-b", "../a", "A", "a" * 33):
            with self.subTest(name), self.assertRaisesRegex(TestbedError, "expected"):
                State(name)

    def test_curl_counts_who_answers(self) -> None:
        self.start_nginx()
        self.assertEqual(Client(self.client).count_answers(20), {"web1": 20})

    def test_curl_without_an_answer_is_an_error(self) -> None:
        with self.assertRaisesRegex(TestbedError, "20 requests.* got 0 answers"):
            Client(self.client).count_answers(20)

    def test_taps_count_requests_and_answers_by_direction(self) -> None:
        self.start_nginx()
        taps = [self.network.tap(host) for host in (self.client, self.server)]
        download = Client(self.client).download_large()
        self.assertEqual((download.server, download.size_bytes), ("web1", 5_000_000))
        client, server = counts_when(taps, download.client_port, _agree)
        self.assertGreater(client.requests_sent, 10)
        self.assertEqual(client.requests_sent, server.requests_received)
        self.assertGreater(server.answers_sent, 5_000_000 / 1500)
        self.assertEqual(client.answers_received, server.answers_sent)
        self.assertEqual((client.requests_received, server.requests_sent), (0, 0))

    def test_the_prober_measures_a_gap(self) -> None:
        self.start_nginx()
        with Prober(self.client) as prober:
            wait_until(lambda: prober.answers(0), _DEADLINE_S, "an answer")
            self.network.cut(self.server)
            wait_until(lambda: prober.lost(0) > 20, _DEADLINE_S, "20 requests lost")
            heal_s = time.monotonic()
            self.network.heal(self.server)
            wait_until(lambda: prober.answers(heal_s), _DEADLINE_S, "answers again")
        self.assertEqual(set(prober.answers(0)), {"web1"})
        self.assertGreater(prober.gap_s(0), 0.5)


def _agree(counts: list[VipFrames]) -> bool:
    """Whether what one of the two sent is what the other one received."""
    client, server = counts
    return (client.requests_sent, server.answers_sent) == (
        server.requests_received,
        client.answers_received,
    )


if __name__ == "__main__":
    unittest.main()
