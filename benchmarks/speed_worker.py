"""One competitor of speed.py, in a process and an environment of its own."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HAZM_TEXTS = 300  # it is slow: fewer texts a round


def ours(texts: list[str], labels: list[str], single: bool) -> Callable[[], int]:
    """Return the bundled model's prediction."""
    import fanews_classify as fc

    model = fc.load("section")
    if single:
        few = texts[:1000]
        return lambda: len([model.predict(text) for text in few])
    return lambda: len(model.predict(texts))


def fasttext(texts: list[str], labels: list[str], single: bool) -> Callable[[], int]:
    """Return fastText's: words and pairs, 100 dimensions."""
    import fasttext as ft

    flat = [" ".join(text.encode("utf-8", "replace").decode().split()) for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        path.write_text(
            "".join(f"__label__{y} {x}\n" for x, y in zip(flat, labels, strict=True)),
            encoding="utf-8",
        )
        model = ft.train_supervised(str(path), wordNgrams=2, dim=100, epoch=5, thread=1, verbose=0)
    # The inner call: fastText's own predict() fails under numpy 2.
    if single:
        few = [text + "\n" for text in flat[:1000]]
        return lambda: len([model.f.predict(text, 1, 0.0, "strict") for text in few])
    lines = [text + "\n" for text in flat]
    return lambda: len(model.f.multilinePredict(lines, 1, 0.0, "strict")[0])


def hazm(texts: list[str], labels: list[str], single: bool) -> Callable[[], int]:
    """Return the usual Persian pipeline's: normalise, tokenize, TF-IDF, linear."""
    from hazm import Normalizer, word_tokenize
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    normalizer = Normalizer()
    model = make_pipeline(
        TfidfVectorizer(
            preprocessor=normalizer.normalize,
            tokenizer=word_tokenize,
            token_pattern=None,
            ngram_range=(1, 2),
            sublinear_tf=True,
        ),
        LogisticRegression(max_iter=50),
    )
    step = max(1, len(texts) // HAZM_TEXTS)
    few = texts[::step][:HAZM_TEXTS]
    model.fit(few, labels[::step][:HAZM_TEXTS])
    return lambda: len(model.predict(few))


def main() -> None:
    """Answer the commands of speed.py."""
    name, data = sys.argv[1:3]
    texts, labels = json.loads(Path(data).read_text(encoding="utf-8"))
    make = {"ours": ours, "fast": fasttext, "hazm": hazm}[name[:4]]
    predict = make(texts, labels, name.endswith("one by one"))
    for _ in sys.stdin:
        start = time.perf_counter()
        count = predict()
        seconds = time.perf_counter() - start
        print(json.dumps({"texts": count, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
