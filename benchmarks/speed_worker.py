"""One competitor of speed.py, in a process and an environment of its own.

Reads commands as JSON lines, ``[name, argument, ...]``, and answers each with one JSON
line; an answer ``{"error": ...}`` says what went wrong.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from peers import PEERS, Peer, Training

ONE_BY_ONE = 500  # texts of a set at most
_LEAST_SECONDS = 0.25  # of a measurement: the median of as many repetitions as fit

T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """Choose `most` items at equal distances; all if there are no more."""
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]


class Session:
    """The commands.

    Attributes
    ----------
    peer : Peer
    sets : dict of str to list of (bytes, int)
        Encoded texts and their words, by the name of the set.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.sets: dict[str, list[tuple[bytes, int]]] = {}

    def train(self, data: str, folder: str) -> dict[str, Any]:
        """Train on a file of speed_texts.py, save to the folder."""
        content = json.loads(Path(data).read_text(encoding="utf-8"))
        content["unlabelled"] = [(text, outlet) for text, outlet in content["unlabelled"]]
        training = Training(**content)
        start = time.perf_counter()
        self.peer.train(training)
        seconds = time.perf_counter() - start
        self.peer.save(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        return {"seconds": seconds, "bytes": size}

    def load(self, folder: str, data: str) -> dict[str, Any]:
        """Load from the folder; read the texts to be labelled."""
        self.peer.load(Path(folder))
        content = json.loads(Path(data).read_text(encoding="utf-8"))
        self.sets = {
            name: [(text.encode(), len(text.split())) for text in texts]
            for name, texts in content["sets"].items()
        }
        return {}

    def label(self, name: str) -> dict[str, Any]:
        """Label all texts of a set."""
        return {"labels": self.peer.predict([text.decode() for text, _ in self.sets[name]])}

    def measure(self, name: str, how: str) -> dict[str, Any]:
        """Time the labelling of a set, "in batches" or "one by one".

        The texts are new strings each time, as news that comes in would be: Python
        keeps things it has found out about a string with the string.
        """
        predict: Callable[[list[str]], object] = self.peer.predict
        most = len(self.sets[name])
        if how == "one by one":
            one = self.peer.predict_one
            most, predict = ONE_BY_ONE, lambda texts: [one(text) for text in texts]
        chosen = spread(self.sets[name], min(most, self.peer.most_texts or most))
        seconds: list[float] = []
        while sum(seconds) < _LEAST_SECONDS:
            texts = [text.decode() for text, _ in chosen]
            start = time.perf_counter()
            predict(texts)
            seconds.append(time.perf_counter() - start)
        return {"words": sum(words for _, words in chosen), "seconds": statistics.median(seconds)}


def main() -> None:
    """Answer the commands of speed.py."""
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    session = Session(PEERS[sys.argv[1]]())
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            answer = getattr(session, command)(*arguments)
        except Exception:
            answer = {"error": traceback.format_exc(limit=-4)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
