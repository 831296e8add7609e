"""How long articles are: a model of it, from quantiles of real news.

Only quantiles are kept; no text is.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
QUANTILES: Final = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)
_Z90: Final = 1.2815515655446004  # of a normal distribution
_Z99: Final = 2.3263478740408408
# What is published as an article; beside them there are posts, sentences and headlines.
ARTICLES: Final = (
    "agencies_2024", "asriran_2015_2023", "fars_2003_2021", "hamshahri_2003_2007",
    "isna_2019_5cat", "isna_2020_ir01_4k", "khabaryaab_2019",
)  # fmt: skip
POSTS: Final = ("telegram_2026",)
# Pages taken for one text, whole books: nobody has counted them. An assumption, stated.
GIANT_SHARE: Final = 1e-6
GIANT: Final = (1e6, 1e7)  # characters, log-uniform


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """Return quantiles of the characters of a text, by corpus."""
    found = {}
    for name in (*ARTICLES, *POSTS):
        lengths = np.array([len(text) for text in texts_of(folder, name)], dtype=np.float64)
        found[name] = {
            "texts": len(lengths),
            "mean": round(float(lengths.mean()), 1),
            "quantiles": [round(float(q)) for q in np.quantile(lengths, QUANTILES)],
        }
    return found


def texts_of(folder: Path, name: str) -> Iterator[str]:
    """Yield the bodies of a corpus."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            body = json.loads(line).get("body")
            if body:
                yield body


@dataclass(frozen=True)
class LogNormal:
    """Lengths of one source: their logarithms are normal.

    Attributes
    ----------
    mu, sigma : float
        Mean and standard deviation of the logarithms.
    """

    mu: float
    sigma: float

    @classmethod
    def fit(cls, quantiles: Sequence[float]) -> LogNormal:
        """Fit to the median, and to how far above it a tenth and a hundredth of the texts are.

        The upper side counts for the work, and is heavier than the lower one.
        """
        at = dict(zip(QUANTILES, quantiles, strict=True))
        mu = math.log(at[0.5])
        upper = ((math.log(at[0.9]) - mu) / _Z90 + (math.log(at[0.99]) - mu) / _Z99) / 2
        return cls(mu, upper)

    @property
    def mean(self) -> float:
        """Mean length."""
        return math.exp(self.mu + self.sigma**2 / 2)

    def quantile_99(self) -> float:
        """Length that one text in a hundred exceeds."""
        return math.exp(self.mu + self.sigma * _Z99)


@dataclass(frozen=True)
class Archive:
    """A model of an archive.

    Attributes
    ----------
    parts : tuple of (float, LogNormal)
        Sources, and the share of the texts that each has.
    giants : float
        Share of texts of `GIANT` characters.
    by_source : bool
        Whether the texts of a source stand together; else all are mixed.
    """

    parts: tuple[tuple[float, LogNormal], ...]
    giants: float = GIANT_SHARE
    by_source: bool = False

    @property
    def mean(self) -> float:
        """Mean length."""
        low, high = GIANT
        giant = (high - low) / math.log(high / low)
        body = sum(share * part.mean for share, part in self.parts)
        return body * (1 - self.giants) + giant * self.giants

    def unit_sums(self, count: int, unit: int, rng: np.random.Generator) -> FloatArray:
        """Draw `count` texts; return the characters of each `unit` of them that follow each other.

        Every text is drawn: nothing is approximated but that texts of a source do
        not depend on each other.
        """
        n_units = count // unit
        blocks = []
        shares = np.array([share for share, _ in self.parts])
        if self.by_source:
            ends = np.round(np.cumsum(shares) * n_units).astype(int)
            begins = np.append(0, ends[:-1])
            for (_, part), begin, end in zip(self.parts, begins, ends, strict=True):
                blocks += list(self._drawn(end - begin, unit, [part], np.ones(1), rng))
        else:
            blocks += list(self._drawn(n_units, unit, [p for _, p in self.parts], shares, rng))
        return np.concatenate(blocks)

    def _drawn(
        self,
        n_units: int,
        unit: int,
        parts: Sequence[LogNormal],
        shares: FloatArray,
        rng: np.random.Generator,
    ) -> Iterator[FloatArray]:
        mu = np.array([part.mu for part in parts], dtype=np.float32)
        sigma = np.array([part.sigma for part in parts], dtype=np.float32)
        step = max(1_000_000 // unit, 1)
        for begin in range(0, n_units, step):
            rows = min(step, n_units - begin)
            lengths = rng.standard_normal((rows, unit), dtype=np.float32)
            # Which source each text is of: a table of shares is drawn from far faster than a
            # choice is made, and is right to one in 256.
            if len(parts) > 1:
                table = np.repeat(np.arange(len(parts)), _apportioned(shares, 256))
                kind = table.take(rng.integers(0, 256, (rows, unit), dtype=np.uint8))
                lengths *= sigma.take(kind)
                lengths += mu.take(kind)
            else:
                lengths *= sigma[0]
                lengths += mu[0]
            sums = np.exp(lengths, out=lengths).sum(axis=1, dtype=np.float64)
            n_giants = rng.binomial(rows * unit, self.giants)
            giants = np.exp(rng.uniform(*np.log(GIANT), n_giants))
            np.add.at(sums, rng.integers(0, rows, n_giants), giants)
            yield sums


def _apportioned(shares: FloatArray, seats: int) -> npt.NDArray[np.intp]:
    """Round shares to whole numbers that add up (largest remainders)."""
    exact = shares / shares.sum() * seats
    whole = np.floor(exact).astype(np.intp)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: seats - int(whole.sum())]] += 1
    return whole


def articles(lengths: dict[str, dict[str, Any]], **options: Any) -> Archive:
    """Return an archive of articles: each source has as many of them as in the corpora."""
    return _archive(lengths, ARTICLES, **options)


def posts_and_articles(lengths: dict[str, dict[str, Any]], **options: Any) -> Archive:
    """Return an archive of which one half are short posts, those first."""
    found = _archive(lengths, ARTICLES, **options)
    post = LogNormal.fit(lengths[POSTS[0]]["quantiles"])
    parts = ((0.5, post), *((share / 2, part) for share, part in found.parts))
    return Archive(parts, found.giants, found.by_source)


def _archive(lengths: dict[str, dict[str, Any]], names: Sequence[str], **options: Any) -> Archive:
    total = sum(lengths[name]["texts"] for name in names)
    parts = tuple(
        (lengths[name]["texts"] / total, LogNormal.fit(lengths[name]["quantiles"]))
        for name in names
    )
    return Archive(parts, **options)
