"""Services files."""

from __future__ import annotations

from typing import Iterable


def service_text(
    backends: Iterable[str],
    vip: str = "10.0.0.200",
    port: int = 80,
    table_size: int = 0,
) -> str:
    """A service of a services file; backends are ADDRESS or ADDRESS@WEIGHT."""
    lines = [f'vip: "{vip}"', f"port: {port}"]
    if table_size:
        lines.append(f"table_size: {table_size}")
    lines += [_backend_text(backend) for backend in backends]
    return "\n".join(["service {", *(f"  {line}" for line in lines), "}", ""])


def _backend_text(backend: str) -> str:
    address, _, weight = backend.partition("@")
    suffix = f" weight: {weight}" if weight else ""
    return f'backend {{ address: "{address}"{suffix} }}'
