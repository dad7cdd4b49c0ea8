"""Images with the channels last: refused where there is no doubt, else warned of."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.checks import check
from optuna_dnc.data import Preprocessing, load_dataset


def load(shape):
    x = np.zeros((6, *shape), dtype=np.uint8)
    return load_dataset((x, np.arange(6) % 2))


@pytest.mark.parametrize(
    "shape",
    [
        (28, 28, 2),
        (28, 20, 1),
        (64, 64, 12),
        (64, 48, 1),
        (480, 640, 6),
        (145, 145, 200),
        (100, 16, 1),
    ],
)
def test_likely_channels_last_are_warned_of_with_the_cure(shape: tuple[int, int, int]) -> None:
    with pytest.warns(UserWarning, match="channels last") as caught:
        data = load(shape)
    assert data.input_shape == shape
    (warning,) = caught
    said = str(warning.message)
    assert f"read as {shape[0]} channels of {shape[1]} x {shape[2]} pixels" in said
    assert "(N, channels, height, width)" in said
    assert "transpose with xtr.transpose(0, 3, 1, 2)" in said
    assert warning.filename == __file__


@pytest.mark.parametrize(
    "shape", [(1125, 22, 1), (1125, 1, 22), (500, 16, 2), (28, 28, 1), (640, 480, 3)]
)
def test_channels_that_exceed_both_sides_by_far_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match=r"channels last.*transpose with xtr\.transpose\(0, 3"):
        load(shape)


@pytest.mark.parametrize(
    "shape",
    [
        (3, 32, 32),
        (1, 28, 28),
        (12, 64, 64),
        (512, 7, 7),
        (2048, 1, 1),
        (200, 8, 9),
        (22, 1125, 1),
        (16, 128, 1),
        (1, 22, 1125),
        (3, 240, 320),
    ],
)
def test_channels_first_are_read_in_silence(shape: tuple[int, int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(shape).input_shape == shape


def test_check_reports_the_doubt_too() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 8, 8, 2))
    with pytest.warns(UserWarning, match="channels last"):
        found = check((x, np.arange(600) % 2), network="mlp", device="cpu")["samples"]
    assert found.status == "warning"
    assert "xtr.transpose(0, 3, 1, 2)" in found.advice


def test_code_in_messages_can_be_pasted(tmp_path: Path) -> None:
    np.savez(tmp_path / "my data.npz", xtr=np.zeros((6, 28, 28)), ytr=np.arange(6) % 2)
    with pytest.raises(InputError, match=r"my data: xtr has.* axis with xtr\[:, None\]\.$"):
        load_dataset(tmp_path / "my data.npz")
    np.savez(tmp_path / "my data.npz", xtr=np.zeros(6), ytr=np.arange(6) % 2)
    with pytest.raises(InputError, match=r"my data: xtr has.* give xtr\[:, None\]\.$"):
        load_dataset(tmp_path / "my data.npz")


def test_samples_to_predict_with_channels_last_get_the_cure() -> None:
    images = np.zeros((6, 3, 32, 32), dtype=np.uint8)
    preprocessing = Preprocessing.fit(load_dataset((images, np.arange(6) % 2)), np.arange(6))
    with pytest.raises(InputError, match=r"transpose with x\.transpose\(0, 3, 1, 2\)"):
        preprocessing.transform(images.transpose(0, 2, 3, 1))


@pytest.mark.parametrize(
    ("channels", "shape", "cure"),
    [
        (3, (32, 32, 3), r"give x\.transpose\(2, 0, 1\)\[None\]"),
        (3, (3, 32, 32), r"give x\[None\]"),
        (1, (32, 32), r"give x\[None, None\]"),
        (1, (6, 32, 32), r"add a channel axis with x\[:, None\]"),
    ],
)
def test_one_image_gets_the_cure_too(channels: int, shape: tuple[int, ...], cure: str) -> None:
    images = np.zeros((6, channels, 32, 32), dtype=np.uint8)
    preprocessing = Preprocessing.fit(load_dataset((images, np.arange(6) % 2)), np.arange(6))
    with pytest.raises(InputError, match=cure):
        preprocessing.transform(np.zeros(shape, dtype=np.uint8))
