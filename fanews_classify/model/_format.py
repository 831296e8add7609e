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
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

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

MAGIC: Final = b"\x93FANEWS\n"
FORMAT_VERSION: Final = 2
_PREFIX: Final = struct.Struct("<8sII32s")
_ALIGNMENT: Final = 64
_DTYPES: Final = frozenset("<f2 <f4 <f8 <i2 <i4 <i8 <u2 <u4 <u8 |u1 |i1".split())
_PART_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}(?:\.[0-9]{1,3})?")
_MANIFEST_LIMIT: Final = 1 << 24
Arrays = Mapping[str, npt.NDArray[Any]]


def write_container(
    path: str | os.PathLike[str], manifest: Mapping[str, Any], arrays: Arrays
) -> None:
    """Write a model file: to a temporary name beside `path`, then renamed."""
    _write_atomically(Path(path), pack(manifest, arrays))


def pack(manifest: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Return the bytes of a model file; the same manifest and arrays always give the same."""
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
    header = json.dumps(
        {**manifest, "parts": parts}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    header += b" " * (-(len(header) + _PREFIX.size) % _ALIGNMENT)
    prefix = _PREFIX.pack(MAGIC, FORMAT_VERSION, len(header), hashlib.sha256(header).digest())
    return b"".join((prefix, header, *blobs))


def _write_atomically(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


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
        If there is none, or it cannot be read.
    """
    path = Path(path)
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise ModelNotFoundError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


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


def _read_manifest(data: bytes, path: Path) -> tuple[dict[str, Any], int]:
    if data[:8] != MAGIC[: len(data[:8])] or not data:
        raise ModelKindError(f"{path} is not a fanews model file")
    if len(data) < _PREFIX.size:
        raise ModelTruncatedError(f"{path} ends inside its header; copy or train it again")
    _, version, length, digest = _PREFIX.unpack_from(data)
    if version != FORMAT_VERSION:
        raise ModelVersionError(
            f"{path} has format version {version}, this release reads {FORMAT_VERSION}; "
            + ("upgrade fanews-classify" if version > FORMAT_VERSION else "train the model again")
        )
    end = _PREFIX.size + length
    if length > _MANIFEST_LIMIT:
        raise ModelCorruptError(
            f"{path} declares a manifest of {length} bytes; the file is damaged"
        )
    if len(data) < end:
        raise ModelTruncatedError(f"{path} ends inside its manifest; copy or train it again")
    header = data[_PREFIX.size : end]
    if hashlib.sha256(header).digest() != digest:
        raise ModelCorruptError(f"the manifest of {path} does not match its digest; copy it again")
    try:
        manifest = json.loads(header)
    except ValueError as error:
        raise ModelCorruptError(f"the manifest of {path} is not JSON") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("parts"), dict):
        raise ModelCorruptError(f"the manifest of {path} lists no parts")
    return manifest, end


def _read_parts(
    data: bytes, manifest: Mapping[str, Any], begin: int, path: Path
) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    last = begin
    for name, part in sorted(manifest["parts"].items(), key=lambda item: str(item[0])):
        dtype, shape, offset, size = _layout(name, part, path)
        start = begin + offset
        if start + size > len(data):
            raise ModelTruncatedError(
                f"{path} ends before its part {name!r}; copy or train the model again"
            )
        blob = memoryview(data)[start : start + size]
        if hashlib.sha256(blob).hexdigest() != part["sha256"]:
            raise ModelCorruptError(
                f"part {name!r} of {path} does not match its digest: the file was changed or "
                "damaged; copy or train the model again"
            )
        array = np.frombuffer(blob, dtype=dtype).reshape(shape)
        if dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelArrayError(f"part {name!r} of {path} holds NaN or infinite numbers")
        arrays[name] = array
        last = max(last, start + size)
    if last != len(data):
        raise ModelCorruptError(f"{path} holds {len(data) - last} bytes after its last part")
    return arrays


def _field(part: Any, key: str, name: str, path: Path) -> Any:
    if not isinstance(part, dict) or key not in part:
        raise ModelCorruptError(f"part {name!r} of {path} has no {key!r}")
    return part[key]


def _layout(name: str, part: Any, path: Path) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
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
