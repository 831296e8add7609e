"""Scratch environments of speed.py, and worker processes in them."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from peers import PEERS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REQUIREMENTS = {
    "current": {
        "numpy": "2.4.6",
        "scikit-learn": "1.9.1",
        "joblib": "1.6.0",
        "fasttext-wheel": "0.9.2",
        "spacy": "3.8.18",
        "model2vec": "0.10.0",
    },
    "hazm": {  # demands this numpy
        "hazm": "0.10.0",
        "numpy": "1.24.3",
        "scikit-learn": "1.9.1",
        "joblib": "1.6.0",
    },
}
ENVIRONMENTS = ROOT / ".venv-benchmarks"
# One thread each; this library from the working tree, not installed, but with its bytecode
# kept as that of installed packages is; nothing downloaded.
ENVIRON = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(ENVIRONMENTS / "bytecode"),
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE))),
}


@functools.cache
def interpreter(name: str) -> str:
    """Return the interpreter of an environment; make it if it is missing or out of date."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    wanted = [f"{package}=={version}" for package, version in REQUIREMENTS[name].items()]
    stamp = folder / "made-for.txt"
    content = "\n".join((f"Python {platform.python_version()}", *wanted, ""))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != content:
        print(f"installing {', '.join(wanted)}", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        stamp.write_text(content, encoding="utf-8")
    return str(python)


class Worker:
    """A competitor in its own process; see speed_worker.py.

    Parameters
    ----------
    name : str
        Key of `peers.PEERS`.
    log : Path
        Where its standard error goes.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(
                [interpreter(PEERS[name].environment), str(HERE / "speed_worker.py"), name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env=ENVIRON,
            )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def send(self, *command: str) -> None:
        """Send a command; `receive` returns the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def receive(self) -> dict[str, Any]:
        """Return the answer; end the benchmark if the worker failed."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self._fail()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"{self.name} failed:\n{answer['error']}")
        return answer

    def ask(self, *command: str) -> dict[str, Any]:
        """Send a command, return the answer."""
        self.send(*command)
        return self.receive()

    def _fail(self) -> None:
        code = self.process.wait()
        said = self.log.read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"{self.name} ended with exit code {code}:\n{said}")
