"""What both kinds of evaluations can do: become a page, figures, a comparison."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fanews_classify.evaluation.documents import JudgedDocuments

if TYPE_CHECKING:
    from fanews_classify.evaluation.comparison import Comparison
    from fanews_classify.evaluation.curve import LearningCurve
    from fanews_classify.model._assembly import AnyModel


class Reported:
    """Methods of `Evaluation` and `MultiLabelEvaluation`; loads what they need when asked."""

    documents: JudgedDocuments | None

    def _of(
        self,
        texts: Sequence[str],
        model: AnyModel | None = None,
        asked: Sequence[str] = (),
        sources: Sequence[str] = (),
    ) -> Self:
        """Return the same evaluation that also knows its texts."""
        if self.documents is None:
            return self
        parts = self.documents.parts
        if any(sources):
            parts = {**parts, "source": sources}
        known = replace(
            self.documents, texts=texts, model=model, asked=asked if any(asked) else (), parts=parts
        )
        same: Any = self
        made: Self = replace(same, documents=known)
        return made

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the scores in IPython and notebooks, not all the numbers behind them."""
        printer.text("..." if cycle else str(self))

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        learning_curve: LearningCurve | None = None,
        mistakes: int = 20,
        comparison: Comparison | None = None,
    ) -> Path:
        """Write the evaluation as one page that needs nothing else.

        Scores with intervals, a table of the labels, confusion, calibration,
        accuracy against coverage, scores by source, length, month and so on,
        the worst mistakes with the words that led there, and the model's card.
        The page asks no network for anything and runs no script. The same
        evaluation always gives the same bytes. It is written beside its place
        and then renamed.

        Parameters
        ----------
        path : str or path-like
        title : str, optional
            Heading; by default made of the model's name.
        learning_curve : LearningCurve, optional
            Shown as well; by default the one in the model's `info`, if any.
        mistakes : int, default=20
            How many wrong answers to show at most, the most confident ones.
        comparison : Comparison, optional
            Of this evaluation with another: shown as well.

        Returns
        -------
        Path
            Where the page is.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed (extra ``report``).
        EvaluationError
            If the file cannot be written.
        ParameterError
            If `mistakes` is negative.

        Examples
        --------
        >>> import fanews_classify as fc, tempfile, pathlib
        >>> texts = ["بارش باران در شمال کشور", "صعود تیم والیبال به فینال جام"]
        >>> scores = fc.evaluate(fc.load("section"), texts, ["society", "sport"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     scores.to_html(pathlib.Path(folder) / "report.html").name
        'report.html'
        """
        from fanews_classify.report.page import write_report

        return write_report(
            self,
            path,
            title=title,
            learning_curve=learning_curve,
            mistakes=mistakes,
            comparison=comparison,
        )

    def figures(self) -> dict[str, Any]:
        """Return the figures of the page, to be saved as PNG, PDF or SVG.

        Returns
        -------
        dict of str to matplotlib.figure.Figure
            ``labels`` (F1 of each), ``confusion``, ``calibration``,
            ``coverage``, and ``by source``, ``by length`` and so on; what the
            evaluation cannot tell is left out.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed (extra ``report``).

        Examples
        --------
        >>> import fanews_classify as fc
        >>> texts = ["بارش باران در شمال کشور", "صعود تیم والیبال به فینال جام"]
        >>> drawn = fc.evaluate(fc.load("section"), texts, ["society", "sport"]).figures()
        >>> list(drawn)
        ['labels', 'confusion', 'calibration', 'coverage', 'by length']
        """
        from fanews_classify.report.figures import all_figures

        this: Any = self
        return all_figures(this)

    def compare(self, other: Any, *, replicates: int = 10_000, seed: int = 0) -> Comparison:
        """Compare with the evaluation of another model on the same documents.

        Both are scored on the same resampled documents (paired bootstrap: Efron
        and Tibshirani, 1993), so what makes documents hard for both cancels out.

        Parameters
        ----------
        other : Evaluation or MultiLabelEvaluation
            Of the same kind, of the same texts in the same order.
        replicates, seed : int
            Of the bootstrap.

        Returns
        -------
        Comparison
            Differences are this one minus the other one.

        Raises
        ------
        EvaluationError
            If the documents are not the same, or one evaluation has none.
        ParameterError
            If `replicates` is below 1.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> texts = ["بارش باران در شمال کشور", "صعود تیم والیبال به فینال جام"]
        >>> scores = fc.evaluate(fc.load("section"), texts, ["society", "sport"])
        >>> scores.compare(scores).p_value
        1.0
        """
        from fanews_classify.evaluation._paired import compare

        return compare(self, other, replicates=replicates, seed=seed)
