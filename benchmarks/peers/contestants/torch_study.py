"""An Optuna study over networks in plain torch, as a good engineer writes it in an afternoon.

TPE and the median pruner; AdamW with a cosine schedule; the network of the best epoch of all
trials by the objective on a holdout is the answer. The time ends the running trial.
"""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import optuna
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.contestants.job import Fitted, Job, TimeOverError

EPOCHS = 30
BATCH = 1024  # of predictions

Suggest = Callable[[optuna.Trial, Job], nn.Module]


@dataclass
class Best:
    """The best epoch of all trials so far."""

    value: float = math.inf
    network: nn.Module | None = None


@dataclass
class Study:
    """The study of one job."""

    job: Job
    suggest: Suggest
    best: Best = field(default_factory=Best)

    def run(self) -> Fitted:
        torch.set_num_threads(1)
        torch.manual_seed(self.job.seed)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._prepare()
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=self.job.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=5),
        )
        with suppress(TimeOverError):
            study.optimize(self._train)
        network = self.best.network
        if network is None:
            raise TimeoutError("the time was over before the first epoch")
        file = io.BytesIO()
        torch.save(network.state_dict(), file)
        return Fitted(
            predict=lambda x: self._predict(network, self._inputs(x)),
            n_bytes=file.tell(),
            n_params=sum(p.numel() for p in network.parameters()),
            about=f"{_widths(network)}, {len(study.trials)} trials",
        )

    def _prepare(self) -> None:
        job = self.job
        train, held = job.holdout()
        axes = (0,) if job.x.ndim == 2 else (0, 2, 3)
        self.mean = job.x[train].mean(axis=axes, keepdims=True)
        scale = job.x[train].std(axis=axes, keepdims=True)
        self.scale = np.where(scale > 0, scale, 1)
        self.shift, self.unit = 0.0, 1.0
        if not job.is_classification:
            self.shift, self.unit = float(job.y[train].mean()), float(job.y[train].std())
        self.x_train, self.x_held = self._inputs(job.x[train]), self._inputs(job.x[held])
        self.y_train = torch.from_numpy(
            job.y[train] if job.is_classification else (job.y[train] - self.shift) / self.unit
        )
        self.y_held = job.y[held]

    def _inputs(self, x: np.ndarray) -> Tensor:
        return torch.from_numpy(((x - self.mean) / self.scale).astype(np.float32))

    def _train(self, trial: optuna.Trial) -> float:
        network = self.suggest(trial, self.job)
        lr = trial.suggest_float("lr", 1e-4, 3e-2, log=True)
        decay = trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True)
        batch = trial.suggest_categorical("batch_size", [32, 64, 128, 256])
        optimizer = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=decay)
        steps = math.ceil(len(self.x_train) / batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * steps)
        best = math.inf
        for epoch in range(EPOCHS):
            network.train()
            for rows in torch.randperm(len(self.x_train)).split(batch):
                if self.job.left() <= 0:
                    raise TimeOverError
                if len(rows) == 1:  # batch normalization needs two
                    continue
                optimizer.zero_grad()
                self._loss(network(self.x_train[rows]), self.y_train[rows]).backward()
                optimizer.step()
                schedule.step()
            value = self._value(network)
            best = min(best, value)
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return best

    def _loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        if self.job.is_classification:
            return functional.cross_entropy(outputs, y)
        return functional.mse_loss(outputs.squeeze(1), y)

    def _value(self, network: nn.Module) -> float:
        """The objective on the holdout; the best network of all is kept."""
        error = self.job.error(self._predict(network, self.x_held), self.y_held)
        n_params = sum(p.numel() for p in network.parameters())
        value = self.job.objective(min(error, 1e9), n_params, len(self.y_held))
        if value < self.best.value:
            self.best = Best(value, copy.deepcopy(network))
        return value

    @torch.no_grad()
    def _predict(self, network: nn.Module, inputs: Tensor) -> np.ndarray:
        network.eval()
        outputs = torch.cat([network(part) for part in inputs.split(BATCH)])
        if self.job.is_classification:
            return outputs.softmax(1).double().numpy()
        return outputs.squeeze(1).double().numpy() * self.unit + self.shift


def _widths(network: nn.Module) -> str:
    layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    return "-".join(str(layer.weight.shape[0]) for layer in layers[:-1]) or "linear"
