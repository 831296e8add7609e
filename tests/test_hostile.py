"""What fuzzing and reading with a hostile eye have found, and limits; see also test_fuzz.py."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib
import json
import math
import os
import struct
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanews_classify as fc
from fanews_classify import errors
from fanews_classify.model import _format, _limits
from fanews_classify.model._format import pack, unpack
from fanews_classify.model._store import from_bytes, to_bytes
from fanews_classify.records import source
from fanews_classify.records.reading import Reading, Records

FUZZ = Path(__file__).resolve().parent / "fuzz"
TEXT = "بیمه دارو گفت. تهران مسکن گل؟ تکذیب شد"


@pytest.fixture(scope="module")
def fuzz() -> Iterator[Any]:
    """Import a module of the fuzz targets."""
    sys.path.insert(0, str(FUZZ))
    yield importlib.import_module
    sys.path.remove(str(FUZZ))


@pytest.fixture(scope="module")
def files(fuzz: Any) -> dict[str, bytes]:
    found: dict[str, bytes] = fuzz("small_models").files()
    return found


def forged(data: bytes, change: Any) -> bytes:
    """Change manifest and arrays of a model file; the digests fit again."""
    manifest, arrays = unpack(data, Path("small"))
    arrays = {name: array.copy() for name, array in arrays.items()}
    manifest.pop("parts")
    change(manifest, arrays)
    return pack(manifest, arrays)


def with_header(header: bytes, rest: bytes = b"") -> bytes:
    header += b" " * (-(len(header) + 48) % 64)
    digest = hashlib.sha256(header).digest()
    return struct.pack("<8sII32s", _format.MAGIC, 2, len(header), digest) + header + rest


def set_at(*path: Any, value: Any) -> Any:
    """Return a change of the manifest."""

    def change(manifest: Any, _: Any) -> None:
        node = manifest
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


ANALYZER = ("blocks", 0, "analyzer")


@pytest.mark.parametrize(
    "change",
    [
        set_at("labels_fa", value=["یک", None, "سه"]),
        set_at("labels_fa", value="یکد"),
        set_at("labels", value="abc"),
        set_at("labels", value=["a", "b", "c\x1b[2J"]),
        set_at("labels", value=["a", "b\nc", "d"]),
        set_at("labels", value=["a", {"b": 1}, "d"]),
        set_at("name", value={"a": 1}),
        set_at("info", value=[["a", 1]]),
        set_at("abstain_below", value="0.5"),
        set_at("abstain_below", value=True),
        set_at("calibration", "slope", value=1000.0),  # e to the power of it overflowed
        set_at("calibration", "half", value=1e300),
        set_at("calibration", "decay", value=1e6),
        set_at(*ANALYZER, "ngram_range", value=[1.0, 2.0]),  # a TypeError, but in predicting
        set_at(*ANALYZER, "ngram_range", value=[True, 2]),
        set_at(*ANALYZER, "join_affixes", value=[]),
        set_at(*ANALYZER, "remove_boilerplate", value="no"),
        set_at("blocks", 1, "analyzer", "max_tokens", value=1.5),
        set_at("blocks", 1, "analyzer", "max_tokens", value=10**30),
        set_at("blocks", 1, "norm", value=2**63),
        set_at("blocks", 1, "binary", value="yes"),
        set_at("blocks", 1, "use_idf", value=0),
        set_at("blocks", 0, "readings", 0, "max_tokens", value=-5),
        set_at("blocks", 0, "readings", 0, "max_tokens", value="6"),
        set_at("blocks", 0, "terms", value=2**24 - 1),
        set_at("blocks", 0, "terms", value=15.0),
        set_at("blocks", 0, "multiplier", value=7),
        set_at("blocks", value={"0": {}}),
    ],
)
def test_manifests_that_would_fail_later_are_refused(files: dict[str, bytes], change: Any) -> None:
    with pytest.raises(errors.ModelFileError):
        from_bytes(forged(files["section"], change), Path("forged"))


def too_many(key: str) -> Any:
    def change(manifest: Any, _: Any) -> None:
        listed = manifest["blocks"] if key == "blocks" else manifest["blocks"][0]["readings"]
        listed += listed[:1] * _limits.MOST_BLOCKS

    return change


def numbers(name: str, value: float, at: Any = ...) -> Any:
    def change(_: Any, arrays: Any) -> None:
        arrays[name][at] = value

    return change


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("section", too_many("blocks")),
        ("section", too_many("readings")),
        ("section", numbers("scales_0.0", -1.0)),  # a negative norm gave NaN
        ("section", numbers("scales_0.0", 0.0)),
        ("section", numbers("scales_0.0", 1e300)),
        ("section", numbers("intercept", 1e300)),
        ("section", numbers("words_0.0", 1 << 20, (0, 0))),  # ran over into the next field
        ("section", numbers("words_0.0", -1, (1, 0))),  # a negative mass
        ("topic", numbers("coef.0", 3e38)),
        ("topic", numbers("idf.0", 3e38)),
        ("stance", numbers("bias", -1e200)),
        ("claims", numbers("linear_coef", 1e300)),
        ("claims", numbers("linear_scale", 1e-300)),
        ("claims", numbers("ranker_scale", 1e-300)),
        ("claims", numbers("tree_leaves", 1e38)),
        ("claims", numbers("word_idf", 1e30)),
        ("claims", numbers("tree_starts", -(2**31), 3)),  # the difference wrapped around
        ("claims", numbers("tree_features", -1, 0)),
    ],
)
def test_numbers_that_would_overflow_are_refused(
    files: dict[str, bytes], kind: str, change: Any
) -> None:
    assert from_bytes(files[kind], Path("small")).labels  # as it is it is a model
    with pytest.raises(errors.ModelFileError):
        from_bytes(forged(files[kind], change), Path("forged"))


def test_manifests_without_end(files: dict[str, bytes]) -> None:
    deep = b'{"parts": ' + b"[" * 100_000
    for header in (deep, deep + b"]" * 100_000 + b"}", b'{"parts":{},"a":' + b"9" * 5000 + b"}"):
        with pytest.raises(errors.ModelCorruptError, match="JSON"):
            from_bytes(with_header(header), Path("forged"))

    def nest(manifest: Any, _: Any) -> None:
        for _ in range(_limits.DEEPEST + 1):
            manifest["info"] = {"more": manifest["info"]}

    with pytest.raises(errors.ModelCorruptError, match="deep"):
        from_bytes(forged(files["topic"], nest), Path("forged"))
    long = struct.pack("<8sII32s", _format.MAGIC, 2, 2**32 - 1, bytes(32))
    with pytest.raises(errors.ModelCorruptError, match="declares"):
        from_bytes(long + bytes(1000), Path("forged"))


def relaid(data: bytes, change: Any) -> bytes:
    """Change the list of parts only."""
    length = struct.unpack_from("<I", data, 12)[0]
    manifest = json.loads(data[48 : 48 + length])
    change(manifest["parts"])
    return with_header(json.dumps(manifest).encode(), data[48 + length :])


def test_no_byte_of_a_file_is_read_for_two_parts(files: dict[str, bytes]) -> None:
    """A thousand parts that are all the same bytes would cost a thousand times its size."""

    def repeat(parts: Any) -> None:
        parts |= {f"twin_{i}": dict(parts["coef.1"]) for i in range(1000)}

    with pytest.raises(errors.ModelCorruptError, match="does not begin where"):
        from_bytes(relaid(files["section"], repeat), Path("forged"))


def test_no_byte_of_a_file_is_in_no_part(files: dict[str, bytes]) -> None:
    with pytest.raises(errors.ModelCorruptError, match="does not begin where"):
        from_bytes(
            relaid(files["topic"], lambda parts: parts.pop(sorted(parts)[0])), Path("forged")
        )


def shapes(value: Any) -> Any:
    def change(parts: Any) -> None:
        for part in parts.values():
            part["shape"] = value

    return change


def test_loading_allocates_no_more_than_a_few_times_the_file(files: dict[str, bytes]) -> None:
    changes: list[bytes] = [
        relaid(files["section"], shapes([2**40, 2**7])),
        relaid(files["section"], shapes([0, 2**47])),
        relaid(files["section"], shapes([2**47])),
        forged(files["section"], set_at("blocks", 0, "terms", value=2**24 - 1)),
        forged(files["section"], set_at("blocks", 0, "terms", value=10**30)),
        forged(files["claims"], set_at("words", "words", "size", value=2**31)),
        forged(files["claims"], set_at("words", "phrases", "size", value=2**24 - 1)),
        with_header(b'{"parts": {}, "labels": [' + b"[]," * 300_000 + b"0]}"),
    ]
    for data in changes:
        tracemalloc.start()
        with pytest.raises(errors.ModelFileError):
            from_bytes(data, Path("forged"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # Of JSON the worst are empty lists: 64 bytes each for three in the file.
        assert peak < 1_000_000 + 40 * len(data)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_devices_are_no_models(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fanews")  # nobody writes to it: reading would wait for ever
    for path in (tmp_path / "pipe.fanews", Path("/dev/zero")):
        with pytest.raises(errors.ModelFileError, match="pipe or a device"):
            fc.load(path)


def test_huge_files_are_refused_before_they_are_read(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.fanews"
    path.write_bytes(files["section"])
    os.truncate(path, 100 << 30)  # sparse: takes no room on the disk
    with pytest.raises(errors.ModelFileError, match="at most"):
        fc.load(path)
    os.truncate(path, 1 << 31)
    tracemalloc.start()
    with pytest.raises(errors.ModelCorruptError, match="after its last part"):
        fc.load(path)
    path.write_bytes(b"no model")
    os.truncate(path, 1 << 31)
    with pytest.raises(errors.ModelKindError):
        fc.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
    monkeypatch.setattr(_format, "_LARGE", 100)  # and a whole one is read in that way as well
    path.write_bytes(files["section"])
    assert fc.load(path).name == "small"


def test_nothing_is_saved_that_could_not_be_loaded(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import dataclasses

    model = from_bytes(files["section"], Path("small"))
    for other in (
        dataclasses.replace(model, labels=("a", "b", "\ud800")),
        dataclasses.replace(model, labels=("a", "b", "c\n")),
        dataclasses.replace(model, name="\ud800"),
    ):
        with pytest.raises(errors.ModelFileError):
            to_bytes(other)
    monkeypatch.setattr(_format, "MOST_MANIFEST_BYTES", 500)
    with pytest.raises(errors.ModelFileError, match="manifest"):
        fc.save(model, tmp_path / "model.fanews")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["section", "topic", "stance", "claims"])
def test_names_in_a_file_lead_nowhere(
    fuzz: Any, files: dict[str, bytes], kind: str, tmp_path: Path
) -> None:
    """No path, address or name of code in a manifest is followed, opened or imported."""

    def tempt(manifest: Any, _: Any) -> None:
        manifest["name"] = "../../../../etc/passwd"
        manifest["info"] = {
            "$ref": "file:///etc/passwd", "url": "http://127.0.0.1:9/", "__class__": "os.system",
            "py/object": "subprocess.Popen", "!!python/object/apply": "os.system",
            "include": "/etc/passwd", "class": "fanews_classify.cli.main.main", "code": "1/0",
        }  # fmt: skip

    path = tmp_path / "forged.fanews"
    path.write_bytes(forged(files[kind], tempt))
    fc.load(path)  # imports what is imported late
    with fuzz("watch").only_this_file(path):
        model = fc.verify(path)
    assert model.name == "../../../../etc/passwd"
    assert model.info["code"] == "1/0"


def test_scripts_in_one_text_do_not_look_for_their_end_in_another() -> None:
    """Each `<script` looked for the end tag to the end of the batch; see test_linear_time.py."""
    from fanews_classify.text._markup import blank_markup
    from fanews_classify.text._tokens import _folded

    texts = ["<script " * 300, "</script>", "<script>پنهان</script> خبر", "<style>a</style>", "b"]
    assert fc.normalize(texts[2]) == "خبر"
    alone = b"".join(blank_markup(_folded([text]))[1:] for text in texts)
    assert blank_markup(_folded(texts))[1:] == alone


def test_evidence_of_a_ranker_of_large_weights(files: dict[str, bytes]) -> None:
    """Its scores went into e to the power of, and overflowed."""

    def enlarge(_: Any, arrays: Any) -> None:
        arrays["ranker_intercept"][:] = -1e9

    model = from_bytes(forged(files["claims"], enlarge), Path("forged"))
    assert all(math.isfinite(item.weight) for item in model.evidence(TEXT, claim="دارو نیست"))


# Records


def read(path: Path, **reading: Any) -> list[tuple[int, Any, str | None]]:
    with Records(path, Reading(**reading)) as records:
        return [(row.number, row.values, row.error) for row in records.rows()]


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(source, "LONGEST_LINE", 1000)
    monkeypatch.setattr(source, "_PIECE", 64)
    return 1000


def test_a_line_that_is_too_long_costs_itself_only(tmp_path: Path, short_lines: int) -> None:
    fault = source.LongLine.FAULT
    long = "آ" * (5 * short_lines)
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "یک"}}\n{{"text": "{long}"}}\n{{"text": "دو"}}\n', encoding="utf-8")
    assert read(path) == [(1, {"text": "یک"}, None), (2, None, fault), (3, {"text": "دو"}, None)]
    path = tmp_path / "a.txt"
    path.write_text(f"یک\n{long}\nدو\n{long}", encoding="utf-8")
    faulty = {"text": ""}
    assert read(path, kind="text") == [
        (1, {"text": "یک"}, None), (2, faulty, fault), (3, {"text": "دو"}, None),
        (4, faulty, fault),
    ]  # fmt: skip
    for end in ("\n", "\r\n", "\r"):
        path = tmp_path / "a.csv"
        lines = [
            "id,text",
            "1,یک",
            f'2,"{long}"',
            "3,سه",
            f"4,{long}",
            '5,"پنج',
            f"{long}",
            "7,هفت",
        ]
        path.write_bytes(end.join([*lines, ""]).encode())
        found = {number: (values, error) for number, values, error in read(path)}
        assert found[2] == ({"id": "1", "text": "یک"}, None)
        assert found[3][1] == found[5][1] == found[7][1] == fault
        assert found[4] == ({"id": "3", "text": "سه"}, None)
        assert found[6][1] == "a quotation mark is not closed"
        assert found[8] == ({"id": "7", "text": "هفت"}, None)


def test_lines_of_every_length_around_the_limit(tmp_path: Path, short_lines: int) -> None:
    path = tmp_path / "a.txt"
    for end in ("\n", "\r\n"):
        for more in range(-3, 4):
            line = "a" * (short_lines + more - len(end))
            path.write_bytes(f"{line}{end}b{end}".encode())
            rows = read(path, kind="text")
            assert [row[0] for row in rows] == [1, 2]
            assert rows[1][1] == {"text": "b"}
            assert rows[0][1]["text"] == ("" if more > 0 else line)


@pytest.mark.parametrize("kind", ["text", "csv", "jsonl"])
def test_a_bomb_of_gzip_takes_constant_memory(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 MB in one line, of a file of 200 kB."""
    monkeypatch.setattr(source, "LONGEST_LINE", 1 << 20)
    path = tmp_path / f"bomb.{kind}.gz"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(b"text\n" if kind == "csv" else b"")
        for _ in range(200):
            file.write(b"a" * (1 << 20))
        file.write(b'\n{"text": "last"}\n')
    assert path.stat().st_size < 300_000
    tracemalloc.start()
    rows = read(path, kind=kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows[-2][2] == source.LongLine.FAULT
    assert "last" in str(rows[-1][1])
    assert peak < 16_000_000


def strictly(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


NUMBERS = [
    ("1e400", "1e400"), ("-1e400", "-1e400"), ("Infinity", "Infinity"), ("NaN", None),
    ("-Infinity", "-Infinity"), ("1.5", 1.5), ("-0.0", -0.0), ("12", 12), ("1e308", 1e308),
]  # fmt: skip


def test_numbers_that_json_has_not_are_kept_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [f'{{"text": "خبر", "n": {written}, "more": [{written}]}}' for written, _ in NUMBERS]
    array = tmp_path / "a.json"
    path.write_text("\n".join(lines), encoding="utf-8")
    array.write_text(f"[{', '.join(lines)}]", encoding="utf-8")
    for given_path in (path, array):
        rows = read(given_path)
        assert [row[1]["n"] for row in rows] == [value for _, value in NUMBERS]
        assert [row[1]["more"] for row in rows] == [[value] for _, value in NUMBERS]


def test_what_comes_out_is_json_whatever_went_in(tmp_path: Path) -> None:
    from fanews_classify.cli.main import main

    lines = [f'{{"text": "{TEXT}", "n": {written}}}' for written, _ in NUMBERS]
    deep = '{"text": "a", "n": ' + "[" * 90 + "]" * 90 + "}"
    too_deep = '{"text": "a", "n": ' + "[" * 900 + "]" * 900 + "}"
    endless = '{"text": "a", "n": ' + "1" * 10_000 + "}"
    path, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    path.write_text("\n".join([*lines, deep, too_deep, endless]), encoding="utf-8")
    main(["predict", str(path), "--out", str(out), "--quiet"])
    found = [strictly(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row.get("n") for row in found[: len(NUMBERS)]] == [value for _, value in NUMBERS]
    assert [bool(row["error"]) for row in found[len(NUMBERS) :]] == [False, True, True]
    assert "nested" in found[-2]["error"]


def test_depth_is_told_from_breadth(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "a", "n": [[]] * 5000, "s": "[" * 5000}))
    assert read(path)[0][2] is None


@pytest.mark.parametrize("code", ["utf-16", "utf-32"])
def test_wide_encodings_without_their_mark(code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("خبر\n".encode(f"{code}-le"))
    with pytest.raises(errors.CorpusError, match="encoding"):
        read(path, kind="text", encoding=code)


def test_parquet_files_with_broken_names(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["خبر"], "zzzzzz": [1]}), path)
    path.write_bytes(path.read_bytes().replace(b"zzzzzz", b"\xb7\xb7\xb7\xb7\xb7\xb7"))
    with pytest.raises(errors.CorpusError):
        read(path)


