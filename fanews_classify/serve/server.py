"""The server: threads, their number, and their end."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import Any, Final

from fanews_classify.errors import ParameterError
from fanews_classify.model._assembly import AnyModel
from fanews_classify.serve import _wire
from fanews_classify.serve._api import Api
from fanews_classify.serve._errors import ApiError
from fanews_classify.serve._handler import Handler, report
from fanews_classify.serve._limits import Limits, TokenBuckets
from fanews_classify.serve._models import Models, load_models
from fanews_classify.serve._routes import Reply, Routes

_REFUSING: Final = 8  # threads that tell clients that there is no place
_PATIENCE: Final = 0.05  # seconds to wait for a place; nobody else is let in meanwhile
_GRACE: Final = 5.0  # seconds for answers on their way when the server ends


class NewsServer(ThreadingHTTPServer):
    """The local page and API; made by `make_server`.

    Parameters
    ----------
    host : str
    port : int
    models : Models
    limits : Limits

    Attributes
    ----------
    url : str
        Where the page is.
    loopback : bool
        Whether only programs of this machine reach it.
    """

    daemon_threads = True  # ended by `server_close`; never in the way of an exit
    request_queue_size = 64
    # On Windows it would let another program take the same port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, host: str, port: int, models: Models, limits: Limits) -> None:
        self.limits = limits
        self.buckets = TokenBuckets(limits.rate)
        self.routes = Routes(Api(models, limits))
        self.address_family, address = _resolved(host, port)
        self._address = address[0].partition("%")[0]
        self.loopback = ip_address(self._address).is_loopback
        names = {"localhost", host.lower(), self._address}
        if not self.loopback:
            names.add(socket.gethostname().lower())
        self.knows = _wire.known_names(names, self.loopback)
        self._host = host
        self._slots = threading.BoundedSemaphore(limits.handlers)
        self._refusals = threading.BoundedSemaphore(_REFUSING)
        self._working: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        """Return the address of the page."""
        address, host = ip_address(self._address), self._host
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def port(self) -> int:
        """Return the port, also where any free one was asked for."""
        port: int = self.server_address[1]
        return port

    def server_bind(self) -> None:
        """Bind, without the look-up of names that the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self._host, self.port

    def start(self) -> NewsServer:
        """Answer requests in a thread, until `stop`."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.2,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End: no new requests, those being answered are answered, threads ended."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def __exit__(self, *_: object) -> None:
        """End as `stop` does: the base class closes the socket under a thread that still waits."""
        self.stop()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, or refuse if there are too many."""
        # A moment's patience: the place of a client that has its answer is free a little later.
        if self._slots.acquire(timeout=_PATIENCE):
            self._begin(self._answer, self._slots, request, client_address)
        elif self._refusals.acquire(blocking=False):
            self._begin(self._refuse, self._refusals, request, client_address)
        else:
            self.shutdown_request(request)

    def _begin(
        self,
        work: Callable[[Any, Any], None],
        places: threading.BoundedSemaphore,
        request: Any,
        client_address: Any,
    ) -> None:
        def run() -> None:
            try:
                work(request, client_address)
            except Exception as error:
                report(error)
            finally:
                self.shutdown_request(request)
                with self._lock:
                    self._working.pop(threading.current_thread(), None)
                places.release()

        thread = threading.Thread(target=run, daemon=True)
        with self._lock:
            self._working[thread] = request
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            with self._lock:
                del self._working[thread]
            places.release()
            self.shutdown_request(request)

    def _answer(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)

    def _refuse(self, request: Any, client_address: Any) -> None:
        reply = Reply.refusal(ApiError("busy", headers={"Retry-After": "1"}))
        with suppress(OSError):
            request.settimeout(1.0)
            request.sendall(reply.to_bytes())
        _wire.linger(request, self.limits.max_bytes)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say that something went wrong, without what was asked."""
        error = sys.exception()
        if error is not None:
            report(error)

    def server_close(self) -> None:
        """Close, and wait for the threads: clients that send nothing are cut off."""
        TCPServer.server_close(self)
        end = time.monotonic() + _GRACE
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            with self._lock:
                working = dict(self._working)
            for connection in working.values():
                with suppress(OSError):
                    connection.shutdown(how)
            for thread in working:
                thread.join(max(0.0, end - time.monotonic()))
            end = time.monotonic() + _GRACE


def make_server(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    models: Iterable[str | os.PathLike[str] | AnyModel] = (),
    limits: Limits | None = None,
) -> NewsServer:
    """Load the models and bind the port; `start` or ``serve_forever`` answers requests.

    Parameters
    ----------
    host : str
        Name or address of an interface of this machine. The server knows no
        users: other than loopback only where everybody may ask it.
    port : int
        0 for any free one.
    models : iterable of str, path or model
        In the place of the bundled models of their kind.
    limits : Limits, optional

    Returns
    -------
    NewsServer

    Raises
    ------
    ParameterError
        If the port is in use or not to be had, or two models are of one kind.
    ModelFileError
        If a model cannot be loaded.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> from fanews_classify.serve import make_server
    >>> server = make_server(port=0).start()
    >>> urlopen(server.url + "api/health").status
    200
    >>> server.stop()
    """
    loaded = load_models(models)
    try:
        return NewsServer(host, port, loaded, limits or Limits())
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ParameterError(
                f"port {port} of {host} is in use by another program; choose another one, "
                "or 0 for any that is free"
            ) from error
        raise ParameterError(
            f"cannot listen on port {port} of {host}: {error.strerror or error}"
        ) from error


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return the family and address of a host name."""
    if not 0 <= port <= 65_535:
        raise ParameterError(f"port={port!r}; give a number from 0 to 65535")
    if not host:  # it would stand for all interfaces
        raise ParameterError("host is empty; give '0.0.0.0' if all interfaces are meant")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ParameterError(f"{host!r} is no name or address of this machine") from error
    # Of a name with addresses of both kinds the older one, which every client speaks.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), int(address[1]))
