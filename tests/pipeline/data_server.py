"""A web server in a thread that serves given bytes, well or badly."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """What is served, how, and what was asked.

    Attributes:
        files: bytes by path.
        ranges: whether a Range is understood.
        break_after: for the coming answers, one by one: after how many bytes of the body the connection is closed.
        statuses: for the coming answers, one by one: an error instead.
        tag: the ETag.
        asked: the headers of each request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.break_after: list[int] = []
        self.statuses: list[int] = []
        self.tag = '"one"'
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(asked)
        body = self.files.get(handler.path)
        if body is None or self.statuses:
            handler.send_error(self.statuses.pop(0) if self.statuses else 404)
            return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if self.ranges and match and asked.get("if-range", self.tag) == self.tag:
            start = int(match[1])
            if start >= len(body):
                handler.send_error(416)
                return
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) - start))
        handler.send_header("ETag", self.tag)
        handler.end_headers()
        rest = body[start:]
        handler.wfile.write(rest[: self.break_after.pop(0)] if self.break_after else rest)
        handler.wfile.flush()
        handler.close_connection = True


@contextmanager
def serving() -> Iterator[Server]:
    """A server at `url`, on this machine alone, until the block ends."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{running.server_port}"
    try:
        yield server
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
