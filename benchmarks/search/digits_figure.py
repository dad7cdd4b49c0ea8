"""The picture of the README: every network of ``optuna-dnc search digits``.

Runs the search with its defaults (or reads a finished run) and draws validation error against
parameters, stage by stage, with the line of equal loss through the best network.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from benchmarks.common import DOCS
from benchmarks.figure import BLUE, GREEN, ORANGE, save_figure, set_up
from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult, StagedSearch

LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"))


def draw(result: SearchResult, target: Path) -> None:
    """Draw the trials of a run."""
    run = open_run(result.path)
    set_up(**{"font.size": 11})
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for stage, (colour, marker) in zip(run.stages, LOOKS, strict=True):
        trials = run.study_of[stage.name].trials
        points = [(t.user_attrs["n_params"], 100 * t.user_attrs["error"]) for t in trials]
        label = f"{stage.number} {stage.name.replace('-', ' ')}"
        axes.scatter(*zip(*points, strict=True), s=34, c=colour, marker=marker,
                     alpha=0.75, linewidths=0, label=label)  # fmt: skip
    best = result.best
    axes.scatter([best.n_params], [100 * best.val_error], s=190, facecolors="none",
                 edgecolors="black", linewidths=1.5)  # fmt: skip
    axes.annotate(
        f"best: {best.config}\n{best.n_params:,} parameters\n"
        f"test accuracy {best.test_accuracy:.1%}",
        (best.n_params, 100 * best.val_error), xytext=(-14, -6), textcoords="offset points",
        ha="right", va="top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip
    wc, baseline = result.summary["wc"], result.summary["baseline"]
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="validation error, %")
    costs = np.geomspace(*axes.get_xlim(), 300)
    errors = 100 * (10**best.loss - wc * costs / baseline)
    axes.plot(costs[errors > 0.1], errors[errors > 0.1], "--", color="grey", linewidth=1,
              label=f"equal loss, wc = {wc:g}")  # fmt: skip
    axes.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
    axes.set_ylim(100 * max(best.val_error, 1e-3) / 5, 130)  # room for the note below the best
    axes.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    axes.set_title("optuna-dnc search digits", loc="left")
    axes.legend(frameon=False, loc="upper right")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(figure, target)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--run", type=Path, help="folder of a finished run")
    options.add_argument("--out", type=Path, default=DOCS / "digits.svg")
    given = options.parse_args()
    if given.run is not None:
        draw(SearchResult.load(given.run), given.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        draw(StagedSearch("digits", out=Path(folder) / "digits").run(), given.out)


if __name__ == "__main__":
    main()
