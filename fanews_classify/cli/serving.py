"""``fanews serve``: a local web page and JSON API."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_EPILOG: Final = """\
The page is at the address that is printed, its description for programs at
/openapi.json. Texts do not leave this machine and are not written anywhere.
Ctrl-C or SIGTERM ends it.

exit codes: 0 ended by Ctrl-C or SIGTERM; 2 wrong arguments or model, or the
port is in use
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    serve = verbs.add_parser(
        "serve",
        help="a local web page and JSON API",
        description="Answer on a local web page, in Persian and English, and as a JSON API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="interface (default: 127.0.0.1, this machine only)"
    )
    serve.add_argument(
        "--port", type=int, default=8000, help="default: 8000; 0 for any that is free"
    )
    serve.add_argument(
        "--model",
        nargs="+",
        action="extend",
        default=[],
        metavar="MODEL",
        help="name or path; takes the place of the bundled model of its kind",
    )
    serve.add_argument(
        "--max-bytes",
        type=int,
        default=1_000_000,
        metavar="N",
        help="of a question (default: 1000000)",
    )
    serve.add_argument(
        "--rate",
        type=float,
        default=120,
        metavar="N",
        help="questions a minute from one address (default: 120; 0 for any number)",
    )
    serve.add_argument("--open", action="store_true", help="open the page in a browser")
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    import webbrowser

    from fanews_classify.serve import Limits, make_server

    limits = Limits(max_bytes=options.max_bytes, rate=options.rate)
    server = make_server(options.host, options.port, models=options.model, limits=limits)
    try:
        with _until_signal() as asked_to_end:
            server.start()
            _tell(f"نشانی صفحه: {server.url}")
            _tell(f"fanews: the page is at {server.url} (Ctrl-C ends it)")
            if not server.loopback:
                _tell(
                    "هشدار: هر کس به این رایانه راه دارد می‌تواند بپرسد؛ این برنامه کاربر و "
                    "گذرواژه نمی‌شناسد."
                )
                _tell(
                    "fanews: warning: everybody who reaches this machine can ask; this server is "
                    "made for one's own machine and knows no users or passwords"
                )
            if options.open:
                webbrowser.open(server.url)
            # With a timeout, because on Windows Ctrl-C does not interrupt a wait without.
            while not asked_to_end.wait(0.5):
                pass
    finally:
        server.stop()
    return 0


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event, where handlers can be set."""
    event = threading.Event()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda *_: event.set())
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
