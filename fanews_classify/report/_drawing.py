"""Matplotlib, told how to draw: colours, Persian letters, SVG for a page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree  # reads what matplotlib has just written

from fanews_classify.display._clean import clean, escaped
from fanews_classify.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito (2008): told apart also by people who do not see all colours.
BLUE: Final = "#0072b2"
ORANGE: Final = "#e69f00"
# Grounds of a confusion matrix: INK stays readable on them.
RIGHT: Final = "#56b4e9"
WRONG: Final = "#d55e00"
INK: Final = "#1b1b1b"
LINE: Final = "#c9c9c9"

# On a page these follow its light or dark theme.
_THEMED: Final = {
    INK: "currentColor",
    LINE: "var(--line)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    RIGHT: "var(--right)",
    WRONG: "var(--wrong)",
}
_STYLE: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, and has Persian letters
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.1,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "svg.fonttype": "path",  # looks the same everywhere
    "svg.hashsalt": "fanews",  # the same ids every time
    "legend.frameon": False,
    "legend.fontsize": 9,
}
_ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]")
_INVISIBLE: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u2400-\u2421]")
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_REFERENCE: Final = re.compile(r"url\(#([^()]+)\)")


def require_matplotlib(what: str = "drawing figures") -> Any:
    """Return the module.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError("matplotlib", "report", what) from error
    return mpl


@contextmanager
def our_style() -> Iterator[None]:
    """Draw in our style, whatever the user's is, and leave the user's as it was."""
    mpl = require_matplotlib()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def drawn(text: str, longest: int = 34) -> str:
    """Return a text as matplotlib has to get it: safe, short, in shape.

    From 3.11 on matplotlib joins Arabic letters and orders them itself; before,
    letters get the forms and the order here in which they stand on the page.

    Raises
    ------
    MissingExtraError
        If matplotlib is older and what shapes Persian text is not installed.
    """
    mpl = require_matplotlib()
    # Cut before cleaning: a label may be megabytes long.
    short = _INVISIBLE.sub("", clean(" ".join(text[: 20 * longest].split())))
    if len(short) > longest:
        short = short[: longest - 1].rstrip() + "…"
    if _ARABIC.search(short) and mpl.__version_info__ < (3, 11):
        short = _shaped(short)
    return short.replace("$", r"\$")  # else what stands between two is read as a formula


def _shaped(text: str) -> str:
    try:
        from arabic_reshaper import ArabicReshaper
        from bidi.algorithm import get_display
    except ImportError as error:
        what = "Persian text in figures of matplotlib before 3.11"
        raise MissingExtraError("arabic-reshaper and python-bidi", "report", what) from error
    # The font has no joined form of heh with yeh above.
    letters = ArabicReshaper().reshape(text.replace("\u06c0", "\u0647"))
    # A half-space has done its work now, and has no form of its own.
    ordered: str = get_display(letters).replace("\u200c", "").replace("\u200d", "")
    return ordered


def inline_svg(figure: Figure, name: str, told: str) -> str:
    """Return a figure as SVG to stand in an HTML page.

    Parameters
    ----------
    figure : Figure
    name : str
        Begins all its ids, which are those of the page.
    told : str
        What those hear who do not see it.
    """
    written = io.BytesIO()
    with our_style(), warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; the label stands beside the picture.
        warnings.filterwarnings("ignore", message=".*missing from.*font")
        figure.savefig(written, format="svg", facecolor="none", metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())  # noqa: S314
    used = {match for part in root.iter() for match in _references(part)}
    for part in root.iter():
        _adapt(part, name, used)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style"):
                parent.remove(child)
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": f"{width * 4 / 3:.0f}",  # points of print to pixels of a page
        "height": f"{height * 4 / 3:.0f}",
        "role": "img",
    }
    text = ElementTree.tostring(root, encoding="unicode")
    for colour, themed in _THEMED.items():
        text = re.sub(colour, themed, text, flags=re.IGNORECASE)
    # The last, so that nothing in a label is taken for a colour or an id.
    return text.replace("<svg", f'<svg aria-label="{escaped(told)}"', 1)


def _references(part: ElementTree.Element) -> Iterator[str]:
    for key, value in part.attrib.items():
        if key == _XLINK:
            yield value.removeprefix("#")
        yield from _REFERENCE.findall(value)


def _adapt(part: ElementTree.Element, name: str, used: set[str]) -> None:
    """Drop namespaces and ids that nothing refers to; make the others unique on the page."""
    part.tag = part.tag.rpartition("}")[2]
    old, part.attrib = part.attrib, {}
    for key, value in old.items():
        if key == "id":
            if value in used:
                part.attrib["id"] = f"{name}-{value}"
        elif key == _XLINK:
            part.attrib["href"] = f"#{name}-{value.removeprefix('#')}"
        else:
            part.attrib[key] = _REFERENCE.sub(rf"url(#{name}-\1)", value)
