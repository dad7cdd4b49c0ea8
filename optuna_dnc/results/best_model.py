"""The best network of a search, with what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class BestModel(NetworkMetrics):
    """A network of a search, as measured."""

    config: Any
    """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
    training: TrainingConfig
    """How it was trained."""
    loss: float
    """``log10(error + wc * complexity)``."""
    stage: str
    trial_number: int

    def to_dict(self) -> dict[str, Any]:
        """As result.json holds it."""
        return {
            "config": asdict(self.config),
            "training": self.training.model_dump(),
            "loss": self.loss,
            **self.metrics_to_dict(),
            "stage": self.stage,
            "trial_number": self.trial_number,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], family: NetworkFamily, task: str) -> BestModel:
        """The inverse of :meth:`to_dict`, also after a way through JSON."""
        return cls(
            config=family.config_from_dict(values["config"]),
            training=TrainingConfig(**values["training"]),
            **{name: values[name] for name in ("loss", "stage", "trial_number")},
            **metrics_from_dict(values, task),
        )
