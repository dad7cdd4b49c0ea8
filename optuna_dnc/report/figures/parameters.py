"""Parallel coordinates of the searched parameters of a stage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState
from plotly import graph_objects as go

from optuna_dnc.report.figures.rows import Rows
from optuna_dnc.report.figures.scales import short_number
from optuna_dnc.report.figures.theme import BLUE, PALE, RED, rounded
from optuna_dnc.report.figures.trial_marks import stage_title
from optuna_dnc.runs import Run
from optuna_dnc.runs.stage_keys import StageKey

LEADING = 0.1
"""Fraction of the trials that is highlighted."""
MOST_LINES = 300
_ROW = 58
_LOW_ROW = 42
_MOST_HIGH_ROWS = 10
"""Axes up to which rows are high; with more, the figure would not fit on a page beside others."""
_MEASURED = (TrialState.COMPLETE, TrialState.PRUNED)
_LOSS = "loss"


def parameters(search: Run) -> dict[str, go.Figure]:
    """Plot parallel coordinates of each Bayesian stage.

    The axes of the parameters, from the lowest to the highest value, are stacked vertically. A
    trial is a line through its values down to its loss. If a network does not have a parameter,
    the line passes to the left of its axis.

    Returns:
        Figures by names such as ``parameters-training``.
    """
    figures = {
        f"parameters-{stage.name}": _parameters_of(search, stage)
        for stage in search.stages
        if stage.is_bayesian
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def _parameters_of(search: Run, stage: StageKey) -> go.Figure | None:
    study = search.study_of.get(stage.name)
    if study is None:
        return None
    trials = [
        trial
        for trial in study.get_trials(deepcopy=False, states=_MEASURED)
        if trial.params and "key" in trial.user_attrs and math.isfinite(_loss(trial))
    ]
    if len(trials) < 2:
        return None
    trials.sort(key=lambda trial: (trial.state != TrialState.COMPLETE, _loss(trial)))
    axes = _axes(trials)
    row = _ROW if len(axes) <= _MOST_HIGH_ROWS else _LOW_ROW
    figure = _scales(axes, trials).figure(f"Parameters and loss: {stage_title(stage)}", row=row)
    n_leading = max(1, round(LEADING * len(trials)))
    _add_lines(figure, axes, trials[n_leading:MOST_LINES], PALE, "others", 1.0)
    _add_lines(figure, axes, trials[1:n_leading], BLUE, "best tenth", 1.3)
    _add_lines(figure, axes, trials[:1], RED, "best", 2.5)
    return figure.update_xaxes(range=[UNUSED - 0.06, 1.06], visible=False)


def _loss(trial: FrozenTrial) -> float:
    if trial.value is not None:
        return trial.value
    return trial.intermediate_values[max(trial.intermediate_values)]


def _axes(trials: Sequence[FrozenTrial]) -> list[ParameterAxis]:
    """Return an axis for each parameter and, last, one for the loss."""
    names = dict.fromkeys(name for trial in trials for name in trial.distributions)
    searched = [
        ParameterAxis.of(name, (t.distributions[name] for t in trials if name in t.distributions))
        for name in names
    ]
    losses = [_loss(trial) for trial in trials]
    return [*searched, ParameterAxis(_LOSS, min(losses), max(losses))]


def _scales(axes: Sequence[ParameterAxis], trials: Sequence[FrozenTrial]) -> Rows:
    rows = Rows()
    for axis in axes:
        y = rows.label(axis.name, is_bold=True, shift=11)
        rows.scale(y)
        last = len(axis.ticks) - 1
        for i, (position, text) in enumerate(axis.ticks):
            anchor = "left" if i == 0 < last else "right" if i == last > 0 else "center"
            rows.mark(y, position, text, anchor)
        if axis is not axes[-1] and any(axis.name not in trial.params for trial in trials):
            rows.mark(y, UNUSED, "none")
    return rows


def _add_lines(
    figure: go.Figure,
    axes: Sequence[ParameterAxis],
    trials: Sequence[FrozenTrial],
    color: str,
    name: str,
    width: float,
) -> None:
    if not trials:
        return
    lines = [[*_positions(axes, trial), None] for trial in trials]
    figure.add_scatter(
        x=[x for line in lines for x in line],
        y=[*range(0, -len(axes), -1), None] * len(trials),
        mode="lines",
        line={"color": color, "width": width},
        name=name,
        hoverinfo="skip",
    )


def _positions(axes: Sequence[ParameterAxis], trial: FrozenTrial) -> Iterable[float | None]:
    *searched, loss = axes
    for axis in searched:
        known = axis.name in trial.params
        yield rounded(axis.position(trial.params[axis.name])) if known else UNUSED
    yield rounded(loss.position(_loss(trial)))


UNUSED = -0.09
"""Position of trials without the parameter."""
_LONGEST_CHOICE = 12


@dataclass(frozen=True)
class ParameterAxis:
    """Axis of one parameter, over its whole range."""

    name: str
    low: float
    """Lowest value, or 0 for choices."""
    high: float
    """Highest value, or the number of choices minus 1."""
    log: bool = False
    is_whole: bool = False
    """Whether the values are integers."""
    choices: tuple[Any, ...] = ()
    """Empty for numbers."""

    @classmethod
    def of(cls, name: str, distributions: Iterable[BaseDistribution]) -> ParameterAxis:
        """Create an axis that covers the ranges of all trials, which may differ."""
        everywhere = list(distributions)
        for first in everywhere:
            if isinstance(first, CategoricalDistribution):
                return cls(name, 0, len(first.choices) - 1, choices=first.choices)
        numbers = [d for d in everywhere if isinstance(d, FloatDistribution | IntDistribution)]
        return cls(
            name,
            min(d.low for d in numbers),
            max(d.high for d in numbers),
            log=numbers[0].log,
            is_whole=isinstance(numbers[0], IntDistribution),
        )

    def position(self, value: Any) -> float:
        """Return the position of a value, in [0, 1]."""
        number = float(self.choices.index(value)) if self.choices else float(value)
        if self.high == self.low:
            return 0.5
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Positions and labels: the ends and the middle, or every choice."""
        if self.choices:
            return [(self.position(choice), _shown(choice)) for choice in self.choices]
        if self.high == self.low:
            return [(0.5, short_number(self.low))]
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        shown = (self.low, round(middle) if self.is_whole else middle, self.high)
        return [(self.position(value), _number(value)) for value in dict.fromkeys(shown)]


def _number(value: float) -> str:
    text = short_number(float(f"{value:.3g}"))
    return text.replace("-", "−", 1) if value < 0 else text


def _shown(choice: Any) -> str:
    text = f"{choice:g}" if isinstance(choice, float) else str(choice)
    return text if len(text) <= _LONGEST_CHOICE else f"{text[: _LONGEST_CHOICE - 1]}…"
