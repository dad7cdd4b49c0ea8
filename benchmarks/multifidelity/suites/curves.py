"""Learning curves of networks, each trained once and remembered on disk."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, rounded
from benchmarks.multifidelity.suites.problem import Params, Visit
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.training import FitResult, train_network

CURVES = RESULTS / "multifidelity" / "curves"
WORST = 1.0


@dataclass
class Curves:
    """Validation errors after each epoch, by configuration.

    A curve is the same whoever asks and however often, so all methods share it: what a method
    pays is counted elsewhere. The learning rate follows the schedule of the full training,
    whether it gets there or not.
    """

    name: str
    load: Any
    """Returns the data and the network family, on first use."""
    configure: Any
    """Returns the network's config and the training's from parameters."""
    epochs: int
    _known: dict[str, list[float]] = field(default_factory=dict)
    _n_read: int = 0
    _loaded: tuple[PreparedData, NetworkFamily] | None = None
    _checkpoints: tempfile.TemporaryDirectory[str] = field(
        default_factory=tempfile.TemporaryDirectory
    )

    def run(self, params: Params, visit: Visit, *, start: int = 0, stop: int) -> float:
        """See :class:`Run`; trains only what is not remembered."""
        # Short on disk, and the same wherever it comes from.
        params = {n: rounded(v) if isinstance(v, float) else v for n, v in params.items()}
        curve = self._remembered(params)
        for epoch in range(start + 1, min(stop, len(curve)) + 1):
            visit(epoch, curve[epoch - 1])
        if stop > len(curve):
            curve = self._train(params, visit, seen=max(start, len(curve)), stop=stop)
        return curve[stop - 1]

    def final(self, params: Params) -> float:
        """The error of the fully trained network."""
        return self.run(params, lambda epoch, loss: None, stop=self.epochs)

    def _train(self, params: Params, visit: Visit, *, seen: int, stop: int) -> list[float]:
        """Train up to ``stop``, from where this process has stopped the same training before."""
        curve: list[float] = []

        def on_epoch(result: FitResult) -> None:
            curve[:] = [round(epoch.val_error, 5) for epoch in result.epochs if epoch.is_usable]
            # After an epoch that is not the loop ends; so do the hopes of this configuration.
            if result.epochs[-1].is_usable and len(curve) > seen:
                visit(len(curve), curve[-1])

        if self._loaded is None:
            self._loaded = self.load()
        data, family = self._loaded
        network, training = self.configure(params)
        name = hashlib.md5(_key(params).encode(), usedforsecurity=False).hexdigest()
        try:
            train_network(
                family, network, data, training.model_copy(update={"epochs": self.epochs}),
                seed=0, on_epoch=on_epoch, stop_at=stop,
                checkpoint=Path(self._checkpoints.name, name),
            )  # fmt: skip
            if len(curve) < stop:
                diverged = range(len(curve) + 1, self.epochs + 1)
                curve += [WORST] * len(diverged)
                for epoch in diverged:
                    if seen < epoch <= stop:
                        visit(epoch, WORST)
        finally:
            self._remember(params, curve)
        return curve

    @property
    def _path(self) -> Path:
        return CURVES / f"{self.name}.jsonl"

    def all_curves(self) -> list[list[float]]:
        """Every curve on disk."""
        self._read()
        return list(self._known.values())

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:  # other processes append as well
            file.seek(self._n_read)
            for line in file:
                row = json.loads(line)
                key = _key(row["params"])
                if len(row["errors"]) > len(self._known.get(key, ())):
                    self._known[key] = row["errors"]
            self._n_read = file.tell()

    def _remembered(self, params: Params) -> list[float]:
        self._read()
        return self._known.get(_key(params), [])

    def _remember(self, params: Params, curve: list[float]) -> None:
        if len(curve) > len(self._remembered(params)):
            self._known[_key(params)] = curve
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:  # one write: others read meanwhile
                file.write(json.dumps({"params": dict(params), "errors": curve}) + "\n")


def _key(params: Params) -> str:
    return json.dumps(params, sort_keys=True)
