"""Names of arrays in mappings, archives and folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset, npz, preparation, prepare, read_labels, read_samples
from optuna_dnc.data.npz import NpyFolderLoader
from optuna_dnc.testing import LoaderContract

STANDARD = ("xtr", "ytr", "xte", "yte")


def renamed(arrays: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: arrays[key] for name, key in zip(names, STANDARD, strict=False)}


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("xtrain", "ytrain", "xtest", "ytest"),
        ("X", "y"),
        ("x", "y", "x_test", "y_test"),
    ],
)
def test_usual_names_stand_for_the_arrays(
    tmp_path: Path, arrays: dict[str, Any], names: tuple[str, ...]
) -> None:
    given = renamed(arrays, *names)
    standard = {key: arrays[key] for key in STANDARD[: len(names)]}
    expected = load_dataset(standard).fingerprint()
    assert load_dataset(given).fingerprint() == expected
    np.savez(tmp_path / "data.npz", **given)
    assert load_dataset(tmp_path / "data.npz").fingerprint() == expected


def test_two_names_of_one_array_are_refused(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.savez(tmp_path / "data.npz", **arrays, X_train=arrays["xtr"])
    for source in (tmp_path / "data.npz", {**arrays, "X_train": arrays["xtr"]}):
        with pytest.raises(InputError, match="xtr and X_train are names of the same array"):
            load_dataset(source)


def test_samples_to_predict_are_none_of_the_training(arrays: dict[str, Any]) -> None:
    dataset = load_dataset({**arrays, "x": arrays["xte"], "y": arrays["yte"]})
    assert np.array_equal(dataset.x_train, arrays["xtr"])


def test_a_missing_array_is_named_with_the_names_allowed(arrays: dict[str, Any]) -> None:
    given = renamed(arrays, "x_train", "y_train", "x_test")
    with pytest.raises(InputError, match=r"lack yte; they have x_train, .* or x_train, y_train"):
        load_dataset(given)


def test_samples_and_labels_are_read_by_their_usual_names(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    np.savez(tmp_path / "data.npz", **renamed(arrays, "x_train", "y_train", "x_test", "y_test"))
    assert np.array_equal(read_samples(tmp_path / "data.npz").x, arrays["xte"])
    assert np.array_equal(read_labels(tmp_path / "data.npz"), arrays["yte"])


class TestNpyFolder(LoaderContract):
    loader = NpyFolderLoader()

    def make_source(self, folder: Path) -> Path:
        rng = np.random.default_rng(0)
        for name, n in (("x_train", 20), ("x_test", 6)):
            np.save(folder / f"{name}.npy", rng.normal(size=(n, 3)))
            np.save(folder / f"{name.replace('x', 'y')}.npy", np.arange(n) % 2)
        return folder


def test_npy_files_stay_on_the_disk(tmp_path: Path, arrays: dict[str, Any]) -> None:
    for key, array in arrays.items():
        np.save(tmp_path / f"{key}.npy", array)
    paths = tuple(tmp_path / f"{key}.npy" for key in STANDARD)
    for source in (tmp_path, paths, dict(zip(STANDARD, map(str, paths), strict=True))):
        dataset = load_dataset(source)
        assert dataset.fingerprint() == load_dataset(arrays).fingerprint()
        assert isinstance(dataset.x_train.base, np.memmap) or isinstance(
            dataset.x_train, np.memmap
        )


def test_a_file_that_is_no_array_is_named(tmp_path: Path, arrays: dict[str, Any]) -> None:
    (tmp_path / "x.npy").write_text("1,2")
    with pytest.raises(InputError, match=r"x\.npy is not an \.npy file of numbers"):
        load_dataset((tmp_path / "x.npy", arrays["ytr"]))


def test_compressed_arrays_larger_than_the_memory_are_refused_unread(
    tmp_path: Path, arrays: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "data.npz", **arrays)
    monkeypatch.setattr(npz, "free_memory", lambda: 1000)
    with pytest.raises(InputError, match=r"xtr takes 0\.0 GiB, and 0\.0 GiB of memory are free"):
        load_dataset(tmp_path / "data.npz")


def test_data_whose_normalized_copy_does_not_fit_are_refused(
    arrays: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(arrays)
    n_bytes = 4 * (60 + 12) * 5
    monkeypatch.setattr(preparation, "free_memory", lambda: n_bytes)
    prepare(dataset)
    monkeypatch.setattr(preparation, "free_memory", lambda: n_bytes // 2)
    with pytest.raises(InputError, match=r"fewer samples with max_train=N, .* most 50% of them"):
        prepare(dataset)
