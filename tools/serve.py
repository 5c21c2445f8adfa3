"""Show the built book in the browser: ``python -m tools.serve [--no-open] [--port 8000]``."""

import argparse
import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools import ROOT
from tools.build import build, report, require_environment

HTML = ROOT / "_build" / "html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing: one line for each picture of each page helps nobody."""


def server(html: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the folder ``html`` on this machine only; port 0 takes a free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(html)))


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
    with server(HTML, options.port) as running:
        address = f"http://127.0.0.1:{running.server_port}/"
        print(f"The book is at {address}   (Ctrl+C ends)", flush=True)
        if not options.no_open:
            webbrowser.open(address)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
