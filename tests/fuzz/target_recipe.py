"""Recipes: TOML of any kind, and tables of any values."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from choices import Choices
from texts import text_of

from fanews_classify.errors import RecipeError
from fanews_classify.training.recipe import bundled_recipes, load_recipe, parse_recipe

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 10**30, 0.5, -0.5, 1e308, float("nan"), float("inf"), "", "x",
    "word", "char_wb", "l2", "section", "own.jsonl", "../../etc/passwd", "\x00", "\ud800", [], {},
    [1, 2], [2, 1], [0.5, 1.5], ["a", "b"], [[]], [{}], {"a": 1}, "(", "(a+)+$", "stance",
    "claim-stance", "multi-label", "balanced",
)  # fmt: skip


@cache
def _seeds() -> tuple[bytes, ...]:
    import fanews_classify

    folder = Path(fanews_classify.__file__).parent / "recipes"
    return tuple((folder / f"{name}.toml").read_bytes() for name in sorted(bundled_recipes()))


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-")) / "recipe.toml"


def run(data: bytes) -> int:
    """Read a recipe made of decisions."""
    given = Choices(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if given.flag():
                return _text(given)
            _tables(given)
        except RecipeError:
            pass
    return len(data)


def _text(given: Choices) -> int:
    content = bytearray(given.of(_seeds()))
    for _ in range(given.below(6)):
        at = (given.byte() << 8 | given.byte()) % max(len(content), 1)
        content[at : at + given.below(20)] = given.of(
            (b"", b"[", b"[[a]]", b"=", b'"', b"1e999", b"nan", b"\n", b"\xff", b"a.b.c.d = 1",
             b"[" * 3000, b"1" * 5000, b"1979-05-27T07:32:00Z", given.bytes(6))
        )  # fmt: skip
    _file().write_bytes(content)
    load_recipe(_file())
    return len(content)


def _tables(given: Choices) -> None:
    import tomllib

    values: Any = tomllib.loads(given.of(_seeds()).decode())
    for _ in range(1 + given.below(3)):
        node: Any = values
        while True:
            keys = sorted(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = given.of(keys)
            if isinstance(node[key], dict | list) and node[key] and given.below(3):
                node = node[key]
                continue
            if given.below(6) == 0:
                del node[key]
            elif given.below(6) == 0 and isinstance(node, dict):
                node[text_of(given, 2)] = node[key]
            else:
                node[key] = given.of(VALUES)
            break
    parse_recipe(values)
