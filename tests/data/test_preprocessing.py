"""Normalisation of inputs, coding of labels and targets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing, load_dataset

EVEN = np.arange(0, 60, 2)


def fitted(data, rows=EVEN, **options):
    return Preprocessing.fit(load_dataset(data, **options), rows)


def test_features_get_mean_0_and_deviation_1_over_the_training_part(
    arrays: dict[str, Any],
) -> None:
    arrays["xtr"] = arrays["xtr"] * 7 + 300
    x = fitted(arrays).transform(arrays["xtr"][EVEN])
    assert x.dtype == torch.float32
    assert torch.allclose(x.mean(0), torch.zeros(5), atol=1e-5)
    assert torch.allclose(x.std(0, correction=0), torch.ones(5), atol=1e-5)


def test_statistics_ignore_validation_and_test_rows(arrays: dict[str, Any]) -> None:
    before = fitted(arrays)
    arrays["xtr"][1::2] = 1e6
    arrays["xte"][:] = -1e6
    assert fitted(arrays) == before


def test_target_statistics_ignore_validation_and_test_rows(targets: dict[str, Any]) -> None:
    before = fitted(targets)
    targets["ytr"][1::2] = 1e6
    targets["yte"][:] = -1e6
    assert fitted(targets) == before


def test_uint8_images_are_scaled_and_normalised_by_channel(images: dict[str, Any]) -> None:
    preprocessing = fitted(images)
    pixels = images["xtr"][EVEN] / 255
    assert preprocessing.scale == 1 / 255
    assert np.allclose(preprocessing.x_mean, pixels.mean((0, 2, 3)))
    assert np.allclose(preprocessing.x_std, pixels.std((0, 2, 3)))
    x = preprocessing.transform(images["xtr"])
    assert x.shape == (60, 3, 8, 6)
    assert x.abs().max() < 3


def test_uint8_vectors_are_not_images(arrays: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    for key, n in (("xtr", 60), ("xte", 12)):
        arrays[key] = rng.integers(0, 9, size=(n, 5), dtype=np.uint8)
    preprocessing = fitted(arrays)
    assert preprocessing.scale == 1
    assert np.allclose(preprocessing.x_mean, arrays["xtr"][EVEN].mean(0))


@pytest.mark.parametrize("constant", [0.0, 0.1, -3e7])
def test_constant_features_become_zero(arrays: dict[str, Any], constant: float) -> None:
    arrays["xtr"][:, 2] = constant
    arrays["xte"][:, 2] = constant
    preprocessing = fitted(arrays)
    assert preprocessing.x_std[2] == 1
    assert preprocessing.transform(arrays["xte"])[:, 2].abs().max() < 1e-6


def test_features_far_from_zero_keep_their_spread(arrays: dict[str, Any]) -> None:
    arrays["xtr"] = arrays["xtr"].astype(np.float64) + 1.7e9
    x = fitted(arrays).transform(arrays["xtr"][EVEN])
    assert torch.allclose(x.std(0, correction=0), torch.ones(5), atol=1e-4)


@pytest.mark.parametrize("dtype", [">f4", "f2", "i2", "u4", "?", ">i8"])
def test_any_number_format_is_read(arrays: dict[str, Any], dtype: str) -> None:
    for key in ("xtr", "xte"):
        arrays[key] = (arrays[key] * 10 > 0).astype(dtype)
    assert torch.isfinite(fitted(arrays).transform(arrays["xte"])).all()


def test_chunks_do_not_change_the_result(
    images: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted(images)
    monkeypatch.setattr("optuna_dnc.data.chunks._CHUNK_VALUES", 1000)
    parts = fitted(images)
    assert np.allclose(whole.x_std, parts.x_std, rtol=1e-12)
    assert torch.allclose(whole.transform(images["xte"]), parts.transform(images["xte"]))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([30, -4, 7], dtype=np.int16),
        np.array([3, 2**63 + 5, 9], dtype=np.uint64),
        np.array(["cat", "", "Hündin"]),
        np.array([True, False, True]),
    ],
    ids=lambda labels: labels.dtype.str,
)
def test_labels_come_back_as_they_were(arrays: dict[str, Any], labels: np.ndarray) -> None:
    arrays["ytr"], arrays["yte"] = np.tile(labels, 20), np.tile(labels, 4)
    preprocessing = Preprocessing.from_dict(json.loads(json.dumps(fitted(arrays).to_dict())))
    codes = preprocessing.encode_targets(arrays["yte"])
    assert codes.dtype == torch.int64
    logits = torch.nn.functional.one_hot(codes, preprocessing.n_outputs).float()
    back = preprocessing.decode(logits)
    assert back.dtype == labels.dtype
    assert np.array_equal(back, arrays["yte"])


def test_flat_targets_stay_aligned(targets: dict[str, Any]) -> None:
    preprocessing = fitted(targets)
    encoded = preprocessing.encode_targets(targets["yte"])
    assert encoded.shape == (12, 1)
    assert encoded.dtype == torch.float32
    back = preprocessing.decode(encoded)
    assert back.shape == (12,)
    assert np.allclose(back, targets["yte"], rtol=1e-6)


def test_columns_of_targets_keep_their_shape(targets: dict[str, Any]) -> None:
    targets["ytr"] = np.stack([targets["ytr"], 1000 * targets["ytr"]], 1)
    targets["yte"] = np.stack([targets["yte"], 1000 * targets["yte"]], 1)
    preprocessing = fitted(targets)
    encoded = preprocessing.encode_targets(targets["ytr"][EVEN])
    assert torch.allclose(encoded.std(0, correction=0), torch.ones(2), atol=1e-5)
    assert np.allclose(preprocessing.decode(encoded), targets["ytr"][EVEN], rtol=1e-6)


def test_decode_refuses_outputs_of_another_shape(
    targets: dict[str, Any], arrays: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"outputs have shape \(12,\); expected is \(N, 1\)"):
        fitted(targets).decode(torch.zeros(12))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((4, 6)), r"x has shape \(4, 6\); expected is \(N, 5\)"),
        (np.zeros(5), r"x has shape \(5,\); expected is \(N, 5\), give x\[None\]"),
        (np.float32(1), r"x has shape \(\)"),
        (np.full((4, 5), np.nan), r"x holds values that are NaN.*row 0, column 0"),
        ([["a"] * 5], "x holds strings"),
    ],
)
def test_input_that_does_not_fit(
    arrays: dict[str, Any], x: list[list[str]] | np.float32 | np.ndarray, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fitted(arrays).transform(x)


def test_no_samples_give_no_predictions(arrays: dict[str, Any]) -> None:
    assert fitted(arrays).transform(np.empty((0, 5))).shape == (0, 5)


def test_images_on_another_scale_are_refused(images: dict[str, Any]) -> None:
    preprocessing = fitted(images)
    with pytest.raises(InputError, match="x is float64, but training had uint8 images"):
        preprocessing.transform(images["xte"] / 255)
    images["xtr"], images["xte"] = images["xtr"] / 255, images["xte"] / 255
    with pytest.raises(InputError, match="x is uint8, but training had images that were not"):
        fitted(images).transform(np.zeros((1, 3, 8, 6), dtype=np.uint8))


def test_labels_that_do_not_fit(arrays: dict[str, Any]) -> None:
    preprocessing = fitted(arrays)
    with pytest.raises(InputError, match="y has labels that are not in the training data: 5"):
        preprocessing.encode_targets([0, 5])
    with pytest.raises(InputError, match=r"y holds labels of dtype <U1, but training had int64"):
        preprocessing.encode_targets(["0"])


def test_targets_that_do_not_fit(targets: dict[str, Any]) -> None:
    preprocessing = fitted(targets)
    with pytest.raises(InputError, match=r"y has shape \(4, 2\); expected is \(N,\)"):
        preprocessing.encode_targets(np.zeros((4, 2)))
    with pytest.raises(InputError, match="y holds values that are NaN"):
        preprocessing.encode_targets([1.0, np.nan])


def test_a_saved_dictionary_with_other_keys_is_refused(arrays: dict[str, Any]) -> None:
    saved = fitted(arrays).to_dict()
    saved["colour"] = saved.pop("x_mean")
    with pytest.raises(InputError, match=r"missing or unknown keys \['colour', 'x_mean'\]"):
        Preprocessing.from_dict(saved)


def test_names_of_several_targets_of_a_frame_are_kept() -> None:
    x = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) % 3})
    y = pd.DataFrame({"rent": x["a"] * 2, "age": x["b"] - x["a"]})
    kept = Preprocessing.fit(load_dataset((x, y)), np.arange(20))
    again = Preprocessing.from_dict(json.loads(json.dumps(kept.to_dict())))
    assert again.output_names == ("rent", "age")
