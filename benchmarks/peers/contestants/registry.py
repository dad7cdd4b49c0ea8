"""Names of the contestants, and what each needs."""

from __future__ import annotations

from dataclasses import dataclass

_FOLDER = "benchmarks.peers.contestants"


@dataclass(frozen=True)
class Contestant:
    """How one is run and which runs of it differ."""

    module: str | None
    """Module with ``fit(job)``; None for ours, which is a command."""
    packages: tuple[str, ...] = ()
    """Distributions it needs, as ``pip install`` names them."""
    uses_wc: bool = False
    """Whether it looks at the weight of the parameters; the others run once for all weights."""
    uses_seconds: bool = False
    """Whether it uses the time it gets; the others run once for all limits."""
    tables: bool = True
    images: bool = False


def _peer(name: str, *packages: str, **traits: bool) -> Contestant:
    return Contestant(f"{_FOLDER}.{name}", packages, **traits)


CONTESTANTS = {
    "ours": Contestant(None, uses_wc=True, uses_seconds=True, images=True),
    "scikit": _peer("scikit_default", "scikit-learn"),
    "scikit-random": _peer("scikit_random", "scikit-learn", uses_wc=True, uses_seconds=True),
    "engineer": _peer("engineer_mlp", "optuna", "torch", uses_wc=True, uses_seconds=True),
    "realmlp": _peer("realmlp", "pytabkit", uses_seconds=True),
    "autogluon-nn": _peer("autogluon_network", "autogluon.tabular", "torch", uses_seconds=True),
    "autogluon": _peer("autogluon_medium", "autogluon.tabular", "torch", uses_seconds=True),
    "lightgbm": _peer("lightgbm_default", "lightgbm"),
    "lightgbm-tuned": _peer("lightgbm_tuned", "lightgbm", "optuna", uses_seconds=True),
    "engineer-cnn": _peer(
        "engineer_cnn", "optuna", "torch",
        uses_wc=True, uses_seconds=True, tables=False, images=True,
    ),
    "keras-tuner": _peer(
        "keras_tuner_cnn", "keras", "keras-tuner", "torch",
        uses_wc=True, uses_seconds=True, tables=False, images=True,
    ),
}  # fmt: skip
