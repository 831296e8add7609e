from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc
from fanews_classify import errors
from fanews_classify.model import _format
from fanews_classify.model._format import read_container, write_container
from fanews_classify.model._store import BUNDLED


@pytest.fixture
def saved(tiny: fc.NewsClassifier, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.fanews"
    fc.save(tiny, path)
    return path


def forge(path: Path, change: Any) -> None:
    """Rewrite a model file with a change and digests that fit it."""
    manifest, arrays = read_container(path)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(manifest, arrays)
    manifest.pop("parts")
    write_container(path, manifest, arrays)


def forge_manifest(path: Path, change: Any) -> None:
    """Rewrite only the manifest, its digest fitting, the parts as they are."""
    data = path.read_bytes()
    magic, version, length, _ = struct.unpack_from("<8sII32s", data)
    manifest = json.loads(data[48 : 48 + length])
    change(manifest)
    header = json.dumps(manifest, ensure_ascii=False).encode()
    header += b" " * (-(len(header) + 48) % 64)
    prefix = struct.pack("<8sII32s", magic, version, len(header), hashlib.sha256(header).digest())
    path.write_bytes(prefix + header + data[48 + length :])


def test_a_round_trip_changes_no_score_and_no_byte(
    tiny: fc.NewsClassifier, saved: Path, own_texts: list[dict[str, str]], tmp_path: Path
) -> None:
    texts = [text["body"] for text in own_texts]
    loaded = fc.load(saved)
    assert np.array_equal(loaded.predict_proba(texts), tiny.predict_proba(texts))
    assert loaded.labels_fa == tiny.labels_fa
    assert loaded.info == tiny.info
    fc.save(loaded, tmp_path / "again.fanews")
    assert (tmp_path / "again.fanews").read_bytes() == saved.read_bytes()
    assert fc.verify(saved).labels == tiny.labels
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.fanews", "tiny.fanews"]


def test_every_changed_byte_is_found(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    rng = np.random.default_rng(0)
    places = [*range(0, 60), *rng.integers(0, len(data), 60).tolist(), len(data) - 1]
    manifest, arrays = read_container(saved)
    for place in places:
        broken = bytearray(data)
        broken[place] ^= 0x10
        saved.write_bytes(broken)
        try:
            found, parts = read_container(saved)
        except errors.ModelFileError:
            continue
        # Only the padding between parts may change unseen, and it is not used.
        assert found == manifest
        assert all(np.array_equal(parts[name], arrays[name]) for name in arrays)


def test_every_truncation_is_found(saved: Path) -> None:
    data = saved.read_bytes()
    for size in [1, 7, 20, 47, 48, 500, len(data) // 2, len(data) - 1]:
        saved.write_bytes(data[:size])
        with pytest.raises(errors.ModelTruncatedError):
            fc.load(saved)
    saved.write_bytes(b"")
    with pytest.raises(errors.ModelKindError):
        fc.load(saved)
    saved.write_bytes(data + b"more")
    with pytest.raises(errors.ModelCorruptError, match="after its last part"):
        fc.load(saved)


def test_missing_models_and_mistyped_names(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sectoin").write_bytes((BUNDLED / "section.fanews").read_bytes())
    with pytest.raises(errors.ModelNotFoundError, match="section"):
        fc.load("sectoin")  # a bare word is never a file
    with pytest.raises(errors.ModelNotFoundError):
        fc.load(tmp_path / "nothing.fanews")
    with pytest.raises(FileNotFoundError):
        fc.load(tmp_path)
    for trick in ("../section", "models/section", "/etc/passwd", "section.fanews", "", "."):
        with pytest.raises(errors.ModelFileError):
            fc.load(trick)


def test_other_files_are_no_models(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.write_text, (tmp_path / "ran", "code ran")

    path = tmp_path / "model.fanews"
    for data in (pickle.dumps(Bomb()), b"PK\x03\x04zip", b"\x93NUMPY\x01\x00", b"{}"):
        path.write_bytes(data)
        with pytest.raises(errors.ModelKindError):
            fc.load(path)
    assert not (tmp_path / "ran").exists()


def test_newer_format_and_other_text_pipeline(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[8:12] = struct.pack("<I", _format.FORMAT_VERSION + 1)
    newer = saved.with_name("newer.fanews")
    newer.write_bytes(data)
    with pytest.raises(errors.ModelVersionError, match="upgrade"):
        fc.load(newer)
    forge(saved, lambda manifest, _: manifest.update(text_pipeline=99))
    with pytest.raises(errors.ModelVersionError, match="text pipeline"):
        fc.load(saved)


def test_wrong_kind(saved: Path) -> None:
    forge(saved, lambda manifest, _: manifest.update(kind="made-up"))
    with pytest.raises(errors.ModelKindError, match="made-up"):
        fc.load(saved)


@pytest.mark.parametrize(
    "name", ["../coef", "coef.1/../../x", "/abs", "", "COEF", "coef.1\x00", "a" * 99]
)
def test_part_names_that_play_tricks(saved: Path, name: str) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["parts"][name] = manifest["parts"].pop("coef.1")

    forge_manifest(saved, rename)
    with pytest.raises(errors.ModelCorruptError):
        fc.load(saved)


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({"dtype": "|O"}, errors.ModelArrayError),
        ({"dtype": "<U9"}, errors.ModelArrayError),
        ({"dtype": "|V8"}, errors.ModelArrayError),
        ({"dtype": ["<f4"]}, errors.ModelArrayError),
        ({"shape": [10**12, 8]}, errors.ModelCorruptError),
        ({"shape": [-1]}, errors.ModelCorruptError),
        ({"shape": [1.5]}, errors.ModelCorruptError),
        ({"shape": [[1]]}, errors.ModelCorruptError),
        ({"shape": None}, errors.ModelCorruptError),
        ({"offset": -64}, errors.ModelCorruptError),
        ({"offset": 64 * 10**9}, errors.ModelTruncatedError),
        ({"offset": 1}, errors.ModelCorruptError),
        ({"size": 10**13}, errors.ModelCorruptError),
        ({"size": True}, errors.ModelCorruptError),
        ({"sha256": "0" * 64}, errors.ModelCorruptError),
        ({"sha256": None}, errors.ModelCorruptError),
    ],
)
def test_faulty_entries_of_a_part(
    saved: Path, entry: dict[str, Any], error: type[Exception]
) -> None:
    forge_manifest(saved, lambda manifest: manifest["parts"]["coef.1"].update(entry))
    with pytest.raises(error):
        fc.load(saved)


def test_manifests_that_make_no_sense(saved: Path) -> None:
    data = saved.read_bytes()
    for change in (
        lambda m: m.pop("labels"),
        lambda m: m.update(labels=[]),
        lambda m: m.update(labels=m["labels"][:-1]),
        lambda m: m.update(labels=[m["labels"][0]] * len(m["labels"])),
        lambda m: m.update(blocks=[]),
        lambda m: m.update(blocks="x"),
        lambda m: m["blocks"][0]["analyzer"].update(analyzer="evil"),
        lambda m: m["blocks"][0]["analyzer"].update(ngram_range=[9, 1]),
        lambda m: m["blocks"][1].update(norm="l7"),
        lambda m: m["blocks"][0].update(readings=[]),
        lambda m: m["blocks"][0].update(readings=[None]),
        lambda m: m["blocks"][0]["readings"][0].update(growth=-1),
        lambda m: m["blocks"][0].update(readings=m["blocks"][0]["readings"] * 2),
        lambda m: m["blocks"][0].update(multiplier="no number"),
        lambda m: m["blocks"][0].update(multiplier="0"),
        lambda m: m["blocks"][0].update(terms=10**15),
        lambda m: m["blocks"][0]["analyzer"].update(analyzer="char_wb", ngram_range=[2, 3]),
        lambda m: m.update(calibration={}),
        lambda m: m.update(abstain_below=7),
        lambda m: m.pop("parts"),
    ):
        saved.write_bytes(data)
        forge_manifest(saved, change)
        with pytest.raises(errors.FanewsError):
            fc.load(saved)
    saved.write_bytes(data)
    forge_manifest(saved, lambda m: None)
    assert fc.load(saved).name == "tiny"


def test_arrays_that_make_no_sense(saved: Path) -> None:
    data = saved.read_bytes()

    def set_nan(_: Any, arrays: dict[str, Any]) -> None:
        arrays["coef.1"][3, 1] = np.nan

    def set_infinite(_: Any, arrays: dict[str, Any]) -> None:
        arrays["intercept"][0] = np.inf

    def shorten(_: Any, arrays: dict[str, Any]) -> None:
        arrays["coef.1"] = arrays["coef.1"][:-1]

    def drop_label(_: Any, arrays: dict[str, Any]) -> None:
        arrays["coef.1"] = arrays["coef.1"][:, 1:]

    def point_outside(_: Any, arrays: dict[str, Any]) -> None:
        arrays["entries.0"] |= np.uint64(1 << 20)

    def same_twice(_: Any, arrays: dict[str, Any]) -> None:
        used = np.flatnonzero(arrays["entries.0"] != arrays["entries.0"].max())
        arrays["entries.0"][used[1]] = arrays["entries.0"][used[0]]

    def displace_outside(_: Any, arrays: dict[str, Any]) -> None:
        arrays["displacements.0"][:] = 1 << 30

    def odd_table(_: Any, arrays: dict[str, Any]) -> None:
        arrays["entries.0"] = arrays["entries.0"][:-1]

    def too_many_rows(_: Any, arrays: dict[str, Any]) -> None:
        arrays["words_0.0"] = np.pad(arrays["words_0.0"], ((0, 0), (0, 5)))

    def weigh_the_unknown(_: Any, arrays: dict[str, Any]) -> None:
        arrays["words_0.0"][0, -1] = 1

    def drop_words(_: Any, arrays: dict[str, Any]) -> None:
        arrays["words_0.0"] = arrays["words_0.0"][:-1]

    def another_type(_: Any, arrays: dict[str, Any]) -> None:
        arrays["words_0.0"] = arrays["words_0.0"].astype(np.float64)

    def drop_scale(_: Any, arrays: dict[str, Any]) -> None:
        arrays["scales_1.0"] = arrays["scales_1.0"][:-1]

    def drop_part(_: Any, arrays: dict[str, Any]) -> None:
        del arrays["idf.1"]

    for change in (
        set_nan, set_infinite, shorten, drop_label, point_outside, same_twice, displace_outside,
        odd_table, too_many_rows, weigh_the_unknown, drop_words, another_type, drop_scale,
        drop_part,
    ):  # fmt: skip
        saved.write_bytes(data)
        forge(saved, change)
        with pytest.raises(errors.ModelFileError):
            fc.load(saved)


def test_a_term_twice_in_a_forged_vocabulary(saved: Path) -> None:
    def repeat(_: Any, arrays: dict[str, Any]) -> None:
        terms = arrays["terms.0"].tobytes().split(b"\n")
        terms[1] = terms[0]
        arrays["terms.0"] = np.frombuffer(b"\n".join(terms), dtype=np.uint8)

    forge(saved, repeat)
    with pytest.raises(errors.ModelArrayError, match="twice"):
        fc.verify(saved)


def test_a_failed_save_leaves_the_old_file(
    tiny: fc.NewsClassifier, saved: Path, monkeypatch: Any
) -> None:
    before = saved.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_format.os, "replace", fail)
    other = dataclasses.replace(tiny, name="other")
    with pytest.raises(errors.ModelFileError, match="No space"):
        fc.save(other, saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["tiny.fanews"]


def test_joblib_export_is_the_same_model(
    tiny: fc.NewsClassifier, own_texts: list[dict[str, str]], tmp_path: Path
) -> None:
    import joblib

    fc.export_joblib(tiny, tmp_path / "pipeline.joblib")
    pipeline = joblib.load(tmp_path / "pipeline.joblib")
    texts = [text["title"] + "\n" + text["body"] for text in own_texts]
    scores = pipeline.decision_function(texts)
    assert np.abs(scores - tiny.decision_function(texts)).max() < 1e-5
    assert pipeline.predict(texts).tolist() == tiny.predict(texts)
