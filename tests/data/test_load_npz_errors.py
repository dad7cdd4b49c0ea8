"""Files and sources that cannot be read: one clear line each."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset


def refuses(source, message, **options):
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(source, **options)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    refuses(tmp_path / "gone.npz", "gone.npz does not exist")
    refuses(str(tmp_path / "gone"), "gone does not exist")


def test_directory(tmp_path: Path) -> None:
    (tmp_path / "data.npz").mkdir()
    refuses(tmp_path / "data.npz", "is a directory")


def test_text_file(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_text("1,2,3\n")
    refuses(path, "is not an .npz file")


def test_file_of_another_type(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    refuses(path, "book.xlsx does not exist", target="y")
    path.touch()
    for options in ({}, {"target": "y"}):
        refuses(path, "book.xlsx has a type that is not supported; save.* FILE.csv", **options)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.touch()
    refuses(path, "is not an .npz file")


def test_npy_file(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "data.npy"
    np.save(path, arrays["xtr"])
    refuses(str(path), "data.npy holds one array, and a data set has at least two")


def test_truncated_file(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    path.write_bytes(path.read_bytes()[:-200])
    refuses(path, "is not an .npz file, or only a part of one")


def test_damaged_bytes(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **arrays)
    damaged = bytearray(path.read_bytes())
    damaged[200:400] = bytes(200)
    path.write_bytes(damaged)
    refuses(path, "is damaged")


def test_a_shape_beyond_all_integers(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**30, 2)}
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, member.getvalue() if name == "xte.npy" else content)
    refuses(path, "data.npz is damaged")


def test_missing_key_is_named_beside_those_found(tmp_path: Path, arrays: dict[str, Any]) -> None:
    del arrays["yte"]
    np.savez(tmp_path / "data.npz", extra=1, **arrays)
    refuses(tmp_path / "data.npz", "lacks yte; it has extra, xtr, ytr, xte")
    refuses(arrays, "lack yte; they have xtr, ytr, xte")


def test_without_a_test_set_the_first_two_arrays_will_do(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    del arrays["xte"], arrays["yte"]
    np.savez(tmp_path / "data.npz", **arrays)
    for source in (tmp_path / "data.npz", arrays):
        dataset = load_dataset(source)
        assert (dataset.n_train, dataset.has_test) == (len(arrays["xtr"]), False)


def test_zip_without_arrays(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for key in ("xtr", "ytr", "xte", "yte"):
            archive.writestr(key, "text")
    refuses(path, "xtr is not a NumPy array")


class Trap:
    """Unpickling this fails the test."""

    def __reduce__(self):
        return pytest.fail, ("an object array was unpickled",)


def test_object_arrays_are_not_unpickled(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["ytr"] = np.array([Trap()] * 60, dtype=object)
    np.savez(tmp_path / "data.npz", **arrays)
    refuses(tmp_path / "data.npz", "ytr holds Python objects, which are not unpickled")


def test_unknown_name_suggests_the_nearest() -> None:
    refuses("fashion-mnits", "data set 'fashion-mnits' is unknown.*Did you mean 'fashion-mnist'")


def test_other_sources(arrays: dict[str, Any]) -> None:
    refuses(tuple(arrays.values())[:3], "have 3 parts; give the four arrays")
    refuses(42, "cannot be read from a int")


def test_unknown_task(arrays: dict[str, Any]) -> None:
    refuses(arrays, "task 'regresion' is unknown.*'regression'", task="regresion")
