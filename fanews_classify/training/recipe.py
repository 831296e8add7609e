"""Recipes: small TOML files that say what a model is trained on, and how."""

from __future__ import annotations

import os
import re
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import RecipeError
from fanews_classify.labels import persian_name
from fanews_classify.training._types import wrong_type
from fanews_classify.training.claim_recipe import PairLearner, Pairs

_DATA: Final = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".gz")
RECIPES: Final = Path(__file__).resolve().parent.parent / "recipes"
TASKS: Final = ("single-label", "multi-label", "stance", "claim-stance")
VIEWS: Final = ("text", "focus")
LEARNERS: Final = ("linear_svc", "logistic_regression")
SOLVERS: Final = ("liblinear", "lbfgs", "saga")


@dataclass(frozen=True)
class Source:
    """A file of texts that carry their own labels.

    Several labels of one text are a list, an object whose keys they are, or
    text with ``;`` between; stances are an object of target to stance.

    Attributes
    ----------
    path : str
        CSV or JSON lines (also gzipped), relative to the data folder, or to
        the corpora folder if `corpus` is true.
    text, label : str
        Names of the columns. Several text columns are joined: ``"title+body"``.
    source : str
        Column that names the outlet, or ``""``.
    labels : mapping
        From the file's labels to the model's; others are left out. Empty: as
        they are.
    weight : float
        Weight of its documents in training.
    judged : bool
        Whether scores are computed on them.
    """

    path: str
    text: str = "title+body"
    label: str = "label"
    source: str = "source"
    labels: Mapping[str, str] = field(default_factory=dict)
    corpus: bool = False
    weight: float = 1.0
    judged: bool = True


@dataclass(frozen=True)
class Annotations:
    """A file of labels (corpus, id, label) for texts that stand in the corpora.

    Attributes
    ----------
    path : str
        JSON lines, relative to the data folder.
    label : str
        Name of the field with the label.
    unsure : str
        Name of the field that says whether the readers were unsure.
    unsure_weight : float
        Weight of documents whose readers were unsure.
    weight : float
    judged : bool
        Whether scores are computed on them.
    span : bool
        Whether a line labels a part of the document, from ``start`` to ``end``.
    """

    path: str
    label: str = "section"
    unsure: str = "unsure"
    unsure_weight: float = 1.0
    weight: float = 1.0
    judged: bool = True
    span: bool = False


@dataclass(frozen=True)
class Features:
    """One block of features: parameters of PersianTfidfVectorizer, and more.

    Attributes
    ----------
    max_words : int or None
        Keep so many words at most, those in most texts; the words of
        `Recipe.unlabelled` count too and enter the vocabulary.
    max_runs : int or None
        Keep so many runs of words at most: those with the largest weight times
        the root of their summed squares in a first fit.
    subwords : float
        If not 0, words share what their character n-grams have learnt, with
        this factor. Folded into the weights of the words: prediction costs
        nothing more. Fits words that labelled texts lack.
    subword_range : (int, int)
        Lengths of those n-grams.
    vectors : float
        If not 0, words share what words with the same neighbours in the
        unlabelled texts have learnt, with this factor. Folded in likewise.
    dimensions : int
        Of those word vectors.
    norm : {"l1", "l2", "expected"} or None
        With ``"expected"`` and ``sublinear_tf = false`` prediction is fastest.
    factor : float
        Of the whole block against the others.
    view : str
        ``"text"``, or for stance ``"focus"``: only the sentences that speak of
        the target, and their neighbours.
    """

    analyzer: str = "word"
    ngram_range: tuple[int, int] = (1, 2)
    min_df: float = 2
    max_df: float = 1.0
    max_features: int | None = None
    sublinear_tf: bool = True
    binary: bool = False
    use_idf: bool = True
    norm: str | None = "l2"
    remove_boilerplate: bool = True
    join_affixes: bool = True
    max_tokens: int | None = None
    max_words: int | None = None
    max_runs: int | None = None
    subwords: float = 0.0
    subword_range: tuple[int, int] = (3, 5)
    vectors: float = 0.0
    dimensions: int = 96
    factor: float = 1.0
    view: str = "text"

    def vectorizer_parameters(self) -> dict[str, Any]:
        """Return what PersianTfidfVectorizer takes."""
        own = {
            "max_words",
            "max_runs",
            "subwords",
            "subword_range",
            "vectors",
            "dimensions",
            "factor",
            "view",
        }
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in own}


