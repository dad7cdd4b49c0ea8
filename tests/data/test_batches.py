"""Batches of an epoch."""

from __future__ import annotations

import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Samples, batches


def samples(n, *shape):
    """Samples whose first value, like their label, is their number."""
    x = torch.zeros(n, *(shape or (3,)))
    x.view(n, -1)[:, 0] = torch.arange(n)
    return Samples(x, torch.arange(n))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def labels(data, **options):
    return [y.tolist() for _, y in batches(data, device="cpu", **options)]


def test_in_order_without_a_generator() -> None:
    assert labels(samples(5), batch_size=2) == [[0, 1], [2, 3], [4]]


def test_in_order_batches_are_views() -> None:
    data = samples(10)
    for x, _ in batches(data, batch_size=4, device="cpu"):
        assert x.untyped_storage().data_ptr() == data.x.untyped_storage().data_ptr()


@pytest.mark.parametrize("shape", [(3,), (2, 4, 4)])
def test_shuffled_batches_have_every_sample_once_with_its_label(shape: tuple[int, ...]) -> None:
    data = samples(100, *shape)
    seen = []
    for x, y in batches(data, batch_size=32, device="cpu", generator=seeded()):
        assert torch.equal(x.flatten(1)[:, 0], y.float())
        seen += y.tolist()
    assert sorted(seen) == list(range(100))
    assert seen != list(range(100))


def test_the_generator_decides_the_order() -> None:
    data = samples(50)
    first = labels(data, batch_size=8, generator=seeded(1))
    assert labels(data, batch_size=8, generator=seeded(1)) == first
    assert labels(data, batch_size=8, generator=seeded(2)) != first


def test_every_epoch_has_another_order() -> None:
    data, generator = samples(50), seeded()
    first = labels(data, batch_size=8, generator=generator)
    assert labels(data, batch_size=8, generator=generator) != first


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [
        (64, 32, [32, 32]),
        (65, 32, [32, 33]),
        (66, 32, [32, 32, 2]),
        (1, 32, [1]),
        (20, 32, [20]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_a_single_last_sample_joins_the_batch_before_in_training(
    n: int, batch_size: int, sizes: list[int]
) -> None:
    found = labels(samples(n), batch_size=batch_size, generator=seeded())
    assert [len(batch) for batch in found] == sizes


@pytest.mark.parametrize("generator", [None, seeded()])
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_images_keep_their_memory_format(
    memory_format: torch.memory_format, generator: torch.Generator | None
) -> None:
    data = samples(20, 3, 4, 4)
    data = Samples(data.x.contiguous(memory_format=memory_format), data.y)
    for x, _ in batches(data, batch_size=8, device="cpu", generator=generator):
        assert x.shape[1:] == (3, 4, 4)
        assert x.is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize("generator", [None, seeded()])
def test_samples_elsewhere_are_sent_to_the_device(generator: torch.Generator | None) -> None:
    found = list(batches(samples(20), batch_size=8, device="meta", generator=generator))
    assert [len(x) for x, _ in found] == [8, 8, 4]
    assert all(x.device.type == y.device.type == "meta" for x, y in found)


def test_batch_size_zero() -> None:
    with pytest.raises(InputError, match="batch_size is 0; it must be at least 1"):
        next(batches(samples(4), batch_size=0, device="cpu"))
