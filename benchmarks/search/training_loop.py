"""How fast is our training loop?

Seconds of training per epoch (evaluation left out) of four loops over the same network, data and
batch size, one core, in alternating order, each in a process of its own:

- ours: ``optuna_dnc.training.fit``;
- leanest: the shortest loop one can write by hand with the same optimiser and memory format;
- original: as Deep-n-Cheap's (Adam not fused, ``.item()`` for loss and accuracy in every batch,
  the whole training set permuted by copying every epoch);
- dataloader: the usual ``torch.utils.data.DataLoader`` over a ``TensorDataset``.

And ours in bfloat16, with what that does to the accuracy of a full training.

Our command line keeps freed memory (``training.allocator``), so the processes of our loop and of
the leanest one do; the other two run as their users would run them.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.common import parser, print_table, save
from optuna_dnc.data import PreparedData, load_dataset, prepare
from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily, NetworkFamily
from optuna_dnc.nets.blocks import Dropout
from optuna_dnc.nets.cnn import standard_config
from optuna_dnc.training import TrainingConfig, fit, new_network, train_network
from optuna_dnc.training.threads import keep_freed_memory

Loop = Callable[[nn.Module, PreparedData, int, int], list[float]]
"""Trains for some epochs at a batch size; returns the seconds of each epoch."""


def ours(model: nn.Module, data: PreparedData, batch_size: int, epochs: int) -> list[float]:
    return _fit_seconds(model, data, TrainingConfig(epochs=epochs, batch_size=batch_size))


def ours_bf16(model: nn.Module, data: PreparedData, batch_size: int, epochs: int) -> list[float]:
    config = TrainingConfig(epochs=epochs, batch_size=batch_size, bf16=True)
    return _fit_seconds(model, data, config)


def _fit_seconds(model: nn.Module, data: PreparedData, config: TrainingConfig) -> list[float]:
    return [epoch.train_seconds for epoch in fit(model, data, config, seed=0).epochs]


def as_one_would_write_it(model: nn.Module) -> nn.Module:
    """The same network with torch's own dropout, in torch's default memory format."""
    for module in model.modules():
        for name, part in module.named_children():
            if isinstance(part, Dropout):
                setattr(module, name, nn.Dropout(part.p))
    return model.to(memory_format=torch.contiguous_format)


def leanest(model: nn.Module, data: PreparedData, batch_size: int, epochs: int) -> list[float]:
    x, y = data.train.x, data.train.y
    if x.dim() == 4:
        # Rows of a channels-last set are picked from its contiguous view.
        x = x.permute(0, 2, 3, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            batch = x.index_select(0, rows)
            batch = batch.permute(0, 3, 1, 2) if batch.dim() == 4 else batch
            functional.cross_entropy(model(batch), y.index_select(0, rows)).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    return seconds


def original(model: nn.Module, data: PreparedData, batch_size: int, epochs: int) -> list[float]:
    model = as_one_would_write_it(model)
    x, y = data.train.x.contiguous(), data.train.y
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        model.train()
        order = torch.randperm(len(y))
        x, y = x[order], y[order]
        total_loss, right = 0.0, 0
        for first in range(0, len(y), batch_size):
            inputs, labels = x[first : first + batch_size], y[first : first + batch_size]
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = functional.cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
            total_loss += loss.item()
            right += (outputs.argmax(1) == labels).sum().item()
        seconds.append(time.perf_counter() - start)
    return seconds


def dataloader(model: nn.Module, data: PreparedData, batch_size: int, epochs: int) -> list[float]:
    model = as_one_would_write_it(model)
    pairs = torch.utils.data.TensorDataset(data.train.x.contiguous(), data.train.y)
    loader = torch.utils.data.DataLoader(pairs, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        for inputs, labels in loader:
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    return seconds


LOOPS: dict[str, Loop] = {
    "original": original,
    "leanest": leanest,
    "ours": ours,
    "ours bf16": ours_bf16,
    "dataloader": dataloader,
}
KEEP_FREED_MEMORY = {"leanest", "ours", "ours bf16"}


@dataclass(frozen=True)
class Case:
    """A network, its data and a batch size."""

    title: str
    family: NetworkFamily
    config: Any
    load: Callable[[], PreparedData]
    batch_size: int


def serve(name: str, case: Case, turns: Connection) -> None:
    """Run one loop whenever a seed arrives, and answer with the seconds of its best epoch."""
    torch.set_num_threads(1)
    if name in KEEP_FREED_MEMORY:
        keep_freed_memory()
    data = case.load()
    turns.send(None)
    while (seed := turns.recv()) is not None:
        model = new_network(case.family, case.config, data, seed=seed)
        turns.send(min(LOOPS[name](model, data, case.batch_size, 2)))


def compare(case: Case, rounds: int) -> dict[str, list[float]]:
    """Seconds per epoch of each loop; every round runs all of them, in another order."""
    spawn = multiprocessing.get_context("spawn")
    turns, processes = {}, []
    for name in LOOPS:
        turns[name], theirs = spawn.Pipe()
        processes.append(spawn.Process(target=serve, args=(name, case, theirs), daemon=True))
        processes[-1].start()
        turns[name].recv()
    seconds: dict[str, list[float]] = {name: [] for name in LOOPS}
    names = list(LOOPS)
    for turn in range(rounds + 1):
        for name in names if turn % 2 else names[::-1]:
            turns[name].send(turn)
            taken = turns[name].recv()
            if turn:  # the first round warms up
                seconds[name].append(taken)
        names = names[1:] + names[:1]
    for name, process in zip(LOOPS, processes, strict=True):
        turns[name].send(None)
        process.join()
    return seconds


def bf16_accuracy(
    family: NetworkFamily, config: Any, data: PreparedData, epochs: int, seeds: int
) -> dict[str, Any]:
    """Best validation accuracy of full trainings in both precisions, same seeds."""
    accuracy = {
        precision: [
            1 - train_network(
                family, config, data, TrainingConfig(epochs=epochs, bf16=bf16), seed=seed
            ).error
            for seed in range(seeds)
        ]
        for precision, bf16 in (("float32", False), ("bfloat16", True))
    }  # fmt: skip
    return {
        "epochs": epochs,
        **accuracy,
        "mean difference": statistics.mean(accuracy["bfloat16"])
        - statistics.mean(accuracy["float32"]),
    }


def load_flat(folder: Path, samples: int) -> PreparedData:
    data = load_dataset("fashion-mnist", data_root=folder / "torchvision", max_train=samples)
    return prepare(data, channels_last=False)


def load_images(folder: Path, samples: int) -> PreparedData:
    return prepare(load_dataset(folder / "cifar10-10k.npz", max_train=samples))


def main() -> None:
    options = parser(__doc__ or "", "search/training_loop")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--mlp-samples", type=int, default=15_000)
    options.add_argument("--cnn-samples", type=int, default=1_300)
    options.add_argument("--bf16-epochs", type=int, default=10)
    options.add_argument("--bf16-cnn-samples", type=int, default=5_000)
    options.add_argument("--bf16-seeds", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(1)

    flat = partial(load_flat, given.data, given.mlp_samples)
    images = partial(load_images, given.data, given.cnn_samples)
    mlp = MLPConfig((390, 392), "relu", 0.2)
    cnn = standard_config((16, 32, 64, 96))
    cases = [
        Case("MLP 784-390-392-10, batch 256", MLPFamily(), mlp, flat, 256),
        Case("MLP 784-390-392-10, batch 32", MLPFamily(), mlp, flat, 32),
        Case("CNN 16-32-64-96, batch 256", CNNFamily(), cnn, images, 256),
    ]
    rows, raw = [], {}
    for case in cases:
        seconds = compare(case, given.rounds)
        raw[case.title] = seconds
        # A ratio within each round, then the median: slow spells of the machine cancel out.
        row: dict[str, Any] = {"network": case.title}
        for name in LOOPS:
            pairs = zip(seconds[name], seconds["original"], strict=True)
            row[f"{name} / original"] = statistics.median(a / b for a, b in pairs)
        pairs = zip(seconds["ours"], seconds["leanest"], strict=True)
        row["ours / leanest"] = statistics.median(a / b for a, b in pairs)
        row["ours s/epoch"] = statistics.median(seconds["ours"])
        rows.append(row)
        print_table([row])
    print_table(rows)
    bf16 = {
        "MLP, Fashion-MNIST": bf16_accuracy(
            MLPFamily(), mlp, flat(), given.bf16_epochs, given.bf16_seeds
        ),
        "CNN, CIFAR-10": bf16_accuracy(
            CNNFamily(),
            cnn,
            load_images(given.data, given.bf16_cnn_samples),
            given.bf16_epochs,
            given.bf16_seeds,
        ),
    }
    for title, figures in bf16.items():
        print(title, figures)
    save(given.json, ratios=rows, seconds=raw, bf16=bf16)


if __name__ == "__main__":
    main()
