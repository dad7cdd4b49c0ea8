"""Data that nothing can be learned from: one clear line each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, load_dataset


def refuses(data, message, **options):
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(data, **options)
    assert "\n" not in str(caught.value)


def test_lengths_that_differ(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "ytr": arrays["ytr"][:59]}, "xtr has 60 samples and ytr 59 labels")
    refuses({**arrays, "xte": arrays["xte"][:11]}, "xte has 11 samples and yte 12 labels")


@pytest.mark.parametrize("key", ["xtr", "ytr", "xte", "yte"])
@pytest.mark.parametrize("value", [1.5, np.array(3)])
def test_single_values_in_place_of_arrays(
    arrays: dict[str, Any], key: str, value: float | np.ndarray
) -> None:
    refuses({**arrays, key: value}, f"{key} is a single value or object .*a row for each sample")


def test_sparse_matrices(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xtr": csr_matrix(arrays["xtr"])}, r"xtr .*csr_matrix.* toarray\(\)")


def test_sample_shapes_that_differ(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xte": arrays["xte"][:, :4]}, r"xtr have shape \(5,\).*xte \(4,\)")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_located(arrays: dict[str, Any], value: float) -> None:
    arrays["xtr"][41, 3] = value
    arrays["xtr"][50, 0] = value
    refuses(arrays, rf"xtr holds .*: 2 in all, the first \({value:g}\) in row 41, column 3")


def test_infinity_in_half_precision(arrays: dict[str, Any]) -> None:
    arrays["xtr"] = arrays["xtr"].astype(np.float16)
    arrays["xtr"][3, 1] = np.inf
    refuses(arrays, "row 3, column 1")


def test_nan_is_located_far_into_a_large_array(arrays: dict[str, Any]) -> None:
    arrays["xte"] = np.zeros((12, 100_000), dtype=np.float32)
    arrays["xtr"] = np.zeros((60, 100_000), dtype=np.float32)
    arrays["xte"][11, 99_999] = np.nan
    refuses(arrays, "xte holds .*row 11, column 99999")


def test_nan_in_an_image_is_located(images: dict[str, Any]) -> None:
    images["xtr"] = images["xtr"].astype(np.float32)
    images["xte"] = images["xte"].astype(np.float32)
    images["xte"][2, 1, 7, 5] = np.nan
    refuses(images, r"xte holds .*row 2, \(channel, height, width\) = \(1, 7, 5\)")


def test_values_beyond_float32(arrays: dict[str, Any]) -> None:
    arrays["xtr"] = arrays["xtr"].astype(np.float64)
    arrays["xtr"][0, 0] = 1e300
    refuses(arrays, "values beyond float32.*row 0, column 0")


def test_nan_in_targets(targets: dict[str, Any]) -> None:
    targets["yte"][7] = np.nan
    refuses(targets, "yte holds values that are NaN.*row 7 ")


def test_nan_among_whole_float_labels(arrays: dict[str, Any]) -> None:
    arrays["ytr"] = arrays["ytr"].astype(float)
    arrays["ytr"][4] = np.nan
    refuses(arrays, "ytr holds values that are NaN.*row 4 ")


def test_labels_that_training_never_saw(arrays: dict[str, Any]) -> None:
    arrays["yte"][[1, 5]] = 7, 9
    refuses(arrays, "yte has labels that are not in the training data: 7, 9;")


def test_class_with_a_single_sample(arrays: dict[str, Any]) -> None:
    arrays["ytr"][0] = 8
    refuses(arrays, "single sample of class 8; a validation split needs two")


def test_few_whole_numbers_that_are_hardly_ever_equal_may_be_quantities(
    arrays: dict[str, Any],
) -> None:
    arrays["ytr"] = np.r_[1000 + np.arange(19) ** 2, np.full(41, 7)]
    refuses(arrays, "or give task='regression' if these are quantities.")


def test_only_one_class(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "ytr": np.full(60, 4)}, "only one class, 4;")


@pytest.mark.parametrize("key", ["xtr", "xte"])
def test_empty_features(arrays: dict[str, Any], key: str) -> None:
    refuses({**arrays, key: np.empty((0, 5))}, rf"{key} is empty: its shape is \(0, 5\)")


def test_empty_labels(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xtr": np.empty((60, 0))}, "xtr is empty")
    refuses({**arrays, "ytr": []}, "xtr has 60 samples and ytr 0 labels")


def test_one_hot_and_column_labels(arrays: dict[str, Any]) -> None:
    one_hot = np.eye(3, dtype=int)[arrays["ytr"]]
    refuses({**arrays, "ytr": one_hot}, "ytr has exactly one label in every row.*argmax")
    refuses({**arrays, "ytr": 2 * one_hot}, r"ytr has shape \(60, 3\).*argmax")
    refuses({**arrays, "ytr": arrays["ytr"][:, None]}, r"ytr has shape \(60, 1\).*ravel")


def test_features_of_one_dimension(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xtr": arrays["xtr"][:, 0]}, r"shape \(60,\).*\[:, None\]")


def test_images_without_channels(arrays: dict[str, Any]) -> None:
    data = {**arrays, "xtr": np.zeros((60, 28, 28)), "xte": np.zeros((12, 28, 28))}
    refuses(data, r"\(60, 28, 28\), images without channels; .*\(N, channels, height, width\)")
    refuses(data, r"xtr\[:, None\]")


@pytest.mark.parametrize("shape", [(32, 32, 3), (48, 64, 3), (32, 32, 4), (28, 28, 1)])
def test_images_with_channels_last(arrays: dict[str, Any], shape: tuple[int, int, int]) -> None:
    data = {**arrays, "xtr": np.zeros((60, *shape)), "xte": np.zeros((12, *shape))}
    refuses(data, r"channels last.*transpose\(0, 3, 1, 2\)")


@pytest.mark.parametrize("shape", [(3, 32, 32), (64, 4, 4), (16, 128, 1), (64, 1, 1), (3, 3, 3)])
def test_images_with_channels_first_are_not_mistaken(
    arrays: dict[str, Any], shape: tuple[int, int, int]
) -> None:
    data = {**arrays, "xtr": np.zeros((60, *shape)), "xte": np.zeros((12, *shape))}
    assert load_dataset(data).input_shape == shape


def test_five_dimensions(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xtr": np.zeros((60, 2, 2, 2, 2))}, r"\(60, 2, 2, 2, 2\); expected")


def test_uint8_beside_float_images(images: dict[str, Any]) -> None:
    images["xte"] = images["xte"] / 255
    refuses(images, "xtr is uint8 and xte float64")


@pytest.mark.parametrize(
    ("dtype", "held"), [(str, "strings"), (complex, "complex numbers"), ("S9", "strings|bytes")]
)
def test_features_that_are_not_numbers(
    arrays: dict[str, Any], dtype: str | type[Any], held: str
) -> None:
    refuses({**arrays, "xtr": arrays["xtr"].astype(dtype)}, f"xtr holds {held}")


def test_ragged_lists(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "xtr": [[1.0, 2.0], [3.0]]}, "xtr cannot be read as one array")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_whole_float_labels_need_a_task(arrays: dict[str, Any], dtype: str) -> None:
    arrays["ytr"] = arrays["ytr"].astype(dtype)
    refuses(arrays, f"ytr holds whole numbers as {dtype}; convert them .*task='regres")


def test_float_labels_for_classification(targets: dict[str, Any]) -> None:
    refuses(targets, "ytr holds float64; classification needs integers", task="classification")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, "a"] * 30, "mixes numbers and strings"),
        ([True, 2] * 30, "mixes booleans and numbers"),
        ([None] * 60, "holds values of type NoneType"),
        (np.array([1, "a"] * 30, dtype=object), "mixes numbers and strings"),
        (np.array([b"a", b"b"] * 30), r"holds \|S1"),
        (np.ones(60, dtype=complex), "holds complex128"),
    ],
)
def test_labels_of_the_wrong_type(
    arrays: dict[str, Any], labels: list[Any] | np.ndarray, message: str
) -> None:
    refuses({**arrays, "ytr": labels}, message)


def test_training_and_test_labels_of_two_types(arrays: dict[str, Any]) -> None:
    refuses({**arrays, "yte": ["0"] * 12}, "ytr holds integers and yte strings")


def test_regression_needs_numbers(arrays: dict[str, Any]) -> None:
    strings = {**arrays, "ytr": ["a", "b"] * 30, "yte": ["a"] * 12}
    refuses(strings, "ytr holds strings", task="regression")
    booleans = {**arrays, "ytr": arrays["ytr"] > 0}
    refuses(booleans, "ytr holds booleans; regression needs numbers", task="regression")


def test_regression_shapes(targets: dict[str, Any]) -> None:
    refuses({**targets, "yte": targets["yte"][:, None]}, r"\(60,\) and yte \(12, 1\)")
    refuses({**targets, "ytr": targets["ytr"].reshape(60, 1, 1)}, r"\(60, 1, 1\); regression")
    refuses({**targets, "ytr": np.empty((60, 0))}, "ytr is empty", task="regression")


def test_constant_targets(targets: dict[str, Any]) -> None:
    refuses({**targets, "ytr": np.full(60, 2.5)}, "the same target in every row")


def test_a_dataset_built_by_hand_is_checked_too(arrays: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="xtr is a Tensor"):
        Dataset("mine", torch.zeros(60, 5), *list(arrays.values())[1:], "classification")  # type: ignore[call-arg, arg-type]
    with pytest.raises(InputError, match="ytr holds list; classification"):
        Dataset(
            "mine",
            arrays["xtr"],
            arrays["ytr"].tolist(),
            arrays["xte"],
            arrays["yte"],
            "classification",
        )
