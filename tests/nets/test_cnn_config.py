"""CNN configurations: parameter counts, the standard network, shapes that run out of pixels."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets import CNNConfig, CNNFamily, cnn, cnn_module
from optuna_dnc.nets.cnn_config import check_shapes, standard_config


def config(*channels, **changes):
    n = len(channels)
    values = {
        "channels": channels,
        "kernel_sizes": (3,) * n,
        "downsampling": ("none",) * n,
        "batch_norm": (True,) * n,
        "dropout": (0.0,) * n,
    }
    return CNNConfig(**values | changes)


@pytest.mark.parametrize(
    ("channels", "expected"), [((29, 40, 77), 40_161), ((16, 32, 64, 128), 99_210)]
)
def test_parameter_counts_are_the_published_ones(channels: tuple[int, ...], expected: int) -> None:
    standard = standard_config(channels)
    assert cnn.n_params(standard, (3, 32, 32), 10) == expected
    built = sum(p.numel() for p in cnn.build(standard, (3, 32, 32), 10).parameters())
    assert built == expected


def test_the_standard_network_is_the_published_one() -> None:
    standard = standard_config((16, 32, 64, 65, 65, 65, 65, 65, 130))
    assert standard.kernel_sizes == (3,) * 9
    assert standard.downsampling == (*["none"] * 3, "pool", *["none"] * 4, "pool")
    assert standard.batch_norm == (True,) * 9
    assert standard.dropout == (0.1, *[0.3] * 8)
    assert standard.shortcuts == (0, 4)
    assert standard.activation == "relu"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kernel_sizes": (3,)}, "kernel_sizes must have one entry for each of the 3 layers"),
        ({"downsampling": ()}, "downsampling must have one entry"),
        ({"batch_norm": (True,) * 4}, "batch_norm must have one entry"),
        ({"dropout": (0.1,)}, "dropout must have one entry"),
        ({"kernel_sizes": (3, 4, 3)}, "kernel_sizes must be odd"),
        ({"kernel_sizes": (3, -1, 3)}, "kernel_sizes must be whole numbers of at least 1"),
        ({"downsampling": ("none", "pol", "none")}, "downsampling 'pol'.*'pool'"),
        ({"dropout": (0.0, 1.0, 0.0)}, "dropout must be at least 0 and below 1"),
        ({"shortcuts": (1,)}, "shortcuts must start"),
        ({"shortcuts": (-1,)}, "shortcuts must start"),
        ({"activation": "gelu"}, "activation 'gelu'"),
        ({"channels": (8, 0, 8)}, "channels must be whole numbers of at least 1"),
    ],
)
def test_a_config_that_is_wrong_is_refused_in_one_line(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        config(8, 8, 8, **changes)
    assert "\n" not in str(caught.value)


def test_a_config_without_layers_is_refused() -> None:
    with pytest.raises(InputError, match="channels"):
        config()


@pytest.mark.parametrize(
    ("kinds", "smallest"),
    [
        (("pool",), 2),
        (("pool", "pool", "pool"), 8),
        (("stride", "stride", "stride"), 5),  # a stride keeps an odd last row: 5, 3, 2, 1
        (("pool", "stride", "pool"), 6),
        (("none", "none", "none"), 1),
    ],
)
def test_images_are_refused_from_the_first_size_that_runs_out_of_pixels(
    kinds: tuple[str, ...], smallest: int
) -> None:
    network = config(*[4] * len(kinds), downsampling=kinds)
    check_shapes(network, (1, smallest, 40))
    check_shapes(network, (1, 40, smallest))
    if smallest > 1:
        with pytest.raises(InputError, match=f"too deep for images of {smallest - 1} x 40"):
            check_shapes(network, (1, smallest - 1, 40))


def test_a_network_too_deep_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a module was built")

    monkeypatch.setattr(cnn_module, "ConvNet", refuse)
    deep = standard_config((65, 129, 257))
    with pytest.raises(InputError, match="before layer 3 only 1 x 2 pixels") as caught:
        cnn.build(deep, (3, 4, 8), 10)
    assert "4 x 8" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", [cnn.build, CNNFamily().build])
def test_flat_samples_are_refused_and_pointed_to_the_mlp(call: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match=r"images .*\(64,\).*'mlp'"):
        call(standard_config((8,)), (64,), 10)


def test_a_space_of_flat_samples_is_refused_and_pointed_to_the_mlp() -> None:
    with pytest.raises(InputError, match=r"images .*\(64,\).*'mlp'"):
        CNNFamily().check_input((64,))


@pytest.mark.parametrize(
    ("most_channels", "smallest"), [(64, 1), (65, 2), (128, 2), (129, 4), (256, 4), (512, 8)]
)
def test_a_space_too_deep_for_the_images_is_refused(most_channels: int, smallest: int) -> None:
    family = CNNFamily(max_channels=most_channels)
    family.check_input((3, smallest, 32))
    family.check_input((3, 32, smallest))
    largest = family.largest()
    family.build(largest, (3, smallest, 32), 10)
    if smallest > 1:
        with pytest.raises(InputError, match=f"{smallest - 1} x 32") as caught:
            family.check_input((3, smallest - 1, 32))
        assert "\n" not in str(caught.value)
        with pytest.raises(InputError, match=f"32 x {smallest - 1}"):
            family.check_input((3, 32, smallest - 1))


def test_what_the_refusal_of_a_space_advises_helps() -> None:
    for side in (1, 2, 3, 4, 7):
        with pytest.raises(InputError) as caught:
            CNNFamily().check_input((3, side, 32))
        limit = re.search(r"Lower max_channels to at most (\d+)", str(caught.value))
        CNNFamily(max_channels=int(limit[1])).check_input((3, side, 32))


def test_weight_decay_starts_at_a_million_parameters() -> None:
    family = CNNFamily()
    assert family.default_weight_decay(999_999) == 0
    assert family.default_weight_decay(2_000_000) == pytest.approx(2e-5)


def test_a_config_says_what_it_is_in_one_line() -> None:
    text = str(config(8, 70, 8, downsampling=("none", "pool", "none"), kernel_sizes=(3, 5, 3)))
    assert text == "8-70-8, relu, pool, bn 3/3, kernels 3-5-3"


def test_max_channels_below_the_first_layers_is_refused() -> None:
    with pytest.raises(InputError, match="max_channels 32 is below"):
        CNNFamily(max_channels=32)


def test_limits_passed_by_the_first_layer_share_one_place() -> None:
    CNNFamily(channels=(300, 300)).check_input((3, 2, 2))
    with pytest.raises(InputError, match="too deep"):
        CNNFamily(channels=(300, 300)).check_input((3, 1, 1))
