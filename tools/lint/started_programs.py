"""Which programs a source file starts, and starts that nobody can look through."""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from typing import Iterator

# Those that start programs for all others, or test that.
_STARTERS = frozenset(
    {
        "testbed/on.py",
        "testbed/process.py",
        "testbed/process_test.py",
        "testbed/programs.py",
        "tools/lint/debian_packages.py",
    }
)
# Starts by a shell what each Debian has: setpriv, unshare, mount; looks at exit codes.
_CXX_STARTERS = frozenset({"web/dnat/dnat_test.cc"})
_SUBPROCESS_TYPES = {"CompletedProcess", "TimeoutExpired"}
_OWN_MODULES = {"bench", "testbed", "tests", "tools"}
# An absolute path where Debian has programs.
_PATH = re.compile(r"(?<![\w.$/}])/(?:usr/)?s?bin/([\w.+-]+)")
_BY_PATH_VARIABLE = re.compile(
    r"(?<![\w.>])(?:system|popen|execl[pe]?|execvpe?|posix_spawnp)\s*\("
)
# An assignment, a redirection, the beginning of a function or of a case.
_NO_PROGRAM = re.compile(r"\w+\+?=|\d*[<>]|.*\)$")
_COMMAND = re.compile(r"[A-Za-z0-9_.+-]+")
# A program's name follows these words of the shell.
_LEADS = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "exec", "env"}
_SHELL_WORDS = _LEADS | {
    *("fi", "done", "esac", "for", "in", "case", "function", "}", "[[", "[", ":"),
    *("cd", "command", "echo", "exit", "export", "local", "mapfile", "printf", "read"),
    *("return", "set", "shift", "source", "test", "trap", "unset", "wait", "true"),
    *("kill", "eval", "break", "continue", "false"),
}


@dataclasses.dataclass(frozen=True)
class Start:
    """A program by its name or absolute path; line counts from 1."""

    program: str
    line: int


@dataclasses.dataclass(frozen=True)
class Complaint:
    text: str
    line: int


def paths(text: str) -> Iterator[Start]:
    """Programs that are named by an absolute path."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _PATH.finditer(line):
            yield Start(found.group(), number)


def hidden_starts_of_cxx(path: str, text: str) -> Iterator[Complaint]:
    """Starts of programs by a name for which PATH is searched, or by a shell."""
    if path in _CXX_STARTERS:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.split("//")[0]
        if _BY_PATH_VARIABLE.search(code):
            yield Complaint("expected posix_spawn() with an absolute path", number)


def hidden_starts_of_python(path: str, text: str) -> Iterator[Complaint]:
    """Starts of programs elsewhere than in testbed/, and modules Debian lacks."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _bad_imports(node)
        if path not in _STARTERS and isinstance(node, ast.Attribute):
            yield from _bad_attribute(node)


def _bad_imports(node: ast.Import | ast.ImportFrom) -> Iterator[Complaint]:
    if isinstance(node, ast.ImportFrom):
        modules = [node.module or ""]
        if modules == ["subprocess"]:
            yield Complaint('expected "import subprocess"', node.lineno)
    else:
        modules = [alias.name for alias in node.names]
    for module in modules:
        first = module.split(".")[0]
        if first not in sys.stdlib_module_names | _OWN_MODULES:
            yield Complaint(f"{module} is no module of Python itself", node.lineno)


def _bad_attribute(node: ast.Attribute) -> Iterator[Complaint]:
    if not isinstance(node.value, ast.Name):
        return
    name = f"{node.value.id}.{node.attr}"
    starts = node.value.id == "subprocess" and node.attr not in _SUBPROCESS_TYPES
    starts |= bool(
        re.fullmatch(r"os\.(system|popen|exec\w+|spawn\w+|posix_spawn\w*)", name)
    )
    starts |= name.startswith("asyncio.create_subprocess") or name == "pty.spawn"
    if starts:
        yield Complaint(f"{name}: expected a start by testbed/programs.py", node.lineno)


def commands(script: str) -> Iterator[Start]:
    """Programs that a shell script starts by their names.

    Looks at the first word of each simple command, as far as that is no
    variable; the script's own functions and the shell's words are no programs.
    """
    own = set(re.findall(r"^(\w+)\(\)", script, re.M))
    for number, line in _lines(script):
        for command in _simple_commands(line):
            program = _program(command)
            if program and program not in own | _SHELL_WORDS:
                yield Start(program, number)


def _lines(script: str) -> Iterator[tuple[int, str]]:
    """Without comments, quoted text and array literals; continued lines as one."""
    script = re.sub(r"\\\n", "  ", script)
    script = re.sub(r"'[^'\n]*'", "Q", script)
    script = re.sub(r"^(\w+=\()(.*?)^\)", _blank, script, flags=re.M | re.S)
    script = re.sub(r"\w+\+?=\((?!\()[^()$]*\)", "Q=Q", script)
    for number, line in enumerate(script.splitlines(), start=1):
        yield number, re.sub(r"(^|\s)#.*", "", line)


def _blank(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def _simple_commands(line: str) -> Iterator[str]:
    # What is in $( ) is a command also within double quotes; other quotes are words.
    inner = re.findall(r"[$<]\(([^()]*)\)", line)
    for command in inner:
        yield from _simple_commands(command)
    line = re.sub(r"[$<]\([^()]*\)", "Q", line)
    line = re.sub(r'"[^"]*"', "Q", line)
    line = re.sub(r"\d?>&\d", " ", line)
    yield from re.split(r"\|\||&&|[|;&]|\bthen\b|\bdo\b", line)


def _program(command: str) -> str:
    """Empty when it cannot be known or there is none."""
    words = command.split()
    while words and (words[0] in _LEADS or _NO_PROGRAM.match(words[0])):
        words.pop(0)
    if not words or words[0] in ("Q", "Q=Q"):
        return ""
    return words[0] if _COMMAND.fullmatch(words[0]) else ""
