r"""The file format of saved models: a JSON manifest and plain arrays, no code.

Layout (little endian)::

    8 bytes   magic, b"\x93FANEWS\n"
    4 bytes   format version
    4 bytes   length of the manifest in bytes
    32 bytes  SHA-256 of the manifest
    manifest  UTF-8 JSON, keys sorted
    parts     each at a multiple of 64 bytes, in the manifest's order

The manifest's ``parts`` maps a name to dtype, shape, offset (from the end of
the manifest), size in bytes and SHA-256. The idea is that of safetensors and
of numpy's own format; reading it allocates no more than the file's length.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import (
    ModelArrayError,
    ModelCorruptError,
    ModelFileError,
    ModelKindError,
    ModelNotFoundError,
    ModelTruncatedError,
    ModelVersionError,
)
from fanews_classify.model._limits import MOST_BYTES, MOST_MANIFEST_BYTES, check_depth

MAGIC: Final = b"\x93FANEWS\n"
FORMAT_VERSION: Final = 2
_PREFIX: Final = struct.Struct("<8sII32s")
_ALIGNMENT: Final = 64
_DTYPES: Final = frozenset("<f2 <f4 <f8 <i2 <i4 <i8 <u2 <u4 <u8 |u1 |i1".split())
_PART_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}(?:\.[0-9]{1,3})?")
_LARGE: Final = 1 << 26  # bytes from which on the manifest is read before the rest
Arrays = Mapping[str, npt.NDArray[Any]]
_Layout = tuple[np.dtype[Any], tuple[int, ...], int, int]
"""Type, shape, offset and size in bytes of a part."""


def write_container(
    path: str | os.PathLike[str], manifest: Mapping[str, Any], arrays: Arrays
) -> None:
    """Write a model file, whole or not at all.

    Raises
    ------
    ModelFileError
        If it cannot be written; what was at `path` stays.
    """
    from fanews_classify.model._atomic import write_atomically  # not needed to load

    data = pack(manifest, arrays)
    try:
        write_atomically(Path(path), data)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from error


def pack(manifest: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Return the bytes of a model file; the same manifest and arrays always give the same.

    Raises
    ------
    ModelFileError
        If it would be more than `read_bytes` and `unpack` take.
    """
    parts: dict[str, dict[str, Any]] = {}
    blobs: list[bytes] = []
    offset = 0
    for name, given in arrays.items():
        array = np.ascontiguousarray(given, dtype=given.dtype.newbyteorder("<"))
        blob = array.tobytes()
        padding = -offset % _ALIGNMENT
        offset += padding
        blobs += (bytes(padding), blob)
        parts[name] = {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "offset": offset,
            "size": len(blob),
            "sha256": hashlib.sha256(blob).hexdigest(),
        }
        offset += len(blob)
    try:
        header = json.dumps(
            {**manifest, "parts": parts}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
    except UnicodeEncodeError as error:
        raise ModelFileError(f"what is to be saved of the model is no text: {error}") from error
    header += b" " * (-(len(header) + _PREFIX.size) % _ALIGNMENT)
    if len(header) > MOST_MANIFEST_BYTES or offset > MOST_BYTES - _PREFIX.size - len(header):
        raise ModelFileError(
            f"the model has a manifest of {len(header)} and weights of {offset} bytes; at most "
            f"{MOST_MANIFEST_BYTES} and {MOST_BYTES} can be loaded again. Keep less in its info, "
            "or train it with fewer features"
        )
    prefix = _PREFIX.pack(MAGIC, FORMAT_VERSION, len(header), hashlib.sha256(header).digest())
    return b"".join((prefix, header, *blobs))


def read_container(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read and check a model file; see `unpack`.

    Raises
    ------
    ModelFileError
        If it cannot be read, or as `unpack`.
    """
    return unpack(read_bytes(path), Path(path))


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a file that should be a model.

    Raises
    ------
    ModelNotFoundError, ModelFileError
        If there is none, or it cannot be read: also a pipe or a device, which may have
        no end, and a file that is larger than any model.
    ModelKindError, ModelVersionError, ModelTruncatedError, ModelCorruptError
        If a large file is not what its first bytes say.
    """
    path = Path(path)
    try:
        with open(path, "rb", opener=_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelFileError(f"{path} is a pipe or a device; copy the model to a file")
            if status.st_size > MOST_BYTES:
                raise ModelFileError(
                    f"{path} has {status.st_size} bytes; a model has {MOST_BYTES} at most"
                )
            if status.st_size > _LARGE:
                _check_size(file, status.st_size, path)
            return file.read(status.st_size)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise ModelNotFoundError(f"there is no model file {path}") from error
    except OSError as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe too, without waiting for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_size(file: IO[bytes], size: int, path: Path) -> None:
    """Check that a file is as large as its manifest declares, before it is read."""
    prefix = file.read(_PREFIX.size)
    header = file.read(_manifest_end(prefix, path) - _PREFIX.size)
    manifest, end = _read_manifest(prefix + header, path)
    _check_places(_layouts(manifest, path), size - end, path)
    file.seek(0)


def unpack(data: bytes, path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Check the bytes of a model file.

    Parameters
    ----------
    data : bytes
    path : Path
        For messages.

    Returns
    -------
    manifest : dict
    arrays : dict of str to ndarray
        Read-only views of the file's bytes: nothing is copied.

    Raises
    ------
    ModelKindError, ModelVersionError, ModelTruncatedError, ModelCorruptError,
    ModelArrayError
    """
    manifest, begin = _read_manifest(data, path)
    return manifest, _read_parts(data, manifest, begin, path)


def _manifest_end(data: bytes, path: Path) -> int:
    """Return where the manifest ends, of a file's first bytes."""
    if data[:8] != MAGIC[: len(data[:8])] or not data:
        raise ModelKindError(f"{path} is not a fanews model file")
    if len(data) < _PREFIX.size:
        raise ModelTruncatedError(f"{path} ends inside its header; copy or train it again")
    _, version, length, _ = _PREFIX.unpack_from(data)
    if version != FORMAT_VERSION:
        raise ModelVersionError(
            f"{path} has format version {version}, this release reads {FORMAT_VERSION}; "
            + ("upgrade fanews-classify" if version > FORMAT_VERSION else "train the model again")
        )
    if length > MOST_MANIFEST_BYTES:
        raise ModelCorruptError(
            f"{path} declares a manifest of {length} bytes; the file is damaged"
        )
    return _PREFIX.size + int(length)


def _read_manifest(data: bytes, path: Path) -> tuple[dict[str, Any], int]:
    end = _manifest_end(data, path)
    if len(data) < end:
        raise ModelTruncatedError(f"{path} ends inside its manifest; copy or train it again")
    header = data[_PREFIX.size : end]
    if hashlib.sha256(header).digest() != _PREFIX.unpack_from(data)[3]:
        raise ModelCorruptError(f"the manifest of {path} does not match its digest; copy it again")
    try:
        manifest = json.loads(header)
        check_depth(manifest)
    except (ValueError, RecursionError) as error:
        raise ModelCorruptError(f"the manifest of {path} is not JSON: {error}") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("parts"), dict):
        raise ModelCorruptError(f"the manifest of {path} lists no parts")
    return manifest, end


def _read_parts(
    data: bytes, manifest: Mapping[str, Any], begin: int, path: Path
) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    layouts = _layouts(manifest, path)
    _check_places(layouts, len(data) - begin, path)
    for name, (dtype, shape, offset, size) in layouts.items():
        blob = memoryview(data)[begin + offset : begin + offset + size]
        if hashlib.sha256(blob).hexdigest() != manifest["parts"][name]["sha256"]:
            raise ModelCorruptError(
                f"part {name!r} of {path} does not match its digest: the file was changed or "
                "damaged; copy or train the model again"
            )
        array = np.frombuffer(blob, dtype=dtype).reshape(shape)
        if dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelArrayError(f"part {name!r} of {path} holds NaN or infinite numbers")
        arrays[name] = array
    return arrays


def _layouts(manifest: Mapping[str, Any], path: Path) -> dict[str, _Layout]:
    parts = sorted(manifest["parts"].items())
    return {name: _layout(name, part, path) for name, part in parts}


def _check_places(layouts: Mapping[str, _Layout], size: int, path: Path) -> None:
    """Check that parts follow each other in so many bytes, and nothing is between them.

    Without that a small file could have the same bytes read once for each of many parts.
    """
    at = 0
    ordered = sorted(layouts.items(), key=lambda item: item[1][2:])
    for name, (_, _, offset, length) in ordered:
        if offset + length > size:
            raise ModelTruncatedError(
                f"{path} ends before its part {name!r}; copy or train the model again"
            )
    for name, (_, _, offset, length) in ordered:
        if not 0 <= offset - at < _ALIGNMENT:
            raise ModelCorruptError(
                f"part {name!r} of {path} does not begin where the part before it ends"
            )
        at = offset + length
    if at != size:
        raise ModelCorruptError(f"{path} holds {size - at} bytes after its last part")


def _field(part: Any, key: str, name: str, path: Path) -> Any:
    if not isinstance(part, dict) or key not in part:
        raise ModelCorruptError(f"part {name!r} of {path} has no {key!r}")
    return part[key]


def _layout(name: str, part: Any, path: Path) -> _Layout:
    """Check one part's entry before a byte of it is used."""
    if not _PART_NAME.fullmatch(name):
        raise ModelCorruptError(f"{path} has a part with the forbidden name {name!r}")
    named = _field(part, "dtype", name, path)
    if not isinstance(named, str) or named not in _DTYPES:
        raise ModelArrayError(
            f"part {name!r} of {path} has dtype {part['dtype']!r}; only plain numbers are allowed"
        )
    shape, offset, size = (_field(part, key, name, path) for key in ("shape", "offset", "size"))
    whole = [*shape, offset, size] if isinstance(shape, list) else [None]
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 1 << 48 for n in whole):
        raise ModelCorruptError(f"part {name!r} of {path} has a faulty shape, offset or size")
    dtype = np.dtype(part["dtype"])
    if len(shape) > 2 or math.prod(shape) * dtype.itemsize != size or offset % _ALIGNMENT:
        raise ModelCorruptError(f"part {name!r} of {path} has a shape that is not its size")
    _field(part, "sha256", name, path)
    return dtype, tuple(shape), offset, size
