"""A saved model as a scikit-learn estimator: a step of a Pipeline, or its end."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin

from fanews_classify.errors import LabelError, ParameterError
from fanews_classify.model._base import Classifier, FloatArray
from fanews_classify.model._store import load
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.text._input import check_texts

AnyClassifier = NewsClassifier | TopicClassifier | StanceClassifier | ClaimStanceClassifier

FEATURES: Final = ("log_odds", "probabilities")
_SURE: Final = 1e-6  # no log-odds beyond those of this: one text must not outweigh all others
_NAMED: Final = 5  # a message names so many unknown labels at most


class PretrainedClassifier(ClassifierMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A saved model as a scikit-learn classifier and transformer.

    `fit` trains nothing, and nothing needs it: the model is loaded when first
    asked. At the end of a ``Pipeline`` its answers are predictions; in the
    middle its log-odds are features, from which the next step can learn labels
    of your own.

    Parameters
    ----------
    model : str, path-like or model, default="section"
        A bundled model, the file of a saved one, or the object.
    abstain_below : float in [0, 1], optional
        `predict` answers ``"unknown"`` below this confidence; by default what
        the model says. A text without a known word is ``"unknown"`` in any
        case, though that is none of `classes_`.
    target : str, optional
        For a stance model: what the stance is on.
    claim : str, optional
        For a claim model: likewise.
    features : {"log_odds", "probabilities"}, default="log_odds"
        What `transform` gives. Log-odds stay within 13.8 of 0 and suit linear
        models.

    Attributes
    ----------
    model_ : NewsClassifier, TopicClassifier, StanceClassifier or ClaimStanceClassifier
    classes_ : ndarray of str, shape (n_classes,)
        The labels in sorted order, which is that of all columns.

    See Also
    --------
    fanews_classify.to_pipeline : The same model as a Pipeline of scikit-learn's own parts.
    fanews_classify.PersianTfidfVectorizer : Features to learn from scratch.

    Notes
    -----
    A pickle, or a copy sent to another process, holds the name or the path and
    not the model: the file must be there too. Give the object if it is not.

    Some ensembles number the labels before they fit, but this model's classes
    stay names. So if `y` has all of its classes it can be part of a
    ``StackingClassifier`` and of a ``VotingClassifier`` with ``voting="soft"``;
    for other labels put a pipeline of it and a classifier there.

    Examples
    --------
    Labels of your own, learnt from the section model's answers:

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from fanews_classify import PretrainedClassifier
    >>> texts = [
    ...     "تیم ملی والیبال ایران قهرمان آسیا شد",
    ...     "گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد",
    ...     "بانک مرکزی نرخ سود سپرده‌ها را افزایش داد",
    ...     "شاخص کل بورس تهران رشد کرد",
    ... ]
    >>> pipeline = make_pipeline(PretrainedClassifier("section"), LogisticRegression())
    >>> pipeline = pipeline.fit(texts, ["play", "play", "money", "money"])
    >>> pipeline.predict(["تیم فوتبال بازی را برد"]).tolist()
    ['play']

    Its own labels:

    >>> PretrainedClassifier("section").predict(texts).tolist()
    ['sport', 'sport', 'economy', 'economy']
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Classifier = "section",
        *,
        abstain_below: float | None = None,
        target: str | None = None,
        claim: str | None = None,
        features: Literal["log_odds", "probabilities"] = "log_odds",
    ) -> None:
        self.model = model
        self.abstain_below = abstain_below
        self.target = target
        self.claim = claim
        self.features = features

    @property
    def model_(self) -> AnyClassifier:
        """The model; loaded when first asked for."""
        found = self._held()
        if found is None:
            found = _opened(self.model)
            self._loaded = (self.model, found)  # at once, so that threads may share the object
        return found

    def _held(self) -> AnyClassifier | None:
        """Return the model if it is loaded and `model` was not set to another since."""
        named, found = self.__dict__.get("_loaded", (None, None))
        loaded: AnyClassifier | None = found if named == self.model else None
        return loaded

    @property
    def classes_(self) -> npt.NDArray[np.str_]:
        """Labels of the model, sorted."""
        return np.array(sorted(self.model_.labels), dtype=np.str_)

    def fit(self, X: Iterable[str] | None = None, y: Any = None) -> PretrainedClassifier:
        """Load the model and check the arguments; nothing is trained.

        Parameters
        ----------
        X : iterable of str, length n_texts, optional
        y : array-like of str, optional
            For a topic model the labels of each text, or an indicator matrix.
            Numbers are not checked, as ensembles number the labels.

        Returns
        -------
        self

        Raises
        ------
        InputTypeError
            If a text is not a ``str``.
        LabelError
            If `y` has a label that the model does not know, or it does not
            know the target.
        ParameterError
            If a parameter does not fit the model, or the lengths differ.
        ModelFileError
            If the model cannot be loaded.
        """
        self._asked()
        self._check_features()
        self.model_._threshold(self.abstain_below)
        if y is not None:
            n_labels = _check_labels(y, self.model_)
            if X is not None and (n_texts := len(check_texts(X))) != n_labels:
                raise ParameterError(f"{n_texts} texts, but y has labels for {n_labels}")
        elif X is not None:
            check_texts(X)
        return self

    def fit_transform(
        self, X: Iterable[str], y: Any = None, **fit_params: Any
    ) -> npt.NDArray[np.float64]:
        """Return the features of texts; `y` belongs to the step after this one."""
        features: FloatArray = self.transform(X)
        return features

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:
        """Return the labels of texts.

        Parameters
        ----------
        X : iterable of str, length n_texts

        Returns
        -------
        ndarray of str, shape (n_texts,)
            Of a topic model an indicator matrix, ndarray of int64, shape
            (n_texts, n_classes), with a row of zeros where it abstains.

        Raises
        ------
        InputTypeError
            If a text is not a ``str``. For a table: choose a column, in a
            ``ColumnTransformer`` with ``"text"`` and not ``["text"]``.
        """
        asked, model = self._asked(), self.model_
        answers = model.predict(check_texts(X), *asked, abstain_below=self.abstain_below)
        if not isinstance(model, TopicClassifier):
            return np.array(answers, dtype=np.str_)
        classes = self.classes_.tolist()
        given = np.zeros((len(answers), len(classes)), dtype=np.int64)
        for row, labels in zip(given, answers, strict=True):
            row[[classes.index(label) for label in labels if label in classes]] = 1
        return given

    def predict_proba(self, X: Iterable[str]) -> FloatArray:
        """Return calibrated probabilities.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
            Rows sum to 1, but for a topic model, where each stands for itself.
        """
        found: FloatArray = self.model_.predict_proba(check_texts(X), *self._asked())
        return self._sorted(found)

    def decision_function(self, X: Iterable[str]) -> FloatArray:
        """Return scores, the largest of which is the answer.

        Returns
        -------
        ndarray of float64
            Shape (n_texts, n_classes), or (n_texts,) if the model has two
            labels and each text one of them: positive for the second.
        """
        texts, asked, model = check_texts(X), self._asked(), self.model_
        if isinstance(model, ClaimStanceClassifier):
            scores = model._probabilities(*model._pairs(texts, *asked)[1:])[2]
        else:
            scores = model.decision_function(texts, *asked)
        scores = self._sorted(scores)
        if scores.shape[1] == 2 and not isinstance(model, TopicClassifier):
            return scores[:, 1] - scores[:, 0]
        return scores

    def transform(self, X: Iterable[str]) -> FloatArray:
        """Return features of texts: how probable the model finds each label.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
        """
        self._check_features()
        found = self.predict_proba(X)
        if self.features == "probabilities":
            return found
        found = np.clip(found, _SURE, 1.0 - _SURE)
        log_odds: FloatArray = np.log(found / (1.0 - found))
        return log_odds

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns of `transform`.

        Returns
        -------
        ndarray of object (str), shape (n_classes,)
            Such as ``"section_health"``.
        """
        name = self.model_.name
        return np.array([f"{name}_{label}" for label in self.classes_], dtype=object)

    def _asked(self) -> tuple[str, ...]:
        """Return what the model wants to know besides the texts."""
        model, found = self.model_, []
        for what, kind in (("target", StanceClassifier), ("claim", ClaimStanceClassifier)):
            value = getattr(self, what)
            if isinstance(model, kind) and not isinstance(value, str):
                known = f"; it knows {list(model.targets)}" if hasattr(model, "targets") else ""
                raise ParameterError(
                    f"the model {model.name!r} needs a {what} for all texts: "
                    f"PretrainedClassifier(..., {what}=...), one str{known}"
                )
            if not isinstance(model, kind) and value is not None:
                raise ParameterError(f"the model {model.name!r} takes no {what}; leave it out")
            if value is not None:
                found.append(value)
        if isinstance(model, StanceClassifier):
            model._check_target(found[0])
        return tuple(found)

    def _sorted(self, columns: FloatArray) -> FloatArray:
        labels = self.model_.labels
        order = sorted(range(len(labels)), key=labels.__getitem__)
        return columns[:, order]

    def _check_features(self) -> None:
        if self.features not in FEATURES:
            raise ParameterError(f"features={self.features!r}; choose one of {list(FEATURES)}")

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {key: value for key, value in state.items() if key != "_loaded"}

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = False
        tags.requires_fit = False
        known = self._held() or self.model  # asking for tags loads no file
        tags.classifier_tags.multi_label = isinstance(known, TopicClassifier) or known == "topic"
        return tags


