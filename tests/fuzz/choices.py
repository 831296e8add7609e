"""Bytes of a fuzzer, read as decisions; past their end every decision is the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Decisions taken from bytes, so that near bytes make near inputs."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def below(self, n: int) -> int:
        value = self.byte()
        if n > 256:
            value |= self.byte() << 8
        return value % n

    def flag(self) -> bool:
        return bool(self.byte() & 1)

    def of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def bytes(self, n: int) -> bytes:
        taken = self._data[self._at : self._at + n]
        self._at = min(self._at + n, len(self._data))
        return taken

    def rest(self) -> bytes:
        return self.bytes(self.left)
