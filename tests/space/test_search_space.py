"""Encoding, activity and decoding of conditional spaces."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc import InputError
from optuna_dnc.space import Condition, SearchSpace

nan = np.nan
SPACE = SearchSpace(
    {
        "optimizer": CategoricalDistribution(["adam", "sgd"]),
        "momentum": FloatDistribution(0, 1),
        "nesterov": CategoricalDistribution([True, False]),
        "lr": FloatDistribution(1e-4, 1e-2, log=True),
        "fixed": IntDistribution(7, 7),
    },
    {
        "momentum": Condition(parent="optimizer", choices=("sgd",)),
        "nesterov": Condition(parent="momentum", above=0.5),
    },
)


def test_positions() -> None:
    rows = SPACE.encode(
        [
            {"optimizer": "sgd", "momentum": 0.25, "lr": 1e-3, "fixed": 7},
            {"optimizer": "adam", "lr": 0.0, "fixed": 7, "unknown": 1},
            {"optimizer": "lamb", "momentum": 9, "nesterov": False, "lr": "high"},
        ]
    )
    expected = [[1, 0.25, nan, 0.5, 0], [0, nan, nan, 0, 0], [nan, 1, 1, nan, nan]]
    np.testing.assert_allclose(rows, expected, atol=1e-12)


def test_activity_follows_chains_of_conditions() -> None:
    full = np.array([[0, 0.9, 1, 0.5, 0], [1, 0.9, 1, 0.5, 0], [1, 0.2, 1, 0.5, 0]], dtype=float)
    rows = SPACE.activate(full)
    expected = [[0, nan, nan, 0.5, 0], [1, 0.9, 1, 0.5, 0], [1, 0.2, nan, 0.5, 0]]
    np.testing.assert_array_equal(rows, expected)
    assert not np.isnan(full).any()


def test_decoding_leaves_out_what_is_inactive() -> None:
    params = SPACE.decode(np.array([1, 0.25, nan, 0.5, 0]))
    assert params == {"optimizer": "sgd", "momentum": 0.25, "lr": pytest.approx(1e-3), "fixed": 7}
    assert {type(value) for value in params.values()} == {str, float, int}


def test_a_parameter_with_one_value_is_kept_but_not_free() -> None:
    assert SPACE.free == ("optimizer", "momentum", "nesterov", "lr")
    assert SPACE.sample(np.full((1, 5), 0.9))[0, 4] == 0


def test_members_of_a_list_come_by_number_not_by_name() -> None:
    widths = {f"width_{i}": IntDistribution(1, 9) for i in (10, 2, 0)}
    space = SearchSpace(
        {**widths, "width": IntDistribution(1, 9), "width_x": IntDistribution(1, 9)}
    )
    assert list(space.members("width").items()) == [(i, f"width_{i}") for i in (0, 2, 10)]


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ({"momentum": Condition(parent="optimiser", choices=("sgd",))}, "optimizer"),
        ({"momentun": Condition(parent="optimizer")}, "momentum"),
        ({"optimizer": Condition(parent="momentum")}, "before"),
        ({"momentum": Condition(parent="optimizer", above=0)}, "choices"),
        ({"momentum": Condition(parent="optimizer", choices=("lamb",))}, "lamb"),
        ({"nesterov": Condition(parent="momentum", choices=(0.5,))}, "above"),
    ],
)
def test_bad_conditions_are_named(conditions: dict[str, Condition], word: str) -> None:
    with pytest.raises(InputError, match=word):
        SearchSpace(SPACE.distributions, conditions)


def test_bad_distributions_are_named() -> None:
    with pytest.raises(InputError, match="mapping"):
        SearchSpace([FloatDistribution(0, 1)])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="distribution"):
        SearchSpace({"x": (0, 1)})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="above"):
        Condition(parent="x", above=2, below=1)
