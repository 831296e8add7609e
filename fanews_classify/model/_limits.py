"""What a model file may hold at most, so that a forged one cannot cost more than its size.

The limits are far beyond every model that training makes. What is bounded keeps
predicting finite as well: no product or sum of numbers within them overflows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy.typing as npt

from fanews_classify._nesting import is_deeper
from fanews_classify.errors import ModelArrayError, ModelCorruptError

MOST_BYTES: Final = 1 << 32
MOST_MANIFEST_BYTES: Final = 1 << 22
DEEPEST: Final = 64  # lists and objects of the manifest inside each other
MOST_NAMES: Final = 10_000  # labels, or targets
MOST_BLOCKS: Final = 64  # also readings of one block
MOST_TOKENS: Final = (1 << 31) - 1  # of `max_tokens`
LARGEST: Final = 1e9  # absolute value of a weight
_UNBOUNDED: Final = "tree_thresholds"  # are only compared; «never» is the largest float32
# Would move the cursor of a terminal, end a line of an answer, or cannot be written at all.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_depth(manifest: Any) -> None:
    """Raise ModelCorruptError if a manifest is nested more deeply than any needs to be."""
    if is_deeper(manifest, DEEPEST):
        raise ModelCorruptError(f"the manifest is nested more than {DEEPEST} levels deep")


def check_numbers(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise ModelArrayError if a weight is so large that scores might overflow."""
    for name, array in arrays.items():
        # Those of two bytes end at 65,504.
        if array.dtype.kind == "f" and array.itemsize > 2 and array.size and name != _UNBOUNDED:
            low, high = float(array.min()), float(array.max())
            if not -LARGEST <= low <= high <= LARGEST:
                raise ModelArrayError(f"the array {name} holds numbers beyond {LARGEST:g}")


def checked_names(names: Any, what: str, *, different: bool = True) -> tuple[str, ...]:
    """Return a list of names, which a terminal can show, as a tuple.

    Raises
    ------
    ModelCorruptError
        If it is no such list, or empty, or too long, or a name comes twice.
    """
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ModelCorruptError(f"the {what} are no list of names")
    if not names or (different and len(set(names)) != len(names)):
        raise ModelCorruptError(f"the {what} are empty or repeated")
    if len(names) > MOST_NAMES:
        raise ModelCorruptError(f"there are {len(names)} {what}, over {MOST_NAMES}")
    for name in names:
        if _CONTROL.search(name):
            raise ModelCorruptError(f"{name!r} of the {what} holds control characters")
    return tuple(names)


def whole(value: Any, what: str, least: int, most: int) -> int:
    """Return a whole number within limits.

    Raises
    ------
    ModelCorruptError
    """
    if type(value) is not int or not least <= value <= most:
        raise ModelCorruptError(f"{what} is {value!r:.40}, not a whole number up to {most}")
    return value


def truth(value: Any, what: str) -> bool:
    """Return true or false.

    Raises
    ------
    ModelCorruptError
    """
    if type(value) is not bool:
        raise ModelCorruptError(f"{what} is {value!r:.40}, neither true nor false")
    return value
