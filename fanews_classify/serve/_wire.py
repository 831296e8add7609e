"""What comes and goes on a connection, with its limits."""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from email.message import Message
from ipaddress import ip_address
from typing import Any, Final

from fanews_classify.serve._errors import ApiError

HEAD_BYTES: Final = 32_768  # of request line and header together
_LINGER: Final = 1.0  # seconds for a client to notice that it was refused
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@?#\s]+)(?::[0-9]{1,5})?")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


class Incoming(io.RawIOBase):
    """Bytes of a client, as many as it may send and until it must have sent them.

    A time limit on each single read would let a client that sends a byte now
    and then hold its place for ever.

    Parameters
    ----------
    connection : socket
    seconds : float
        For all of it.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._end = time.monotonic() + seconds
        self.left = HEAD_BYTES

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes, at most those that are left."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        if self.left <= 0:
            raise ApiError("headers_too_large")
        self._connection.settimeout(remaining)
        read = self._connection.recv_into(memoryview(buffer)[: self.left])
        self.left -= read
        return read


def linger(connection: socket.socket, most: int) -> None:
    """Throw away what a refused client still sends.

    Closing with unread bytes would reset the connection, and the client might
    never see the answer that says why.
    """
    end = time.monotonic() + _LINGER
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while most > 0 and (remaining := end - time.monotonic()) > 0:
            connection.settimeout(remaining)
            read = len(connection.recv(min(most, 65_536)))
            if not read:
                return
            most -= read


def check_host(headers: Message, known: Callable[[str], bool]) -> str:
    """Return the Host header if it names this server.

    A page may give its own name the address of this machine (DNS rebinding);
    the browser then takes this server for a part of that page.
    """
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1:
        raise ApiError("bad_request")
    host: str = hosts[0].strip().lower()
    found = _HOST.fullmatch(host)
    if not found or not known(found[1].strip("[]").rstrip(".")):
        raise ApiError("wrong_host")
    return host


def known_names(names: Collection[str], loopback: bool) -> Callable[[str], bool]:
    """Return a test of host names.

    Parameters
    ----------
    names : collection of str
        Of this server.
    loopback : bool
        Whether it is bound to the loopback interface. Else any address that is
        no name will do: only names can be given away.

    Examples
    --------
    >>> known = known_names({"localhost"}, loopback=True)
    >>> known("localhost"), known("127.0.0.1"), known("10.0.0.1"), known("a.example")
    (True, True, False, False)
    """

    def known(name: str) -> bool:
        if name in names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not loopback

    return known


def check_origin(headers: Message, host: str) -> None:
    """Refuse what a page of another origin has sent; programs send no origin."""
    origins = headers.get_all("Origin", [])
    if any(origin.strip().lower() != f"http://{host}" for origin in origins):
        raise ApiError("wrong_origin")
    # No page can set or leave out this one, and old browsers do not send it.
    if headers.get("Sec-Fetch-Site", "none").strip().lower() not in ("same-origin", "none"):
        raise ApiError("wrong_origin")


def check_json(headers: Message) -> None:
    """Refuse a body that is not declared as plain JSON in UTF-8.

    A page of another origin can send other types without asking first.
    """
    types = headers.get_all("Content-Type", [])
    if len(types) != 1:
        raise ApiError("unsupported_media_type")
    kind, *further = (part.strip().lower() for part in types[0].split(";"))
    charsets = [part[8:].strip('"') for part in further if part.startswith("charset=")]
    packed = headers.get("Content-Encoding", "identity").strip().lower()
    if kind != "application/json" or set(charsets) - {"utf-8", "utf8"} or packed != "identity":
        raise ApiError("unsupported_media_type")


def body_length(headers: Message, most: int) -> int:
    """Return the length of a body that is to be read."""
    lengths = {length.strip() for length in headers.get_all("Content-Length", [])}
    if "Transfer-Encoding" in headers or not lengths:
        raise ApiError("length_required")
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise ApiError("bad_request")
    if int(length) > most:
        raise ApiError("too_large", limit=most)
    return int(length)
