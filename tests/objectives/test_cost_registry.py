"""Cost measures by name: built-in, registered by the user, installed, or unknown."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets import MLPConfig
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.objectives import (
    CostMeasure,
    CostMeter,
    NetworkSpec,
    cost_measure,
    cost_names,
    described_cost,
    register_cost,
)
from optuna_dnc.objectives.cost_registry import COSTS, costs_from_dict, costs_to_dict
from optuna_dnc.training import Epoch, FitResult

NETWORK = NetworkSpec(FAMILIES["mlp"](), MLPConfig(widths=(4,)), (5,), 3)


def measure(of: Any = 1, **attributes: Any) -> type[CostMeasure]:
    """A cost measure that returns ``of``."""
    fields = {"name": "mine", "unit": "units", "__module__": "mine"} | attributes
    return type("Mine", (CostMeasure,), fields | {"of": lambda self, network, fit: of})


@pytest.fixture(autouse=True)
def _registry_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(COSTS, "_loaded", dict(COSTS._loaded))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install a package with a module ``offered`` that offers a cost ``installed``."""

    def install(source: str) -> None:
        (tmp_path / "offered.py").write_text(source)
        about = tmp_path / "offered-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: offered\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[optuna_dnc.costs]\ninstalled = offered:Mine\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "offered", raising=False)

    return install


SOURCE = """
from optuna_dnc.objectives import CostMeasure

class Mine(CostMeasure):
    name = "{name}"
    unit = "units"

    def of(self, network, fit):
        return 3
"""


def test_each_module_of_costs_is_a_measure() -> None:
    assert {"bytes", "macs", "n_params", "t_epoch"} <= set(cost_names())


def test_a_measure_of_an_installed_package_is_found(install: Any) -> None:
    install(SOURCE.format(name="installed"))
    assert "installed" in cost_names()
    assert "offered" not in sys.modules
    assert cost_measure("installed").of(NETWORK, FitResult("classification")) == 3


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import nothing_of_this_name", "cannot be loaded .*nothing_of_this_name"),
        (SOURCE.format(name="other"), "the name of Mine is 'other'"),
    ],
)
def test_a_package_that_is_broken_is_named(install: Any, source: str, problem: str) -> None:
    install(source)
    with pytest.raises(
        InputError, match=f"penalize 'installed' of the package 'offered'.*{problem}"
    ):
        cost_measure("installed")
    assert described_cost("installed").unit == "installed"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"penalize 'n_param' .*Did you mean 'n_params'"):
        cost_measure("n_param")


def test_a_cost_that_is_not_registered_is_shown_by_its_name() -> None:
    assert described_cost("n_joules").in_words(1234.5) == "1,234 n_joules"


def test_a_name_that_nobody_can_register_is_not_shown() -> None:
    assert described_cost("[link=x]<b>").in_words(3) == "3 ?"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "Mine"}, "lower-case letters.*got 'Mine'"),
        ({"unit": ""}, "unit of Mine must be a plural noun"),
        ({"name": "macs"}, "'macs' is already registered"),
    ],
)
def test_a_measure_that_cannot_be_told_from_others_is_refused(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        register_cost(measure(**changes))


def test_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="must be a subclass of CostMeasure"):
        register_cost(int)  # type: ignore[type-var]


def test_a_class_takes_the_place_of_its_former_version() -> None:
    register_cost(measure(1))
    register_cost(measure(2))
    assert cost_measure("mine").of(NETWORK, FitResult("classification")) == 2


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "3", None])
def test_a_measure_that_returns_no_cost_is_named(value: Any) -> None:
    register_cost(measure(value))
    with pytest.raises(InputError, match="'mine' must return a finite number"):
        CostMeter(NETWORK, "mine")(FitResult("classification"))


def test_costs_of_the_training_are_measured_anew_and_others_once() -> None:
    calls = []
    register_cost(type(
        "Mine", (CostMeasure,),
        {"name": "mine", "unit": "units", "of": lambda self, network, fit: calls.append(1) or 2},
    ))  # fmt: skip
    meter = CostMeter(NETWORK, "mine")
    assert meter(FitResult("classification")) == {"n_params": 39, "t_epoch": 0.0, "mine": 2}
    epoch = Epoch(1, 0.1, 0.4, 0.1, 2.0, 0.5)
    assert meter(FitResult("classification", [epoch])) == {
        "n_params": 39, "t_epoch": 2.0, "mine": 2
    }  # fmt: skip
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (57, "57"), (760, "760"), (12_345_678, "12,345,678"), (0.012345, "0.0123")],
)
def test_costs_are_whole_from_100_on_with_three_digits_below(value: float, text: str) -> None:
    assert cost_measure("t_epoch").format(value) == text


def test_unknown_costs_go_through_json() -> None:
    costs = {"n_params": 760, "t_epoch": 0.5, "n_joules": 3.5}
    assert costs_from_dict(costs_to_dict(costs)) == costs
    assert costs_from_dict({"n_params": 760, "t_epoch": 0.5}) == {"n_params": 760, "t_epoch": 0.5}