@dataclass(frozen=True)
class Learner:
    """The linear model."""

    kind: str = "linear_svc"
    C: float = 1.0
    class_weight: str | None = "balanced"
    solver: str = "liblinear"
    max_iter: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Validation:
    """How out-of-fold scores are made.

    Attributes
    ----------
    by : str
        ``"source"`` holds out one outlet at a time (those with fewer than
        `min_source` judged documents together), ``"group"`` makes `folds`
        folds of near-duplicate groups. Near duplicates of a held-out document
        are never trained on.
    """

    by: str = "group"
    folds: int = 5
    min_source: int = 50


@dataclass(frozen=True)
class Recipe:
    """All of a recipe; see ``docs/pages/en/training.md`` for an example.

    Attributes
    ----------
    task : str
        ``"single-label"``, ``"multi-label"`` (zero or more labels a text),
        ``"stance"`` (one label for each target that a text has), or
        ``"claim-stance"`` (one for a pair of a claim and a text).
    labels : tuple of str
        Labels allowed in the data; empty for any.
    targets : tuple of str
        Targets of a stance.
    target_factor : float
        Of the feature that says which target is asked about.
    passage_share : float
        Of a multi-label model: weight of the passage, a quarter of the text or
        50 words, that speaks most for a label, against that of the whole text.
    pairs : tuple of Pairs
    lexicon : str
        File of synonyms and opposites in the data folder, or ``""``.
    pair_learner : PairLearner
    card : mapping
        What users of the model should know, in words; saved with it.
    """

    name: str
    task: str = "single-label"
    labels: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    labels_fa: Mapping[str, str] = field(default_factory=dict)
    abstain_below: float = 0.0
    weight_dtype: str = "float32"
    target_factor: float = 0.0
    passage_share: float = 0.0
    sources: tuple[Source, ...] = ()
    annotations: tuple[Annotations, ...] = ()
    unlabelled: tuple[str, ...] = ()
    unlabelled_min_df: int = 3
    cleaning: Mapping[str, str] = field(default_factory=dict)
    outlets: Mapping[str, str] = field(default_factory=dict)
    features: tuple[Features, ...] = (Features(),)
    learner: Learner = Learner()
    pairs: tuple[Pairs, ...] = ()
    lexicon: str = ""
    pair_learner: PairLearner = field(default_factory=PairLearner)
    search: Mapping[str, list[Any]] = field(default_factory=dict)
    validation: Validation = Validation()
    card: Mapping[str, Any] = field(default_factory=dict)

    def persian(self, label: str) -> str:
        """Return the Persian name of a label."""
        return self.labels_fa.get(label, persian_name(label))


_LISTS: Final[tuple[tuple[str, Any], ...]] = (
    ("sources", Source),
    ("annotations", Annotations),
    ("features", Features),
    ("pairs", Pairs),
)
_TABLES: Final[tuple[tuple[str, Any], ...]] = (
    ("learner", Learner),
    ("validation", Validation),
    ("pair_learner", PairLearner),
)


