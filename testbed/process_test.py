"""Needs root, like everything that enters namespaces."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from testbed.errors import TestbedError
from testbed.namespace import Namespace, remove_namespaces_of
from testbed.process import Process, ProcessRecord, end_recorded
from testbed.state import assert_root

_BED = "process_test"
_WITH_CHILD = ["sh", "-c", "sleep 1000 & sleep 1000"]


class ProcessTest(unittest.TestCase):
    def setUp(self) -> None:
        assert_root()
        remove_namespaces_of(_BED)
        self.namespace = Namespace(_BED, "host")
        self.namespace.create()
        self.addCleanup(remove_namespaces_of, _BED)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(end_recorded, self.folder)

    def start(self, *command: str) -> Process:
        return Process("program", self.namespace, command, self.folder)

    def record(self) -> ProcessRecord:
        return ProcessRecord.load(self.folder / "program.process")

    def test_runs_in_the_namespace(self) -> None:
        process = self.start("sleep", "1000")
        process.wait_until_ready(lambda: self.record().members(), 5, "sleep")
        inside = os.stat(f"/proc/{process.pid}/ns/net").st_ino
        self.assertEqual(inside, self.namespace.inode())
        process.kill()

    def test_stop_returns_the_exit_code_and_forgets_the_process(self) -> None:
        process = self.start(
            "sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"
        )
        process.wait_until_ready(lambda: "up" in process.log.read_text(), 5, "trap")
        process.stop(exit_code=7)
        self.assertFalse((self.folder / "program.process").exists())

    def test_kill_ends_children_too(self) -> None:
        process = self.start(*_WITH_CHILD)
        process.wait_until_ready(lambda: len(self.record().members()) == 3, 5, "child")
        record = self.record()
        process.kill()
        self.assertEqual(record.members(), [])

    def test_early_end_is_told_with_the_log(self) -> None:
        process = self.start("sh", "-c", "echo no such flag >&2; exit 3")
        with self.assertRaisesRegex(TestbedError, "(?s)exit code 3.*no such flag"):
            process.wait_until_ready(lambda: False, 5, "ready")

    def test_what_a_crashed_run_left_is_ended(self) -> None:
        self.crash_after_start()
        record = self.record()
        self.assertNotEqual(record.members(), [])
        end_recorded(self.folder)
        self.assertEqual(record.members(), [])

    def test_another_process_with_the_pid_is_left_alone(self) -> None:
        other = subprocess.Popen(
            self.namespace.enter(["sleep", "1000"]), start_new_session=True
        )
        stale = ProcessRecord(other.pid, 1, self.namespace.inode())
        stale.save(self.folder / "stale.process")
        end_recorded(self.folder)
        self.assertIsNone(other.poll())
        other.send_signal(signal.SIGKILL)
        other.wait()

    def test_a_process_outside_the_namespace_is_left_alone(self) -> None:
        process = self.start("sleep", "1000")
        process.wait_until_ready(lambda: self.record().members(), 5, "sleep")
        record = self.record()
        elsewhere = ProcessRecord(record.pid, record.start_time, record.namespace + 1)
        self.assertEqual(elsewhere.members(), [])
        process.kill()

    def test_a_damaged_record_is_none(self) -> None:
        path = self.folder / "damaged.process"
        path.write_text('{"pid": 1, "st')
        self.assertIsNone(ProcessRecord.load(path))

    def crash_after_start(self) -> None:
        """Starts the program from a process that ends without any clean-up."""
        script = (
            "import os, pathlib\n"
            "from testbed.namespace import Namespace\n"
            "from testbed.process import Process\n"
            f"p = Process('program', Namespace({_BED!r}, 'host'), {_WITH_CHILD!r},"
            f" pathlib.Path({os.fspath(self.folder)!r}))\n"
            "p.wait_until_ready(lambda: len(p._record.members()) == 3, 5, 'child')\n"
            "os._exit(9)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", script], env=environment)
        self.assertEqual(done.returncode, 9)


if __name__ == "__main__":
    unittest.main()
