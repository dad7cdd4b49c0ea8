"""A cost measure from outside the package, from the search to the report; and without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile
from optuna_dnc.cli.result_view import leaders_table
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.nets import MLPConfig
from optuna_dnc.objectives import penalized_loss, register_cost
from optuna_dnc.objectives.cost_registry import COSTS
from optuna_dnc.refit import Refit
from optuna_dnc.report import write_report
from optuna_dnc.report.tradeoff import write_tradeoff_report
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.testing import CostContract
from optuna_dnc.tradeoff import TradeoffSearch
from tests.extensions.n_tensors import NTensors
from tests.sealing import rewrite
from tests.searches import SMALL, Arrays

OWN = SMALL | {"penalize": NTensors.name, "n_startup_trials": 1, "n_steps": 0, "epochs": 1}

register_cost(NTensors)


class TestNTensors(CostContract):
    measure = NTensors()


@pytest.fixture(scope="session")
def penalized(classes: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search that penalizes the measure; not to be changed."""
    out = tmp_path_factory.mktemp("own-cost") / "run"
    StagedSearch(classes, **OWN, out=out).run()
    return out


@pytest.fixture
def unregistered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not imported the module of the measure."""
    monkeypatch.delitem(COSTS._loaded, NTensors.name)


def n_tensors(config: MLPConfig) -> int:
    return 2 * (len(config.widths) + 1)


def test_the_loss_is_of_its_share_of_the_largest_networks(penalized: Path) -> None:
    result = SearchResult.load(penalized)
    best, baseline = result.best, result.summary["baseline"]
    assert best.costs == {
        "n_params": best.n_params, "t_epoch": best.t_epoch, "n_tensors": n_tensors(best.config)
    }  # fmt: skip
    assert baseline == n_tensors(result.family.largest())
    share = best.costs["n_tensors"] / baseline
    assert best.loss == pytest.approx(penalized_loss(best.val_error, share, 0.1, n_val=30))


def test_every_trial_records_it(penalized: Path) -> None:
    for record in open_run(penalized, to_read=True).ledger.records:
        assert record.measured.costs["n_tensors"] == 2 * (len(record.config["widths"]) + 1)


def test_report_and_tables_show_its_unit(penalized: Path) -> None:
    page = write_report(penalized, penalized.parent / "report.html").read_text()
    baseline = SearchResult.load(penalized).summary["baseline"]
    assert "<th>tensors</th>" in page
    assert f"{baseline:.0f} parameter tensors" in page
    assert "× parameter tensors / baseline" in page
    table = leaders_table(SearchResult.load(penalized).summary["leaders"])
    assert "tensors" in [column.header for column in table.columns]


def test_refit_and_ensemble_have_it_too(penalized: Path, classes: Arrays, tmp_path: Path) -> None:
    result = SearchResult.load(shutil.copytree(penalized, tmp_path / "run"))
    n = result.best.costs["n_tensors"]
    refit = result.refit(1, data=classes, device="cpu")
    assert Refit.load(refit.path).costs["n_tensors"] == n
    ensemble = Ensemble.load(result.ensemble(2, data=classes, device="cpu").path)
    assert ensemble.best.costs["n_tensors"] == n
    members = [member.costs["n_tensors"] for member in ensemble.members]
    assert ensemble.performance.costs["n_tensors"] == sum(members)


def test_a_run_is_read_where_it_is_not_registered(
    penalized: Path, tmp_path: Path, unregistered: None
) -> None:
    n = SearchResult.load(penalized).best.costs["n_tensors"]
    status = search_status(penalized)
    assert status.best is not None
    assert status.best.measured.costs["n_tensors"] == n
    page = write_report(penalized, tmp_path / "report.html").read_text()
    assert "<th>n_tensors</th>" in page


def test_a_search_is_refused_where_it_is_not_registered(
    classes: Arrays, tmp_path: Path, unregistered: None
) -> None:
    with pytest.raises(InputError, match="penalize 'n_tensors' is unknown; allowed are bytes"):
        StagedSearch(classes, **OWN, out=tmp_path / "run")


def test_a_tradeoff_shares_it(classes: Arrays, tmp_path: Path) -> None:
    found = TradeoffSearch(classes, wc=(0.0, 1.0), **OWN, out=tmp_path / "t").run()
    for point in found.summary["points"]:
        assert point["costs"]["n_tensors"] > 0
    page = write_tradeoff_report(found.path).read_text()
    assert "<th>tensors</th>" in page
    assert "parameter tensors</h1>" in page


@pytest.fixture
def old(searched: Path, tmp_path: Path) -> Path:
    """A folder as versions without other costs wrote it."""
    folder = shutil.copytree(searched, tmp_path / "run")

    def forget(content: dict[str, object]) -> None:
        networks = [content["best"], *content["leaders"]]  # type: ignore[misc]
        for network in networks:
            del network["costs"]

    rewrite(folder / "result.json", forget)
    return folder


def test_a_result_without_costs_is_read(old: Path) -> None:
    best = SearchResult.load(old).best
    assert best.costs == {"n_params": best.n_params, "t_epoch": best.t_epoch}


def test_a_penalized_cost_that_was_not_measured_is_damage(result: SearchResult) -> None:
    folder = RunFolder(result.path)
    rewrite(folder.settings, lambda content: content.update(penalize="macs"))
    with pytest.raises(DamagedFile, match="penalize 'macs' is a cost that its trials have not"):
        open_run(folder.path, to_read=True)
    rewrite(folder.result, lambda content: content.update(penalize="macs"))
    with pytest.raises(DamagedFile, match="no network has the penalized cost 'macs'"):
        SearchResult.load(folder.path)


def test_costs_of_a_newer_version_are_kept_and_shown(result: SearchResult) -> None:
    path = result.path / "result.json"
    rewrite(path, lambda content: content["best"]["costs"].update(n_joules=3.25))
    newer = SearchResult.load(result.path)
    assert newer.best.costs["n_joules"] == 3.25
    assert '<th style="text-align: left">n_joules</th>' in newer._repr_html_()
    assert json.loads(path.read_text())["best"]["n_params"] == newer.best.n_params
