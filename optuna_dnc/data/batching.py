"""Batches for one epoch, without a DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat

import torch

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.devices import resolve_device
from optuna_dnc.data.prepared_data import Samples


def batches(
    samples: Samples,
    *,
    batch_size: int,
    device: str | torch.device,
    generator: torch.Generator | None = None,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Iterate over one epoch of `(x, y)` on `device`: shuffled by `generator`, else in order.

    x: (b, *input_shape) float32; y: (b,) int64 or (b, k) float32. The generator may be the CPU's
    (the same order on every device) or the samples' device's. In order, batches are views of the
    samples. A last shuffled batch of one sample joins the one before it: batch norm cannot train
    on one.
    """
    for x, y, _ in weighted_batches(
        samples, batch_size=batch_size, device=device, generator=generator
    ):
        yield x, y


def weighted_batches(
    samples: Samples,
    *,
    batch_size: int,
    device: str | torch.device,
    generator: torch.Generator | None = None,
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]]:
    """Iterate as `batches`, with the weights of the samples, (b,) float32, or None."""
    if batch_size < 1:
        raise InputError(f"batch_size is {shown(batch_size)}; it must be at least 1.")
    target = resolve_device(device)
    if generator is None:
        sizes = batch_sizes(len(samples), batch_size, smallest=1)
        weights = samples.weights
        ordered = zip(
            samples.x.split_with_sizes(sizes),
            samples.y.split_with_sizes(sizes),
            repeat(None) if weights is None else weights.split_with_sizes(sizes),
            strict=False,
        )
        if samples.x.device == target:
            yield from ordered
        else:
            for x, y, w in ordered:
                yield _send(x, target), _send(y, target), None if w is None else _send(w, target)
        return

    sizes = batch_sizes(len(samples), batch_size, smallest=2)
    order = torch.randperm(len(samples), generator=generator, device=generator.device)
    order = order.to(samples.x.device)
    # index_select takes half the time of x[index] on the CPU (batches of 32 to 256 x 784).
    take_x = _row_picker(samples.x)
    y_all, w_all = samples.y, samples.weights
    is_there = samples.x.device == target
    for index in order.split_with_sizes(sizes):
        x, y = take_x(index), y_all.index_select(0, index)
        w = None if w_all is None else w_all.index_select(0, index)
        if is_there:
            yield x, y, w
        else:
            yield _send(x, target), _send(y, target), None if w is None else _send(w, target)


def batch_sizes(n: int, batch_size: int, *, smallest: int) -> list[int]:
    """Return the sizes of the batches; a last one below `smallest` joins the one before it."""
    sizes = [batch_size] * (n // batch_size)
    rest = n % batch_size
    if 0 < rest < smallest and sizes:
        sizes[-1] += rest
    elif rest:
        sizes.append(rest)
    return sizes


def _row_picker(x: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return an `index_select` of rows that keeps the channels-last format.

    index_select answers in the default format and is slow from channels-last images; on their
    contiguous (n, height, width, channels) view it is as fast as any and keeps the format.
    """
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        view = x.permute(0, 2, 3, 1)
        return lambda index: view.index_select(0, index).permute(0, 3, 1, 2)
    return lambda index: x.index_select(0, index)


def _send(batch: torch.Tensor, device: torch.device) -> torch.Tensor:
    # Only from page-locked memory does a copy to a GPU overlap with its work.
    if device.type == "cuda":
        batch = batch.pin_memory()
    return batch.to(device, non_blocking=True)
