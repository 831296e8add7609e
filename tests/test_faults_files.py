"""Model files: killed writers, full and read-only disks, changes under a loaded model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from faults import ALONE, can_mount, python, told

import fanews_classify as fc
from fanews_classify.errors import ModelFileError
from fanews_classify.model import _atomic

Record = Callable[[str, object], None]
TEXTS: Final = [
    "باشگاه فوتبال شهر در لیگ قهرمان شد",
    "بانک مرکزی نرخ ارز و شاخص بورس را اعلام کرد",
    "بیمارستان‌ها از کمبود دارو و پزشک خبر دادند",
    "",
]
posix = pytest.mark.skipif(os.name == "nt", reason="forks and sends signals")
mounts = pytest.mark.skipif(not can_mount(), reason="may mount no file system here")


def answers(model: fc.NewsClassifier) -> str:
    """SHA-256 of the probabilities of fixed texts."""
    return hashlib.sha256(model.predict_proba(TEXTS).tobytes()).hexdigest()


@pytest.fixture
def two(tiny: fc.NewsClassifier, tmp_path: Path) -> tuple[Path, Path]:
    """Two model files that differ in their answers and in their length."""
    from fanews_classify.training.recipe import Features, Recipe

    rows = "".join(f"تیم {i} بازی را برد,ورزش\nقیمت {i} بالا رفت,اقتصاد\n" for i in range(8))
    (tmp_path / "mine.csv").write_text("text,label\n" + rows, encoding="utf-8")
    other = fc.train(Recipe("other", features=(Features(min_df=1),)), files=tmp_path / "mine.csv")
    fc.save(tiny, tmp_path / "a")
    fc.save(other.model, tmp_path / "b")
    return tmp_path / "a", tmp_path / "b"


_KILLED: Final = """
import json, os, random, signal, sys, time
from pathlib import Path
import fanews_classify as fc
folder, times = Path(sys.argv[1]), int(sys.argv[2])
whole = [(folder / name).read_bytes() for name in "ab"]
models = [fc.load(folder / name) for name in "ab"]
(folder / "to").mkdir()
out, draw = folder / "to" / "m.fanews", random.Random(7)
fc.save(models[0], out)
kills = torn = 0
left = []
while kills < times:
    child = os.fork()
    if not child:
        try:
            while True:
                for model in models:
                    fc.save(model, out)
        finally:
            os._exit(1)
    time.sleep(draw.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    before, left = left, [p.name for p in out.parent.iterdir() if p != out]
    kills += bool(left)
    torn += out.read_bytes() not in whole
    assert len(left) <= 2, left
fc.save(models[0], out)
print(json.dumps([kills, torn, [p.name for p in out.parent.iterdir()]]))
"""


@posix
@pytest.mark.parametrize("times", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_save(times: int, two: tuple[Path, Path], record_property: Record) -> None:
    kills, torn, left = json.loads(python(_KILLED, two[0].parent, times))
    assert left == ["m.fanews"], "the next save removes what killed ones left"
    changed = answers(fc.load(two[0].parent / "to" / "m.fanews")) != answers(fc.load(two[0]))
    told(record_property, fault="kill -9 while a model is saved", lost=torn, changed=int(changed),
         done="the model file is the one before or the new one, byte for byte; the next save "
              "removes what was half written", times=kills)  # fmt: skip


@posix
def test_what_another_process_is_writing_is_not_removed(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = two[0].parent / "x.fanews"
    mine, file = _atomic._locked(path)
    strange = path.with_name(".x.fanews.backup.tmp")
    strange.write_bytes(b"")
    with file:
        fc.save(fc.load(two[0]), path)
        assert mine.exists()
    fc.save(fc.load(two[0]), path)
    assert not mine.exists()
    assert strange.exists(), "no name of ours"

    def without_locks(*_: object) -> None:
        raise OSError("no locks here")

    mine.write_bytes(b"")
    monkeypatch.setattr(_atomic.fcntl, "flock", without_locks)
    fc.save(fc.load(two[1]), path)
    assert path.read_bytes() == two[1].read_bytes()
    assert mine.exists(), "perhaps another machine's"


_TOGETHER: Final = """
import json, os, sys
from pathlib import Path
import fanews_classify as fc
folder = Path(sys.argv[1])
whole = [(folder / name).read_bytes() for name in "ab"]
models = [fc.load(folder / name) for name in "ab"]
out = folder / "m.fanews"
fc.save(models[0], out)
children = []
for model in models:
    child = os.fork()
    if not child:
        code = 1
        try:
            for _ in range(50):
                fc.save(model, out)
            code = 0
        finally:
            os._exit(code)
    children.append(child)
torn = loads = failed = 0
while children:
    loads += 1
    torn += out.read_bytes() not in whole
    fc.load(out)
    for child in list(children):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            children.remove(child)
            failed += status != 0
print(json.dumps([loads, torn, failed, sorted(p.name for p in folder.glob(".*"))]))
"""


@posix
def test_two_processes_save_to_one_path(two: tuple[Path, Path], record_property: Record) -> None:
    loads, torn, failed, left = json.loads(python(_TOGETHER, two[0].parent))
    assert (failed, left) == (0, [])
    assert loads > 5
    told(record_property, fault="two processes save two models to one path, a third loads",
         done="every load is one of the two, whole", lost=failed, changed=torn,
         times=100)  # fmt: skip


_FULL: Final = """
import json, subprocess, sys
from pathlib import Path
import fanews_classify as fc
from fanews_classify.errors import ModelFileError
disk, given = Path(sys.argv[1]), Path(sys.argv[2])
size = (given / "a").stat().st_size
limit = 3 * size + 400_000
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={limit}", "none", disk], check=True)
fc.save(fc.load(given / "b"), disk / "m.fanews")
try:
    with (disk / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
except OSError:
    pass
said = "nothing"
try:
    fc.save(fc.load(given / "a"), disk / "m.fanews")
except ModelFileError as error:
    said = str(error)
kept = (disk / "m.fanews").read_bytes() == (given / "b").read_bytes()
left = [p.name for p in disk.glob(".*")]
(disk / "filler").unlink()
fc.save(fc.load(given / "a"), disk / "m.fanews")
after = (disk / "m.fanews").read_bytes() == (given / "a").read_bytes()
print(json.dumps([said, kept, left, after]))
"""


@mounts
def test_save_on_a_full_disk(two: tuple[Path, Path], record_property: Record) -> None:
    disk = two[0].parent / "disk"
    disk.mkdir()
    said, kept, left, after = json.loads(python(_FULL, disk, two[0].parent, before=ALONE))
    assert "cannot write" in said
    assert "No space left" in said
    assert left == []
    told(record_property, fault="disk full while a model is saved", lost=int(not kept),
         done="a clear error, the model before is there byte for byte, no half file is left; "
              "with space again it is saved", changed=int(not after))  # fmt: skip


_READ_ONLY: Final = """
import json, shutil, subprocess, sys
from pathlib import Path
import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import FanewsError
disk, given = Path(sys.argv[1]), Path(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "none", disk], check=True)
shutil.copy(given / "a", disk / "m.fanews")
(disk / "o.csv").write_text("before")
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
model = fc.load(disk / "m.fanews")
said = []
for call in (
    lambda: fc.save(model, disk / "m.fanews"),
    lambda: fc.save(model, disk / "new.fanews"),
    lambda: fc.train(files=given / "mine.csv", out=disk / "m.fanews", checkpoint=disk / "part"),
):
    try:
        call()
        said.append("nothing")
    except FanewsError as error:
        said.append(str(error))
codes = [
    main(["predict", str(given / "mine.csv"), "--out", str(disk / "o.csv"), "--overwrite"]),
    main(["train", "--data", str(given / "mine.csv"), "--out", str(disk / "m.fanews")]),
]
lost = (disk / "m.fanews").read_bytes() != (given / "a").read_bytes()
lost += (disk / "o.csv").read_text() != "before"
print(json.dumps([said, codes, sorted(p.name for p in disk.iterdir()), lost]))
"""


@mounts
def test_a_read_only_disk(two: tuple[Path, Path], record_property: Record) -> None:
    disk = two[0].parent / "disk"
    disk.mkdir()
    said, codes, there, lost = json.loads(
        python(_READ_ONLY, disk, two[0].parent, before=ALONE).splitlines()[-1]
    )
    assert all("cannot write" in words and "Read-only" in words for words in said), said
    assert codes == [2, 2]
    told(record_property, fault="read-only folder: save, train, predict --out", lost=lost,
         done="a clear error before any work is done, files there stay as they are",
         changed=len(set(there) ^ {"m.fanews", "o.csv"}), times=5)  # fmt: skip


_NOBODY: Final = """
import json, os, sys
from pathlib import Path
import fanews_classify as fc
from fanews_classify.errors import ModelFileError
folder = Path(sys.argv[1])
model = fc.load(folder / "m.fanews")
before = (folder / "m.fanews").read_bytes()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    fc.save(model, folder / "m.fanews")
    said = "nothing"
except ModelFileError as error:
    said = str(error)
print(json.dumps([said, (folder / "m.fanews").read_bytes() != before, os.listdir(folder)]))
"""


@posix
def test_a_folder_of_somebody_else(two: tuple[Path, Path], record_property: Record) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp())  # the folders above that of pytest are closed to others
    try:
        shutil.copy(two[0], folder / "m.fanews")
        folder.chmod(0o555)
        said, lost, there = json.loads(python(_NOBODY, folder))
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert "cannot write" in said
    assert "Permission denied" in said
    told(record_property, fault="folder without the right to write: save", lost=int(lost),
         done="a clear error, the model before is there", changed=len(there) - 1)  # fmt: skip


def _truncate(path: Path, other: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1000)


def _write_into(path: Path, other: Path) -> None:
    with path.open("r+b") as file:
        file.write(other.read_bytes())


def _replace(path: Path, other: Path) -> None:
    fc.save(fc.load(other), path)


def _delete(path: Path, other: Path) -> None:
    path.unlink()


def test_a_file_changed_under_a_loaded_model(
    two: tuple[Path, Path], record_property: Record
) -> None:
    path = two[0].parent / "m.fanews"
    expected = answers(fc.load(two[0]))
    many = TEXTS * 3
    changed = times = 0
    for change in (_truncate, _write_into, _replace, _delete):
        shutil.copy(two[0], path)
        model = fc.load(path)  # nothing is computed before the change
        change(path, two[1])
        changed += answers(model) != expected
        changed += list(fc.in_processes(model.predict, many, n_jobs=2)) != model.predict(many)
        again = path.with_name("again.fanews")
        fc.save(model, again)
        changed += again.read_bytes() != two[0].read_bytes()
        times += 1
        if change in (_truncate, _write_into):
            with pytest.raises(ModelFileError):
                fc.load(path)
    told(record_property, fault="a loaded model's file truncated, overwritten, replaced, deleted",
         done="the loaded model answers as before, also in workers, and saves itself "
              "whole; the damaged file is refused",
         lost=0, changed=changed, times=times)  # fmt: skip