def test_sheets_with_halves_of_characters_in_nested_values(tmp_path: Path) -> None:
    from fanews_classify.labelling.sheet import read_sheet

    path, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    path.write_text('{"text": "\\ud800 خبر", "label": ["\\udfff"]}')
    read_sheet(path).write(out)
    assert strictly(out.read_text(encoding="utf-8"))["label"] == ["\udfff"]
    path.write_text(
        '{"text": "a", "label": "b"}\n{"text": "a", "label": ' + "[" * 900 + "]" * 900 + "}"
    )
    with pytest.raises(errors.CorpusError, match="nested"):
        read_sheet(path)


# Recipes

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [f.name for f in __import__("dataclasses").fields(
        importlib.import_module("fanews_classify.training.recipe").Recipe)]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, ANYTHING, max_size=3))
def test_recipes_of_anything_are_read_or_refused(values: dict[str, Any]) -> None:
    from fanews_classify.training.recipe import parse_recipe

    with contextlib.suppress(errors.RecipeError):
        parse_recipe({"name": "x", "labels": ["a", "b"], "features": [{}], **values})


@pytest.mark.parametrize(
    "change",
    [
        {"labels": 7},
        {"labels": [1, 2]},
        {"features": [{"min_df": "2"}]},
        {"features": [{"ngram_range": 3}]},
        {"features": [{"ngram_range": [1, 2, 3]}]},
        {"features": [{"max_tokens": 2.5}]},
        {"validation": {"folds": True}},
        {"learner": {"C": "x"}},
        {"cleaning": {"a": "("}},
        {"cleaning": {"a": "[[a]"}},
        {"cleaning": {"a": 1}},
        {"search": {"C": 1}},
    ],
)
def test_values_of_another_type_in_a_recipe(change: dict[str, Any]) -> None:
    from fanews_classify.training.recipe import parse_recipe

    recipe = {"name": "x", "labels": ["a", "b"], "features": [{}]}
    assert parse_recipe(recipe).name == "x"
    with pytest.raises(errors.RecipeError):
        parse_recipe({**recipe, **change})


