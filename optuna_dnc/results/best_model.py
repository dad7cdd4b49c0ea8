"""Best network of a search, with its measured quality and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class BestModel(NetworkMetrics):
    """Best network of a search, its training, quality and costs.

    Test error and accuracy are those of the network after its training on all samples at the end
    of the search, if there was one. Loss, validation error and costs were measured before it.
    """

    config: Any
    """Config of the network, such as an ``MLPConfig``."""
    training: TrainingConfig
    """Training hyperparameters."""
    loss: float
    """``log10(error + wc * complexity)``."""
    stage: str
    trial_number: int

    def to_dict(self) -> dict[str, Any]:
        """Return the entry ``best`` of result.json."""
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
        """Create it from what :meth:`to_dict` returned, also if that was stored as JSON."""
        return cls(
            config=family.config_from_dict(values["config"]),
            training=TrainingConfig(**values["training"]),
            **{name: values[name] for name in ("loss", "stage", "trial_number")},
            **metrics_from_dict(values, task),
        )
