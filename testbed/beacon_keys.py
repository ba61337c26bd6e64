"""The key that a testbed's beacons are signed with."""

from __future__ import annotations

import pathlib
import secrets

_ID = 1
_BYTES = 32


def write_beacon_keys(path: pathlib.Path) -> None:
    """A file of one new key that may speak for every server."""
    path.touch(mode=0o600)
    path.write_text(f"{_ID} * {secrets.token_hex(_BYTES)}\n")
