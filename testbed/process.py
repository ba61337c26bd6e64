"""Processes inside namespaces, and the record that lets a later run end them."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
from typing import Callable, Mapping, Optional, Sequence

from testbed.errors import TestbedError
from testbed.namespace import Namespace
from testbed.programs import environment
from testbed.waiting import try_until, wait_until

_STOP_DEADLINE_S = 30.0
_LOG_TAIL_LINES = 8
_SIGTERM = signal.SIGTERM  # Process has a method `signal`


@dataclasses.dataclass(frozen=True)
class ProcessRecord:
    """What tells a started process from any other that ever has its pid."""

    pid: int
    start_time: int  # clock ticks since boot, field 22 of /proc/PID/stat
    namespace: int  # inode of its network namespace

    def save(self, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @staticmethod
    def load(path: pathlib.Path) -> Optional[ProcessRecord]:
        """None for a record whose writer died while it wrote."""
        try:
            return ProcessRecord(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            return None

    def members(self) -> list[int]:
        """The process and its descendants that live: its session, its namespace.

        Empty too when the pid names another process by now.
        """
        if _start_time(self.pid) not in (None, self.start_time):
            return []
        return [pid for pid in _pids() if self._has_member(pid)]

    def kill(self) -> None:
        """Ends them all, and returns when they are gone."""
        for pid in self.members():
            _signal(pid, signal.SIGKILL)
        wait_until(
            lambda: not self.members(), _STOP_DEADLINE_S, f"end of process {self.pid}"
        )

    def _has_member(self, pid: int) -> bool:
        stat = _stat(pid)
        if stat is None or stat.state in "ZX" or stat.session != self.pid:
            return False
        try:
            return os.stat(f"/proc/{pid}/ns/net").st_ino == self.namespace
        except OSError:
            return False


class Process:
    """A long-running program on a host; its output goes to a log file.

    It leads a session of its own, so that its children are found when it is
    gone. It outlives this Python process unless stop() or kill() is called; a
    later run ends it by its record.
    """

    def __init__(
        self,
        name: str,
        namespace: Namespace,
        command: Sequence[str],
        folder: pathlib.Path,
        extra_environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Starts it. `name` is for people, its log and its record in `folder`."""
        self.name = name
        self.log = folder / f"{name}.log"
        self._record_path = folder / f"{name}.process"
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(
                namespace.enter(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(extra_environment),
                start_new_session=True,
            )
        self._record = ProcessRecord(
            self.pid, _start_time(self.pid) or 0, namespace.inode()
        )
        self._record.save(self._record_path)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def signal_all(self, number: signal.Signals) -> None:
        """To the process and its descendants."""
        for pid in self._record.members():
            _signal(pid, number)

    def stop(self, number: signal.Signals = _SIGTERM, exit_code: int = 0) -> None:
        """Ends it by the signal.

        Raises when it ends with another exit code, or not within 30 s.
        """
        code = self._end(number)
        if code != exit_code:
            raise TestbedError(
                f"{self.name} ended with exit code {code}, expected {exit_code}: "
                f"{self.log_tail()}"
            )

    def kill(self) -> int:
        """SIGKILL: what a crash looks like to others."""
        return self._end(signal.SIGKILL)

    def wait_until_ready(
        self, ready: Callable[[], object], deadline_s: float, what: str
    ) -> None:
        """Waits for the condition `ready`; fails early when the process ends."""
        try_until(lambda: ready() or not self.running, deadline_s)
        if not self.running:
            raise TestbedError(
                f"{self.name} ended with exit code {self._popen.returncode}: {self.log_tail()}"
            )
        if not ready():
            raise TestbedError(
                f"{what}: not within {deadline_s:g} s: {self.log_tail()}"
            )

    def log_text(self) -> str:
        """What it has logged since it was started, and not an earlier one."""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace")

    def log_tail(self) -> str:
        """The last lines of its log, for error messages."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"{self.log}:", *lines[-_LOG_TAIL_LINES:]])

    def _end(self, number: signal.Signals) -> int:
        self.signal(number)
        try:
            code = self._popen.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise TestbedError(
                f"{self.name} did not end within {_STOP_DEADLINE_S:g} s of {number.name}"
            ) from None
        self._record.kill()
        self._record_path.unlink()
        return code


def end_recorded(folder: pathlib.Path) -> None:
    """Ends every process that has a record anywhere below `folder`."""
    for path in folder.rglob("*.process"):
        record = ProcessRecord.load(path)
        if record is not None:
            record.kill()


@dataclasses.dataclass(frozen=True)
class _Stat:
    """Of /proc/PID/stat, see proc(5)."""

    state: str
    session: int
    start_time: int


def _stat(pid: int) -> Optional[_Stat]:
    """None when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # from field 3 on
    return _Stat(fields[0], int(fields[3]), int(fields[19]))


def _start_time(pid: int) -> Optional[int]:
    stat = _stat(pid)
    return stat.start_time if stat else None


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
