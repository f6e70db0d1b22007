"""A local web server of one file that can be cut off, forget, or refuse."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Served:
    """What is served, how it misbehaves, and the ranges that were asked for."""

    content: bytes
    url: str = ""
    etag: str = '"one"'
    cut_after: list[int] = field(default_factory=list)  # bytes sent before each cut connection
    status: int | None = None
    ranges: list[str | None] = field(default_factory=list)


@contextmanager
def serving(content: bytes) -> Iterator[Served]:
    """Serves the content at `url` until the block ends."""
    served = Served(content)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            served.ranges.append(wanted)
            if served.status:
                self.send_error(served.status)
                return
            start = 0
            if wanted and self.headers.get("If-Range") == served.etag:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
            total = len(served.content)
            if start >= total:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{total}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = served.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("ETag", served.etag)
            self.send_header("Content-Length", str(len(body)))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            self.end_headers()
            if served.cut_after:
                self.wfile.write(body[: served.cut_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/file.pth"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
