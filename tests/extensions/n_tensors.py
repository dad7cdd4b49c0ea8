"""Cost measure: number of parameter tensors."""

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec


class NTensors(CostMeasure):
    """Number of parameter tensors."""

    name = "n_tensors"
    unit = "parameter tensors"  # a plural noun
    symbol = "tensors"  # heading of tables; optional

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        return len(list(network.module().parameters()))
