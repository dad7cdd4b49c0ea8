"""What holds for any network that a search space can suggest."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution

from optuna_dnc.nets import CNNFamily, MLPFamily, ResNetFamily
from optuna_dnc.nets.layout import DOWNSAMPLE_ABOVE
from optuna_dnc.space import CallbackTrial

MLP = MLPFamily(n_layers=(0, 3), width=(1, 30))
RESNETS = [ResNetFamily(n_stages=n, channels=4, blocks=(1, 3), widening=(1, 3)) for n in (1, 3, 4)]


def cnn_family(max_channels):
    return CNNFamily(
        n_layers=(1, 10),
        channels=(1, min(100, max_channels)),
        max_channels=max_channels,
        kernel_size=(1, 3, 5),
    )


def values(distribution):
    if isinstance(distribution, CategoricalDistribution):
        return st.sampled_from(distribution.choices)
    if isinstance(distribution, FloatDistribution):
        return st.floats(distribution.low, distribution.high)
    return st.integers(distribution.low, distribution.high)


@st.composite
def suggested(draw, family):
    """Any config of the family."""
    return family.suggest(CallbackTrial(lambda name, distribution: draw(values(distribution))))


@st.composite
def cnn_cases(draw):
    """Any family, one of its configs, and an image of any allowed size, the smallest too."""
    max_channels = draw(st.sampled_from([8, 64, 65, 129, 257]))
    family = cnn_family(max_channels)
    smallest = 2 ** sum(max_channels > limit for limit in DOWNSAMPLE_ABOVE)
    sides = st.integers(smallest, smallest + 3)
    shape = (draw(st.integers(1, 3)), draw(sides), draw(sides))
    return family, draw(suggested(family)), shape


def check_network(family, config, shape, n_outputs, n):
    """Build, count, run in both modes; the space's own check agrees that the input is allowed."""
    family.check_input(shape)
    network = family.build(config, shape, n_outputs)
    assert sum(p.numel() for p in network.parameters()) == family.n_params(
        config, shape, n_outputs
    )
    x = torch.randn(n, *shape)
    for training in (True, False):
        outputs = network.train(training)(x)
        assert outputs.shape == (n, n_outputs)
        assert outputs.dtype == torch.float32
        assert outputs.isfinite().all()


@settings(max_examples=50)
@given(
    config=suggested(MLP),
    shape=st.one_of(st.tuples(st.integers(1, 20)), st.tuples(*[st.integers(1, 5)] * 3)),
    n_outputs=st.integers(1, 5),
    n=st.integers(1, 3),
)
def test_any_mlp_builds_counts_and_runs(config, shape, n_outputs, n):
    check_network(MLP, config, shape, n_outputs, n)


@settings(max_examples=40)
@given(case=cnn_cases(), n_outputs=st.integers(1, 5), n=st.integers(2, 3))
def test_any_cnn_builds_counts_and_runs_on_any_allowed_image(case, n_outputs, n):
    family, config, shape = case
    check_network(family, config, shape, n_outputs, n)


@settings(max_examples=40)
@given(data=st.data(), n_outputs=st.integers(1, 5), n=st.integers(1, 3))
def test_any_resnet_builds_counts_and_runs_on_any_image(data, n_outputs, n):
    family = data.draw(st.sampled_from(RESNETS))
    sides = st.integers(1, 9)
    shape = (data.draw(st.integers(1, 3)), data.draw(sides), data.draw(sides))
    check_network(family, data.draw(suggested(family)), shape, n_outputs, n)


@settings(max_examples=50)
@given(config=suggested(cnn_family(512)))
def test_any_cnn_keeps_its_channels_and_never_shrinks(config):
    assert all(a <= b <= 512 for a, b in zip(config.channels, config.channels[1:], strict=False))
