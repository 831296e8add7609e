"""What soak.py asks of the models, and the fixed panel whose answers must stay the same."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from soak_texts import KINDS, Source

import fanews_classify as fc
from fanews_classify.model._store import BUNDLED

CLAIM: Final = "بدهی بیمه‌ها به داروخانه‌ها پرداخت شده است"
TARGET: Final = "health_finance_dispute"
MODELS: Final = ("section", "topic", "stance", "claim_stance")


class Panel:
    """Fixed texts and a digest of everything that the models say of each.

    Parameters
    ----------
    models : dict
        By name.
    invented : str
        See `soak_texts.invented`.
    count : int
        Texts beside the hostile ones.
    """

    def __init__(self, models: dict[str, Any], invented: str, count: int = 200) -> None:
        source = Source(invented, seed=7)
        self.models = models
        self.texts = [source.hostile(kind) for kind in KINDS for _ in range(3)]
        self.texts += [source.short() for _ in range(count // 2)]
        self.texts += [source.article() for _ in range(count // 2)]
        self.first = [self.digest(text) for text in self.texts]
        self.in_lists = self._in_lists()

    def digest(self, text: str) -> str:
        """Digest labels, probabilities, explanations and what is shown of one text."""
        section, topic, stance, claims = (self.models[name] for name in MODELS)
        found = hashlib.sha256()

        def add(*parts: object) -> None:
            for part in parts:
                data = part if isinstance(part, bytes) else repr(part).encode()
                found.update(data + b"\0")

        add(section.predict(text), topic.predict(text), stance.predict(text, TARGET))
        add(section.predict_proba(text).tobytes(), topic.predict_proba(text).tobytes())
        add(stance.predict_proba(text, TARGET).tobytes())
        add(claims.predict_proba(text, CLAIM).tobytes(), claims.predict(text, CLAIM))
        for told in (section.explain(text), topic.explain(text, label=TARGET)):
            # repr of a float is exact.
            add([(item.start, item.end, item.label, item.weight) for item in told])
        add(list(claims.evidence(text, CLAIM)), fc.analyze(text).to_dict())
        add(section.explain(text, top=20).to_html())
        return found.hexdigest()

    def _in_lists(self) -> str:
        """Digest the answers to all texts at once."""
        section, topic, stance, claims = (self.models[name] for name in MODELS)
        arrays = (
            section.predict_proba(self.texts),
            topic.predict_proba(self.texts),
            stance.predict_proba(self.texts, TARGET),
            claims.predict_proba(self.texts, CLAIM),
        )
        return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

    def different(self) -> int:
        """Ask everything again; return how many answers differ from those at the start."""
        found = [self.digest(text) for text in self.texts]
        changed = sum(one != other for one, other in zip(found, self.first, strict=True))
        return changed + (self._in_lists() != self.in_lists)

    def whole(self) -> str:
        """Return one digest of all first answers."""
        return hashlib.sha256("".join([*self.first, self.in_lists]).encode()).hexdigest()


class Task(NamedTuple):
    """One kind of call, and how often it is drawn."""

    weight: float
    call: Callable[[Source], int]  # returns the number of texts answered


class Load:
    """The calls of several threads on the same models.

    Attributes
    ----------
    calls, texts : Counter of str
        By kind of call.
    faults : list of str
        What should not have happened: answers that changed, errors of a wrong kind.
    """

    def __init__(self, models: dict[str, Any], panel: Panel, invented: str) -> None:
        self.models = models
        self.panel = panel
        self.invented = invented
        self.calls: Counter[str] = Counter()
        self.texts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._lock = threading.Lock()
        # Two at once would be rare, and the peak of memory a matter of chance.
        self._one_huge_text = threading.Lock()
        self.tasks: dict[str, Task] = {
            "one short text": Task(25, self._one_short),
            "one article": Task(20, self._one_article),
            "one text of 1 MB": Task(0.4, self._one_megabyte),
            "one text of 10 MB": Task(0.03, self._one_huge),
            "a list": Task(5, self._a_list),
            "a stream": Task(3, self._a_stream),
            "predict_proba": Task(6, self._probabilities),
            "explain": Task(8, self._explain),
            "explain 100 kB": Task(0.2, self._explain_long),
            "analyze": Task(5, self._analyze),
            "claim and evidence": Task(5, self._claim),
            "to_html": Task(3, self._html),
            "hostile texts": Task(8, self._hostile),
            "wrong arguments": Task(6, self._wrong),
            "load again": Task(0.5, self._load_again),
            "a pandas Series": Task(2, self._series),
            "one of the panel": Task(6, self._one_of_panel),
        }

    def do_all(self, source: Source) -> None:
        """Do every task once."""
        for name, task in self.tasks.items():
            self.run(name, lambda task=task: task.call(source))

    def do(self, source: Source) -> None:
        """Draw a task and do it."""
        names = list(self.tasks)
        name = source.random.choices(names, [task.weight for task in self.tasks.values()])[0]
        self.run(name, lambda: self.tasks[name].call(source))

    def run(self, name: str, call: Callable[[], int]) -> None:
        """Do a task and count it."""
        try:
            answered = call()
        except Exception as error:
            self.faults.append(f"{name}: {type(error).__name__}: {error}"[:300])
            return
        with self._lock:
            self.calls[name] += 1
            self.texts[name] += answered

    # -- the tasks -------------------------------------------------------------

    def _everything(self, text: str) -> int:
        self.models["section"].predict(text)
        self.models["topic"].predict(text)
        self.models["stance"].predict(text, TARGET)
        return 1

    def _one_short(self, source: Source) -> int:
        return self._everything(source.short())

    def _one_article(self, source: Source) -> int:
        return self._everything(source.article())

    def _one_megabyte(self, source: Source) -> int:
        return self._everything(source.of_bytes(10**6))

    def _one_huge(self, source: Source) -> int:
        with self._one_huge_text:
            return self._everything(source.of_bytes(10**7))

    def _a_list(self, source: Source) -> int:
        texts = source.batch(source.random.randint(1, 400))
        for name in ("section", "topic"):
            _same(len(self.models[name].predict(texts)), len(texts))
        return len(texts)

    def _a_stream(self, source: Source) -> int:
        count = source.random.randint(1, 1500)
        answers = self.models["section"].stream(islice(source.mixed(), count))
        if source.random.random() < 0.3:  # a reader that goes away in the middle
            return len(list(islice(answers, count // 2)))
        return _same(sum(1 for _ in answers), count)

    def _probabilities(self, source: Source) -> int:
        texts = source.batch(50)
        for name in ("section", "topic"):
            _same(len(self.models[name].predict_proba(texts)), 50)
        self.models["stance"].predict_proba(texts, TARGET)
        return 50

    def _explain(self, source: Source) -> int:
        text = source.article()
        self.models["section"].explain(text)
        self.models["topic"].explain(text, label=TARGET, top=10)
        self.models["stance"].explain(text, TARGET)
        return 1

    def _explain_long(self, source: Source) -> int:
        self.models["section"].explain(source.of_bytes(10**5))
        return 1

    def _analyze(self, source: Source) -> int:
        str(fc.analyze(source.article()))
        return 1

    def _claim(self, source: Source) -> int:
        text, claim = source.article(), source.short()
        self.models["claim_stance"].predict(text, claim)
        self.models["claim_stance"].evidence(text, CLAIM)
        return 1

    def _html(self, source: Source) -> int:
        text = source.article() if source.random.random() < 0.7 else source.hostile()
        self.models["section"].explain(text).to_html()
        fc.analyze(text).to_html()
        return 1

    def _hostile(self, source: Source) -> int:
        text = source.hostile()
        self._everything(text)
        self.models["claim_stance"].evidence(text, source.hostile())
        self.models["section"].explain(text, top=5)
        return 1

    def _load_again(self, source: Source) -> int:
        name = source.random.choice(MODELS)
        model = fc.load(name)
        if name in ("section", "topic"):
            model.predict(source.short())
        return 1

    def _series(self, source: Source) -> int:
        import pandas as pd

        texts = source.batch(100)
        index = [source.new_word() for _ in texts]
        given = pd.Series(texts, index=index, dtype=object)  # pandas keeps no lone surrogates else
        found = self.models["section"].predict(given)
        return _same(len(found), len(texts))

    def _one_of_panel(self, source: Source) -> int:
        at = source.random.randrange(len(self.panel.texts))
        if self.panel.digest(self.panel.texts[at]) != self.panel.first[at]:
            self.faults.append(f"text {at} of the panel has another answer")
        return 1

    def _wrong(self, source: Source) -> int:
        """Give what must be refused with an error of the library's own."""
        section, text = self.models["section"], source.short()
        name = source.new_word()
        attempts: Sequence[Callable[[], object]] = (
            lambda: section.predict(None),
            lambda: section.predict([text, None]),
            lambda: section.predict([text, text.encode("utf-8", "replace"), 7]),
            lambda: list(section.stream(iter([text, float("nan")]))),
            lambda: section.predict(text, abstain_below=source.random.random() + 1.1),
            lambda: section.explain(text, label=name),
            lambda: section.explain(text, top=-1),
            lambda: self.models["stance"].predict(text, name),
            lambda: self.models["claim_stance"].predict([text] * 3, [CLAIM] * 2),
            lambda: fc.load(name),
            lambda: fc.load(Path(tempfile.gettempdir()) / f"{name}.fanews"),
            lambda: self._load_damaged(source),
        )
        with suppress(fc.FanewsError):
            source.random.choice(attempts)()
            self.faults.append("wrong arguments were taken")
        return 0

    def _load_damaged(self, source: Source) -> None:
        data = bytearray((BUNDLED / "section.fanews").read_bytes())
        data[source.random.randrange(64, len(data) // 2)] ^= 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "damaged.fanews"
            path.write_bytes(data[: source.random.choice((100, len(data)))])
            fc.load(path)

    def in_processes(self, source: Source) -> int:
        """Answer many texts in two processes."""
        count = 20_001
        texts = (source.short() for _ in range(count))
        found = fc.in_processes(self.models["section"].predict, texts, n_jobs=2)
        return _same(sum(1 for _ in found), count)


def _same(found: int, expected: int) -> int:
    if found != expected:
        raise AssertionError(f"{found} answers to {expected} texts")
    return found
