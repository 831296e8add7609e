"""``fanews predict FILES --out FOLDER/``: an output for each file."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from archive_fixtures import (
    TEXTS,
    contents,
    make_folder,
    pa,
    pq,
    run,
)

from fanews_classify.cli import _archive, _pieces, _progress
from fanews_classify.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_folder(tmp_path, monkeypatch)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_file_is_answered_as_it_would_be_alone(folder: Path, jobs: str) -> None:
    assert run("--out", "out/", "--jobs", jobs, "--quiet") == 1
    names = ["a.parquet", "b.jsonl.gz", "c.jsonl", "d.csv", "e.txt", "old/a.parquet"]
    assert list(contents()) == names
    for name in names:
        alone = f"alone{''.join(Path(name).suffixes)}"
        given = ["predict", f"archive/{name}", "--lines", "--overwrite", "--quiet"]
        assert main([*given, "--out", alone]) in (0, 1)
        if "parquet" in name:
            mine, other = pq.read_table(f"out/{name}"), pq.read_table(alone)
            assert mine.equals(other)
            assert mine.schema.equals(other.schema, check_metadata=True)
            about = pq.ParquetFile(f"out/{name}").metadata
            assert [about.row_group(i).num_rows for i in range(6)] == [10] * 6
            assert about.row_group(0).column(0).compression == "ZSTD"
        elif name.endswith(".gz"):
            unpacked = [gzip.decompress(Path(path).read_bytes()) for path in (f"out/{name}", alone)]
            assert unpacked[0] == unpacked[1]
        else:
            assert Path("out", name).read_bytes() == Path(alone).read_bytes()


def test_pieces_cover_a_file_once(folder: Path) -> None:
    for name in ("a.parquet", "c.jsonl", "d.csv"):
        seen: list[Any] = []
        cut = _pieces.cut

        def looked_at(*given: Any, cut: Any = cut, seen: list[Any] = seen) -> Any:
            for piece in cut(*given):
                seen.append(piece)
                yield piece

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_archive, "cut", looked_at)
            given = ["predict", f"archive/{name}", "--save-every", "20", "--quiet"]
            assert main([*given, "--out", f"out-{name}/"]) in (0, 1)
        assert len(seen) >= 3
        assert [piece.number for piece in seen] == list(range(len(seen)))
        size = Path("archive", name).stat().st_size
        assert seen[-1].consumed == size
        assert all(0 < a.consumed <= b.consumed for a, b in itertools.pairwise(seen))
        if name == "c.jsonl":
            assert b"".join(piece.data for piece in seen) == Path("archive", name).read_bytes()
        if name == "a.parquet":
            assert [group for piece in seen for group in piece.groups] == list(range(6))


def test_what_is_already_there(folder: Path, capsys: Any) -> None:
    Path("out/old").mkdir(parents=True)
    Path("out/old/a.parquet").write_text("mine", encoding="utf-8")
    assert run("--out", "out") == 2
    assert "out/old/a.parquet is there already; --overwrite" in capsys.readouterr().err
    assert list(contents()) == ["old/a.parquet"]
    assert run("--out", "out", "--overwrite") == 1
    assert len(contents()) == 6
    assert run("--out", "archive") == 2
    assert "is a file that is read" in capsys.readouterr().err
    assert main(["predict", "-", "--out", "out/"]) == 2
    assert "standard input or a pipe" in capsys.readouterr().err
    assert main(["predict", "archive/e.txt", "--out", "out/"]) == 2
    assert "--lines" in capsys.readouterr().err
    Path("archive/c.json").write_text("[]", encoding="utf-8")
    assert run("--out", "new/") == 2
    assert "would both be answered in c.jsonl" in capsys.readouterr().err
    assert not Path("new").exists()


def test_other_formats_and_late_columns(folder: Path) -> None:
    late = [{"text": TEXTS[0]}] * 60 + [{"new": 1, "text": TEXTS[1], "label": "x"}] * 60
    Path("archive/c.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [*late, *late]), encoding="utf-8"
    )
    for written in ("csv", "jsonl", "parquet"):
        name = f"out-{written}"
        given = ["predict", "archive/a.parquet", "archive/c.jsonl", "--quiet", "--out-format"]
        assert main([*given, written, "--out", f"{name}/"]) == 1
        assert list(contents(name)) == [f"a.{written}", f"c.{written}"]
        alone = [*given[:1], "archive/c.jsonl", "--quiet", "--out", f"alone.{written}"]
        assert main(alone) == 0
        if written == "parquet":
            assert pq.read_table(f"{name}/c.parquet").equals(pq.read_table("alone.parquet"))
        else:
            assert contents(name)["c." + written] == Path(f"alone.{written}").read_bytes()


def test_awkward_parquet(folder: Path) -> None:
    table = pa.table([["1", "2"], list(TEXTS[:2]), ["x", "y"]], names=["a.b", "text", "text"])
    Path("in").mkdir()
    pq.write_table(table, "in/twice.parquet")
    pq.write_table(table.slice(0, 0), "in/empty.parquet")
    kind = pa.array(["p", None]).dictionary_encode()
    pq.write_table(pa.table({"text": TEXTS[:2], "label": kind}), "in/named.parquet")
    given = ["predict", *sorted(map(str, Path("in").iterdir())), "--quiet"]
    assert main([*given, "--out", "out/", "--column", "text"]) == 0
    found = pq.read_table("out/twice.parquet")
    assert found.column_names[:4] == ["a.b", "text", "text.1", "label"]
    assert found["label"].to_pylist() == ["sport", "economy"]
    assert pq.read_table("out/empty.parquet").column_names == found.column_names
    assert pq.read_table("out/named.parquet").column_names[1:3] == ["label", "predicted_label"]
    assert main([*given[:-2], "--drop-text", "--keep", "", "--out", "few/"]) == 0
    assert pq.read_table("few/empty.parquet").num_rows == 0
    assert main([*given[:-2], "--model", "topic", "--keep", "", "--out", "t/"]) == 0


def test_progress_has_a_rate_and_a_time(monkeypatch: Any, capsys: Any) -> None:
    now = [100.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    progress = _progress.ArchiveProgress(10_000, 1_000, 50, shown=True)
    now[0] += 61
    progress.show(2_000, 110)
    progress.show(3_000, 160)  # not again so soon
    assert capsys.readouterr().err == (
        "fanews: 110 records, 20% of the input, 1 records a second, 8 min left\n"
    )
    assert "left" not in progress.line(1_000, 50)  # nothing done yet: no rate
    assert progress.line(10_000, 700).endswith("less than a minute left")
    now[0] -= 1_000  # a clock that goes back
    assert "left" in progress.line(2_000, 110)
    progress.close()


def test_a_line_without_an_end_costs_itself_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fanews_classify.records import source

    monkeypatch.setattr(source, "LONGEST_LINE", 5_000)
    monkeypatch.setattr(_pieces, "_LONGEST", 20_000)
    good = json.dumps({"text": TEXTS[0]}).encode()
    for end in (b"\n" + good + b"\n", b""):
        long = b'{"text": "' + b"x" * 50_000 + b'"}'
        Path("archive/c.jsonl").write_bytes(b"\n".join([good, good, long]) + end)
        given = ["predict", "archive/c.jsonl", "--overwrite", "--quiet"]
        assert main([*given, "--out", "out/"]) == 1
        assert main([*given, "--out", "alone.jsonl"]) == 1
        assert contents()["c.jsonl"] == Path("alone.jsonl").read_bytes()
        found = [json.loads(line) for line in contents()["c.jsonl"].splitlines()]
        assert [row["label"] for row in found] == ["sport", "sport", None, *["sport"] * bool(end)]
        assert "more than" in found[2]["error"]


@pytest.mark.parametrize("code", ["utf-16", "cp1256", "cp037", "utf-7", "utf-8-sig"])
def test_pieces_end_where_lines_end_in_each_encoding(folder: Path, code: str) -> None:
    rows = [{"text": f"{TEXTS[0]} {i}"} for i in range(60)]
    rows[30] = {"text": "Ċਊᔥ" if code.startswith("utf") else "x"}  # bytes 10 and 37 within
    lines = "".join(json.dumps(row, ensure_ascii=code == "cp037") + "\n" for row in rows)
    lines = lines.replace("ی", "ي") if code == "cp1256" else lines
    Path("archive/c.jsonl").write_bytes(lines.encode(code))
    given = ["predict", "archive/c.jsonl", "--encoding", code, "--quiet", "--save-every", "20"]
    assert main([*given, "--out", "out/"]) == 0
    assert main([*given, "--out", "alone.jsonl"]) == 0
    assert contents()["c.jsonl"] == Path("alone.jsonl").read_bytes()
    assert len(contents()["c.jsonl"].splitlines()) == 60


def test_files_with_little_or_nothing_in_them(folder: Path) -> None:
    row = json.dumps({"text": TEXTS[0]}, ensure_ascii=False).encode()
    made = {
        "ends.jsonl": (row + b"\r\n") * 2,
        "blank.jsonl": b"\n\n",
        "gap.jsonl": b"\n" * 4_000 + row + b"\n" * 4_000 + row,
        "exact.jsonl": (row + b" " * (749 - len(row)) + b"\n") * 4,  # blocks end with lines
        "marks.jsonl": b"\xef\xbb\xbf\xef\xbb\xbf" + row,
        "header.csv": b"id,text\n",
        "none.txt": b"",
        "packed.txt.gz": gzip.compress(b""),
        "array.json": b"[]",
        "پوشه/نام با فاصله\n.csv": "id,text\n1,خبر".encode(),
    }
    for name, data in made.items():
        Path("in", name).parent.mkdir(parents=True, exist_ok=True)
        Path("in", name).write_bytes(data)
    given = ["--lines", "--quiet", "--save-every", "20"]
    for form in ("csv", "jsonl", "parquet", None):
        more = [*given, *([] if form is None else ["--out-format", form])]
        names = [f"in/{name}" for name in made]
        assert main(["predict", *names, *more, "--out", f"out-{form}/"]) == 0
        found = contents(f"out-{form}")
        assert len(found) == len(made)
        for name in made:
            stem = Path(name).name.split(".")[0]
            out = next(path for path in found if Path(path).name.split(".")[0] == stem)
            alone = "alone" + "".join(Path(out).suffixes)
            assert main(["predict", f"in/{name}", *more, "--overwrite", "--out", alone]) == 0
            if out.endswith("parquet"):
                assert pq.read_table(f"out-{form}/{out}").equals(pq.read_table(alone))
            elif out.endswith(".gz"):
                assert gzip.decompress(found[out]) == b""
            else:
                assert found[out] == Path(alone).read_bytes()


def test_places_where_nothing_can_be_written(folder: Path, capsys: Any) -> None:
    Path("file").write_bytes(b"")
    Path("there").mkdir()
    Path("there/old").write_bytes(b"")
    Path("other/c.jsonl").mkdir(parents=True)
    Path("archive/_unfinished").mkdir()
    Path("archive/_unfinished/x.csv").write_bytes(b"text\nx")
    Path("archive/n.json").write_bytes(b"[]")
    long = "n" * 250
    Path(f"archive/{long}.json").write_bytes(b"[]")
    one, two = "archive/c.jsonl", "archive/old/a.parquet"
    for names, more, said in [
        ([one, f"./{one}"], ["new/"], "are the same file"),
        ([one], ["file/"], "has to be a folder"),
        ([one, two], ["there/"], "there/old has to be a folder"),
        ([one], ["no/new/"], "there is no folder"),
        ([one], ["new/", "--json"], "--out-format jsonl"),
        ([one], ["other/", "--overwrite"], "c.jsonl is a folder"),
        ([one, "archive/_unfinished/x.csv"], ["new/"], "_unfinished cannot be answered"),
        (["archive/_unfinished/x.csv"], ["archive/"], "a part of an unfinished run"),
        ([f"archive/{long}.json"], ["new/"], "File name too long"),
        ([one], ["archive/", "--overwrite"], "is a file that is read"),
    ]:
        assert main(["predict", *names, "--quiet", "--out", *more]) == 2, (names, more)
        assert said in capsys.readouterr().err
        assert not Path("new", "_unfinished").exists()
