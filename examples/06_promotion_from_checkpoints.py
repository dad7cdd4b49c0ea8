"""Exact Hyperband in a plain script: a network that goes on continues from its checkpoint.

The state is in the study's storage and in the checkpoints' folder: stop the script however you
like and start it again, or start it several times at once. Give it a folder to try:

    python 06_promotion_from_checkpoints.py runs/hyperband
"""

import sys
import tempfile
from pathlib import Path

import optuna
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from optuna_dnc import BOHBSampler
from optuna_dnc.pruners import Budget, optimize_hyperband

EPOCHS = 9

images, labels = load_digits(return_X_y=True)
x, x_val, y, y_val = train_test_split(
    torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels), random_state=0
)
n_trained = 0


def objective(trial: optuna.Trial, budget: Budget) -> float:
    """Train from ``budget.start`` to ``budget.stop``; what is suggested stays the same."""
    global n_trained
    width = trial.suggest_int("width", 8, 128, log=True)
    lr = trial.suggest_float("lr", 1e-4, 1e0, log=True)
    momentum = trial.suggest_float("momentum", 0.0, 0.95)

    torch.manual_seed(trial.number)
    network = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr, momentum, nesterov=momentum > 0)
    # As long as a full training, wherever this one stops.
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}

    checkpoint = budget.folder / "training.pt"
    if budget.start:
        for name, state in torch.load(checkpoint, weights_only=True).items():
            parts[name].load_state_dict(state)

    for epoch in budget.epochs:
        torch.manual_seed(epoch)
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
        schedule.step()
        n_trained += 1

    torch.save({name: part.state_dict() for name, part in parts.items()}, checkpoint)
    with torch.no_grad():
        return (network(x_val).argmax(1) != y_val).float().mean().item()


def run(folder: Path, max_total_resource: int | None = None) -> optuna.Study:
    """Begin the study in a folder, or go on with it."""
    study = optuna.create_study(
        study_name="digits",
        storage=f"sqlite:///{folder / 'study.db'}",
        load_if_exists=True,
        sampler=BOHBSampler(seed=0),
    )
    optimize_hyperband(
        study,
        objective,
        max_resource=EPOCHS,
        checkpoints=folder / "checkpoints",
        max_total_resource=max_total_resource,
    )
    return study


torch.set_num_threads(1)
optuna.logging.set_verbosity(optuna.logging.WARNING)
with tempfile.TemporaryDirectory() as temporary:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
    folder.mkdir(parents=True, exist_ok=True)

    study = run(folder, max_total_resource=30)  # a first run that ends too early
    print(f"{n_trained} epochs trained, {len(study.trials)} networks begun")

    study = run(folder)  # the same again, as if started anew
    print(f"{n_trained} epochs trained, {len(study.trials)} networks begun")

    for trial in study.get_trials(states=[optuna.trial.TrialState.COMPLETE]):
        curve = " ".join(f"{value:.3f}" for value in trial.intermediate_values.values())
        print(f"network {trial.number}: error {curve} at {list(trial.intermediate_values)}")
    print(f"lowest error {study.best_value:.4f} with {study.best_params}")
