"""The network that is exported, with its preprocessing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._version import __version__
from optuna_dnc.data import Preprocessing
from optuna_dnc.export.deployed import Deployed, raw_dtype
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.results import TrainedNetwork


@dataclass(frozen=True)
class Subject:
    """The best network of a search, or the one that was trained from it, on the CPU."""

    result: TrainedNetwork

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """What goes before and after the network."""
        return self.result.preprocessing()

    @cached_property
    def network(self) -> nn.Module:
        """In eval mode, from normalized inputs to outputs."""
        return self.result.model().to(memory_format=torch.contiguous_format)

    @cached_property
    def deployed(self) -> Deployed:
        """In eval mode, from raw samples to probabilities or values."""
        return Deployed(self.network, self.preprocessing).eval()

    @property
    def about(self) -> dict[str, Any]:
        """What a file should say of the network, as JSON."""
        return {
            "network": name_in_results(self.result.family),
            "config": asdict(self.result.config),
            "input_shape": list(self.preprocessing.input_shape),
            "n_outputs": self.preprocessing.n_outputs,
            "preprocessing": self.preprocessing.to_dict(),
            **self.result.facts,
            "optuna_dnc": __version__,
        }

    @property
    def example(self) -> torch.Tensor:
        """Two samples of zeros: the shape and the dtype that :attr:`deployed` takes."""
        shape = (2, *self.preprocessing.input_shape)
        return torch.zeros(shape, dtype=raw_dtype(self.preprocessing))

    @property
    def takes(self) -> str:
        """What :attr:`deployed` takes, in words."""
        shape = ", ".join(map(str, self.preprocessing.input_shape))
        images = self.preprocessing.images
        detail = "" if images is None else f": {images.description}"
        return f"(n, {shape}) {str(self.example.dtype).removeprefix('torch.')}{detail}"

    def raw(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return raw samples in the dtype that :attr:`deployed` takes."""
        return x.astype(self.example.numpy().dtype)

    def answers(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Predict as the search does: probabilities, or values ``(n, n_targets)``."""
        predictor = self.result.predictor()
        if self.preprocessing.classes is not None:
            return predictor.predict_proba(x)
        return predictor.predict(x).reshape(len(x), -1).astype(np.float64)
