"""Image files that are read together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.images.decoding import Header, UnreadableImage, decode, read_header
from optuna_dnc.data.images.image_format import ImageFormat

Read = TypeVar("Read")


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Paths of images, and their labels where these are known."""

    paths: tuple[Path, ...]
    labels: NDArray[Any] | None = None
    """(n,)"""
    ndim: ClassVar[int] = 1
    """Number of dimensions, as of an array of paths."""

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: slice) -> ImageFiles:
        labels = None if self.labels is None else self.labels[place]
        return ImageFiles(self.paths[place], labels)

    def take(self, rows: NDArray[np.int64]) -> ImageFiles:
        """Return some of the files, by their indices ``(k,)``."""
        labels = None if self.labels is None else self.labels[rows]
        return ImageFiles(tuple(self.paths[row] for row in rows), labels)

    def headers(self) -> list[Header]:
        """Read the headers of the files.

        Raises:
            InputError: Some are not images.
        """
        return self._each(lambda index: read_header(self.paths[index]))

    def read(self, form: ImageFormat) -> NDArray[Any]:
        """Decode all files as samples ``(n, channels, height, width)``.

        Raises:
            InputError: Some cannot be decoded.
        """
        x = np.empty((len(self), *form.shape), form.dtype)

        def write(index: int) -> None:
            x[index] = decode(self.paths[index], form)

        self._each(write)
        return x

    def _each(self, function: Callable[[int], Read]) -> list[Read]:
        """Call a function for each index, in threads: Pillow decodes without Python's lock."""
        faults: list[tuple[int, UnreadableImage]] = []

        def tried(index: int) -> Read | None:
            try:
                return function(index)
            except UnreadableImage as error:
                faults.append((index, error))
                return None

        with ThreadPoolExecutor(min(32, os.cpu_count() or 1)) as pool:
            results = list(pool.map(tried, range(len(self))))
        if faults:
            raise self._unreadable(sorted(faults, key=lambda fault: fault[0]))
        return cast("list[Read]", results)

    def _unreadable(self, faults: Sequence[tuple[int, UnreadableImage]]) -> InputError:
        index, reason = faults[0]
        n_others = len(faults) - 1
        others = f", nor can {n_others:,} other{'s' if n_others > 1 else ''}" if n_others else ""
        return InputError(
            f"the image {self.paths[index]} cannot be read ({reason}){others}; repair or remove "
            f"{'them' if n_others else 'it'}."
        )
