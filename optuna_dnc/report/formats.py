"""Numbers, qualities and durations as text, for the report, the notes and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna_dnc.objectives import CostMeasure, described_costs
from optuna_dnc.runs import Record


def quality(accuracy: float | None, error: float | None, accuracy_format: str = ".4f") -> str:
    """Format an accuracy, or the error if there is no accuracy; empty if there is neither.

    Args:
        accuracy: A fraction; None for regression.
        error: Validation or test error; None if it was not measured.
        accuracy_format: Format of the accuracy, such as ``.2%``.
    """
    if accuracy is not None:
        return format(accuracy, accuracy_format)
    return "" if error is None else f"{error:.4g}"


def accuracy_or_error(accuracy: float | None, error: float) -> str:
    """Format a quality with its name, such as ``acc 0.9722`` or ``error 0.03``."""
    return f"{'error' if accuracy is None else 'acc'} {quality(accuracy, error)}"


def tested(accuracy: float | None, error: float | None) -> str:
    """Format a test quality with its name, such as ``test acc 0.9722``."""
    return "no test set" if error is None else f"test {accuracy_or_error(accuracy, error)}"


def cross_validated(summary: Mapping[str, Any]) -> list[str]:
    """Return sentences about the cross-validation of leading networks, if it chose the best one.

    Args:
        summary: Content of result.json.
    """
    found = summary.get("cross_validation")
    if found is None:
        return []
    place = ("stage", "trial_number")
    networks, answer = found["networks"], [summary["best"][name] for name in place]
    best = next(network for network in networks if [network[name] for name in place] == answer)
    error, spread = best["mean_error"], best["standard_error"]
    if summary["task"] == "classification":
        mean = f"accuracy {1 - error:.2%} ± {100 * spread:.2f}"
    else:
        mean = f"error {error:.4g} ± {spread:.2g}"
    text = f"In {found['n_folds']} folds it has a mean validation {mean}"
    if found["is_changed"]:
        return [f"{text}; there it is better than the network with the lowest loss in the search."]
    return [f"{text}; none of {len(networks) - 1} other leading networks is clearly better."]


def last_training(summary: Mapping[str, Any]) -> list[str]:
    """Return a sentence about the training on all samples at the end of a search, if any.

    Args:
        summary: Content of result.json.
    """
    refit = summary.get("refit")
    if refit is None:
        return []
    trained = f"In the end it was trained again on all {refit['n_samples']:,} samples"
    if not refit["is_kept"]:
        return [f"{trained}; that training failed, so its weights are those of the search."]
    before = refit["before"]
    if before["test_error"] is None:
        return [f"{trained}."]
    return [f"{trained}; before that, {tested(before['test_accuracy'], before['test_error'])}."]


def percent_of(record: Record) -> str:
    """Format the validation accuracy of a trial in percent, or its error in a regression."""
    return quality(record.measured.val_accuracy, record.measured.error, ".2%")


def costs_of(records: Iterable[Record]) -> list[CostMeasure]:
    """Return the cost measures of some records, one for each column of a table."""
    return described_costs(dict.fromkeys(name for r in records for name in r.measured.costs))


def loss(value: float) -> str:
    """Format a log10 loss with three decimals and a typographic minus sign."""
    return f"{value:.3f}".replace("-", "−")


def number(value: float) -> str:
    """Format a positive number: as an integer from 100 on, with three digits below."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """Format a duration as ``45 s``, ``12:05 min`` or ``3:07 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def count(number: int, noun: str) -> str:
    """Format a count with its noun, such as ``1 epoch`` or ``2,000 epochs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ordinal(number: int) -> str:
    """Format an ordinal number, such as ``1st`` or ``11th``."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
