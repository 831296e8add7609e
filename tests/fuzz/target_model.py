"""Forged model files: bytes, or parts of a file changed under digests that fit again."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import struct
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import small_models
from choices import Choices
from texts import text_of
from watch import only_this_file

import fanews_classify as fc
from fanews_classify.errors import FanewsError, ModelFileError
from fanews_classify.model._format import MAGIC, unpack
from fanews_classify.model._store import from_bytes

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 255, 256, 10**6, 2**31, 2**32, 2**53, 2**63, 2**64,
    10**30, -(10**30), 0.5, 1.5, -0.5, 1e-320, 1e30, 1e300, float("nan"), float("inf"), "", "x",
    "0", "-1", "0x7", "ffffffffffffffff", "1" + "0" * 20, "word", "char_wb", "l1", "l2",
    "expected", "focus", "relevance", "text", "single-label", "multi-label", "stance",
    "claim-stance", "../../etc/passwd", "/dev/zero", "http://127.0.0.1:9/x", "os.system",
    "\ud800", "\x00", "\u202e", [], {}, [1, 2], [2, 1], [1.0, 2.0], [[]], ["a", "b", "c"], [None],
    {"a": 1}, [0, 0, 0], [1, 1, 1, 1, 1, 1], "one", ["one", "two"],
)  # fmt: skip
EXTREMES: tuple[Any, ...] = (
    0, 1, -1, 2, 127, -128, 255, 32767, -32768, 65535, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1,
    -(2**63), 2**64 - 1, 2**24 - 1, 2**20, 511 << 42, 1e-300, -1e-300, 1e-45, 1e30, -1e30, 3e38,
    -3e38, 1e300, -1e300, float("nan"), float("inf"), -float("inf"), 0.5,
)  # fmt: skip
DTYPES = "<f2 <f4 <f8 <i2 <i4 <i8 <u2 <u4 <u8 |u1 |i1".split()
ASKED = "بیمه دارو گفت. تهران مسکن گل؟ وزیر گفت تکذیب شد فوتبال. کتاب‌ها 12 " * 3
PREFIX = struct.Struct("<8sII32s")


@cache
def _parts_of(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    manifest, arrays = unpack(small_models.files()[kind], Path(kind))
    manifest.pop("parts")
    return manifest, arrays


def forge(given: Choices) -> bytes:
    """Return a model file made of decisions."""
    how = given.below(8)
    if how == 0:
        return given.rest()
    kind = given.of(sorted(small_models.files()))
    if how == 1:
        return _damaged(bytearray(small_models.files()[kind]), given)
    manifest, arrays = _parts_of(kind)
    manifest, arrays = copy.deepcopy(manifest), {n: a.copy() for n, a in arrays.items()}
    layout: list[Callable[[dict[str, Any]], None]] = []
    for _ in range(1 + given.below(3)):
        where = given.below(3)
        if where == 0:
            with contextlib.suppress(RecursionError):  # of our own copying
                _change_json(manifest, given)
        elif where == 1 or not arrays:
            _change_array(arrays, given)
        else:
            layout.append(lambda parts: _change_layout(parts, given))
    data = _packed(manifest, arrays, layout)
    return _damaged(bytearray(data), given) if given.below(16) == 1 else data


def _damaged(data: bytearray, given: Choices) -> bytes:
    for _ in range(1 + given.below(4)):
        at = (given.byte() << 8 | given.byte()) % max(len(data), 1)
        what = given.below(4)
        if what == 0:
            data[at : at + 1] = given.bytes(1)
        elif what == 1:
            del data[at : at + 1 + given.below(64)]
        elif what == 2:
            data[at:at] = given.bytes(1 + given.below(16))
        else:
            del data[at:]
    return bytes(data)


def _change_json(manifest: dict[str, Any], given: Choices) -> None:
    node: Any = manifest
    while True:
        keys = sorted(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = given.of(keys)
        if isinstance(node[key], dict | list) and node[key] and given.below(4):
            node = node[key]
            continue
        break
    what = given.below(8)
    if what == 0:
        del node[key]
    elif what == 1 and isinstance(node, list):
        node.extend([copy.deepcopy(node[key])] * (1 << given.below(10)))
    elif what == 2 and isinstance(node, dict):
        node[str(given.of(VALUES))] = node[key]
    elif what == 3 and isinstance(node[key], int | float):
        node[key] = node[key] * given.of((-1, 2, 0.5, 1000)) + given.of((0, 1, -1))
    elif what == 4:
        deep: Any = 1
        for _ in range(1 << given.below(12)):
            deep = [deep]
        node[key] = deep
    else:
        node[key] = copy.deepcopy(given.of(VALUES))


def _change_array(arrays: dict[str, Any], given: Choices) -> None:
    name = given.of(sorted(arrays))
    array = arrays[name]
    what = given.below(10)
    with np.errstate(all="ignore"):
        if what <= 3 and array.size:
            flat = array.reshape(-1)
            for _ in range(1 + given.below(4)):
                at = given.below(65536) % flat.size
                if given.flag():
                    with contextlib.suppress(OverflowError):
                        flat[at : at + 1] = np.array([given.of(EXTREMES)]).astype(flat.dtype)
                else:
                    raw = flat.view(np.uint8)
                    raw[(at * flat.itemsize + given.below(8)) % len(raw)] ^= 1 << given.below(8)
        elif what == 4:
            arrays[name] = np.full_like(array, np.array(given.of(EXTREMES)).astype(array.dtype))
        elif what == 5:
            arrays[name] = array.astype(given.of(DTYPES))
        elif what == 6 and array.ndim:
            arrays[name] = array[given.of((0, 1, 2)) :][
                : given.of((0, 1, len(array), len(array) - 1))
            ]
        elif what == 7:
            shape = given.of(((-1,), (1, -1), (-1, 1), (array.size, 1), (0, 3), ()))
            arrays[name] = array.reshape(-1)[: 1 if shape == () else None].copy()
            with contextlib.suppress(ValueError):
                arrays[name] = arrays[name].reshape(shape)
        elif what == 8:
            other = given.of(sorted(arrays))
            arrays[name], arrays[other] = arrays[other], arrays[name]
        elif what == 9:
            del arrays[name]


def _change_layout(parts: dict[str, Any], given: Choices) -> None:
    if not parts:
        return
    name = given.of(sorted(parts))
    key = given.of(("dtype", "shape", "offset", "size", "sha256", "name", "twin"))
    if key == "name":
        parts[str(given.of(VALUES))] = parts.pop(name)
    elif key == "twin":  # overlap with another part
        for i in range(1 << given.below(9)):
            parts[f"twin_{i}"] = dict(parts[name])
    elif key == "shape" and isinstance(parts[name]["shape"], list):
        parts[name]["shape"] = given.of(
            ([2**40, 2**40], [2**47], [0, 2**47], [-1], parts[name]["shape"][::-1], [1] * 40)
        )
    elif key == "dtype":
        parts[name]["dtype"] = given.of((*DTYPES, "|O", "<U9", "object", "<c16", ">f4", "|V8"))
    else:
        parts[name][key] = copy.deepcopy(given.of((*VALUES, 64, 128, 2**40, 2**47)))


def _packed(manifest: Any, arrays: Any, layout: list[Any]) -> bytes:
    """Write a file as the package does, but for what `layout` changes in the list of parts."""
    parts: dict[str, Any] = {}
    blobs: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        blob = array.tobytes()
        padding = -offset % 64
        blobs += (bytes(padding), blob)
        offset += padding
        parts[name] = {
            "dtype": array.dtype.str, "shape": list(array.shape), "offset": offset,
            "size": len(blob), "sha256": hashlib.sha256(blob).hexdigest(),
        }  # fmt: skip
        offset += len(blob)
    for change in layout:
        change(parts)
    try:
        text = json.dumps({**manifest, "parts": parts})
    except (RecursionError, ValueError):
        text = "[" * 5000
    header = text.encode("utf-8", "surrogatepass")
    header += b" " * (-(len(header) + PREFIX.size) % 64)
    digest = hashlib.sha256(header).digest()
    return b"".join((PREFIX.pack(MAGIC, 2, len(header), digest), header, *blobs))


def run(data: bytes) -> int:
    """Load a forged file; if it is a model, use it. Return how many bytes it has."""
    given = Choices(data)
    forged = forge(given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if given.below(16) == 1:
                model = _through_a_file(forged)
            else:
                with only_this_file():
                    model = from_bytes(forged, Path("forged"))
        except ModelFileError:
            return len(forged)
        with contextlib.suppress(FanewsError):
            use(model, [ASKED, text_of(given, 8), ""])
    return len(forged)


def _through_a_file(forged: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forged.fanews"
        path.write_bytes(forged)
        with only_this_file(path):
            return fc.verify(path)


def use(model: Any, texts: list[str]) -> None:
    """Ask a model everything; what it answers must be numbers and places that can be."""
    further: tuple[Any, ...] = ()
    if isinstance(model, fc.StanceClassifier):
        further = (model.targets[0],)
    elif isinstance(model, fc.ClaimStanceClassifier):
        further = ("دارو در تهران نیست",)
    answers = model.predict(texts, *further)
    assert len(answers) == len(texts)
    chances = model.predict_proba(texts, *further)
    assert chances.shape == (len(texts), len(model.labels))
    assert np.isfinite(chances).all()
    assert (chances >= 0).all()
    assert (chances <= 1 + 1e-9).all()
    if not isinstance(model, fc.TopicClassifier):
        assert np.abs(chances.sum(axis=1) - 1).max() < 1e-6
    for text in texts[:2]:
        found = (
            model.evidence(text, *further)
            if isinstance(model, fc.ClaimStanceClassifier)
            else model.explain(text, *further, top=9)
        )
        for item in found:
            assert 0 <= item.start < item.end <= len(text)
            assert text[item.start : item.end] == item.text
            assert np.isfinite(item.weight)
    found.to_html()
    found.to_text(colour=False)
