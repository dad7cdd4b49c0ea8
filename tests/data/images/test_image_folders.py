"""Folders of images are data sets."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset, read_labels, read_samples
from optuna_dnc.data.images import decoding
from tests.data.images.conftest import MakeFolder, deep, grey


def test_a_folder_for_each_class(make_folder: MakeFolder) -> None:
    dataset = load_dataset(make_folder())
    assert dataset.name == "pets"
    assert dataset.x_train.shape == (12, 1, 6, 5)
    assert dataset.x_train.dtype == np.uint8
    assert dataset.y_train.tolist() == ["cat"] * 6 + ["dog"] * 6
    assert np.array_equal(dataset.x_train[2, 0], np.asarray(grey(2)))
    assert not dataset.has_test


def test_training_and_test_folders(make_folder: MakeFolder) -> None:
    make_folder("pets/train")
    root = make_folder("pets/test").parent
    dataset = load_dataset(root)
    assert (dataset.n_train, dataset.n_test) == (12, 12)
    assert dataset.y_test.tolist() == dataset.y_train.tolist()


def test_a_test_folder_or_a_fraction(make_folder: MakeFolder) -> None:
    folder, other = make_folder(), make_folder("others", deep)
    assert load_dataset(folder, test=other).n_test == 12
    held_out = load_dataset(folder, test_fraction=1 / 3)
    assert (held_out.n_train, held_out.n_test) == (8, 4)
    assert sorted(held_out.y_test) == ["cat", "cat", "dog", "dog"]


def test_it_is_found_again(make_folder: MakeFolder) -> None:
    folder = make_folder()
    dataset = load_dataset(folder, image_size=(6, 5))
    assert dataset.origin == {"source": str(folder), "options": {"image_size": "6x5"}}


def test_16_bits_stay_exact(make_folder: MakeFolder) -> None:
    dataset = load_dataset(make_folder(draw=deep))
    assert dataset.x_train.dtype == np.uint16
    assert np.array_equal(dataset.x_train[3, 0], np.asarray(deep(3)))


def test_one_image_of_colors_makes_all_rgb(make_folder: MakeFolder) -> None:
    folder = make_folder()
    Image.new("RGB", (5, 6), (1, 2, 3)).save(folder / "dog" / "9.png")
    dataset = load_dataset(folder)
    assert dataset.input_shape == (3, 6, 5)
    assert np.array_equal(dataset.x_train[0], np.stack([np.asarray(grey(0))] * 3))


def test_unequal_sizes_become_the_median_with_a_warning(make_folder: MakeFolder) -> None:
    folder = make_folder(draw=lambda index: grey(index, (6 + index, 20)))
    words = "pets has images of 6 x 20 to 11 x 20 pixels .* scaled to cover 8 x 20 "
    with pytest.warns(UserWarning, match=words) as caught:
        dataset = load_dataset(folder)
    assert dataset.input_shape == (1, 8, 20)
    assert caught[0].filename == __file__


def test_large_images_are_scaled_down(make_folder: MakeFolder) -> None:
    folder = make_folder(draw=lambda index: Image.new("L", (448, 300)))
    with pytest.warns(UserWarning, match="300 x 448 pixels .* cover 150 x 224 "):
        assert load_dataset(folder).input_shape == (1, 150, 224)


@pytest.mark.parametrize(
    ("size", "shape"), [("3x4", (3, 4)), (2, (2, 2)), ((3, 4), (3, 4)), ("5", (5, 5))]
)
def test_a_size_of_ones_own(make_folder: MakeFolder, size: Any, shape: tuple[int, int]) -> None:
    with pytest.warns(UserWarning, match="scaled to cover"):
        assert load_dataset(make_folder(), image_size=size).input_shape == (1, *shape)


@pytest.mark.parametrize("size", ["3x", "0x4", "axb", "1x2x3", 10_001, -3])
def test_a_size_that_is_none(make_folder: MakeFolder, size: Any) -> None:
    with pytest.raises(InputError, match="image_size must be HEIGHTxWIDTH in pixels"):
        load_dataset(make_folder(), image_size=size)


def test_hidden_files_are_skipped_and_others_named(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / ".DS_Store").write_text("x")
    (folder / "cat" / "._0.png").write_text("x")
    (folder / ".cache").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_dataset(folder).n_train == 12
    (folder / "cat" / "notes.txt").write_text("x")
    with pytest.warns(UserWarning, match=r"1 file in .*pets left out.*: notes\.txt\."):
        assert load_dataset(folder).n_train == 12


def test_folders_beside_train_are_named(make_folder: MakeFolder) -> None:
    make_folder("pets/train")
    root = make_folder("pets/val").parent
    with pytest.warns(UserWarning, match="left out: val"):
        assert load_dataset(root).n_test == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_dataset(root, test=root / "val").n_test == 12


def _spoiled(folder: Path, what: str) -> None:
    for name in ("1.png", "4.png"):
        (folder / "cat" / name).write_bytes((folder / "cat" / name).read_bytes()[:50])
    if what == "no image":
        (folder / "cat" / "0.png").write_text("hello")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("cut", r"the image .*cat/1\.png cannot be read \(.+\), nor can 1 other; repair"),
        ("no image", r"the image .*cat/0\.png cannot be read \(it is no image\)"),
    ],
)
def test_images_that_do_not_decode_are_named(
    make_folder: MakeFolder, what: str, message: str
) -> None:
    folder = make_folder()
    _spoiled(folder, what)
    with pytest.raises(InputError, match=message):
        load_dataset(folder)


def test_an_empty_class_is_named(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / "fox").mkdir()
    with pytest.raises(InputError, match=r"pets/fox has no images \(\.png, "):
        load_dataset(folder)


def test_one_class_is_none(make_folder: MakeFolder) -> None:
    with pytest.raises(InputError, match="a folder of one class only, 'cat'"):
        load_dataset(make_folder(classes=("cat",)))


def test_a_folder_without_classes(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder()
    with pytest.raises(InputError, match="cat has images but no folders of classes"):
        load_dataset(folder / "cat")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty has no folders of classes"):
        load_dataset(tmp_path / "empty")


def test_a_class_of_the_test_folder_that_training_never_saw(make_folder: MakeFolder) -> None:
    test = make_folder("test", classes=("cat", "fox"))
    with pytest.raises(InputError, match=r"the test folder has labels .* training data: 'fox'"):
        load_dataset(make_folder(), test=test)


def test_two_ways_to_test(make_folder: MakeFolder) -> None:
    make_folder("pets/train")
    root = make_folder("pets/test").parent
    with pytest.raises(InputError, match=r"test_fraction was given, and .*pets/test has test"):
        load_dataset(root, test_fraction=0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "regression"}, "task must be 'classification' for a folder of images"),
        ({"target": "y"}, "target is for tables: CSV"),
        ({"test": 3}, "test must be a folder of images, got 3"),
    ],
)
def test_options_that_folders_do_not_have(
    make_folder: MakeFolder, options: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(make_folder(), **options)


def test_a_size_is_not_for_arrays() -> None:
    with pytest.raises(InputError, match="image_size is for folders of images"):
        load_dataset("digits", image_size=8)


def test_images_that_do_not_fit_are_refused_unread(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder()
    monkeypatch.setattr(decoding, "free_memory", lambda: 12 * 30 * 5 - 1)
    with pytest.raises(InputError, match=r"as 12 images of 6 x 5 pixels.*image_size='5x4'"):
        load_dataset(folder)


def test_floats_among_bytes_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    Image.fromarray(np.zeros((6, 5), np.float32)).save(folder / "cat" / "f.tiff")
    with pytest.raises(InputError, match="images of float32 and uint8"):
        load_dataset(folder)


def test_samples_of_a_folder_are_files_with_the_names_of_their_folders(
    make_folder: MakeFolder,
) -> None:
    folder = make_folder()
    samples = read_samples(folder)
    assert [path.name for path in samples.x.paths[:2]] == ["0.png", "1.png"]
    assert read_labels(folder).tolist() == ["cat"] * 6 + ["dog"] * 6
    assert len(read_samples(folder / "cat").x) == 6
    assert read_labels(folder / "cat") is None
    assert len(read_samples(folder / "cat" / "0.png").x) == 1


def test_no_samples(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no images; give a folder of files that end in"):
        read_samples(tmp_path)
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        read_samples(tmp_path / "gone.png")
