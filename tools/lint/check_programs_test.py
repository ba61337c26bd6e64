"""What check_programs.py finds, in sources made for it."""

from __future__ import annotations

import unittest

from tools.lint.check_programs import complaints, why_not_installed
from tools.lint.debian_packages import Packages, dependencies, listed_packages
from tools.lint.started_programs import commands

_SCRIPT = """\
#!/bin/bash
cd "$(dirname "$0")/.."
packages=(
  ping  # no command
)
count() { grep -c x "$log" || true; }
if [ -e x ]; then ip link; else nft list ruleset; fi
echo 'sudo here' "man there"  # arping nobody
for p in "${packages[@]}"; do X=1 ethtool \\
  -K eth0 | tee x >/dev/null; done
count
"""


def missing(program: str) -> str:
    return f"{program} is missing"


class CommandsTest(unittest.TestCase):
    def test_the_first_word_of_each_simple_command(self) -> None:
        found = {start.program for start in commands(_SCRIPT)}
        self.assertEqual(found, {"dirname", "grep", "ip", "nft", "ethtool", "tee"})


class ComplaintsTest(unittest.TestCase):
    def complaints(self, path: str, text: str) -> list[str]:
        return list(complaints(path, text, missing))

    def test_absolute_paths_in_any_source(self) -> None:
        for path in ("a.cc", "a.h", "a.py", "a.bzl", "a/BUILD.bazel", "a.sh"):
            with self.subTest(path):
                text = 'x = "/usr/sbin/arping"\n'
                self.assertIn(
                    f"{path}:1: /usr/sbin/arping is missing",
                    self.complaints(path, text),
                )

    def test_paths_elsewhere_are_not_debians(self) -> None:
        self.assertEqual(self.complaints("a.py", 'x = "/usr/local/bin/check"\n'), [])

    def test_commands_of_scripts(self) -> None:
        found = self.complaints("a.sh", "set -e\narping -c 1 10.0.0.1\n")
        self.assertEqual(found, ["a.sh:2: arping is missing"])

    def test_starts_in_python_elsewhere_than_in_the_testbed(self) -> None:
        for line in (
            "import subprocess; subprocess.run(['ping'])",
            "import subprocess; subprocess.Popen(['ping'])",
            "import os; os.system('ping')",
            "import os; os.execvp('ping', [])",
            "import asyncio; asyncio.create_subprocess_exec('ping')",
            "from subprocess import run",
            "import requests",
        ):
            with self.subTest(line):
                self.assertEqual(len(self.complaints("tests/a.py", line)), 1)
        self.assertEqual(
            self.complaints(
                "tests/a.py", "import subprocess\nx: subprocess.CompletedProcess[str]"
            ),
            [],
        )

    def test_starts_in_cxx_that_search_the_path(self) -> None:
        for line in ('system("ping");', 'popen("ping", "r");', "execvp(a, b);"):
            with self.subTest(line):
                self.assertEqual(len(self.complaints("a.cc", line)), 1)
        for line in ("posix_spawn(&pid, path);", "// system() is", "a.system(x)"):
            with self.subTest(line):
                self.assertEqual(self.complaints("a.cc", line), [])


class InstalledTest(unittest.TestCase):
    def test_the_list(self) -> None:
        text = "x\npackages=(\n  # build\n  g++ git\n  curl # c\n)\ny=(z)\n"
        self.assertEqual(listed_packages(text), {"g++", "git", "curl"})

    def test_dependencies(self) -> None:
        self.assertEqual(
            dependencies("libc6 (>= 2.3), a | b, python3:any, "),
            ["libc6", "a", "python3"],
        )

    def test_a_program_is_installed_by_its_package_alone(self) -> None:
        packages = Packages()
        brought = packages.programs(packages.with_dependencies(["iproute2"]))
        for program in ("ip", "/bin/ip", "/sbin/ip", "ss", "sh", "mount", "cat"):
            with self.subTest(program):
                self.assertEqual(why_not_installed(program, brought), "")
        without = packages.programs(packages.with_dependencies([]))
        self.assertIn("of no package", why_not_installed("ip", without))
        self.assertIn("of no package", why_not_installed("curl", brought))
        self.assertIn("no such program", why_not_installed("no-such", brought))


if __name__ == "__main__":
    unittest.main()
