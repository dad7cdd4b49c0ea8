"""The picture of ``docs/sampler.md``: regret against trials on every suite, from kept results."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from benchmarks.common import DOCS, REAL_DATA
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
from benchmarks.samplers.kept_runs import load_runs
from benchmarks.samplers.regret import SUITES, problems, references

LOOKS = {
    "dnc": ("DNCSampler", BLUE, 2.4, "-"),
    "tpe": ("TPESampler", VERMILION, 1.4, "-"),
    "tpe-group": ("TPESampler, group", ORANGE, 1.4, "--"),
    "gp": ("GPSampler", GREEN, 1.4, "-"),
    "smac": ("SMAC3", PINK, 1.4, "-"),
    "cma": ("CmaEsSampler", SKY, 1.0, "-"),
    "random": ("random", "#888888", 1.0, ":"),
}
TITLES = {
    "mixint": "mixed integer functions (20)",
    "tables": "network tables (4)",
    "jenatton": "tree of Jenatton et al.",
    "letter_mlp": "MLP of 1 to 8 layers, letter",
    "model_selection": "model selection (3)",
    "small_models": "small models (5)",
}


def curve(suite: str, sampler: str, data: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean regret and its sd over seeds after each trial; None unless all problems are there."""
    runs, known = load_runs(suite, sampler), problems(suite, data)
    seeds = [s for s in range(5) if all((name, s) in runs for name in known)]
    if not seeds:
        return None
    length = min(len(runs[name, s].values) for name in known for s in seeds)
    of_regret = references(suite, data)
    of_seeds = []
    for seed in seeds:
        regrets = [
            of_regret[suite, name].regret(
                np.minimum.accumulate(runs[name, seed].values[:length]), log=problem.log_regret
            )
            for name, problem in known.items()
        ]
        of_seeds.append(np.mean(regrets, axis=0))
    return np.mean(of_seeds, axis=0), np.std(of_seeds, axis=0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=REAL_DATA)
    options.add_argument("--out", type=Path, default=DOCS / "samplers.svg")
    given = options.parse_args()
    set_up()
    figure, axes = plt.subplots(2, 3, figsize=(10, 6.8), layout="constrained")
    for panel, suite in zip(axes.flat, SUITES, strict=True):
        for sampler, (label, colour, width, style) in LOOKS.items():
            found = curve(suite, sampler, given.data)
            if found is None:
                continue
            mean, sd = found
            trials = np.arange(1, len(mean) + 1)
            panel.plot(trials, mean, style, color=colour, lw=width, label=label)
            if sampler == "dnc":
                panel.fill_between(trials, mean - sd, mean + sd, color=colour, alpha=0.15, lw=0)
        panel.set(xlim=(10, 150), ylim=(0, None), title=TITLES[suite])
        shown = [line.get_ydata()[9] for line in panel.lines if len(line.get_ydata()) > 9]
        panel.set_ylim(0, 1.05 * max(shown, default=1.0))
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in axes[:, 0]:
        panel.set_ylabel("normalised regret, mean")
    for panel in axes[1]:
        panel.set_xlabel("trials")
    shown = {line.get_label(): line for panel in axes.flat for line in panel.lines}
    labels = [label for label, *_ in LOOKS.values() if label in shown]
    figure.legend(
        [shown[x] for x in labels], labels, frameon=False, loc="outside lower center", ncols=4
    )
    save_figure(figure, given.out)


if __name__ == "__main__":
    main()
