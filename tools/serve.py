"""Show the built book in the browser: ``python -m tools.serve [--no-open] [--port 8000]``."""

from __future__ import annotations

import argparse
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools import ROOT
from tools.build import build, report, require_environment

HTML = ROOT / "_build" / "html"


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a browser keeps its connection for all that a page loads

    def log_message(self, *_):
        """Say nothing: one line for each picture of each page helps nobody."""


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve `folder` on this machine only, as long as the block lasts; yields the address. Port 0 takes a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    server.daemon_threads = True  # a connection that a browser keeps open does not keep the server
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> int:
    """Serve the book until interrupted, building it first if it was never built."""
    parser = argparse.ArgumentParser(prog="python -m tools.serve", description="Show the built book in the browser.")
    parser.add_argument("--no-open", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    options = parser.parse_args()
    if not (HTML / "index.html").is_file():
        require_environment()
        if report(build(ROOT, ROOT, echo=print)) != 0:
            return 1
    with serving(HTML, options.port) as address:
        print(f"The book is at {address}/   (Ctrl+C ends)", flush=True)
        if not options.no_open:
            webbrowser.open(f"{address}/")
        try:
            while True:  # unlike a wait for a thread, a sleep ends at Ctrl+C on every system
                time.sleep(3600)
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
