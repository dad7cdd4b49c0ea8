"""The network that is exported, with its preprocessing."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from typing_extensions import override

from optuna_dnc._errors import InputError
from optuna_dnc._version import __version__
from optuna_dnc.data import Preprocessing
from optuna_dnc.export.deployed import Deployed, raw_dtype, raw_shape
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.results import TrainedNetwork
from optuna_dnc.results.trained_network import Predicting

if TYPE_CHECKING:
    import pyarrow as pa

    from optuna_dnc.data.tables import Table

Raw: TypeAlias = "NDArray[Any] | pa.Table"
"""Raw samples ``(n, *input_shape)``, or rows of a table with the columns that networks see."""


@dataclass(frozen=True)
class Subject:
    """The best network of a search, one that was trained from it, or an ensemble, on the CPU."""

    result: Predicting

    @property
    def alone(self) -> TrainedNetwork:
        """The result, which must be a single network.

        Raises:
            InputError: It is an ensemble.
        """
        if isinstance(self.result, TrainedNetwork):
            return self.result
        raise InputError(
            "format must be 'onnx' or 'pt2' for an ensemble, whose networks become one graph; "
            "choose one of them, or export the best network of the search alone."
        )

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """What goes before and after the network."""
        return self.result.predictor().preprocessing

    @cached_property
    def network(self) -> nn.Module:
        """In eval mode, from normalized inputs to outputs."""
        predictor = self.result.predictor()
        networks = copy.deepcopy(predictor.models)
        if isinstance(self.result, TrainedNetwork):
            (network,) = networks
        else:
            is_classifier = self.preprocessing.classes is not None
            network = Averaged(networks, predictor.weights, is_classifier=is_classifier)
        return network.eval().to(memory_format=torch.contiguous_format)

    @cached_property
    def deployed(self) -> Deployed:
        """In eval mode, from raw samples to probabilities or values."""
        return Deployed(self.network, self.preprocessing).eval()

    @property
    def about(self) -> dict[str, Any]:
        """What a file should say of the network, as JSON."""
        return {
            "network": name_in_results(self.result.family),
            **self._config,
            "input_shape": list(self.preprocessing.input_shape),
            "n_outputs": self.preprocessing.n_outputs,
            "preprocessing": self.preprocessing.to_dict(),
            **({"columns": columns_of(table)} if (table := self.preprocessing.table) else {}),
            **self.result.facts,
            "optuna_dnc": __version__,
        }

    @property
    def _config(self) -> dict[str, Any]:
        if isinstance(self.result, TrainedNetwork):
            return {"config": asdict(self.result.config)}
        return {"members": self.result.summary["members"]}

    @property
    def example(self) -> torch.Tensor:
        """Two samples of zeros: the shape and the dtype that :attr:`deployed` takes."""
        shape = (2, *raw_shape(self.preprocessing))
        return torch.zeros(shape, dtype=raw_dtype(self.preprocessing))

    def raw(self, x: Raw) -> NDArray[Any]:
        """Return raw samples as :attr:`deployed` takes them: of tables, the codes."""
        dtype = self.example.numpy().dtype
        table = self.preprocessing.table
        if table is None:
            return x.astype(dtype)
        return np.stack(list(table.codes(x)), axis=1).astype(dtype)

    def rows(self, x: Raw) -> Any:
        """Return raw samples as a Python file takes them: of tables, rows by column name."""
        return x if isinstance(x, np.ndarray) else x.to_pylist()

    def answers(self, x: Raw) -> NDArray[np.float64]:
        """Predict as the search does: probabilities, or values ``(n, n_targets)``."""
        predictor = self.result.predictor()
        if self.preprocessing.table is not None:
            x = self.preprocessing.table.encode(x, "x").x  # which does not warn of new categories
        if self.preprocessing.classes is not None:
            return predictor.predict_proba(x)
        return predictor.predict(x).reshape(len(x), -1).astype(np.float64)


def columns_of(table: Table) -> list[dict[str, Any]]:
    """Describe the codes of a table as JSON, in their order.

    The code of a column with ``categories`` is the index of the value, or -1 if it is not among
    them; None are places of categories that no network was trained on. Of the kind ``date`` it is
    seconds since 1970 (UTC), and of all others the number, which texts of the training data had
    ``written_as``.
    """
    return [
        {
            "name": column.name,
            "kind": column.kind,
            **({"categories": list(column.known)} if column.categories else {}),
            **({"written_as": str(form)} if (form := column.number_format) else {}),
        }
        for column in table.used
    ]


class Averaged(nn.Module):
    """Weighted mean of the outputs of networks; for classification, of their probabilities.

    Of these it returns the logarithms, whose softmax are the probabilities again.
    """

    def __init__(
        self, networks: Sequence[nn.Module], weights: Sequence[float], *, is_classifier: bool
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.weights = tuple(weights)
        self.is_classifier = is_classifier

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for network, weight in zip(self.networks, self.weights, strict=True):
            outputs = network(x).double()
            total = total + weight * (outputs.softmax(dim=1) if self.is_classifier else outputs)
        # A probability of 0 has no logarithm that all engines agree on.
        return total.clamp(min=1e-300).log() if self.is_classifier else total
