"""Saving and loading of classifiers, and the models that come with the package."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import numpy as np

from fanews_classify.errors import (
    ModelArrayError,
    ModelCorruptError,
    ModelFileError,
    ModelKindError,
    ModelNotFoundError,
    ModelVersionError,
)
from fanews_classify.model._assembly import KINDS, AnyModel, all_blocks, assemble, disassemble
from fanews_classify.model._format import pack, read_bytes, unpack, write_container
from fanews_classify.model._limits import checked_names
from fanews_classify.text import TEXT_PIPELINE_VERSION

if TYPE_CHECKING:
    from fanews_classify.model.claims import ClaimStanceClassifier
    from fanews_classify.model.classifier import NewsClassifier
    from fanews_classify.model.stance import StanceClassifier
    from fanews_classify.model.topics import TopicClassifier

SUFFIX: Final = ".fanews"
BUNDLED: Final = Path(__file__).resolve().parent.parent / "models"
_BARE_NAME: Final = r"[A-Za-z0-9_-]+"


def save(model: AnyModel, path: str | os.PathLike[str]) -> None:
    """Save a model to one file, by convention ``NAME.fanews``.

    The file is written beside its place and then renamed, so an interrupted
    save leaves the old file as it was. The same model always gives the same
    bytes. Nothing in the file is code.

    Parameters
    ----------
    model : NewsClassifier, TopicClassifier, StanceClassifier or ClaimStanceClassifier
    path : str or path-like

    Raises
    ------
    ModelFileError
        If the file cannot be written.

    Examples
    --------
    >>> import fanews_classify as fc, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "copy.fanews"
    ...     fc.save(fc.load("section"), path)
    ...     fc.load(path).labels == fc.load("section").labels
    True
    """
    write_container(path, *_disassembled(model))


def to_bytes(model: AnyModel) -> bytes:
    """Return what `save` writes."""
    return pack(*_disassembled(model))


def _disassembled(model: AnyModel) -> tuple[dict[str, Any], dict[str, Any]]:
    checked_names(model.labels, "labels")
    checked_names(model.labels_fa, "Persian labels", different=False)
    manifest, arrays = disassemble(model)
    return {**manifest, "text_pipeline": TEXT_PIPELINE_VERSION}, arrays


@overload
def load(name_or_path: Literal["section"]) -> NewsClassifier: ...
@overload
def load(name_or_path: Literal["topic"]) -> TopicClassifier: ...
@overload
def load(name_or_path: Literal["stance"]) -> StanceClassifier: ...
@overload
def load(name_or_path: Literal["claim_stance"]) -> ClaimStanceClassifier: ...
@overload
def load(name_or_path: str | os.PathLike[str]) -> Any: ...
def load(name_or_path: str | os.PathLike[str]) -> AnyModel:
    """Load a bundled model by name, or a saved one by path.

    A bare word (``"section"``) is the name of a bundled model and nothing
    else; anything with a dot or a slash is a path. Every byte is checked
    against the file's digests. No code is run, and if the model is not to be
    had an error says so: another one is never taken in its place.

    Parameters
    ----------
    name_or_path : str or path-like

    Returns
    -------
    NewsClassifier, TopicClassifier, StanceClassifier or ClaimStanceClassifier
        By the kind of the model: one label a text, any number, one for each
        target, or one for each claim.

    Raises
    ------
    ModelNotFoundError
        No such bundled model or file.
    ModelKindError
        The file is no model of this library, or one of another kind.
    ModelVersionError
        The file was written for another version of the format.
    ModelTruncatedError, ModelCorruptError, ModelArrayError
        The file is damaged or was changed.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> fc.load("section").labels[:3]
    ('culture', 'economy', 'health')
    """
    path = path_of(name_or_path)
    return from_bytes(read_bytes(path), path)


def path_of(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a bundled model, or the path that was given.

    Raises
    ------
    ModelNotFoundError
        If there is no bundled model of a bare name.
    """
    if not isinstance(name_or_path, str) or not re.fullmatch(_BARE_NAME, name_or_path):
        return Path(name_or_path)
    path = BUNDLED / f"{name_or_path}{SUFFIX}"
    if not path.is_file():
        names = sorted(file.stem for file in BUNDLED.glob(f"*{SUFFIX}"))
        raise ModelNotFoundError(
            f"there is no bundled model {name_or_path!r}; bundled are {names}. For a file of "
            f"yours give its path, for instance './{name_or_path}{SUFFIX}'"
        )
    return path


def from_bytes(data: bytes, path: Path) -> AnyModel:
    """Return the model of a file's bytes; errors are those of `load` and name the path.

    The arrays of the model are views of the bytes.
    """
    manifest, arrays = unpack(data, path)
    if manifest.get("kind") not in KINDS:
        raise ModelKindError(
            f"{path} is a model of kind {manifest.get('kind')!r}; known are {list(KINDS)}"
        )
    if manifest.get("text_pipeline") != TEXT_PIPELINE_VERSION:
        raise ModelVersionError(
            f"{path} was trained with text pipeline {manifest.get('text_pipeline')!r}, this "
            f"release has {TEXT_PIPELINE_VERSION}; train the model again or take the "
            "release that it was made for"
        )
    try:
        return assemble(manifest, arrays)
    except ModelFileError as error:
        raise type(error)(f"{path}: {error}") from error
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise ModelCorruptError(f"the manifest of {path} is not consistent: {error!r}") from error


def verify(path: str | os.PathLike[str]) -> AnyModel:
    """Load a model and also check that its hash table finds each of its terms.

    Slower than `load`, which trusts a table whose digest is right: this finds
    a file that was wrong when it was made, such as one with a term twice.

    Raises
    ------
    ModelFileError
        As `load`.
    ModelArrayError
        If terms are repeated or not found under their own id.
    """
    model: AnyModel = load(path)
    for block in all_blocks(model):
        terms = block.term_bytes()
        if len(set(terms)) != len(terms):
            raise ModelArrayError(f"{path}: the vocabulary holds a term twice")
        hashes = block.options.hash_terms(terms)
        if not np.array_equal(block.table.lookup(hashes), np.arange(len(terms))):
            raise ModelArrayError(f"{path}: the hash table does not find the model's own terms")
    return model


def models() -> dict[str, dict[str, Any]]:
    """Describe the bundled models.

    Returns
    -------
    dict of str to dict
        For each name: ``labels``, ``labels_fa``, ``size`` of the file in
        bytes, and ``info`` (training data, scores with intervals, versions).

    Examples
    --------
    >>> import fanews_classify as fc
    >>> "section" in fc.models()
    True
    """
    described = {}
    for path in sorted(BUNDLED.glob(f"*{SUFFIX}")):
        model = load(path)
        described[path.stem] = {
            "labels": model.labels,
            "labels_fa": model.labels_fa,
            "size": path.stat().st_size,
            "info": dict(model.info),
        }
    return described
