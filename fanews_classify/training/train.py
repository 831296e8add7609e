"""From a recipe and labelled texts to a saved model and a report on it."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanews_classify.errors import CorpusError
from fanews_classify.evaluation.multilabel import MultiLabelEvaluation
from fanews_classify.evaluation.report import Evaluation
from fanews_classify.model._assembly import Model
from fanews_classify.model._store import save
from fanews_classify.training.checkpoint import Checkpoint, kept_in
from fanews_classify.training.data import Dataset, Document, collect, find_corpora, listed_files
from fanews_classify.training.fit import choose_learner, dependencies, fit_model
from fanews_classify.training.folds import GROUP_FOLD, Progress, groups_of
from fanews_classify.training.judgement import judge
from fanews_classify.training.recipe import Recipe, load_recipe
from fanews_classify.training.unlabelled import Unlabelled

if TYPE_CHECKING:
    from fanews_classify.training.claim_train import ClaimTraining


@dataclass(frozen=True)
class Training:
    """What `train` returns.

    Attributes
    ----------
    model : NewsClassifier, TopicClassifier or StanceClassifier
        Fitted on all documents.
    evaluation : Evaluation or MultiLabelEvaluation
        Out-of-fold scores: of models that saw neither the document nor a near
        duplicate of it nor, with ``by = "source"``, its outlet.
    tried : list of dict
        Candidates of the search and their scores.
    dataset : Dataset
        What was read, its digests, and what was missing.
    """

    model: Model
    evaluation: Evaluation | MultiLabelEvaluation
    tried: list[dict[str, Any]]
    dataset: Dataset

    def report(self) -> str:
        """Return what was learnt, as text."""
        counts = Counter[str]()
        for document in self.dataset.documents:
            label = document.label
            counts.update([label] if isinstance(label, str) else label)
        info = self.model.info
        lines = [
            f"model {self.model.name!r}, {len(self.dataset.documents)} documents in "
            f"{info['training']['groups']} near-duplicate groups",
            "  " + ", ".join(f"{label} {counts[label]}" for label in self.model.labels),
        ]
        if self.dataset.missing:
            lines.append("  left out, not found: " + ", ".join(sorted(set(self.dataset.missing))))
        if len(self.tried) > 1:
            lines += ["", "search:"]
            lines += [f"  {json.dumps(candidate)}" for candidate in self.tried]
        how = info["training"]["validation"]
        lines += ["", f"out-of-fold scores, held out by {how}:", self.evaluation.to_text()]
        lines += ["", "terms that speak most for each label:"]
        lines += [
            f"  {label}: {'، '.join(terms)}" for label, terms in strongest_terms(self.model).items()
        ]
        return "\n".join(lines)


def train(
    recipe: str | os.PathLike[str] | Recipe = "custom",
    *,
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    data: str | os.PathLike[str] = "data",
    corpora: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Training | ClaimTraining:
    """Train a classifier.

    Parameters
    ----------
    recipe : str, path-like or Recipe, default="custom"
        Name of a bundled recipe, path of a TOML file, or a Recipe.
    files : path-like or sequence of path-like
        CSV or JSON-lines files of your own, with a text and a label column.
    data : path-like, default="data"
        Folder of the recipe's own files.
    corpora : path-like, optional
        Folder of the corpora; by default ``$FANEWS_CORPORA``, else none, and
        what stands in them is left out and reported.
    out : path-like, optional
        Save the model there.
    progress : callable, optional
        Called with (step, done, total).
    checkpoint : path-like, optional
        Folder for the results of finished folds. The same call after one that was
        killed goes on after them, and gives the same model; once that is saved,
        the folder is removed. What is done is said by the logger
        ``fanews_classify.training``.

    Returns
    -------
    Training, or ClaimTraining for ``task = "claim-stance"``

    Raises
    ------
    RecipeError, CorpusError
        Also if `checkpoint` cannot be written, or is in use.
    InputTypeError
        If what should be a file is none, such as a table.

    Examples
    --------
    >>> import fanews_classify as fc, pathlib, tempfile
    >>> rows = ["text,label"]
    >>> rows += [f"تیم {w} بازی را برد,ورزش" for w in "آبی سرخ سبز زرد سفید".split()]
    >>> rows += [f"قیمت {w} در بازار بالا رفت,اقتصاد" for w in "طلا نان سیب مس برنج".split()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "mine.csv"
    ...     _ = file.write_text(chr(10).join(rows), encoding="utf-8")
    ...     mine = fc.train(files=[file]).model
    >>> mine.predict("بازی تیم ما")
    'ورزش'
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    progress = progress or _silent
    if recipe.task == "claim-stance":
        from fanews_classify.training.claim_train import train_claims

        return train_claims(
            recipe,
            files=listed_files(files),
            data=Path(data),
            corpora=find_corpora(corpora),
            progress=progress,
            out=out,
            checkpoint=checkpoint,
        )
    progress("reading", 0, 1)
    dataset = collect(recipe, data=Path(data), corpora=find_corpora(corpora), files=files)

    depends = partial(dependencies, recipe, dataset.digests, dataset.documents)
    with kept_in(checkpoint, depends) as kept:
        training = train_on(recipe, dataset, progress, kept)
        if out is not None:
            save(training.model, out)
    return training


def train_on(
    recipe: Recipe, dataset: Dataset, progress: Progress, kept: Checkpoint | None = None
) -> Training:
    """Train on documents that are read already; see `train`."""
    documents = dataset.documents
    labels = occurring_labels(recipe, documents)
    progress("grouping near duplicates", 0, 1)
    groups = groups_of(documents)
    unlabelled = Unlabelled.read(dataset.unlabelled, recipe.features[0])
    learner, held_out, tried = choose_learner(
        recipe, documents, labels, groups, progress, unlabelled, kept
    )
    judgement = judge(recipe, documents, labels, held_out)
    evaluation = judgement.evaluation
    progress("fitting", 0, 1)
    info = {
        "training": {
            "documents": len(documents),
            "unlabelled": len(dataset.unlabelled),
            "judged": evaluation.n,
            "groups": len(set(groups.tolist())),
            "validation": "group" if held_out.fold[0].startswith(GROUP_FOLD) else "source",
            "data_sha256": _digest(documents),
            "files_sha256": dict(sorted(dataset.digests.items())),
            "missing": sorted(set(dataset.missing)),
        },
        "card": dict(recipe.card),
        "scores": evaluation.to_dict(),
        "features": [asdict(block) for block in recipe.features],
    }
    info = json.loads(json.dumps(info))  # plain values, as a saved model has them
    model = fit_model(recipe, learner, documents, judgement, info, unlabelled)
    progress("fitting", 1, 1)
    return Training(model, evaluation, tried, dataset)


def strongest_terms(model: Model, count: int = 8) -> dict[str, list[str]]:
    """Terms of the first block with the largest weights, for each label."""
    block = model.scorer.blocks[0]
    order = np.argsort(-block.weights, axis=0, kind="stable")[:count]
    return {
        label: [block.terms[i] for i in order[:, column]]
        for column, label in enumerate(model.labels)
    }


def occurring_labels(recipe: Recipe, documents: Sequence[Document]) -> list[str]:
    """Return the labels that occur, sorted.

    Raises
    ------
    CorpusError
        If they are too few to tell apart.
    """
    found: set[str] = set()
    for document in documents:
        found.update([document.label] if isinstance(document.label, str) else document.label)
    if len(found) < (1 if recipe.task == "multi-label" else 2):
        raise CorpusError(
            f"all documents have the label {', '.join(sorted(found))!r}; at least two are needed"
        )
    return sorted(found)


def _digest(documents: Sequence[Document]) -> str:
    """One digest of all training documents, in their order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(
            json.dumps(
                [document.key, document.text, document.label, document.weight]
                + [document.target] * bool(document.target)
            ).encode()
        )
    return digest.hexdigest()


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
