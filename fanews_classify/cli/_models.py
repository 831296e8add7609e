"""Models by name, with what was probably meant if there is none such."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fanews_classify.errors import ModelNotFoundError
from fanews_classify.model import _store
from fanews_classify.records._nearest import nearest
from fanews_classify.scale.shipping import Shipped

Found = TypeVar("Found")


def bundled() -> list[str]:
    """Return the names of the bundled models."""
    return sorted(path.stem for path in _store.BUNDLED.glob(f"*{_store.SUFFIX}"))


def load(name: str) -> Any:
    """Load a bundled model or a file.

    Raises
    ------
    ModelFileError
        As `fanews_classify.load`; of a wrong name it says which one is nearest.
    """
    return _with_hint(name, _store.load)


def shipped(name: str) -> Shipped:
    """Load a model that is sent to other processes, or of which the digest is needed.

    Raises
    ------
    ModelFileError
        As `load`.
    """
    return _with_hint(name, Shipped)


def _with_hint(name: str, load_it: Callable[[str], Found]) -> Found:
    try:
        return load_it(name)
    except ModelNotFoundError as error:
        names = bundled()
        meant = nearest(name, [*names, *_beside(Path(name))])
        if meant is None:
            raise
        raise ModelNotFoundError(
            f"there is no model {name!r}; did you mean {meant!r}? Bundled are {', '.join(names)}; "
            f"a file of yours is named with its folder, for instance ./mine{_store.SUFFIX}"
        ) from error


def _beside(path: Path) -> list[str]:
    """Return the model files in the folder of a path that is not there."""
    folder = path.parent
    found = [folder / file.name for file in folder.glob(f"*{_store.SUFFIX}")]
    return [f"./{file}" if folder == Path() else str(file) for file in found]
