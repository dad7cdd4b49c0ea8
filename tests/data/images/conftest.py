"""Folders of small images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Draw = Callable[[int], Image.Image]
MakeFolder = Callable[..., Path]


def grey(index: int, shape: tuple[int, int] = (6, 5)) -> Image.Image:
    """An image of random bytes."""
    pixels = np.random.default_rng(index).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(pixels)


def deep(index: int) -> Image.Image:
    """A grey image of 16 bits."""
    pixels = np.random.default_rng(index).integers(0, 2**16, (6, 5), dtype=np.uint16)
    return Image.fromarray(pixels)


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write six images of each class into ``NAME/CLASS``."""

    def make(
        name: str = "pets", draw: Draw = grey, classes: tuple[str, ...] = ("cat", "dog")
    ) -> Path:
        for label in classes:
            folder = tmp_path / name / label
            folder.mkdir(parents=True)
            for index in range(6):
                draw(index).save(folder / f"{index}.png")
        return tmp_path / name

    return make
