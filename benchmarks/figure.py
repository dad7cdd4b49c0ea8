"""What the pictures share: colors and how a file is written."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

# Okabe and Ito's colors, which color-blind readers can tell apart.
BLUE, VERMILION, ORANGE, GREEN = "#0072B2", "#D55E00", "#E69F00", "#009E73"
PINK, SKY = "#CC79A7", "#56B4E9"


def set_up(**settings: object) -> None:
    """Set matplotlib up so that the same data give the same file."""
    mpl.rcParams.update({"font.size": 10, "svg.hashsalt": "optuna_dnc", **settings})


def save_figure(figure: Figure, path: Path, **options: object) -> None:
    """Write a picture without a date."""
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata, **options)
    plt.close(figure)
    print(f"written to {path}")
