"""The pictures of ``docs/multifidelity.md``, and the epochs that its schedule takes.

``hyperband.svg`` is drawn from ``hyperband_brackets(81, 3)``. ``multifidelity.svg``, regret
against training, is drawn from the kept results of ``benchmarks.multifidelity.regret``: of suites
with results the methods that have run with all seeds; nothing is run or trained here, and without
results there is no such picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from benchmarks.common import DOCS, REAL_DATA, Reference, print_table
from benchmarks.figure import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    SKY,
    VERMILION,
    save_figure,
    set_up,
)
from benchmarks.multifidelity.kept_runs import FRACTIONS, Run, load_high, load_runs
from benchmarks.multifidelity.regret import reference
from benchmarks.multifidelity.suites.problem import Problem
from benchmarks.multifidelity.suites.registry import COUNTING_ONES, SUITES, problem_of
from benchmarks.multifidelity.summary import incumbents
from optuna_dnc.pruners import Bracket, hyperband_brackets

R, ETA = 81, 3
INK = "#7A7A7A"  # readable on white and on black; the pictures have no background
GOES_ON, FINISHED = BLUE, ORANGE  # the marks differ too
LOOKS = {
    "dnc, promoted": ("DNCSampler, promoted", BLUE, 2.6, "-"),
    "dnc+our hyperband": ("DNCSampler, stopped", BLUE, 1.8, (0, (4, 1.5))),
    "bohb, promoted": ("BOHBSampler, promoted", GREEN, 2.2, "-"),
    "random, promoted": ("random, promoted", SKY, 1.8, "-"),
    "dnc": ("DNCSampler, full trainings", BLUE, 1.4, ":"),
    "tpe+hyperband, steps from 0": ("TPE + Optuna's Hyperband", VERMILION, 1.4, "-"),
    "smac hyperband": ("SMAC3, Hyperband", PINK, 1.4, (0, (4, 1.5))),
    "smac multi-fidelity": ("SMAC3, multi-fidelity", PINK, 1.4, "-"),
    "random": ("random, full trainings", INK, 1.4, ":"),
}
TITLES = {
    "letter_mlp": "MLP, letter",
    "fashion_mlp": "MLP, Fashion-MNIST",
    "adult_mlp": "MLP, adult",
    "shuttle_mlp": "MLP, shuttle",
    "cifar_cnn": "CNN, CIFAR-10",
    "counting_ones_8": "counting ones, 8 + 8",
    "counting_ones_16": "counting ones, 16 + 16",
}

DOTS_IN_A_LINE = 9
DOT = 1.0  # distance of dots
BRACKET_WIDTH = DOTS_IN_A_LINE * DOT + 4.2
RUNG_GAP = 1.5
LEFT, HEAD, FOOT = 12.6, 3.4, 4.6


def epochs(bracket: Bracket, *, resume: bool) -> int:
    """What a bracket trains, from checkpoints or from the start."""
    return sum(
        n * (stop - (start if resume else 0))
        for (n, stop), start in zip(bracket.rungs, (0, *bracket.budgets), strict=False)
    )


def epoch_rows(brackets: Sequence[Bracket]) -> list[dict[str, object]]:
    """For each bracket and for all what is trained."""
    rows: list[dict[str, object]] = [
        {
            "bracket": f"s = {bracket.s}",
            "configurations": bracket.n_configurations,
            "to the end": bracket.rungs[-1][0],
            "epochs, promoted": epochs(bracket, resume=True),
            "epochs, from the start": epochs(bracket, resume=False),
            "epochs, all to the end": bracket.n_configurations * bracket.budgets[-1],
        }
        for bracket in brackets
    ]
    total: dict[str, object] = {"bracket": "all"}
    for name in list(rows[0])[1:]:
        total[name] = sum(int(str(row[name])) for row in rows)
    return [*rows, total]


def schedule_figure(brackets: Sequence[Bracket]) -> Figure:
    """A column a bracket, a line a budget, a dot a configuration."""
    tops: dict[int, float] = {}
    bottom = 0.0
    for budget in brackets[0].budgets:
        tops[budget] = bottom
        most = max(n for bracket in brackets for n, at in bracket.rungs if at == budget)
        bottom += _height(most) + RUNG_GAP
    bottom -= RUNG_GAP
    width = len(brackets) * BRACKET_WIDTH
    figure = plt.figure(figsize=(10, 10 * (HEAD + bottom + FOOT) / (LEFT + width)))
    panel = figure.add_axes((0, 0, 1, 1))
    panel.set(xlim=(-LEFT, width), ylim=(bottom + FOOT, -HEAD), aspect="equal")
    panel.axis("off")
    rng = np.random.default_rng(3)
    for column, bracket in enumerate(brackets):
        _bracket(panel, bracket, column * BRACKET_WIDTH, tops, bottom, rng)
    words = {"ha": "right", "va": "center", "color": INK}
    for budget in tops:
        most = max(n for bracket in brackets for n, at in bracket.rungs if at == budget)
        unit = "epoch" if budget == 1 else "epochs"
        panel.text(-1.2, _middle(tops[budget], most), f"{budget} {unit}", size=11, **words)
    panel.text(-1.2, bottom + 1.7, "epochs trained", size=10, weight="bold", **words)
    panel.text(-1.2, bottom + 3.2, "without checkpoints", size=10, **words)
    panel.legend(
        handles=[
            Line2D([], [], ls="none", marker=marker, ms=size, mfc=fill, mec=edge, label=label)
            for label, marker, size, fill, edge in (
                ("stops here", "o", 5, "none", INK),
                ("goes on from its checkpoint", "o", 7, GOES_ON, GOES_ON),
                ("trained to the end", "D", 6, FINISHED, FINISHED),
            )
        ],
        bbox_to_anchor=(2.6 * BRACKET_WIDTH, -1.2), bbox_transform=panel.transData,
        loc="upper left", frameon=False, labelcolor=INK, fontsize=11, borderaxespad=0,
        labelspacing=0.7, handletextpad=0.5,
    )  # fmt: skip
    return figure


def _bracket(
    panel: Axes, bracket: Bracket, x: float, tops: dict[int, float], bottom: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    top = tops[bracket.budgets[0]] - 1.0
    right = x + BRACKET_WIDTH - 1.0
    panel.add_patch(
        FancyBboxPatch(
            (x, top), right - x, bottom + 0.1 - top, facecolor=INK, alpha=0.13, lw=0,
            boxstyle="round,pad=0,rounding_size=0.9",
        )
    )  # fmt: skip
    middle = (x + right) / 2
    words = {"ha": "center", "va": "center", "color": INK}
    panel.text(middle, top - 1.2, f"s = {bracket.s}", size=12, weight="bold", **words)
    promoted, restarted = (epochs(bracket, resume=resume) for resume in (True, False))
    panel.text(middle, bottom + 1.7, str(promoted), size=10, weight="bold", **words)
    panel.text(middle, bottom + 3.2, str(restarted), size=10, **words)
    places_above = [n for n, _ in bracket.rungs[1:]] + [0]
    for (n, budget), places in zip(bracket.rungs, places_above, strict=True):
        start = x + 3.0 + (DOTS_IN_A_LINE - min(n, DOTS_IN_A_LINE)) * DOT / 2
        line, place = np.divmod(np.arange(n), DOTS_IN_A_LINE)
        at = np.stack([start + DOT * place, tops[budget] + DOT * line])
        if budget == bracket.budgets[-1]:
            panel.scatter(*at, s=38, marker="D", color=FINISHED, lw=0)
        else:
            going = np.isin(np.arange(n), rng.choice(n, places, replace=False))
            panel.scatter(*at[:, going], s=48, color=GOES_ON, lw=0)
            panel.scatter(*at[:, ~going], s=24, facecolor="none", edgecolor=INK, lw=1.0)
        count = {**words, "ha": "right"}
        panel.text(x + 1.9, _middle(tops[budget], n), str(n), size=10, weight="bold", **count)


def _height(n: int) -> float:
    """Of the dots of a rung."""
    return (-(-n // DOTS_IN_A_LINE) - 1) * DOT + 1


def _middle(top: float, n: int) -> float:
    return top + (_height(n) - 1) / 2


def curve(problem: Problem, runs: Sequence[Run], reference: Reference) -> np.ndarray:
    """``(resource spent / largest resource, mean regret)``, (n, 2).

    The regret of the lowest loss seen so far; where losses are noisy, that of the incumbents,
    which are kept at some fractions of the budget only.
    """
    if problem.noisy:
        at = np.array(FRACTIONS) * problem.n_full
        regrets = [reference.regret(np.array(incumbents(run), dtype=float)) for run in runs]
        return np.stack([at, np.mean(regrets, axis=0)], axis=1)
    at = np.geomspace(1, problem.n_full, 200)
    regrets = []
    for run in runs:
        spent, losses = np.array([[0.0, np.inf], *run["best"]]).T
        places = np.searchsorted(spent / problem.max_resource, at, side="right") - 1
        regrets.append(reference.regret(losses[places]))
    return np.stack([at, np.mean(regrets, axis=0)], axis=1)


def curves_figure(seeds: int, data: Path) -> Figure | None:
    """Regret against full trainings' worth of resource, a panel a suite; None without results."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for suite in SUITES:
        if suite not in COUNTING_ONES and load_high(suite) is None:
            continue
        problem = problem_of(suite, data)
        for method in LOOKS:
            runs = load_runs(suite, method)
            if set(range(seeds)) <= set(runs):
                chosen = [runs[seed] for seed in range(seeds)]
                found.setdefault(suite, {})[method] = curve(problem, chosen, reference(problem))
            elif runs:
                print(f"{suite}: {method} is left out, it has {len(runs)} of {seeds} seeds")
    if not found:
        return None
    n_columns = min(3, len(found))
    n_rows = -(-len(found) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(10, 3.1 * n_rows), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(h_pad=0.08)
    for panel, (suite, by_method) in zip(axes.flat, found.items(), strict=False):
        n_full = problem_of(suite, data).n_full
        for method, points in by_method.items():
            label, colour, width, style = LOOKS[method]
            marker = "o" if suite in COUNTING_ONES else None
            panel.plot(
                *points.T, ls=style, color=colour, lw=width, label=label, marker=marker, ms=4
            )
        lowest = min(line.get_ydata().min() for line in panel.lines)
        panel.set(xscale="log", yscale="log", title=TITLES[suite])
        panel.set(xlim=(1, n_full), ylim=(max(0.7 * lowest, 0.002), 1))
        _ticks(panel.set_xticks, (1, 3, 10, 30, 100), panel.get_xlim())
        _ticks(panel.set_yticks, (0.003, 0.01, 0.03, 0.1, 0.3, 1), panel.get_ylim())
        panel.minorticks_off()
        panel.grid(alpha=0.3, color=INK, lw=0.6)
        panel.spines[["top", "right"]].set_visible(False)
    for number, panel in enumerate(axes.flat):
        if number >= len(found):
            panel.axis("off")
        if number % n_columns == 0:
            panel.set_ylabel("normalised regret, mean")
        if number + n_columns >= len(found):
            panel.set_xlabel("spent, in full trainings")
    shown = {line.get_label(): line for panel in axes.flat for line in panel.lines}
    labels = [label for label, *_ in LOOKS.values() if label in shown]
    figure.legend(
        [shown[x] for x in labels],
        labels,
        ncols=n_columns,
        frameon=False,
        loc="outside lower center",
        labelcolor=INK,
    )
    return figure


def _ticks(
    put: Callable[..., object], places: Sequence[float], limits: tuple[float, float]
) -> None:
    shown = [place for place in places if limits[0] <= place <= limits[1]]
    put(shown, [f"{place:g}" for place in shown])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=REAL_DATA)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--out", type=Path, default=DOCS)
    given = options.parse_args()
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    set_up(**dict.fromkeys(inked, INK))
    brackets = hyperband_brackets(R, ETA)
    print_table(epoch_rows(brackets))
    save_figure(schedule_figure(brackets), given.out / "hyperband.svg", transparent=True)
    curves = curves_figure(given.seeds, given.data)
    if curves is None:
        print("no results are kept, so no curves; run benchmarks.multifidelity.regret")
    else:
        save_figure(curves, given.out / "multifidelity.svg", transparent=True)


if __name__ == "__main__":
    main()
