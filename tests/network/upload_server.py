"""A web server that says what it was sent: its name, and the SHA-256 of the body.

Usage: upload_server.py NAME ADDRESS PORT
"""

from __future__ import annotations

import hashlib
import http.server
import sys


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = f"{sys.argv[1]} {hashlib.sha256(body).hexdigest()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


if __name__ == "__main__":
    address = (sys.argv[2], int(sys.argv[3]))
    http.server.ThreadingHTTPServer(address, _Handler).serve_forever()
