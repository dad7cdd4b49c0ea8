"""What load_dataset accepts, and what it makes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset


def test_digits_are_scaled_images_with_all_classes_on_both_sides() -> None:
    digits = load_dataset("Digits")
    assert digits.input_shape == (1, 8, 8)
    assert digits.x_train.dtype == np.float32
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 1
    assert digits.n_train + digits.n_test == 1797
    assert digits.n_outputs == 10
    assert np.array_equal(np.unique(digits.y_test), np.arange(10))


def test_the_digits_test_set_does_not_depend_on_the_seed() -> None:
    first, second = load_dataset("digits", seed=1), load_dataset("digits", seed=2)
    assert first.fingerprint() == second.fingerprint()


def test_a_file_of_ones_own_is_not_called_like_a_known_data_set(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    np.savez(tmp_path / "Digits.npz", **arrays)
    dataset = load_dataset(tmp_path / "Digits.npz")
    assert dataset.name == "Digits.npz"
    assert np.array_equal(dataset.x_train, arrays["xtr"])


def test_masked_values_are_no_values(arrays: dict[str, Any]) -> None:
    hidden = np.ma.masked_greater(arrays["xtr"], 1.0)
    with pytest.raises(InputError, match=f"xtr contains {np.sum(hidden.mask)} masked values"):
        load_dataset(arrays | {"xtr": hidden})
    shown = np.ma.masked_greater(arrays["xtr"], 1e9)
    assert np.array_equal(load_dataset(arrays | {"xtr": shown}).x_train, arrays["xtr"])


def test_an_npz_file_is_named_by_its_stem(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "weather.npz"
    np.savez(path, **arrays)
    for source in (path, str(path)):
        dataset = load_dataset(source)
        assert dataset.name == "weather"
        assert np.array_equal(dataset.x_test, arrays["xte"])
    assert dataset.n_outputs == 3


def test_tuples_mappings_lists_and_tensors_give_the_same_data(arrays: dict[str, Any]) -> None:
    expected = load_dataset(arrays).fingerprint()
    assert load_dataset(tuple(arrays.values())).fingerprint() == expected
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    tensors["xtr"].requires_grad_()
    assert load_dataset(tensors).fingerprint() == expected
    lists = load_dataset({key: value.tolist() for key, value in arrays.items()})
    assert np.allclose(lists.x_train, arrays["xtr"])
    assert lists.name == "arrays"


def test_bfloat16_tensors_become_float32(arrays: dict[str, Any]) -> None:
    arrays["xtr"] = torch.from_numpy(arrays["xtr"]).bfloat16()
    assert load_dataset(arrays).x_train.dtype == np.float32


def test_a_dataset_is_returned_as_it_is(arrays: dict[str, Any]) -> None:
    dataset = load_dataset(arrays)
    assert load_dataset(dataset) is dataset


def test_object_arrays_of_strings_from_memory_are_accepted(arrays: dict[str, Any]) -> None:
    arrays["ytr"] = np.array([*"abc"] * 20, dtype=object)
    arrays["yte"] = np.array([*"abc"] * 4, dtype=object)
    assert load_dataset(arrays).classes.tolist() == ["a", "b", "c"]


def test_the_task_is_taken_from_the_labels(
    arrays: dict[str, Any], targets: dict[str, Any]
) -> None:
    assert load_dataset(targets).task == "regression"
    for labels in (np.arange(60) % 2 == 0, np.arange(60) % 3, np.array(["x", "y"] * 30)):
        data = {**arrays, "ytr": labels, "yte": labels[:12]}
        assert load_dataset(data).task == "classification"


def test_regression_on_request_takes_whole_numbers(arrays: dict[str, Any]) -> None:
    dataset = load_dataset(arrays, task="regression")
    assert dataset.task == "regression"
    assert dataset.classes is None
    assert dataset.n_outputs == 1


def test_targets_of_several_columns_give_several_outputs(targets: dict[str, Any]) -> None:
    targets["ytr"], targets["yte"] = np.stack([targets["ytr"]] * 2, 1), np.ones((12, 2))
    assert load_dataset(targets).n_outputs == 2


@pytest.mark.parametrize("changed", ["xtr", "ytr", "xte", "yte"])
def test_the_fingerprint_sees_every_array(arrays: dict[str, Any], changed: str) -> None:
    before = load_dataset(arrays).fingerprint()
    assert load_dataset(arrays).fingerprint() == before
    arrays[changed] = np.roll(arrays[changed], 1, axis=0)
    assert load_dataset(arrays).fingerprint() != before


def test_fashion_mnist_is_read_without_a_download(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    dataset = load_dataset("fashion_mnist", data_root=shared_data / "torchvision")
    assert dataset.name == "fashion-mnist"
    assert dataset.x_train.shape == (60000, 1, 28, 28)
    assert dataset.x_train.dtype == np.uint8
    assert np.array_equal(np.bincount(dataset.y_test), [1000] * 10)


@pytest.mark.parametrize("name", ["adult", "letter", "shuttle", "cifar10-10k"])
def test_real_files_pass_the_checks(shared_data: Path, name: str) -> None:
    assert load_dataset(shared_data / f"{name}.npz").n_outputs >= 2


def _no_network(*args: Any, **kwargs: Any) -> None:
    raise OSError("no route to host")


@pytest.mark.parametrize("name", ["mnist", "fashionmnist", "CIFAR10", "cifar-100"])
def test_a_failed_download_says_what_to_do_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    with pytest.raises(InputError, match=r"no route to host.*data_root=") as caught:
        load_dataset(name, data_root=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().out == ""


def test_damaged_torchvision_files_are_named(tmp_path: Path) -> None:
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in ("train", "t10k"):
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\0\0\0\x02" * 3 + b"x")
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x02\0\1")
    with pytest.raises(InputError, match=r"fashion-mnist under .* cannot be read"):
        load_dataset("fashion-mnist", data_root=tmp_path)


def _write_idx(path: Path, values: np.ndarray) -> None:
    sizes = np.array(values.shape, dtype=">u4").tobytes()
    path.write_bytes(bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes())


def _write_mnist(root: Path, folder: str) -> Path:
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, n in (("train", 6), ("t10k", 4)):
        _write_idx(raw / f"{part}-images-idx3-ubyte", rng.integers(0, 256, (n, 5, 3)))
        _write_idx(raw / f"{part}-labels-idx1-ubyte", np.arange(n) % 2)
    return raw


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")]
)
def test_files_of_mnist_are_read_as_torchvision_reads_them(
    tmp_path: Path, name: str, folder: str
) -> None:
    torchvision = pytest.importorskip("torchvision")
    _write_mnist(tmp_path, folder)
    ours = load_dataset(name, data_root=tmp_path)
    reader = getattr(torchvision.datasets, folder)
    for train, x, y in ((True, ours.x_train, ours.y_train), (False, ours.x_test, ours.y_test)):
        theirs = reader(tmp_path, train=train)
        assert np.array_equal(x[:, 0], theirs.data.numpy())
        assert np.array_equal(y, theirs.targets.numpy())
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)


def test_files_of_mnist_are_read_without_torchvision(tmp_path: Path) -> None:
    _write_mnist(tmp_path, "MNIST")
    program = (
        "import sys\n"
        "from optuna_dnc.data import load_dataset\n"
        "load_dataset('mnist', data_root=sys.argv[1])\n"
        "assert 'torchvision' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, capture_output=True)


@pytest.mark.parametrize("damage", ["cut", "empty", "header"])
def test_damaged_files_of_mnist_are_named(tmp_path: Path, damage: str) -> None:
    images = _write_mnist(tmp_path, "MNIST") / "train-images-idx3-ubyte"
    content = images.read_bytes()
    damaged = {"cut": content[:-1], "empty": b"", "header": b"\0\0\x0d" + content[3:]}[damage]
    images.write_bytes(damaged)
    with pytest.raises(InputError, match=r"mnist under .* cannot be read .*remove it there"):
        load_dataset("mnist", data_root=tmp_path)


def test_torchvision_is_imported_only_where_it_is_needed(arrays: dict[str, Any]) -> None:
    loaded = "torchvision" in sys.modules
    load_dataset(arrays)
    assert ("torchvision" in sys.modules) == loaded


def test_a_known_name_wins_over_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits").write_text("a file")
    assert load_dataset("digits").name == "digits"