def _opened(model: Any) -> AnyClassifier:
    if isinstance(model, str | os.PathLike):
        model = load(model)
    if isinstance(model, AnyClassifier):
        return model
    raise ParameterError(
        f"model is {type(model).__name__}; give the name of a bundled model, the path of a saved "
        "one, or what fanews_classify.load returns"
    )


def _check_labels(y: Any, model: AnyClassifier) -> int:
    """Refuse names that are no labels of a model; return for how many texts `y` has some."""
    several = isinstance(model, TopicClassifier)
    shape = getattr(y, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        if several and len(shape) == 2 and shape[1] == len(model.labels):
            return int(shape[0])
        raise LabelError(
            f"y has shape {shape}; the model {model.name!r} has {len(model.labels)} labels and "
            f"gives {'any number' if several else 'one'} of them to each text"
        )
    if isinstance(y, str | dict) or not isinstance(y, Iterable):
        raise LabelError(f"y is {type(y).__name__}; give the labels of each text")
    rows = list(y)
    if several and any(isinstance(row, str) for row in rows):
        raise LabelError("y has a str for a text; give the labels of each as a list or tuple")
    names = (name for row in rows for name in row) if several else rows
    unknown = sorted({str(name) for name in names if isinstance(name, str)} - set(model.labels))
    if unknown:
        more = ", ..." if len(unknown) > _NAMED else ""
        raise LabelError(
            f"y has labels that the model {model.name!r} does not know: "
            f"{', '.join(map(repr, unknown[:_NAMED]))}{more}; it has {sorted(model.labels)}. To "
            "learn other labels make it a step before a classifier, or train a model of your own"
        )
    return len(rows)
