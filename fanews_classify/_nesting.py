"""How deeply lists and dicts are nested, without recursion."""

from __future__ import annotations

from typing import Any


def is_deeper(value: Any, levels: int) -> bool:
    """Tell whether a value of JSON has lists and dicts inside each other beyond some levels.

    Examples
    --------
    >>> is_deeper([[1], {"a": 2}], 2), is_deeper([[1], {"a": []}], 2)
    (False, True)
    """
    level = [value]
    for _ in range(levels):
        level = [
            item
            for node in level
            for item in (node.values() if type(node) is dict else node)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True
