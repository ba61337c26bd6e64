"""Files that Bazel lays beside the program."""

from __future__ import annotations

import os
import pathlib

from testbed.errors import TestbedError


def runfile(path: str) -> pathlib.Path:
    """A file by its path from the workspace's root, for example an object."""
    # Not resolve(): sources are links into the checkout, which has no outputs.
    root = pathlib.Path(os.path.abspath(__file__)).parent.parent
    found = root / path
    if not found.is_file():
        raise TestbedError(
            f"{found}: not there; run this through Bazel, which builds it"
        )
    return found.resolve()
