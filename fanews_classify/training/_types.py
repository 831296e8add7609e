"""Whether values of a TOML file are of the types that the fields of a dataclass name."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def wrong_type(kind: Any, values: Mapping[str, Any]) -> str | None:
    """Tell what is wrong with the first value of another type; None if there is none.

    Parameters
    ----------
    kind : type
        A dataclass.
    values : mapping of str to object
        By name of the field.

    Examples
    --------
    >>> from fanews_classify.training.recipe import Validation
    >>> wrong_type(Validation, {"folds": 3}), wrong_type(Validation, {"folds": 2.5})
    (None, 'folds is 2.5; int is expected')
    """
    hints = _hints(kind)
    for name, value in values.items():
        wanted, where = hints[name], name
        if isinstance(value, Mapping) and get_origin(wanted) is Mapping:
            wanted = get_args(wanted)[1]
            faulty = [key for key, item in value.items() if not _fits(item, wanted)]
            if not faulty:
                continue
            where, value = f"{name}.{faulty[0]}", value[faulty[0]]  # noqa: PLW2901
        if not _fits(value, wanted):
            shown = wanted.__name__ if isinstance(wanted, type) else str(wanted)
            shown = shown.replace("typing.", "").replace("collections.abc.", "")
            return f"{where} is {value!r:.60}; {shown} is expected"
    return None


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, wanted: Any) -> bool:
    origin, parts = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if parts[-1] is Ellipsis:
            return all(_fits(item, parts[0]) for item in value)
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if origin is list:
        return isinstance(value, list) and all(_fits(item, parts[0]) for item in value)
    if origin is not None:  # Mapping
        return isinstance(value, Mapping) and all(_fits(item, parts[1]) for item in value.values())
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)
