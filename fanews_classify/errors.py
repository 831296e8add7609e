"""Exceptions of fanews_classify.

Every error the library raises on purpose is a :class:`FanewsError`. Those
that refine a builtin (``TypeError``, ``ValueError``, ``FileNotFoundError``)
also derive from it, so both kinds of ``except`` clause work.
"""

from __future__ import annotations

__all__ = [
    "CorpusError",
    "EvaluationError",
    "FanewsError",
    "InputTypeError",
    "LabelError",
    "MissingExtraError",
    "ModelArrayError",
    "ModelCorruptError",
    "ModelFileError",
    "ModelKindError",
    "ModelNotFoundError",
    "ModelTruncatedError",
    "ModelVersionError",
    "NotFittedError",
    "ParameterError",
    "RecipeError",
    "WorkerError",
]


class FanewsError(Exception):
    """Base class of every error raised by this package."""


class InputTypeError(FanewsError, TypeError):
    """A text is not a ``str``; the message names its position."""


class ParameterError(FanewsError, ValueError):
    """A parameter has a value that the called function cannot use."""


class NotFittedError(FanewsError, ValueError):
    """A transformer was used before ``fit``."""


class LabelError(FanewsError, ValueError):
    """A label is not one of the labels that are valid here."""


class MissingExtraError(FanewsError, ImportError):
    """An optional package is not installed; the message says how to get it.

    Parameters
    ----------
    package : str
        What is missing, for instance ``"matplotlib"``.
    extra : str
        The extra of this package that brings it, for instance ``"report"``.
    what : str
        What needs it, for instance ``"drawing figures"``.
    """

    def __init__(self, package: str, extra: str, what: str) -> None:
        super().__init__(
            f"{what} needs {package}, which is not installed; "
            f"pip install 'fanews-classify[{extra}]'"
        )
        self.package, self.extra, self.what = package, extra, what

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        return type(self), (self.package, self.extra, self.what)


class CorpusError(FanewsError, ValueError):
    """A data file is missing, unreadable, or has a faulty line."""


class RecipeError(FanewsError, ValueError):
    """A training recipe is missing, unreadable, or not consistent."""


class WorkerError(FanewsError, RuntimeError):
    """A worker process ended before its work was done."""


class EvaluationError(FanewsError, ValueError):
    """Texts and labels cannot be evaluated as given."""


class ModelFileError(FanewsError):
    """Base class of everything that can be wrong with a model file."""


class ModelNotFoundError(ModelFileError, FileNotFoundError):
    """No bundled model and no file has this name; nothing else is loaded."""


class ModelTruncatedError(ModelFileError, ValueError):
    """The file ends before the bytes that its header promises."""


class ModelCorruptError(ModelFileError, ValueError):
    """The bytes of the file do not match its own digests or layout."""


class ModelVersionError(ModelFileError, ValueError):
    """The file was written for another version of the format."""


class ModelKindError(ModelFileError, ValueError):
    """The file is not a fanews model, or not a model of the expected kind."""


class ModelArrayError(ModelFileError, ValueError):
    """An array in the file has a wrong type, shape or value (object, NaN, ...)."""
