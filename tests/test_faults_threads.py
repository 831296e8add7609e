"""One model in many threads at once, and in processes started in every way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Final

import pytest
from faults import python, told

Record = Callable[[str, object], None]
posix = pytest.mark.skipif(os.name == "nt", reason="forks")

_THREADS: Final = """
import json, sys, threading
import numpy as np
import fanews_classify as fc
words = "تیم فوتبال لیگ بانک ارز بورس بیمارستان دارو پزشک مجلس وزیر دانشگاه نفت آب مدرسه".split()
rng = np.random.default_rng(1)
texts = [" ".join(rng.choice(words, size=n)) for n in (1, 3, 8, 20, 60)] + ["", "\\u200c", "x"]
target = "health_finance_dispute"
claim = "قیمت دارو بالا رفت"
calls = {
    "predict": lambda m: m["section"].predict(texts),
    "proba": lambda m: m["section"].predict_proba(texts).tobytes().hex(),
    "stream": lambda m: [str(a) for a in m["section"].stream(texts)],
    "explain": lambda m: str([m["section"].explain(text) for text in texts[:4]]),
    "topic": lambda m: str(m["topic"].predict(texts)),
    "stance": lambda m: str(m["stance"].predict(texts, target=target)),
    "claim": lambda m: str(m["claim_stance"].predict(texts, claim)),
    "analyze": lambda m: str(fc.analyze(texts[3])),
}
def fresh():
    return {name: fc.load(name) for name in ("section", "topic", "stance", "claim_stance")}
names = list(calls)
sys.setswitchinterval(1e-6)  # threads change as often as can be
many, rounds = 64, int(sys.argv[1])
found = []
for _ in range(rounds):
    models = fresh()  # nothing is computed with them before the threads begin
    barrier = threading.Barrier(many)
    def work(i, models=models, barrier=barrier):
        barrier.wait()
        for k in range(2):
            name = names[(i + k) % len(names)]
            found.append((name, calls[name](models)))
    threads = [threading.Thread(target=work, args=(i,)) for i in range(many)]
    [t.start() for t in threads]
    [t.join() for t in threads]
models = fresh()
serial = {name: calls[name](models) for name in names}
wrong = sum(answer != serial[name] for name, answer in found)
print(json.dumps([2 * many * rounds - len(found), wrong, len(found)]))
"""


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_64_threads_with_fresh_models(rounds: int, record_property: Record) -> None:
    lost, changed, times = json.loads(python(_THREADS, rounds))
    told(record_property, fault="64 threads begin at once on models that were just loaded",
         done="predict, predict_proba, stream, explain, analyze, topics, stances and claims are "
              "those of one thread", lost=lost, changed=changed, times=times)  # fmt: skip


_LOADING: Final = """
import hashlib, json, sys, threading
sys.setswitchinterval(1e-6)
import fanews_classify as fc
barrier, found = threading.Barrier(64), []
def work(i):
    barrier.wait()
    name = ("section", "topic")[i % 2]
    proba = fc.load(name).predict_proba("بانک مرکزی نرخ ارز را اعلام کرد")
    found.append((name, hashlib.sha256(proba.tobytes()).hexdigest()))
threads = [threading.Thread(target=work, args=(i,)) for i in range(64)]
[t.start() for t in threads]
[t.join() for t in threads]
print(json.dumps([64 - len(found), len(set(found)) - 2]))
"""


def test_64_threads_load(record_property: Record) -> None:
    lost, changed = json.loads(python(_LOADING))
    told(record_property, fault="64 threads load models at once, the first use in the process",
         done="all answers are equal", lost=lost, changed=changed, times=64)  # fmt: skip


_FORKS: Final = """
import hashlib, json, os, sys, threading
import fanews_classify as fc
texts = ["باشگاه فوتبال شهر در لیگ قهرمان شد", "بانک مرکزی نرخ ارز را اعلام کرد", ""] * 5
model = fc.load("section")
def answer(m):
    return hashlib.sha256(m.predict_proba(texts).tobytes() + str(m.explain(texts[0])).encode()
                          ).hexdigest()
expected = answer(fc.load("section"))
stop = threading.Event()
def work():
    while not stop.is_set():
        answer(model)
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
changed = lost = 0
times = int(sys.argv[1])
for _ in range(times):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, (answer(model) + answer(fc.load("section"))).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    lost += len(said) != 128
    changed += said != 2 * expected
stop.set()
[t.join() for t in threads]
print(json.dumps([lost, changed]))
"""


@posix
def test_forks_while_threads_predict(record_property: Record) -> None:
    times = 12
    lost, changed = json.loads(python(_FORKS, times, flags=["-W", "ignore"]))
    told(record_property, fault="fork while threads predict with the same model",
         done="the child answers with that model and with one that it loads itself",
         lost=lost, changed=changed, times=times)  # fmt: skip


_PROCESSES: Final = """
import json, multiprocessing, sys
import fanews_classify as fc
texts = [["باشگاه فوتبال شهر در لیگ قهرمان شد", ""], ["بانک مرکزی نرخ ارز را اعلام کرد"]] * 4
section = fc.load("section")
expected = [section.predict_proba(part).tobytes() for part in texts]
with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
    found = [array.tobytes() for array in pool.map(section.predict_proba, texts)]
print(json.dumps([len(expected) - len(found),
                  sum(a != b for a, b in zip(found, expected, strict=False)), len(found)]))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_however_started(method: str, record_property: Record) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    lost, changed, times = json.loads(python(_PROCESSES, method, flags=["-W", "ignore"]))
    told(record_property, fault=f"a loaded model sent to processes started by {method}",
         done="all answers are those of the parent", lost=lost, changed=changed,
         times=times)  # fmt: skip
