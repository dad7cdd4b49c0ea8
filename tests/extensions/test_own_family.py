"""A network family from outside: one class, tested by its contract, searched and exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets import network_family, register_family
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.report.dashboard.notes_trials import network_note
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.testing import FamilyContract
from tests.extensions.low_rank import LowRank, LowRankConfig


class Other(LowRank):
    """The same under another name."""

    name: ClassVar[str] = "other"


class TestLowRank(FamilyContract):
    family = LowRank()
    input_shape = (5,)


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., StagedSearch]:
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    x = rng.normal(size=(40, 5)) + y[:, None]

    def make(network: Any, **settings: Any) -> StagedSearch:
        few: dict[str, Any] = {"epochs": 1, "n_startup_trials": 1, "n_steps": 0, "floors": False}
        return StagedSearch(
            (x, y), network=network, out=tmp_path / "run", device="cpu", **few | settings
        )

    return make


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family has its name for this test only."""
    monkeypatch.setattr(FAMILIES, "_loaded", dict(FAMILIES._loaded))
    register_family(LowRank)


@pytest.mark.usefixtures("registered")
def test_a_registered_family_is_searched_and_loaded_by_name(
    search: Callable[..., StagedSearch],
) -> None:
    result = search("low-rank", space={"rank": (2, 2)}).run()

    assert result.best.config == LowRankConfig(2)
    assert SearchResult.load(result.path).family == LowRank(rank=(2, 2))
    assert network_note("low-rank", {"rank": 2}) == "A linear network of rank 2."


def test_a_class_is_searched_with_ranges_and_loaded_with_the_family(
    search: Callable[..., StagedSearch],
) -> None:
    result = search(LowRank, space={"rank": (2, 2)}).run()

    assert SearchResult.load(result.path, family=LowRank(rank=(2, 2))).best == result.best
    with pytest.raises(InputError, match="'low-rank' is not a registered network family"):
        SearchResult.load(result.path)
    with pytest.raises(InputError, match='network was "low-rank", now "other"'):
        search(Other, space={"rank": (2, 2)}).run()


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (5, "must be a registered name, a NetworkFamily, or a function"),
        (dict, "must be a registered name, a NetworkFamily, or a function"),
        (lambda: LowRank(), "cannot be created.*unexpected keyword argument 'rank'"),
        ("low-rank", "'low-rank' is unknown; allowed are cnn, mlp, resnet"),
        ("some_module:LowRank", "is not a registered name; pass the object itself"),
    ],
)
def test_what_is_no_family_is_refused(
    search: Callable[..., StagedSearch], network: Any, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        search(network, space={"rank": (2, 2)})


def test_only_families_are_registered() -> None:
    with pytest.raises(InputError, match=r"subclass of optuna_dnc\.nets\.NetworkFamily"):
        register_family(dict)  # type: ignore[arg-type]
    assert network_family("mlp").name == "mlp"
