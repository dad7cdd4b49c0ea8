"""Detection of images with the channels last."""

from __future__ import annotations

from optuna_dnc._errors import InputError

_BY_FAR = 8
"""Times that channels outnumber the longer side, from which they must be a side themselves."""

_MOST_RATIO = 4
"""Ratio of the sides of a picture; electrodes by time steps and the like have higher ones."""

_FEWEST = 5
"""An axis below this may hold channels but is no side of a picture."""


def check_axis_order(shape: tuple[int, ...], name: str) -> None:
    """Raise if images are (N, height, width, channels) without doubt.

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
    """Return whether there are so many times more channels than pixels along the longer side.

    Not those of feature maps, of which networks have thousands: their sides are alike.
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
