"""Round trips of Preprocessing, for any labels, targets and features."""

from __future__ import annotations

import json

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from optuna_dnc.data import Preprocessing, load_dataset

classes = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=6, unique=True),
    # NumPy drops zero characters at the end of strings.
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
        min_size=2,
        max_size=6,
        unique=True,
    ),
    st.just([False, True]),
)
# Values that float32 can hold and whose differences it can tell.
numbers = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-3)


def through_json(preprocessing):
    again = Preprocessing.from_dict(json.loads(json.dumps(preprocessing.to_dict())))
    assert again == preprocessing
    return again


@given(labels=classes, order=st.randoms(use_true_random=False))
def test_labels(labels, order):
    y = labels * 3
    order.shuffle(y)
    x = np.arange(len(y), dtype=float)[:, None]
    dataset = load_dataset((x, y, x, y))
    preprocessing = through_json(Preprocessing.fit(dataset, np.arange(len(y))))
    codes = preprocessing.encode_targets(y)
    decoded = preprocessing.decode(torch.eye(len(labels))[codes])
    assert decoded.tolist() == y
    assert decoded.dtype == dataset.y_train.dtype


@given(
    y=hnp.arrays(np.float64, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=numbers),
    flat=st.booleans(),
)
def test_targets(y, flat):
    y = y[:, 0] if flat else y
    y[0] += 1  # not all the same
    x = np.arange(len(y), dtype=float)[:, None]
    dataset = load_dataset((x, y, x, y), task="regression")
    preprocessing = through_json(Preprocessing.fit(dataset, np.arange(len(y))))
    encoded = preprocessing.encode_targets(y)
    assert encoded.shape == (len(y), 1 if flat else y.shape[1])
    decoded = preprocessing.decode(encoded)
    assert decoded.shape == y.shape
    assert np.allclose(decoded, y, rtol=1e-4, atol=1e-5 * np.abs(y).max() + 1e-9)


@given(
    x=hnp.arrays(
        np.float32,
        st.tuples(st.integers(2, 30), st.integers(1, 5)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    )
)
def test_inputs_are_finite_and_of_unit_spread(x: np.ndarray) -> None:
    y = np.arange(len(x)) % 2
    y[:2] = 0, 1
    data = (np.repeat(x, 2, 0), np.repeat(y, 2), x, y)
    preprocessing = through_json(Preprocessing.fit(load_dataset(data), np.arange(2 * len(x))))
    z = preprocessing.transform(x)
    assert torch.isfinite(z).all()
    assert z.abs().max() <= len(x) ** 0.5 + 1e-3
