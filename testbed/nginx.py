"""nginx on a web server."""

from __future__ import annotations

import pathlib
import signal

from testbed.host import Host
from testbed.process import Process

# A file that takes some thousands of frames.
LARGE_PATH = "/large"
LARGE_BYTES = 5_000_000

_READY_S = 60.0
_CONFIGURATION = """\
daemon off;
worker_processes 1;
user www-data;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    default_type text/plain;
    server {{
        listen {port} backlog=4096;
        add_header Server-Name {name} always;
        location / {{ return 200 "{name}\\n"; }}
        location = {large_path} {{ root {folder}; }}
    }}
}}
"""


class Nginx:
    """Answers each request with its host's name and a Server-Name header."""

    def __init__(self, host: Host, port: int = 80) -> None:
        self._host = host
        self._port = port
        self._process: Process | None = None

    def start(self) -> None:
        """Returns when it answers on the host's own address."""
        folder = self._host.folder / "nginx"
        folder.mkdir(exist_ok=True)
        configuration = self._write(folder)
        command = ["nginx", "-e", "stderr", "-p", f"{folder}/", "-c"]
        self._process = self._host.start("nginx", [*command, str(configuration)])
        self._process.wait_until_ready(self._answers, _READY_S, "nginx's first answer")

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL: what a crash looks like to others."""
        self._process.kill()

    def hang(self) -> None:
        """The kernel still accepts connections for it, and nobody answers."""
        self._process.signal_all(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.signal_all(signal.SIGCONT)

    def _write(self, folder: pathlib.Path) -> pathlib.Path:
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                port=self._port,
                name=self._host.name,
                large_path=LARGE_PATH,
            )
        )
        with open(folder / LARGE_PATH.lstrip("/"), "wb") as large:
            large.truncate(LARGE_BYTES)
        return configuration

    def _answers(self) -> bool:
        with self._host.socket() as probe:
            return probe.connect_ex((self._host.address, self._port)) == 0
