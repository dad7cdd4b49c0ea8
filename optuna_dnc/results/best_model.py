"""The best network of a search, with what was measured of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True)
class BestModel:
    """A network of a search, as measured."""

    config: Any
    """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
    training: TrainingConfig
    """How it was trained."""
    loss: float
    """``log10(error + wc * complexity)``."""
    val_error: float
    """1 - accuracy as a fraction, or MSE over the variance of the training targets."""
    val_accuracy: float | None
    """A fraction; None for regression."""
    test_error: float | None
    """As ``val_error``, on the test set; None where there is none."""
    test_accuracy: float | None
    """A fraction; None for regression, and without a test set."""
    t_epoch: float
    """Seconds of training per epoch."""
    n_params: int
    """Trainable parameters."""
    stage: str
    trial_number: int

    def to_dict(self) -> dict[str, Any]:
        """As result.json holds it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"config": asdict(self.config), "training": self.training.model_dump()}
