"""Several yes/no labels a sample: what they are told by, checks, splits, codes and weights."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from optuna_dnc import InputError
from optuna_dnc.data import Dataset, Preprocessing, load_dataset, prepare
from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.data.multilabel import strata_of
from optuna_dnc.data.preparation import other_folds
from optuna_dnc.data.split import limit_train, split_validation

N = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 3))
LABELS = X + 0.3 * RNG.normal(size=X.shape) > 0.4
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
NAMES = ["spam", "rude", "off"]


def table(labels: Any = LABELS) -> pd.DataFrame:
    """A table with three label columns of some values."""
    return FRAME.assign(**dict(zip(NAMES, np.asarray(labels).T, strict=True)))


@pytest.mark.parametrize(
    "labels",
    [LABELS, LABELS.astype(int), LABELS.astype(float), np.where(LABELS, "yes", "no")],
    ids=["booleans", "integers", "floats", "words"],
)
def test_several_yes_or_no_columns_are_labels(labels: Any) -> None:
    data = load_dataset(table(labels), target=NAMES)
    assert (data.task, data.n_outputs) == ("multilabel", 3)
    assert data.label_names == ("spam", "rude", "off")
    encoded = Preprocessing.fit(data, np.arange(N)).encode_targets(data.y_train)
    assert encoded.numpy().tolist() == LABELS.astype(float).tolist()


def test_arrays_of_labels_and_a_frame_with_their_names() -> None:
    assert load_dataset((X, LABELS)).label_names == ("0", "1", "2")
    named = load_dataset((X, pd.DataFrame(LABELS.astype(int), columns=NAMES)))
    assert (named.task, named.label_names) == ("multilabel", tuple(NAMES))


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_the_task_can_be_chosen(task: Any) -> None:
    data = load_dataset(table(LABELS.astype(int)), target=NAMES[:2], drop="off", task=task)
    assert data.task == task
    assert data.y_train.dtype.kind == ("f" if task == "regression" else "i")


def _with(column: Any) -> pd.DataFrame:
    return table(LABELS.astype(int)).assign(off=column)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            _with(X[:, 0]),
            r"targets spam, rude have at most two values, and off more; .*regression",
        ),
        (_with(["x"] * 60 + ["y"] * 60), r"'off' holds strings and 'spam' does not; write .* 0"),
        (_with([1] * N), "has 1 for the label 'off' in every row; leave it out"),
        (_with([1] + [0] * (N - 1)), "has 1 for the label 'off' in a single row; a validation"),
        (_with([None] + [0, 1] * 59 + [1]), "target off has missing values: 1 of 120 rows"),
        (table(1 + LABELS), "at most two values each, which are not 0 and 1; write them as 0"),
        (table(np.where(LABELS, "red", "blue")), "strings that are not yes or no, such as"),
        (table(np.eye(3, dtype=int)[RNG.integers(0, 3, N)]), r"one-hot.*argmax.*multilabel"),
    ],
    ids=["numbers", "words", "constant", "single", "missing", "values", "strings", "one-hot"],
)
def test_columns_that_are_no_labels(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_dataset(frame, target=NAMES)


def test_rows_without_all_labels_can_be_left_out() -> None:
    frame = _with([None] + [0, 1] * 59 + [1])
    assert load_dataset(frame, target=NAMES, drop_unlabeled=True).n_train == N - 1


@pytest.mark.parametrize("separator", ["|", ";"])
def test_lists_of_labels_in_a_cell_are_told_how_to_become_columns(separator: str) -> None:
    texts = [separator.join(np.array(NAMES)[row]) or "none" for row in LABELS]
    said = re.escape(f"such as pandas' str.get_dummies({separator!r})")
    with pytest.raises(InputError, match=rf"holds lists of labels such as .*{said}"):
        load_dataset(FRAME.assign(tags=texts), target="tags")


def test_test_rows_have_the_same_labels() -> None:
    with pytest.raises(InputError, match="ytr has 3 labels of bool and yte 2 of bool"):
        Dataset("d", X, LABELS, X, LABELS[:, :2], "multilabel")


def test_labels_come_back_in_the_values_of_training() -> None:
    data = load_dataset(table(np.where(LABELS, "yes", "no")), target=NAMES)
    coded = Preprocessing.fit(data, np.arange(N))
    again = Preprocessing.from_dict(coded.to_dict())
    decoded = again.decode(torch.tensor([[0.9, 0.2, 0.5]]))
    assert decoded.tolist() == [["yes", "no", "no"]]
    with pytest.raises(InputError, match=r"labels that are not in the training data: 'maybe'"):
        again.encode_targets(np.full((2, 3), "maybe"))
    with pytest.raises(InputError, match=r"expected is \(N, 3\), a column for each"):
        again.encode_targets(np.full((2, 2), "yes"))


def _rare() -> np.ndarray[Any, Any]:
    """Labels of which one is rare, and one is rarely missing."""
    y = RNG.random((N, 4)) < 0.4
    y[:, 0], y[:, 1] = False, True
    y[[3, 50, 100, 110], 0] = True
    y[[7, 8, 9, 60, 61], 1] = False
    return y


def test_rows_of_rare_values_are_on_both_sides() -> None:
    y = _rare()
    for seed in range(20):
        train, val = split_validation(y, fraction=0.25, seed=seed, stratify=True)
        for rows in (train, val):
            assert y[rows].any(axis=0).all()
            assert not y[rows].all(axis=0).any()
        assert abs(len(val) - N / 4) <= 3


def test_the_rarest_value_of_a_row_is_its_stratum() -> None:
    y = np.array([[0, 1], [0, 1], [0, 1], [1, 1], [0, 0], [0, 0], [1, 0]])
    assert strata_of(y).tolist() == [0, 0, 0, 1, 2, 2, 1]


def test_a_limit_and_folds_keep_rare_labels() -> None:
    y = _rare()
    data = Dataset("d", X, y, X[:0], y[:0], "multilabel")
    few = limit_train(data, 40, seed=0)
    assert few.n_train == 40
    assert few.y_train.any(axis=0).all()
    for fold in other_folds(data, n_folds=5, val_fraction=0.25, seed=0):
        assert y[fold().val].any(axis=0).all()


def test_groups_keep_their_labels_together() -> None:
    groups = np.repeat(np.arange(30), 4)
    data = Dataset("d", X, LABELS, X[:0], LABELS[:0], "multilabel", groups=groups)
    prepared = prepare(data, val_fraction=0.2)
    assert 16 <= prepared.n_val <= 32


def test_balanced_weights_make_both_values_of_each_label_count_the_same() -> None:
    data = prepare(load_dataset((X, LABELS)), class_weight="balanced")
    weights = data.training_weights
    assert weights is not None
    assert weights.shape == data.train.y.shape
    there = (weights * data.train.y).sum(dim=0)
    torch.testing.assert_close(there, (weights * (1 - data.train.y)).sum(dim=0))
    assert weights.mean().item() == pytest.approx(1.0)
    assert data.constant_loss == pytest.approx(np.log(2))


def test_weights_by_the_name_of_a_label() -> None:
    dataset = load_dataset(table(), target=NAMES)
    assert prepare(dataset, class_weight={"rude": 3.0}).class_weights == (1.0, 3.0, 1.0)
    with pytest.raises(InputError, match="the label 'red' is unknown; allowed are off, rude"):
        prepare(dataset, class_weight={"red": 3.0})


def test_the_best_constant_guess_has_the_entropy_of_the_shares() -> None:
    data = prepare(load_dataset((X, LABELS)))
    shares = data.train.y.double().mean(dim=0).numpy()
    entropies = -(shares * np.log(shares) + (1 - shares) * np.log(1 - shares))
    assert data.constant_loss == pytest.approx(entropies.mean())


def test_a_label_that_hardly_differs_is_warned_of() -> None:
    y = _rare()
    data = load_dataset((X, pd.DataFrame(y, columns=["p", "q", "r", "s"])))
    (found,) = class_warnings(prepare(data))
    assert found.startswith("Labels 'p', 'q' are the same in all but fewer than 10 training")


def test_classes_that_differ_only_in_case_are_warned_of() -> None:
    labels = ["Yes", "no", "yes", "maybe"] * 20
    (found,) = class_warnings(prepare(load_dataset((np.eye(80), labels))))
    assert found.startswith("Classes 'Yes' and 'yes' differ only in their case;")
