"""Models sent to other processes: once to each, as the bytes of their file, never as code."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from fanews_classify.errors import ModelVersionError
from fanews_classify.model import _store
from fanews_classify.model._assembly import AnyModel
from fanews_classify.model._format import read_bytes

_OPENED: Final[OrderedDict[str, AnyModel]] = OrderedDict()
_MOST: Final = 8  # models kept open in one process, which may serve many jobs
_lock: threading.Lock


class Shipped:
    """A model that can be sent to other processes, which open it only once.

    What is pickled is the SHA-256 of the model's file and, if it does not come
    with the package, its bytes. Files are read here, when this object is made:
    the other machines need not see them, and a file that is changed later
    changes nothing.

    Parameters
    ----------
    model : str, path-like or a loaded model
        As for `fanews_classify.load`.

    Attributes
    ----------
    name : str
        For messages.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    ModelFileError
        If there is no such model, or its file is damaged.

    Examples
    --------
    >>> import pickle
    >>> sent = pickle.loads(pickle.dumps(Shipped("section")))
    >>> sent.model is Shipped("section").model
    True
    """

    def __init__(self, model: str | os.PathLike[str] | AnyModel) -> None:
        self._data: bytes | None
        if isinstance(model, str | os.PathLike):
            path = _store.path_of(model)
            data = read_bytes(path)
            bundled = path.parent == _store.BUNDLED
            self.name = str(model)
            self._data = None if bundled else data
            self.digest = hashlib.sha256(data).hexdigest()
            if self.digest not in _OPENED:  # so that what is damaged is known here
                _keep(self.digest, _store.from_bytes(data, path))
        else:
            self.name = model.name
            self._data = _store.to_bytes(model)
            self.digest = hashlib.sha256(self._data).hexdigest()
            _keep(self.digest, model)

    @property
    def model(self) -> AnyModel:
        """The model, opened in this process if it was not yet."""
        found = _OPENED.get(self.digest)
        if found is not None:
            return found
        with _lock:  # so that the threads of a worker open it once
            return _OPENED.get(self.digest) or self._open()

    def _open(self) -> AnyModel:
        path = Path(self.name) if self._data is not None else _store.path_of(self.name)
        data = read_bytes(path) if self._data is None else self._data
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise ModelVersionError(
                f"the model {self.name!r} that comes with the package is another one here than "
                "where the work was started; install the same release of fanews-classify on all"
            )
        return _keep(self.digest, _store.from_bytes(data, path))


def _keep(digest: str, model: AnyModel) -> AnyModel:
    kept = _OPENED.setdefault(digest, model)
    while len(_OPENED) > _MOST:
        try:
            _OPENED.popitem(last=False)
        except KeyError:  # another thread was faster
            break
    return kept


def _new_lock() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


_new_lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)  # a thread of the parent may hold the old one
