"""Hyperband in a PyTorch study of your own: report each epoch, ask whether to stop.

Two lines differ from any other study: the sampler and the pruner. Most networks are stopped
after 1 or 3 of 9 epochs; DNCSampler learns from these too.
"""

import optuna
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from optuna_dnc import DNCSampler
from optuna_dnc.pruners import HyperbandPruner

EPOCHS = 9

images, labels = load_digits(return_X_y=True)
x, x_val, y, y_val = train_test_split(
    torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels), random_state=0
)


class Network(nn.Module):
    """A multilayer perceptron."""

    def __init__(self, widths: list[int], dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_in, n_out in zip([64, *widths], widths, strict=False):
            layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear([64, *widths][-1], 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def objective(trial: optuna.Trial) -> float:
    """Validation error of a network after its training."""
    n_layers = trial.suggest_int("n_layers", 0, 2)
    widths = [trial.suggest_int(f"width_{i}", 8, 128, log=True) for i in range(n_layers)]
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    batch_size = trial.suggest_int("batch_size", 64, 512, log=True)

    torch.manual_seed(0)
    network = Network(widths, dropout)
    optimizer = torch.optim.Adam(network.parameters(), lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for batch in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
        schedule.step()
        network.eval()
        with torch.no_grad():
            error = (network(x_val).argmax(1) != y_val).float().mean().item()
        trial.report(error, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return error


torch.set_num_threads(1)
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    sampler=DNCSampler(seed=0),
    pruner=HyperbandPruner(max_resource=EPOCHS),
)
study.optimize(objective, n_trials=30)  # all brackets twice: 9 + 3 + 3

epochs = sum(len(trial.intermediate_values) for trial in study.trials)
print(f"{epochs} epochs for {len(study.trials)} networks, {epochs / EPOCHS:.0f} full trainings")
for stopped_at in (1, 3, EPOCHS):
    n = sum(trial.last_step == stopped_at for trial in study.trials)
    print(f"  {n} trained for {stopped_at} epochs")
print(f"lowest error {study.best_value:.4f} with {study.best_params}")
