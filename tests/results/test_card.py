"""Model cards of runs and refits."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from optuna_dnc.evaluation import Comparison, EvaluationPanel, Floor
from optuna_dnc.results.card import NAME
from optuna_dnc.search import SearchResult
from tests.searches import Arrays

yaml = pytest.importorskip("yaml", reason="reads the header of cards")


def card_of(folder: Path) -> str:
    return (folder / NAME).read_text()


def header_of(folder: Path) -> dict:  # type: ignore[type-arg]
    _, header, _ = card_of(folder).split("---\n", 2)
    return yaml.safe_load(header)


@pytest.fixture
def compared() -> Comparison:
    panel = EvaluationPanel(
        task="classification",
        n_samples=60,
        metric="accuracy",
        interval=(0.8, 0.9),
        scores={"accuracy": 0.85, "log_loss": 0.5},
    )
    floors = (Floor("linear model", {"accuracy": 0.95, "log_loss": 0.4}, 0.1),)
    return Comparison(part="test", n_train=120, panel=panel, floors=floors)


def judged(result: SearchResult, comparison: Comparison) -> SearchResult:
    """The result with this evaluation."""
    summary = result.summary | {"evaluation": comparison.to_dict()}
    return dataclasses.replace(result, summary=summary)


def test_a_search_writes_a_card_whose_header_a_hub_reads(result: SearchResult) -> None:
    header = header_of(result.path)
    assert header["library_name"] == "optuna-dnc"
    assert header["pipeline_tag"] == "tabular-classification"
    assert header["metrics"] == ["accuracy"]
    assert "license" not in header
    (model,) = header["model-index"]
    (found,) = model["results"]
    assert found["task"] == {"type": "tabular-classification"}
    assert found["dataset"]["name"] == "arrays"
    (metric,) = found["metrics"]
    assert metric["value"] == pytest.approx(result.best.test_accuracy, abs=1e-5)


def test_it_says_what_the_network_is_and_what_it_costs(result: SearchResult) -> None:
    text = card_of(result.path)
    for said in (
        str(result.best.config),
        "150 samples",
        "3 classes: a, b, c",
        f"parameters: {result.best.n_params:,}",
        'SearchResult.load("FOLDER")',
        result.summary["settings"].get("data", "wc 0.1"),
    ):
        assert said in text


def test_metrics_stand_beside_those_of_simple_models(
    result: SearchResult, compared: Comparison
) -> None:
    assert judged(result, compared).write_card() == result.path / NAME
    text = card_of(result.path)
    assert "| accuracy | 85.0 % | 95.0 % |" in text
    assert "behind linear model" in text
    (found,) = header_of(result.path)["model-index"][0]["results"]
    assert [metric["type"] for metric in found["metrics"]] == ["accuracy", "log_loss"]


def test_a_card_that_somebody_changed_is_left_alone(
    result: SearchResult, compared: Comparison
) -> None:
    mine = card_of(result.path).replace("## Limits", "## Limits\n\nNot for cats.")
    (result.path / NAME).write_text(mine)
    assert judged(result, compared).write_card() is None
    assert card_of(result.path) == mine
    (result.path / NAME).write_bytes(b"\xff")
    assert result.write_card() is None


def test_a_missing_card_is_written_again(result: SearchResult) -> None:
    before = card_of(result.path)
    (result.path / NAME).unlink()
    result.write_card()
    assert card_of(result.path) == before


def test_a_refit_writes_a_card_of_its_own(result: SearchResult, classes: Arrays) -> None:
    before = card_of(result.path)
    refit = result.refit(3, data=classes, device="cpu")
    assert "Trained again for 3 epochs" in card_of(refit.path)
    assert "Refit.load" in card_of(refit.path)
    (found,) = header_of(refit.path)["model-index"][0]["results"]
    values = {metric["type"]: metric["value"] for metric in found["metrics"]}
    assert values["accuracy"] == pytest.approx(refit.test_accuracy, abs=1e-5)
    assert card_of(result.path) == before


@pytest.mark.parametrize("name", ['a"b: c', "<script>", "a\nb", "\x7f#|x", "- [x](y)", "日本 😀"])
def test_any_name_of_a_data_set_leaves_the_header_whole(result: SearchResult, name: str) -> None:
    (result.path / NAME).unlink()
    dataclasses.replace(result, summary=result.summary | {"dataset": name}).write_card()
    header = header_of(result.path)
    shown = "".join(c if c.isprintable() else "?" for c in name.replace("\n", " "))
    assert header["model-index"][0]["results"][0]["dataset"]["name"] == shown
    assert len(re.findall(r"^# ", card_of(result.path), re.MULTILINE)) == 1 + 1  # and the code's
    assert "<script>" not in card_of(result.path).split("---\n", 2)[2]
