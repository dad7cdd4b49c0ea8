"""Scores and losses as text, and sentences about a search, for reports and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna_dnc._formats import named_quality, quality
from optuna_dnc.objectives import CostMeasure, Score, described_costs
from optuna_dnc.runs import Record, Run


def tested(score: Score | None) -> str:
    """Format a test score with its name, such as ``test acc 0.9722``."""
    return "no test set" if score is None else f"test {named_quality(score)}"


def cross_validated(summary: Mapping[str, Any]) -> list[str]:
    """Return a sentence about the cross-validation of trials or leading networks, if any.

    Args:
        summary: Content of result.json.
    """
    n_folds, found = summary.get("n_folds", 1), summary.get("cross_validation")
    lines = []
    if n_folds > 1:
        lines = [
            f"Validation errors are means over {n_folds} folds, each measured with a network "
            "trained without that fold."
        ]
    if found is None:
        return lines
    place = ("stage", "trial_number")
    networks, answer = found["networks"], [summary["best"][name] for name in place]
    best = next(network for network in networks if [network[name] for name in place] == answer)
    error = f"{best['mean_error']:.4f} ± {best['standard_error']:.4f}"
    if n_folds > 1:
        measured = f"In {found['n_folds']} cross-validations, its mean error is {error}"
        return [*lines, f"{measured}; its loss is the lowest of {len(networks)} leading trials."]
    text = f"In {found['n_folds']} folds, it has a mean error of {error}"
    if found["is_changed"]:
        return [f"{text}; there it is better than the network with the lowest loss in the search."]
    n_others = len(networks) - 1
    others = (
        "the other leading network is not"
        if n_others == 1
        else (f"none of {n_others} other leading networks is")
    )
    return [f"{text}; {others} clearly better."]


def final_training(summary: Mapping[str, Any]) -> list[str]:
    """Return a sentence about the training on all samples at the end of a search, if any.

    Args:
        summary: Content of result.json.
    """
    refit = summary.get("refit")
    if refit is None:
        return []
    n_members = summary["best"]["config"].get("members", 1)
    networks = "it was" if n_members == 1 else f"{n_members} networks of its architecture were"
    trained = f"At the end, {networks} trained again on all {refit['n_samples']:,} samples"
    if not refit["epochs"]:
        return ["The final training on all samples failed; the weights of the search were kept."]
    if not refit["is_kept"]:
        return [f"{trained}, but got worse, so the weights of the search were kept."]
    before = Score.read(refit["before"], "test", summary["task"])
    return [f"{trained}." if before is None else f"{trained}; before that, {tested(before)}."]


def percent_of(record: Record) -> str:
    """Format the validation metric of a trial, accuracies in percent."""
    return quality(record.measured.score, percent=True)


def test_score(search: Run) -> Score | None:
    """Return the test score of the saved network; None without one, or without a test set."""
    saved = (search.answer or {}).get("best", {})
    return Score.read(saved, "test", search.settings["task"])


def costs_of(records: Iterable[Record]) -> list[CostMeasure]:
    """Return the cost measures of some records, one for each column of a table."""
    return described_costs(dict.fromkeys(name for r in records for name in r.measured.costs))


def loss(value: float) -> str:
    """Format a log10 loss with three decimals and a typographic minus sign."""
    return f"{value:.3f}".replace("-", "−")


def number(value: float) -> str:
    """Format a positive number: as an integer from 100 on, with three digits below."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ordinal(number: int) -> str:
    """Format an ordinal number, such as ``1st`` or ``11th``."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
