"""The testbed: six hosts, two networks, and everything that runs on them."""

from __future__ import annotations

from typing import Iterable, Optional, Sequence

from testbed.agent import services_text
from testbed.binaries import Binaries
from testbed.client import Client
from testbed.errors import TestbedError
from testbed.host import HEALTH, Host, address_on
from testbed.keepalived import ADVERT_INTERVAL_S
from testbed.load_balancer import LoadBalancer
from testbed.network import Network
from testbed.signals import raise_on_signals, signals_ignored
from testbed.state import State, assert_root
from testbed.waiting import wait_until
from testbed.web_server import WebServer

_CLIENT_NUMBER = 1
_FIRST_LB_NUMBER = 11
_FIRST_WEB_NUMBER = 101
_SETTLED_S = 60.0


class Testbed:
    """A client, load balancers and web servers, each in a network namespace.

        with Testbed("my_test", Binaries.find()) as bed:
            bed.start()
            bed.client.count_answers(300)
            bed.web("web1").kill_beacon()
            bed.lb("lb1").agent.lbctl("status")

    Entering makes the hosts and networks, after removing what a crashed run of
    the same name left; nothing runs on them until it is started. Leaving ends
    and removes everything, unless keep() was called. Testbeds of different names
    live side by side. Needs root.

    The main thread uses it (SIGTERM and SIGHUP end it by an exception, so that
    all is removed); Prober has a thread of its own.
    """

    def __init__(
        self,
        name: str,
        binaries: Binaries,
        lbs: int = 2,
        webs: int = 3,
        web_port: int = 80,
        advert_interval_s: float = ADVERT_INTERVAL_S,
    ) -> None:
        """`name` is 1 to 32 of a-z, 0-9 and _; lbs and webs count hosts.

        nginx listens on `web_port`, to which DNAT translates the VIP's port 80.
        The VIP moves after three times `advert_interval_s` without an advert.
        """
        assert_root()
        self.name = name
        self.state = State(name)
        self.network = Network(name)
        self._binaries = binaries
        self._counts = (lbs, webs)
        self._web_port = web_port
        self._advert_interval_s = advert_interval_s
        self._kept = False
        self._hosts: list[Host] = []
        self._client: Optional[Client] = None
        self.lbs: list[LoadBalancer] = []
        self.webs: list[WebServer] = []

    def __enter__(self) -> Testbed:
        self.state.lock()
        raise_on_signals()
        try:
            self.state.remove()
            self.state.create()
            self._binaries.save(self.state.folder)
            self._create()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._kept:
            self.state.unlock()
        else:
            self._leave()

    def keep(self) -> None:
        """Leaves everything up and running when the testbed is left."""
        self._kept = True

    @property
    def client(self) -> Client:
        return self._client

    def lb(self, name: str) -> LoadBalancer:
        return next(lb for lb in self.lbs if lb.name == name)

    def web(self, name: str) -> WebServer:
        return next(web for web in self.webs if web.name == name)

    def add_web(self) -> WebServer:
        """Makes one more web server, not started: web4 at 10.0.0.104, and so on."""
        index = len(self.webs)
        host = self._add_host(f"web{index + 1}", _FIRST_WEB_NUMBER + index)
        self.webs.append(
            WebServer(host, self._binaries, self.state.beacon_keys, self._web_port)
        )
        return self.webs[-1]

    def start(
        self, services: Optional[str] = None, agent_flags: Sequence[str] = ()
    ) -> None:
        """Starts everything everywhere; returns when the VIP is served.

        `services` is the text of the services file; by default all web servers
        serve tcp:10.0.0.200:80.
        """
        for web in self.webs:
            web.start()
        for lb in self.lbs:
            lb.agent.start(services or self.services(), agent_flags)
        self.wait_until_active({web.address for web in self.webs})
        self.start_vrrp()

    def start_vrrp(self) -> None:
        """One after the other: the first one gets the VIP."""
        for lb in self.lbs:
            lb.keepalived.start()
            self.wait_until_served()

    def services(self) -> str:
        """A services file: all web servers there are now, for the VIP's port 80."""
        return services_text(web.address for web in self.webs)

    def power_off(self, lb: LoadBalancer) -> None:
        """The load balancer falls silent: link first, so that nothing is said."""
        self.network.cut(lb.host)
        lb.lose_power()

    def power_on(self, lb: LoadBalancer) -> None:
        """Returns when keepalived has begun; the backends are not heard yet."""
        self.network.heal(lb.host)
        lb.boot()

    def wait_until_active(
        self, addresses: Iterable[str], deadline_s: float = _SETTLED_S
    ) -> None:
        """Waits until exactly these backends get flows, on every load balancer."""
        expected = set(addresses)
        wait_until(
            lambda: all(lb.agent.active_backends() == expected for lb in self.lbs),
            deadline_s,
            f"active backends {', '.join(sorted(expected)) or 'none'}",
        )

    def wait_until_served(self, deadline_s: float = _SETTLED_S) -> LoadBalancer:
        """Waits until one load balancer alone holds the VIP, and returns it."""
        wait_until(
            lambda: len(self._holders()) == 1, deadline_s, "one holder of the VIP"
        )
        return self.active_lb()

    def active_lb(self) -> LoadBalancer:
        """The load balancer that holds the VIP."""
        holders = self._holders()
        if len(holders) != 1:
            raise TestbedError(
                f"{len(holders)} load balancers hold the VIP, expected 1"
            )
        return holders[0]

    def other_lb(self, lb: LoadBalancer) -> LoadBalancer:
        return next(other for other in self.lbs if other is not lb)

    def _holders(self) -> list[LoadBalancer]:
        return [lb for lb in self.lbs if lb.keepalived.active()]

    def _create(self) -> None:
        lbs, webs = self._counts
        self.network.create()
        self._client = Client(self._add_host("client", _CLIENT_NUMBER))
        for index in range(lbs):
            self._add_lb(index)
        for _ in range(webs):
            self.add_web()

    def _add_lb(self, index: int) -> None:
        host = self._add_host(f"lb{index + 1}", _FIRST_LB_NUMBER + index)
        self.network.pass_xdp(host, self._binaries.xdp_pass)
        pins = self.state.mount_bpf(host.name)
        keys = self.state.beacon_keys
        peers = self._peers(index)
        lb = LoadBalancer(host, self._binaries, pins, keys, peers)
        lb.keepalived.advert_interval_s = self._advert_interval_s
        lb.prepare()
        self.lbs.append(lb)

    def _peers(self, index: int) -> list[str]:
        """The health addresses of the load balancers other than this one."""
        others = [other for other in range(self._counts[0]) if other != index]
        return [address_on(HEALTH, _FIRST_LB_NUMBER + other) for other in others]

    def _add_host(self, name: str, number: int) -> Host:
        host = Host(self.name, name, number, self.state.host_folder(name))
        host.namespace.create()
        self.network.plug(host)
        self._hosts.append(host)
        return host

    def _leave(self) -> None:
        with signals_ignored():
            for host in self._hosts:
                host.kill_all()
            self.state.remove()
            self.state.unlock()