def bundled_recipes() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """Read a recipe by the name of a bundled one or by path.

    Raises
    ------
    RecipeError
        If it is missing, not TOML, or has an unknown key or value.
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise RecipeError(
            f"a recipe is expected, got {type(name_or_path).__name__}; labelled files are given "
            "as files=..."
        )
    path = Path(name_or_path)
    if path.suffix.lower() in _DATA:
        raise RecipeError(f"{path} is no recipe; give labelled files as files=..., or --data")
    if isinstance(name_or_path, str) and path.suffix == "" and len(path.parts) == 1:
        path = RECIPES / f"{name_or_path}.toml"
        if not path.is_file():
            raise RecipeError(
                f"there is no bundled recipe {name_or_path!r}; bundled are {bundled_recipes()}, "
                "or give the path of a .toml file"
            )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number without end
        raise RecipeError(f"the recipe {path} is not valid TOML: {error}") from error
    try:
        return parse_recipe(values)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def parse_recipe(values: Mapping[str, Any]) -> Recipe:
    """Turn the values of a TOML file into a Recipe."""
    rest = dict(values)
    made: dict[str, Any] = {}
    for key, kind in _LISTS:
        entries = rest.pop(key, None)
        if entries is not None:
            if not isinstance(entries, list):
                raise RecipeError(f"[[{key}]] must be a list of tables")
            made[key] = tuple(_table(kind, entry, key) for entry in entries)
    for key, kind in _TABLES:
        if key in rest:
            made[key] = _table(kind, rest.pop(key), key)
    for key in ("labels", "targets", "unlabelled"):
        if isinstance(rest.get(key), list):
            rest[key] = tuple(rest[key])
    recipe: Recipe = _table(Recipe, {**rest, **made}, "recipe")
    _check(recipe)
    return recipe


def _table(kind: Any, entry: Any, where: str) -> Any:
    if not isinstance(entry, Mapping):
        raise RecipeError(f"{where} must be a table")
    known = {f.name for f in fields(kind)}
    unknown = sorted(map(str, set(entry) - known))
    if unknown:
        raise RecipeError(f"unknown key {unknown[0]!r} in {where}; known are {sorted(known)}")
    entry = {**entry}
    for key in ("ngram_range", "subword_range"):
        if isinstance(entry.get(key), list):
            entry[key] = tuple(entry[key])
    wrong = wrong_type(kind, entry)
    if wrong:
        raise RecipeError(f"{where}: {wrong}")
    try:
        return kind(**entry)
    except TypeError as error:
        raise RecipeError(f"{where}: {error}") from error


def _check(recipe: Recipe) -> None:
    for value, choices, what in (
        (recipe.task, TASKS, "task"),
        (recipe.learner.kind, LEARNERS, "learner.kind"),
        (recipe.learner.solver, SOLVERS, "learner.solver"),
        (recipe.validation.by, ("source", "group"), "validation.by"),
        (recipe.weight_dtype, ("float16", "float32"), "weight_dtype"),
    ):
        if value not in choices:
            raise RecipeError(f"{what} is {value!r}; choose one of {list(choices)}")
    for block in recipe.features:
        if block.view not in VIEWS or (block.view == "focus" and recipe.task != "stance"):
            raise RecipeError(f"features.view is {block.view!r}; 'focus' is for task = \"stance\"")
        if block.norm == "expected" and (
            block.analyzer != "word" or block.sublinear_tf or block.binary
        ):
            raise RecipeError(
                'norm = "expected" needs analyzer = "word", sublinear_tf = false, binary = false'
            )
        vocabulary = block.max_words or block.max_runs or block.subwords or block.vectors
        if vocabulary and (block.analyzer != "word" or block.ngram_range[0] != 1):
            raise RecipeError(
                "max_words, max_runs, subwords and vectors need words: ngram_range = [1, …]"
            )
    _check_patterns(recipe.cleaning)
    if not recipe.features:
        raise RecipeError("a recipe needs at least one [[features]] table")
    if bool(recipe.pairs) != (recipe.task == "claim-stance"):
        raise RecipeError('[[pairs]] and task = "claim-stance" go together')
    if not 2 <= recipe.pair_learner.leaves <= 16:
        raise RecipeError("pair_learner.leaves must be from 2 to 16")
    if recipe.validation.folds < 2:
        raise RecipeError("validation.folds must be 2 or more")
    for key, tried in recipe.search.items():
        if key not in {f.name for f in fields(Learner)} or not isinstance(tried, list) or not tried:
            raise RecipeError(f"search.{key} must be a list of values of a learner's parameter")


def _check_patterns(cleaning: Mapping[str, str]) -> None:
    for outlet, pattern in cleaning.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of what may mean something else one day
                re.compile(pattern)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            raise RecipeError(f"cleaning.{outlet} is no regular expression: {error}") from error
