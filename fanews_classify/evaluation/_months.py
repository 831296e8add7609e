"""The month of a date, of whatever calendar and in whatever digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from fanews_classify.errors import EvaluationError

UNKNOWN_DATE: Final = "unknown date"

# Marks of direction stand in many dates copied from pages, and mean nothing.
_MARKS: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.]\d{1,2})?|(?P<pair>\d\d)\d\d)(?!\d)"
)
# Years of the Persian calendar and of the Gregorian one.
_YEARS: Final = ((1200, 1499), (1800, 2199))


def month(date: object) -> str:
    """Return the month of a date as ``year-month``, in the date's own calendar.

    Parameters
    ----------
    date : object
        ISO date, year, month and day with ``/`` or ``.`` between them, or eight
        digits, as text in any digits or as a number; or something that has a
        year and a month, such as a `datetime.date`.

    Returns
    -------
    str
        ``"unknown date"`` where there is none or it cannot be read.

    Examples
    --------
    >>> month("2024-10-20T08:30:00"), month("۱۴۰۳/۰۵/۱۲"), month(None)
    ('2024-10', '1403-05', 'unknown date')
    """
    found: tuple[Any, Any] | None = None
    if hasattr(date, "year") and hasattr(date, "month"):
        found = date.year, date.month
    else:
        match = _DATE.match(_MARKS.sub("", str(date)).strip())
        if match:
            found = match["year"], match["month"] or match["pair"]
    try:
        year, number = (int(value) for value in found or ())
    except (TypeError, ValueError):  # nothing found, or a NaT, whose year is NaN
        return UNKNOWN_DATE
    if not 1 <= number <= 12 or not any(first <= year <= last for first, last in _YEARS):
        return UNKNOWN_DATE
    return f"{year:04d}-{number:02d}"


def months(dates: Iterable[object], n: int) -> list[str]:
    """Return the month of each of `n` documents.

    Raises
    ------
    EvaluationError
        If there are not as many dates.
    """
    if isinstance(dates, str | bytes) or not isinstance(dates, Iterable):
        raise EvaluationError(f"dates is one {type(dates).__name__}; give one date for each text")
    found = [month(date) for date in dates]
    if len(found) != n:
        raise EvaluationError(f"{n} texts and {len(found)} dates; give one date for each text")
    return found
