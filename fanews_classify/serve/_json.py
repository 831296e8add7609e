"""JSON of clients read strictly, answers written."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from fanews_classify.serve._errors import ApiError


def read(body: bytes) -> dict[str, Any]:
    r"""Return the object that a body holds.

    A lone surrogate, which JSON can write as ``"\ud800"``, stays as it is: it is
    one character of the text, and offsets count it.

    Raises
    ------
    ApiError
        If the body is not UTF-8 or not JSON, has ``NaN``, a key twice or more
        nesting than can be read, or is no object.

    Examples
    --------
    >>> read(b'{"text": "a"}')
    {'text': 'a'}
    """
    try:
        # A mark of byte order at the start is what some Windows programs send.
        value = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise ApiError("not_json", why=f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ApiError("not_json", why=f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ApiError("not_json", why="it is nested too deeply") from None
    except ValueError:  # more digits than Python makes an int of
        raise ApiError("not_json", why="a number is too long") from None
    if not isinstance(value, dict):
        raise ApiError("wrong_type", field="body", wanted="an object", wanted_fa="یک شیء")
    return value


def write(value: Any) -> bytes:
    r"""Return JSON in UTF-8; a lone surrogate goes back as the escape it came as.

    Examples
    --------
    >>> write({"text": "\ud800"})
    b'{"text": "\\ud800"}'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode(
        "utf-8", "backslashreplace"
    )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Which of two values counts differs between programs: better to refuse.
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ApiError("not_json", why="an object has a key twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ApiError("not_json", why=f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ApiError("not_json", why="a number is too large")
    return number
