"""Frames to the VIP all the time, to see for how long none of them arrives."""

from __future__ import annotations

import bisect
import ctypes
import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import select
import signal
import socket
import struct
import time
from typing import Optional

from testbed.bed import Testbed
from testbed.errors import TestbedError
from testbed.host import FABRIC_INTERFACE, VIP
from testbed.web_server import WebServer

_INTERVAL_S = 0.001
# One of the flooders' addresses, which drop_at_servers() has the servers drop.
_SOURCE = socket.inet_aton("198.18.0.1")
# This many probes later than one that was overtaken by none, it is lost.
_DECIDED_AFTER = 50
_DECIDED_S = 30.0
# Below keepalived's: the prober is not to be what delays a failover.
_PRIORITY = 10
_FIRST_PORT = 1024
_PORTS = 60_000  # a flow for each, so that probes go to all servers
_ETH_P_IP = 0x0800
_SO_ATTACH_FILTER = 26
_SEQUENCE = slice(38, 42)  # behind Ethernet, IPv4 without options, TCP's ports


@dataclasses.dataclass(frozen=True)
class Loss:
    """What became of the probes that were sent within a time."""

    sent: int
    lost: int
    # Between the last that arrived before lost ones, and the next that did; the
    # longest of such times. 0: none was lost.
    gap_s: float


class FrameProber:
    """Sends a TCP segment to the VIP each millisecond, and sees which get through.

        drop_at_servers(bed)
        with FrameProber(bed) as prober:
            since = time.monotonic()
            ...
            prober.loss(since).gap_s

    The client's kernel chooses the load balancer, as for any packet of its. A
    probe has arrived when a web server's interface has received it as its own:
    what the switches flood is not enough. Answers have no part in it, nor has
    the time that a busy server takes: each frame lost is the network's.

    A process of its own, at real-time priority, does it: so it goes on at its
    pace on a busy machine. Enter it before other threads are started.
    """

    def __init__(self, bed: Testbed) -> None:
        # The fork leaves this thread's sockets and settings to the child.
        context = multiprocessing.get_context("fork")
        self._pipe, self._childs_pipe = context.Pipe()
        sender = _sender(bed)
        receivers = [_receiver(web) for web in bed.webs]
        self._sockets = [sender, *receivers]
        self._process = context.Process(
            target=self._run, args=(sender, receivers), daemon=True
        )

    def __enter__(self) -> FrameProber:
        self._process.start()
        self._childs_pipe.close()
        for sock in self._sockets:
            sock.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join()

    def loss(self, since: float) -> Loss:
        """Of the probes sent from `since` (time.monotonic()) until now.

        Returns when it is decided what became of them. Raises TestbedError when
        nothing gets through any more.
        """
        self._pipe.send(since)
        if not self._pipe.poll(_DECIDED_S):
            raise TestbedError(f"no probe arrived within {_DECIDED_S:g} s")
        return self._pipe.recv()

    def _run(self, sender: socket.socket, receivers: list[socket.socket]) -> None:
        self._pipe.close()  # or the end of the parent would not be seen
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
        _Probes(sender, receivers, self._childs_pipe).run()


class _Probes:
    """All probes, in the order of sending. In the child."""

    def __init__(
        self,
        sender: socket.socket,
        receivers: list[socket.socket],
        pipe: multiprocessing.connection.Connection,
    ) -> None:
        self._sender = sender
        self._receivers = {receiver.fileno(): receiver for receiver in receivers}
        self._pipe = pipe
        self._sent: list[float] = []  # time.monotonic()
        self._arrived = bytearray()
        self._newest = -1  # that arrived
        self._asked: Optional[tuple[float, int]] = None  # since, and probes till then

    def run(self) -> None:
        """Until the other end of the pipe is closed."""
        poll = select.poll()
        for fd in (self._pipe.fileno(), *self._receivers):
            poll.register(fd, select.POLLIN)
        next_s = time.monotonic()
        while True:
            left_s = next_s - time.monotonic()
            if left_s <= 0:
                self._send()
                next_s = max(next_s + _INTERVAL_S, time.monotonic())
            for fd, _ in poll.poll(max(left_s, 0) * 1000):
                if fd in self._receivers:
                    self._receive(self._receivers[fd])
                elif not self._listen():
                    return
            self._answer()

    def _send(self) -> None:
        index = len(self._sent)
        self._sent.append(time.monotonic())
        self._arrived.append(False)
        try:
            self._sender.sendto(_probe(index), (VIP, 0))
        except OSError:
            pass  # no neighbour: lost, as it will be found to be

    def _receive(self, receiver: socket.socket) -> None:
        frame, address = receiver.recvfrom(64)
        if address[2] != socket.PACKET_HOST:
            return
        [index] = struct.unpack("!I", frame[_SEQUENCE])
        self._arrived[index] = True
        self._newest = max(self._newest, index)

    def _listen(self) -> bool:
        """False when nobody will ask any more."""
        try:
            self._asked = self._pipe.recv(), len(self._sent)
            return True
        except EOFError:
            return False

    def _answer(self) -> None:
        if self._asked is None or self._newest < self._asked[1] + _DECIDED_AFTER:
            return
        since, end = self._asked
        self._asked = None
        self._pipe.send(self._loss(since, end))

    def _loss(self, since: float, end: int) -> Loss:
        begin = bisect.bisect_left(self._sent, since)
        lost = [i for i in range(begin, end) if not self._arrived[i]]
        gaps = [self._gap_s(i) for i in lost]
        return Loss(end - begin, len(lost), max(gaps, default=0.0))

    def _gap_s(self, index: int) -> float:
        """Around a probe that was lost."""
        before = self._arrived.rfind(True, 0, index)
        after = self._arrived.find(True, index)
        return self._sent[after] - self._sent[max(before, 0)]


def _sender(bed: Testbed) -> socket.socket:
    """See raw(7)."""
    with bed.client.host.namespace.entered():
        return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def _receiver(web: WebServer) -> socket.socket:
    """Of the probes alone, see packet(7)."""
    with web.host.namespace.entered():
        receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    _attach_filter(receiver)
    receiver.bind((FABRIC_INTERFACE, _ETH_P_IP))
    return receiver


def _attach_filter(receiver: socket.socket) -> None:
    """Frames of IPv4 from _SOURCE. Classic BPF, see linux/filter.h."""
    [source] = struct.unpack("!I", _SOURCE)
    # fmt: off
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in [
        (0x20, 0, 0, 26),      # load the source address
        (0x15, 0, 1, source),  # if it is not this one, skip
        (0x06, 0, 0, 64),      # take 64 bytes
        (0x06, 0, 0, 0),       # take none
    ])
    # fmt: on
    buffer = ctypes.create_string_buffer(program)
    length = len(program) // 8
    fprog = struct.pack("@HP", length, ctypes.addressof(buffer))
    receiver.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)


def _probe(index: int) -> bytes:
    """A segment with ACK of no connection; its sequence number is the index."""
    port = _FIRST_PORT + index % _PORTS
    tcp = struct.pack("!HHIIBBHHH", port, 80, index, 0, 5 << 4, 0x10, 0, 0, 0)
    vip = socket.inet_aton(VIP)
    # The kernel writes the length and the checksum.
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 6, 0, _SOURCE, vip)
    return ip + tcp
