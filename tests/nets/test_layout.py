"""Where things go in a network, with the oracles of the published algorithm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc.nets.layout import (
    SHORTCUT_SPAN,
    downsampling_places,
    grow_channels,
    shortcut_starts,
    shortcuts_by_depth,
    spread_halvings,
    spread_late,
)


def digits(flags):
    return "".join(str(int(flag)) for flag in flags)


@pytest.mark.parametrize(
    ("n_layers", "fraction", "expected"),
    [(7, 1 / 2, "0101011"), (10, 1 / 4, "0001001001"), (13, 3 / 4, "0111011101111")],
)
def test_spread_late_is_the_published_one(n_layers: int, fraction: float, expected: str) -> None:
    assert digits(spread_late(n_layers, fraction)) == expected


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, "00000"), (1.0, "11111")])
def test_spread_late_of_none_and_all(fraction: float, expected: str) -> None:
    assert digits(spread_late(5, fraction)) == expected


def test_spread_late_gains_no_place_by_rounding() -> None:
    assert sum(spread_late(25, 0.28)) == 7  # 0.28 * 25 is 7.000000000000001


@given(n_layers=st.integers(1, 40), quarters=st.integers(0, 4))
def test_spread_late_places_the_right_number_evenly_and_last(n_layers, quarters):
    flags = spread_late(n_layers, quarters / 4)
    places = [layer for layer, flag in enumerate(flags) if flag]
    assert len(flags) == n_layers
    assert len(places) == -(-quarters * n_layers // 4)
    if places:
        assert places[-1] == n_layers - 1
        gaps = [b - a for a, b in zip([-1, *places], places, strict=False)]
        assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("every", "expected"),
    [(2, "1010101010101000"), (4, "1000100010001000"), (0, "0000000000000000")],
)
def test_shortcut_starts_are_the_published_ones(every: int, expected: str) -> None:
    starts = shortcut_starts(16, every)
    assert digits(layer in starts for layer in range(16)) == expected


@pytest.mark.parametrize("n_layers", [1, 2])
def test_shortcuts_never_start_where_they_cannot_rejoin(n_layers: int) -> None:
    assert shortcut_starts(n_layers, 2) == ()
    assert shortcut_starts(SHORTCUT_SPAN + 1, 2) == (0,)


@pytest.mark.parametrize(
    ("n_layers", "every"), [(1, 0), (8, 0), (9, 4), (14, 4), (15, 2), (16, 2)]
)
def test_shortcuts_by_depth_change_after_8_and_14_layers(n_layers: int, every: int) -> None:
    assert shortcuts_by_depth(n_layers) == every


@pytest.mark.parametrize(
    ("channels", "places"),
    [
        ((16, 32, 64), ()),  # 64 does not exceed 64
        ((29, 40, 77), (2,)),
        ((16, 32, 64, 128), (3,)),
        ((64, 65, 128, 129, 256, 257), (1, 3, 5)),
        ((70, 300), (0, 1)),  # 128 and 256 are both passed at layer 1, which halves once
        ((300,), (0,)),
    ],
)
def test_the_image_is_halved_before_the_first_layer_above_64_128_and_256(
    channels: tuple[int, ...], places: tuple[int, ...]
) -> None:
    assert downsampling_places(channels) == places


@pytest.mark.parametrize(
    ("n_layers", "n_halvings", "places"),
    [
        (1, 3, ()),
        (2, 3, (1,)),
        (4, 3, (1, 2, 3)),
        (5, 3, (1, 2, 3)),
        (6, 3, (1, 2, 4)),
        (8, 3, (1, 3, 5)),
        (8, 0, ()),
    ],
)
def test_halvings_are_spread_over_the_layers_after_the_first(
    n_layers: int, n_halvings: int, places: tuple[int, ...]
) -> None:
    assert spread_halvings(n_layers, n_halvings) == places


@pytest.mark.parametrize(
    ("previous", "growth", "maximum", "expected"),
    [(16, 1.0, 512, 16), (5, 1.5, 512, 8), (7, 1.5, 512, 11), (400, 2.0, 512, 512)],
)
def test_channels_grow_rounded_half_up_within_the_maximum(
    previous: int, growth: float, maximum: int, expected: int
) -> None:
    grown = grow_channels(previous, growth, maximum)
    assert grown == expected
    assert isinstance(grown, int)
