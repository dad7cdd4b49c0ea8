"""Contract tests of cost measures."""

from __future__ import annotations

import json
from collections.abc import Sequence

from optuna_dnc.nets import MLPConfig, MLPFamily, ResNetConfig, ResNetFamily
from optuna_dnc.objectives import (
    CostMeasure,
    CostMeter,
    CostNormalizer,
    NetworkSpec,
    cost_measure,
    costs_from_dict,
    costs_to_dict,
    register_cost,
)
from optuna_dnc.training import Epoch, FitResult

UNTRAINED = FitResult("classification")
TRAINED = FitResult(
    "classification",
    [Epoch(1, train_loss=0.7, val_error=0.3, val_loss=0.6, train_seconds=0.2, eval_seconds=0.1)],
)


class CostContract:
    """Contract of cost measures: what the loss, the records and the tables rely on.

    >>> class TestNTensors(CostContract):
    ...     measure = NTensors()
    """

    measure: CostMeasure
    networks: Sequence[NetworkSpec] = (
        NetworkSpec(MLPFamily(), MLPConfig(widths=()), (5,), 3),
        NetworkSpec(MLPFamily(), MLPConfig(widths=(8, 4), dropout=0.2), (5,), 3),
        NetworkSpec(ResNetFamily(), ResNetConfig(blocks=(1,), channels=4), (2, 8, 8), 1),
    )
    """What is measured; replace them if the measure is for certain networks only."""

    def test_it_is_registered_by_its_name(self) -> None:
        """``penalize`` takes the name, and no other measure has it."""
        register_cost(type(self.measure))
        assert type(cost_measure(self.measure.name)) is type(self.measure)

    def test_costs_are_finite_and_not_negative(self) -> None:
        """Every network has a cost, before its first epoch as well."""
        for network in self.networks:
            for fit in (UNTRAINED, TRAINED):
                assert self._recorded(network, fit)[self.measure.name] >= 0

    def test_the_largest_network_has_a_cost_above_zero(self) -> None:
        """All costs are divided by it."""
        for network in self.networks:
            CostNormalizer(self.measure.name, self.measure.of_largest(network, TRAINED))

    def test_counted_costs_repeat_exactly(self) -> None:
        """With ``repeats_exactly``, a search that is run again finds the same networks."""
        if self.measure.repeats_exactly:
            for network in self.networks:
                first, second = (self.measure.of(network, TRAINED) for _ in range(2))
                assert first == second

    def test_costs_of_the_network_do_not_depend_on_its_training(self) -> None:
        """Without ``of_training``, a network is measured once and not after each epoch."""
        if self.measure.repeats_exactly and not self.measure.of_training:
            for network in self.networks:
                untrained = self.measure.of(network, UNTRAINED)
                assert untrained == self.measure.of(network, TRAINED)

    def test_costs_go_through_json(self) -> None:
        """A trial of the storage has the costs that were measured."""
        for network in self.networks:
            costs = self._recorded(network, TRAINED)
            assert costs_from_dict(json.loads(json.dumps(costs_to_dict(costs)))) == costs

    def test_costs_are_written_with_their_unit(self) -> None:
        """Tables and messages show a cost on one line."""
        assert self.measure.heading
        for value in (0, 0.0123, 57, 12_345_678):
            words = self.measure.in_words(value)
            assert words.endswith(self.measure.unit)
            assert self.measure.in_short(value).isprintable()
            assert words.isprintable()

    def _recorded(self, network: NetworkSpec, fit: FitResult) -> dict[str, float]:
        register_cost(type(self.measure))
        return CostMeter(network, self.measure.name)(fit)
