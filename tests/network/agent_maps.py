"""An agent's maps, read and spoilt behind its back."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import struct
from typing import Callable, Iterator, Sequence

from testbed.agent import Agent
from testbed.namespace import call
from tests.network.flood import FLOODERS

# Of common/abi/map_layout.h.
_SLOTS_PER_LINE = 16
_OWNER = 0x00FFFFFF
_TRACKED = 0x80000000
_LINE = struct.Struct(f"={_SLOTS_PER_LINE}I")


class AgentMaps:
    """The maps of a running agent, by way of bpftool.

    For controls: tests that take something away from the program, and have to
    see connections break.
    """

    def __init__(self, agent: Agent, folder: pathlib.Path) -> None:
        """`folder` is for bpftool's batch files."""
        self._ids = dict(_maps_of(agent.process.pid))
        self._batch = folder / "bpftool.batch"

    def evict_flows(self) -> int:
        """Deletes entries of the flow table, as an LRU might; how many.

        All but those of a flood, which the agent deletes at the same time.
        """
        keys = [
            key
            for key, _ in self._entries("flows")
            if ipaddress.ip_address(key[:4]) not in FLOODERS
        ]
        self._run(f"map delete id {self._ids['flows']} key {_hex(k)}" for k in keys)
        return len(keys)

    def stop_tracking(self) -> int:
        """Makes all slots untracked ones; returns how many were tracked."""
        words = [w for line in self._lines("slots").values() for w in line]
        self._rewrite("slots", lambda slot, word: word & ~_TRACKED)
        return sum(1 for word in words if word & _TRACKED)

    def forget_priors(self) -> None:
        """Has each slot's prior be its owner."""
        slots = self._lines("slots")
        self._rewrite("priors", lambda line, _: slots[line[0]][line[1]] & _OWNER)

    def _rewrite(self, name: str, new: Callable[[tuple[int, int], int], int]) -> None:
        """Each word of an array of lines; `new` gets line, place and old word."""
        self._run(
            f"map update id {self._ids[name]} key {_hex(struct.pack('=I', number))} "
            f"value {_hex(_LINE.pack(*(new((number, i), w) for i, w in enumerate(line))))}"
            for number, line in self._lines(name).items()
        )

    def _lines(self, name: str) -> dict[int, tuple[int, ...]]:
        return {
            struct.unpack("=I", key)[0]: _LINE.unpack(value)
            for key, value in self._entries(name)
        }

    def _entries(self, name: str) -> list[tuple[bytes, bytes]]:
        text = call(["bpftool", "-j", "map", "dump", "id", str(self._ids[name])])
        return [(_bytes(e["key"]), _bytes(e["value"])) for e in json.loads(text)]

    def _run(self, commands: Iterator[str]) -> None:
        """An entry may be gone by the time that it is deleted."""
        self._batch.write_text("".join(f"{command}\n" for command in commands))
        call(["bpftool", "batch", "file", str(self._batch)])


def _maps_of(pid: int) -> Iterator[tuple[str, int]]:
    """Names and ids of the maps that a process has open."""
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            text = path.read_text()
        except FileNotFoundError:  # a connection that has been closed meanwhile
            continue
        fields = dict(line.split(":", 1) for line in text.splitlines())
        if "map_id" not in fields:
            continue
        number = int(fields["map_id"])
        found = json.loads(call(["bpftool", "-j", "map", "show", "id", str(number)]))
        yield found["name"], number


def _hex(data: bytes) -> str:
    return "hex " + " ".join(f"{byte:02x}" for byte in data)


def _bytes(numbers: Sequence[str]) -> bytes:
    return bytes(int(number, 16) for number in numbers)