def test_recipes_that_are_no_toml(tmp_path: Path) -> None:
    from fanews_classify.training.recipe import load_recipe

    path = tmp_path / "recipe.toml"
    for content in (b"a = " + b"[" * 5000, b"a = " + b"1" * 5000, b"\xff\xfe", b"a = 1e999"):
        path.write_bytes(content)
        with pytest.raises(errors.RecipeError):
            load_recipe(path)


# The audit of dependencies


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, 0, "1 of 1 packages"),
        (
            {"dependencies": [
                {"name": "a", "version": "1",
                 "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
                {"name": "b", "skip_reason": "not found"},
            ]},
            1,
            "a 1: CVE-1, mended in 2",
        ),
        ({"dependencies": [{"name": "b", "skip_reason": "not found"}]}, 0, "NOT DONE"),
        ("connection refused", 0, "not reachable"),
        (None, 0, "NOT DONE"),
    ],
)  # fmt: skip
def test_the_audit_fails_on_findings_only(
    answer: Any, code: int, told: str, tmp_path: Path
) -> None:
    import subprocess

    fake = tmp_path / "fake.py"
    shown = answer if isinstance(answer, str) else json.dumps(answer)
    fake.write_text(f"import sys\nprint({shown!r})\nsys.exit({code})\n", encoding="utf-8")
    command = [sys.executable, str(FUZZ.parent.parent / ".ci" / "audit")]
    command += [str(tmp_path / "none")] if answer is None else [sys.executable, str(fake)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert told in done.stdout
