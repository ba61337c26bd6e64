"""What packages a machine has after tools/install_deps.sh, and what they bring."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from typing import Iterable

_FILE_LISTS = pathlib.Path("/var/lib/dpkg/info")


def listed_packages(script: str) -> set[str]:
    """The packages in the text of tools/install_deps.sh."""
    found = re.search(r"^packages=\((.*?)^\)", script, re.M | re.S)
    if found is None:
        raise ValueError('install_deps.sh: expected a list "packages=("')
    return set(re.sub(r"#.*", "", found.group(1)).split())


def dependencies(field: str) -> list[str]:
    """Package names of a Depends field; of alternatives the one that apt takes."""
    parts = (part.split("|")[0] for part in field.split(","))
    return [re.split(r"[\s(:]", part.strip())[0] for part in parts if part.strip()]


class Packages:
    """The packages that are installed here, as dpkg knows them."""

    def __init__(self) -> None:
        fields = ["Package", "Essential", "Priority", "Pre-Depends", "Depends"]
        row = "\t".join(f"${{{field}}}" for field in fields) + "\n"
        text = subprocess.run(
            ["dpkg-query", "-W", "-f", row], check=True, capture_output=True, text=True
        ).stdout
        self._depends: dict[str, list[str]] = {}
        self._always: set[str] = set()
        for line in text.splitlines():
            name, essential, priority, before, after = line.split("\t")
            self._depends[name] = dependencies(before) + dependencies(after)
            if essential == "yes" or priority == "required":
                self._always.add(name)

    def with_dependencies(self, listed: Iterable[str]) -> set[str]:
        """These, what each Debian has, and all that they depend on."""
        found: set[str] = set()
        left = [*listed, *self._always]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self._depends.get(name, [])
        return found

    @staticmethod
    def programs(names: Iterable[str]) -> set[str]:
        """The programs that these packages bring, below /usr.

        /bin and /sbin are links, and packages use them as well.
        """
        found: set[str] = set()
        for name in names:
            for path in _FILE_LISTS.glob(f"{name}*.list"):
                if path.name.removesuffix(".list").split(":")[0] == name:
                    found.update(map(below_usr, path.read_text().splitlines()))
        return {path for path in found if re.match("/usr/(s?bin|lib)/", path)}


def below_usr(path: str) -> str:
    return path if path.startswith("/usr/") else f"/usr{path}"


def names_of(path: str) -> set[str]:
    """A program by its path, and what it is a link to (see update-alternatives(1))."""
    return {below_usr(path), below_usr(os.path.realpath(path))}
