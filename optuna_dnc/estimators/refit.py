"""Train what a search found once more, on the validation samples too."""

from __future__ import annotations

from dataclasses import replace

import torch

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.search.ledger import Ledger
from optuna_dnc.search.records import training_seed
from optuna_dnc.training import TrainingConfig, fit, new_network
from optuna_dnc.training.train import seeded


def refit_best(
    family: NetworkFamily, data: PreparedData, ledger: Ledger, *, seed: int
) -> dict[str, torch.Tensor] | None:
    """Weights of the best network, trained on training and validation samples together.

    For as many epochs as in the search, at the same learning rates and from the same initial
    weights. Not for as many as were best there: on a few validation samples that is chance, and
    where it comes early, the learning rate has not come down.

    Args:
        family: Of the search.
        data: Of the search, split as there; its preprocessing stays as it is.
        ledger: Of the search.
        seed: Of the search.

    Returns:
        The weights; None if the training diverged, as it did not without these samples.
    """
    record = ledger.best or ledger.most_promising
    # Patience would wait for a validation error that there is no more.
    training = TrainingConfig(**{**record.training, "patience": None})
    config = family.config_from_dict(record.config)
    of_this = training_seed(seed, record.key)
    network = new_network(family, config, data, seed=of_this)
    with seeded(of_this + 1, data.device):
        result = fit(
            network,
            _with_validation_samples(data),
            training,
            seed=of_this,
            stop_at=None if record.pruned else record.measured.epochs_run,
        )
    return network.state_dict() if result.epochs[-1].is_usable else None


def _with_validation_samples(data: PreparedData) -> PreparedData:
    train, val = data.train, data.val
    together = Samples(torch.cat([train.x, val.x]), torch.cat([train.y, val.y]))
    # An epoch ends with a validation; one sample is enough for a figure that nobody reads.
    return replace(data, train=together, val=Samples(val.x[:1], val.y[:1]))
