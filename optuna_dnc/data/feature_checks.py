"""Checks of features and sample weights: dtype, shape, order of axes, and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_FLOAT
from optuna_dnc.data.chunks import row_chunks

MOST_FEATURE = np.finfo(np.float32).max
"""Networks take float32. A NumPy scalar, so that float16 is compared as float32."""

MOST_TARGET = np.float64(1e300)
"""Targets are standardized in float64, and a million of these have a finite sum."""

_SHAPES = "(N, features) or (N, channels, height, width)"


def check_numeric(array: NDArray[Any], name: str) -> None:
    """Raise unless the dtype is one of booleans, integers or floats."""
    if not isinstance(array, np.ndarray):
        raise InputError(
            f"{name} is a {type(array).__name__}; give a NumPy array, or let load_dataset convert."
        )
    held = {"c": "complex numbers", "U": "strings", "S": "bytes", "O": "Python objects"}
    if array.dtype.kind not in "biuf":
        what = held.get(array.dtype.kind, "values")
        raise InputError(
            f"{name} holds {what} (dtype {array.dtype}); it must hold numbers, "
            "convert it to float32 or uint8."
        )


def check_sample_shape(x: NDArray[Any], name: str) -> None:
    """Raise unless `x` is (N, features) or (N, channels, height, width) and not empty."""
    shape = x.shape
    if x.size == 0:
        raise InputError(f"{name} is empty: its shape is {shape}; give at least one sample.")
    if x.ndim == 1:
        raise InputError(
            f"{name} has one dimension, shape {shape}; expected is {_SHAPES}, "
            f"for a single feature give {variable(name)}[:, None]."
        )
    if x.ndim == 3:
        raise InputError(
            f"{name} has shape {shape}, images without channels; expected is {_SHAPES}, "
            f"add a channel axis with {variable(name)}[:, None]."
        )
    if x.ndim not in (2, 4):
        raise InputError(f"{name} has shape {shape}; expected is {_SHAPES}, reshape it.")
    if x.ndim == 4:
        check_axis_order(shape, name)


def check_finite(
    array: NDArray[Any],
    name: str,
    *,
    most: np.floating[Any] = MOST_FEATURE,
    columns: Sequence[str] | None = None,
) -> None:
    """Raise on NaN, infinity and absolute values above `most`, naming the first one's position.

    columns: names of the columns, for the message.
    """
    if array.dtype.kind != "f":
        return
    n_bad, first = 0, None
    for place, part in row_chunks(array):
        good = np.abs(part) <= most  # False for NaN
        if good.all():
            continue
        n_bad += int(good.size - np.count_nonzero(good))
        if first is None:
            at = np.argwhere(~good)[0]
            first = (place.start + int(at[0]), *map(int, at[1:]))
    if first is None:
        return
    value = float(array[first])
    row, rest = first[0], first[1:]
    where = f"row {row}"
    if len(rest) == 1:
        where += f", column {rest[0]}" + (f" ({columns[rest[0]]!r})" if columns else "")
    elif rest:
        where += ", (channel, height, width) = " + str(rest)
    beyond = "float32" if most == MOST_FEATURE else f"{most:g}"
    held = f"values beyond {beyond}" if np.isfinite(value) else "values that are NaN or infinite"
    raise InputError(
        f"{name} holds {held}: {n_bad} in all, the first ({value:g}) in {where} "
        "(counted from 0); remove or replace them."
    )


def check_input(
    x: NDArray[Any],
    shape: tuple[int, ...],
    scale: float,
    names: Sequence[str] | None,
    *,
    is_table: bool,
) -> None:
    """Raise unless `x` is (n, *shape), of finite numbers in the unit of the training data.

    scale: factor of raw samples, 1 unless they are images of bytes; names: names of the features;
    is_table: whether the training data were a table.
    """
    has_bytes = scale != 1.0
    check_numeric(x, "x")
    if x.shape[1:] != shape or x.ndim == 0:
        wanted = "(N, " + ", ".join(map(str, shape)) + ")"
        hint = "reshape it"
        if is_table:
            hint = "give a data frame with the columns of the training data"
        elif x.shape == shape:
            hint = "give x[None]"
        elif x.ndim == 4 and (x.shape[3], *x.shape[1:3]) == shape:
            hint = f"transpose with {transposition('x')}"
        elif x.ndim == 3 and (x.shape[2], *x.shape[:2]) == shape:
            hint = "give x.transpose(2, 0, 1)[None]"
        elif x.ndim == 3 and (1, *x.shape[1:]) == shape:
            hint = "add a channel axis with x[:, None]"
        elif (1, *x.shape) == shape:
            hint = "give x[None, None]"
        raise InputError(f"x has shape {x.shape}; expected is {wanted}, {hint}.")
    if len(shape) == 3 and (x.dtype == np.uint8) != has_bytes:
        had = "uint8 images, 0 to 255" if has_bytes else "images that were not uint8"
        raise InputError(f"x is {x.dtype}, but training had {had}; give images as in training.")
    check_finite(x, "x", columns=names)


def check_weights(weights: NDArray[np.float64], n: int, name: str, part: str) -> None:
    """Raise unless weights are (n,) finite float64 of at least 0, and some of them above 0."""
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float64:
        held = weights.dtype if isinstance(weights, np.ndarray) else type(weights).__name__
        raise InputError(f"{name} holds {held}; convert it to float64.")
    if weights.shape != (n,):
        raise InputError(
            f"{name} has shape {weights.shape}; give one weight for each of the {n} {part} "
            "samples."
        )
    wrong = np.flatnonzero(~((weights >= 0) & (weights <= LARGEST_FLOAT)))
    if wrong.size:
        raise InputError(
            f"{name} must be finite and at least 0, got {shown(weights[wrong[0]].item())} in row "
            f"{wrong[0]}; change it."
        )
    n_positive = np.count_nonzero(weights)
    if n_positive < 2:
        which = "all zero" if n_positive == 0 else "zero for all samples but one"
        raise InputError(f"{name} are {which}; give at least two samples a weight above 0.")


def check_classes_left(y: NDArray[Any], name: str) -> None:
    """Raise unless the labels (n,) of the samples with a weight above 0 are of two classes."""
    if (y == y[0]).all():
        raise InputError(
            f"{name} are above 0 for one class only, {shown(y[0].item())}; give samples of a "
            "second class a weight above 0."
        )


def check_held_out(
    held_out: NDArray[np.bool_], weights: NDArray[np.float64] | None, n: int, name: str
) -> None:
    """Raise unless it is (n,) bool and both sides have samples with a weight above 0."""
    is_mask = isinstance(held_out, np.ndarray) and held_out.dtype == np.bool_
    if not is_mask or held_out.shape != (n,):
        raise InputError(
            f"{name}: held_out must be booleans of shape ({n},), one for each training sample, "
            f"got {shown(held_out)}; change it."
        )
    for part, what in ((~held_out, "to train on"), (held_out, "to validate with")):
        if not (part if weights is None else weights[part] > 0).any():
            raise InputError(
                f"{name}: held_out leaves no samples {what}, or none with a weight above 0; give "
                "samples of both kinds."
            )


_BY_FAR = 8
"""Ratio of channels to the longer side from which the channels must be a side themselves."""

_MOST_RATIO = 4
"""Ratio of the sides of a picture; electrodes by time steps and the like have higher ones."""

_FEWEST = 5
"""An axis below this may hold channels but is no side of a picture."""


def check_axis_order(shape: tuple[int, ...], name: str) -> None:
    """Raise if images are certainly (N, height, width, channels).

    shape: (N, ?, ?, ?), named by `name` in the message, such as "mine: xtr".
    """
    _, first, second, last = shape
    is_square = first == second >= _FEWEST
    colors = last in (3, 4) and first >= _FEWEST and second >= _FEWEST
    if colors or (last == 1 and is_square) or _outnumber(shape, _BY_FAR):
        raise InputError(f"{name} has shape {shape}, which is {_reading(shape)}; {_cure(name)}.")


def doubt_about_axes(shape: tuple[int, ...], name: str) -> str:
    """Return a warning if images probably have their channels last, else an empty string.

    shape: (N, ?, ?, ?) that `check_axis_order` lets pass.
    """
    _, first, second, last = shape
    short, long = sorted((first, second))
    looks_like_sides = short >= _FEWEST and long <= _MOST_RATIO * short
    is_picture = second != last and looks_like_sides and (first == second or 2 * last <= short)
    if not is_picture and not _outnumber(shape, 2):
        return ""
    return (
        f"{name} has shape {shape} and is read as {first} channels of {second} x {last} pixels "
        f"(N, channels, height, width); if that is {_reading(shape)}, {_cure(name)}."
    )


def _outnumber(shape: tuple[int, ...], times: int) -> bool:
    """Return whether there are `times` as many channels as pixels along the longer side.

    Feature maps of networks do not count: they may have thousands of channels, but similar sides.
    """
    _, channels, height, width = shape
    sides_are_alike = max(height, width) <= 2 * min(height, width)
    return channels >= times * max(height, width) and not sides_are_alike


def transposition(name: str) -> str:
    """Return the code that moves the channels to the front, for an array named "mine: xtr"."""
    return f"{variable(name)}.transpose(0, 3, 1, 2)"


def variable(name: str) -> str:
    """Return the variable in a name such as "mine: xtr", for code that can be pasted."""
    return name.rpartition(": ")[2]


def _reading(shape: tuple[int, ...]) -> str:
    _, height, width, channels = shape
    return f"{height} x {width} pixels with the channels last ({channels})"


def _cure(name: str) -> str:
    return (
        "expected is (N, channels, height, width), transpose with "
        f"{transposition(name)}, or permute(0, 3, 1, 2) for a tensor"
    )
