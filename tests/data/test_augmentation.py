"""Random crops, flips and holes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from optuna_dnc._errors import InputError
from optuna_dnc.data import augment
from optuna_dnc.data.augmentation import cutout


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def crops(image, pad, flip):
    """All images that may come of one: (channels, height, width) -> a list."""
    padded = F.pad(image, (pad,) * 4)
    height, width = image.shape[1:]
    found = [
        padded[:, dy : dy + height, dx : dx + width]
        for dy in range(2 * pad + 1)
        for dx in range(2 * pad + 1)
    ]
    return found + [crop.flip(2) for crop in found] if flip else found


@pytest.mark.parametrize("flip", [True, False])
def test_every_image_is_a_crop_of_itself(flip: bool) -> None:
    x = torch.randn(200, 3, 8, 6)
    for image, result in zip(x, augment(x, generator=seeded(), pad=1, flip=flip), strict=True):
        assert any(torch.equal(result, crop) for crop in crops(image, 1, flip))


def test_all_shifts_and_both_directions_occur() -> None:
    image = torch.randn(2, 5, 5)
    results = augment(image.expand(2000, 2, 5, 5), generator=seeded(), pad=1)
    for crop in crops(image, 1, True):
        share = (results == crop).all((1, 2, 3)).float().mean().item()
        assert share == pytest.approx(1 / 18, abs=0.03)


@pytest.mark.parametrize(("side", "pad"), [(32, 4), (28, 3), (8, 1), (4, 1)])
def test_the_default_pad_is_an_eighth_of_the_side(side: int, pad: int) -> None:
    image = torch.ones(1, side, side)
    results = augment(image.expand(500, 1, side, side), generator=seeded())
    assert (side - results[:, 0, :, side // 2].sum(1)).max() == pad


def test_no_pad_and_no_flip_change_nothing() -> None:
    x = torch.randn(4, 3, 8, 8)
    assert torch.equal(augment(x, generator=seeded(), pad=0, flip=False), x)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_shape_dtype_and_memory_format_stay(memory_format: torch.memory_format) -> None:
    x = torch.randn(4, 3, 8, 6, dtype=torch.bfloat16).contiguous(memory_format=memory_format)
    result = augment(x, generator=seeded())
    assert (result.shape, result.dtype) == (x.shape, x.dtype)
    assert result.is_contiguous(memory_format=memory_format)


def test_the_generator_decides() -> None:
    x = torch.randn(20, 3, 8, 8)
    first, again, other = (augment(x, generator=seeded(s)) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_vectors_and_negative_pads_are_refused() -> None:
    with pytest.raises(InputError, match=r"x has shape \(4, 5\); augmentation needs images"):
        augment(torch.zeros(4, 5), generator=seeded())
    with pytest.raises(InputError, match="pad is -1"):
        augment(torch.zeros(4, 1, 5, 5), generator=seeded(), pad=-1)
    with pytest.raises(InputError, match=r"x has shape \(4, 5\); augmentation needs images"):
        cutout(torch.zeros(4, 5), 2, generator=seeded())
    with pytest.raises(InputError, match="side is -1"):
        cutout(torch.zeros(4, 1, 5, 5), -1, generator=seeded())


def holes(side, height=7, width=5):
    """All images that may come of an image of ones."""
    found = []
    for row in range(height):
        for column in range(width):
            image = torch.ones(2, height, width)
            top, left = row - side // 2, column - side // 2
            image[:, max(0, top) : top + side, max(0, left) : left + side] = 0
            found.append(image)
    return found


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_every_image_loses_one_square_and_every_centre_occurs(side: int) -> None:
    cut = cutout(torch.ones(4000, 2, 7, 5), side, generator=seeded())
    shares = [(cut == hole).all((1, 2, 3)).float().mean().item() for hole in holes(side)]
    # Near the edges some centres may leave the same rest; of these, each is counted.
    assert min(shares) == pytest.approx(1 / 35, abs=0.012)
    assert all(any(torch.equal(image, hole) for hole in holes(side)) for image in cut[:50])


def test_the_square_is_whole_in_the_middle_and_the_rest_stays() -> None:
    x = torch.rand(500, 3, 32, 32) + 1
    cut = cutout(x, 8, generator=seeded())
    erased = cut == 0
    assert erased.sum((2, 3)).max() == 64
    assert torch.equal(cut[~erased], x[~erased])
    assert (x != 0).all()


def test_no_side_erases_nothing_and_a_huge_one_everything() -> None:
    x = torch.randn(4, 3, 8, 8)
    assert torch.equal(cutout(x, 0, generator=seeded()), x)
    assert not cutout(x, 16, generator=seeded()).any()


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_cutout_keeps_dtype_and_memory_format_and_its_argument(
    memory_format: torch.memory_format,
) -> None:
    x = torch.randn(4, 3, 8, 6, dtype=torch.bfloat16).contiguous(memory_format=memory_format)
    before = x.clone()
    first, again, other = (cutout(x, 4, generator=seeded(s)) for s in (0, 0, 1))
    assert first.dtype == x.dtype
    assert first.is_contiguous(memory_format=memory_format)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(x, before)
