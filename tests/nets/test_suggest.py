"""Search spaces in plain Optuna studies, and ranges that are wrong."""

from __future__ import annotations

import math
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from optuna_dnc._errors import InputError
from optuna_dnc.nets import (
    CNNFamily,
    MLPConfig,
    MLPFamily,
    ResNetConfig,
    ResNetFamily,
    build,
    cnn,
    mlp,
    network_family,
    resnet,
)
from optuna_dnc.space import CallbackTrial, highest_answer, lowest_answer

SAMPLERS = [RandomSampler(seed=0), TPESampler(seed=0, n_startup_trials=4)]


def run_study(sampler, suggest, n_trials=12):
    """Every config and every trial of a study that minimises the length of the description."""
    configs = []

    def objective(trial):
        configs.append(suggest(trial))
        return len(str(configs[-1]))

    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=n_trials)
    return configs, study.trials


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_mlp_stays_within_its_ranges_in_anybodys_study(sampler: BaseSampler) -> None:
    ranges = {"n_layers": (1, 3), "width": (5, 9), "dropout": (0.0, 0.4), "activation": "tanh"}
    configs, _ = run_study(sampler, lambda trial: mlp.suggest(trial, **ranges))
    assert {len(config.widths) for config in configs} <= {1, 2, 3}
    assert {width for config in configs for width in config.widths} <= set(range(5, 10))
    assert {config.dropout for config in configs} <= {0.0, 0.4}
    assert {config.activation for config in configs} == {"tanh"}
    assert len(set(configs)) > 1


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_cnn_stays_within_its_ranges_in_anybodys_study(sampler: BaseSampler) -> None:
    ranges = {
        "n_layers": (2, 4),
        "channels": (40, 60),
        "growth": (1.5, 2.0),
        "max_channels": 100,
        "kernel_size": (1, 5),
        "batch_norm": (0.0, 1.0),
        "downsampling": "stride",
    }
    configs, trials = run_study(sampler, lambda trial: cnn.suggest(trial, **ranges))
    for config, trial in zip(configs, trials, strict=True):
        assert 2 <= len(config.channels) <= 4
        assert 40 <= config.channels[0] <= 60
        for before, after in zip(config.channels, config.channels[1:], strict=False):
            assert min(1.5 * before - 0.5, 100) <= after <= min(2 * before + 0.5, 100)
        assert {*config.kernel_sizes} <= {1, 5}
        assert {*config.downsampling} <= {"none", "stride"}
        assert len({*config.batch_norm}) == 1
        assert {f"kernel_{i}" for i in range(len(config.channels))} <= set(trial.params)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_resnet_stays_within_its_ranges_in_anybodys_study(sampler: BaseSampler) -> None:
    ranges = {"n_stages": 2, "blocks": (2, 5), "widening": (1, 10), "block": "basic"}
    configs, trials = run_study(sampler, lambda trial: resnet.suggest(trial, **ranges))
    assert len(set(configs)) > 1
    for config, trial in zip(configs, trials, strict=True):
        assert len(config.blocks) == 2
        assert all(2 <= count <= 5 for count in config.blocks)
        assert 1 <= config.widening <= 10
        assert config.block == "basic"
        assert config.dropout == 0 or 0.05 <= config.dropout <= 0.4
        assert ("death_rate" in trial.params) == (trial.params["regulariser"] == "shake-drop")
    widening = trials[0].distributions["widening"]
    assert widening.log


def test_a_small_dropout_of_a_resnet_is_none() -> None:
    def answer(name, distribution):
        return 0.049 if name == "dropout" else lowest_answer(name, distribution)

    assert resnet.suggest(CallbackTrial(answer)) == ResNetConfig((1, 1, 1))


def test_the_largest_resnet_has_the_most_parameters_of_all_kinds() -> None:
    family = ResNetFamily(blocks=(1, 2), widening=(1, 3))
    largest = family.largest()
    assert (largest.blocks, largest.widening) == ((2, 2, 2), 3)
    assert largest.regulariser == "shake-shake"  # the last choice has a single branch
    shape = (3, 32, 32)
    for seed in range(30):
        study = optuna.create_study(sampler=RandomSampler(seed=seed))
        config = family.suggest(study.ask())
        assert family.n_params(config, shape, 10) <= family.n_params(largest, shape, 10)


def test_which_kind_of_resnet_is_the_largest_depends_on_the_classes() -> None:
    family = ResNetFamily(n_stages=1, blocks=1, widening=1)
    blocks = {n: family.largest_for((3, 32, 32), n).block for n in (2, 100)}
    assert blocks == {2: "basic", 100: "bottleneck"}
    assert family.largest() == family.largest_for((3, 32, 32), 10)


def test_kernel_sizes_are_searched_only_when_asked() -> None:
    _, trials = run_study(RandomSampler(seed=0), cnn.suggest, n_trials=3)
    assert not any(name.startswith("kernel") for trial in trials for name in trial.params)


def test_a_single_value_is_a_range_of_its_own() -> None:
    config = mlp.suggest(CallbackTrial(highest_answer), n_layers=2, width=7, dropout=0.1)
    assert config == MLPConfig((7, 7), "sigmoid", 0.1)


def test_the_largest_network_has_the_most_of_everything() -> None:
    assert MLPFamily().largest().widths == (400, 400)
    largest = CNNFamily(n_layers=(2, 6), kernel_size=(5, 3)).largest()
    assert largest.channels == (64, 128, 256, 512, 512, 512)
    assert set(largest.kernel_sizes) == {5}


def test_the_core_uses_the_first_choices_and_the_core_dropouts() -> None:
    trial = CallbackTrial(lowest_answer)
    family = CNNFamily(activation=("tanh", "relu"), core_first_dropout=0.25, core_dropout=0.35)
    config = family.suggest_core(trial)
    assert config.activation == "tanh"
    assert config.dropout == (0.25, 0.35, 0.35, 0.35)
    assert set(trial.params) == {"n_layers", "channels", "growth_1", "growth_2", "growth_3"}


@pytest.mark.parametrize("family", [MLPFamily, CNNFamily])
def test_a_single_refinement_may_be_given_bare(family: type[Any]) -> None:
    assert family(refinements="dropout").refinements == ("dropout",)


def test_refinements_can_be_left_out() -> None:
    trial = CallbackTrial(lowest_answer)
    CNNFamily(refinements=("dropout",)).suggest(trial)
    assert "dropout_share" in trial.params
    assert not {"activation", "batch_norm", "shortcuts"} & set(trial.params)


def refined(refinement, n_layers=3, **answers):
    def answer(name, distribution):
        return answers.get(name, highest_answer(name, distribution))

    family = CNNFamily(n_layers=n_layers, channels=8, growth=1.0)
    core = family.suggest_core(CallbackTrial(highest_answer))
    return family.refine(refinement, core, CallbackTrial(answer))


def test_equal_cnns_have_equal_configs_whatever_the_answers() -> None:
    # The search recognises by their configs what it has trained before.
    none = {refined("dropout", dropout_share=0.0, dropout=p) for p in (0.15, 0.45)}
    assert len(none) == 1
    assert refined("shortcuts", shortcuts=4) == refined("shortcuts", shortcuts=2)
    assert len({refined("batch_norm", 1, batch_norm=share) for share in (0.25, 0.5, 1.0)}) == 1


def test_dropout_has_its_own_probability_after_the_first_layer() -> None:
    config = refined("dropout", dropout_share=1.0, first_dropout=0.2, dropout=0.45)
    assert config.dropout == (0.2, 0.45, 0.45)


def test_dropout_falls_on_the_layers_of_its_share_only() -> None:
    config = refined("dropout", dropout_share=0.25, dropout=0.45)
    assert config.dropout == (0.0, 0.0, 0.45)


def test_dropout_probabilities_are_asked_only_where_something_drops() -> None:
    family = CNNFamily()
    core = family.suggest_core(CallbackTrial(lowest_answer))
    trial = CallbackTrial(lowest_answer)  # a share of 0
    assert set(family.refine("dropout", core, trial).dropout) == {0.0}
    assert set(trial.params) == {"dropout_share"}


def test_each_place_of_downsampling_is_chosen_on_its_own() -> None:
    family = CNNFamily(n_layers=4, channels=64, growth=2.0)
    core = family.suggest_core(CallbackTrial(highest_answer))
    kinds = iter(["stride", "pool", "stride"])
    config = family.refine("downsampling", core, CallbackTrial(lambda *_: next(kinds)))
    assert config.downsampling == ("none", "stride", "pool", "stride")


WRONG = [
    (MLPFamily, {"n_layers": (3, 1)}, r"n_layers must have its lower bound first, got \(3, 1\)"),
    (MLPFamily, {"width": (0, 5)}, "width must be at least 1"),
    (MLPFamily, {"n_layers": (1, 2, 3)}, "n_layers: .*at most 2"),
    (MLPFamily, {"n_layers": (1.5, 3)}, "n_layers .*integer.*1.5"),
    (MLPFamily, {"widht": (1, 5)}, "'widht' is unknown.*Did you mean 'width'"),
    (MLPFamily, {"activation": "gelu"}, "activation .*'gelu'"),
    (MLPFamily, {"activation": ()}, "activation must have at least one choice"),
    (MLPFamily, {"dropout": (0.1, 0.1)}, "dropout must have distinct choices"),
    (MLPFamily, {"dropout": (0.1, 1.0)}, "dropout must be below 1"),
    (MLPFamily, {"dropout": math.nan}, "dropout .*finite.*nan"),
    (MLPFamily, {"refinements": ("dropuot",)}, "refinements .*'dropuot'"),
    (CNNFamily, {"channels": (64, 16)}, "channels must have its lower bound first"),
    (CNNFamily, {"growth": (0.5, 2)}, "growth must be at least 1"),
    (CNNFamily, {"growth": (1, math.inf)}, "growth .*finite.*inf"),
    (CNNFamily, {"kernel_size": (3, 4)}, "kernel_size: kernel sizes must be odd"),
    (CNNFamily, {"kernel_size": (-3,)}, "kernel_size must be at least 1"),
    (CNNFamily, {"max_channels": 0}, "max_channels: .*greater than or equal to 1"),
    (CNNFamily, {"batch_norm": (0, 1.5)}, "batch_norm: a share of the layers is at most 1"),
    (CNNFamily, {"core_dropout": 1.0}, "core_dropout: .*less than 1"),
    (CNNFamily, {"shortcuts": (-1,)}, "shortcuts must be at least 0"),
    (CNNFamily, {"refinements": ("drpout",)}, "refinements .*'drpout'"),
    (ResNetFamily, {"n_stages": 5}, "n_stages: .*less than or equal to 4, got 5"),
    (ResNetFamily, {"blocks": (0, 3)}, "blocks must be at least 1"),
    (ResNetFamily, {"widening": (4, 1)}, "widening must have its lower bound first"),
    (ResNetFamily, {"block": "dense"}, "block .*'dense'"),
    (ResNetFamily, {"dropout": (0, 1)}, "dropout must be below 1"),
    (ResNetFamily, {"death_rate": (0, 1.5)}, "death_rate: a death rate is at most 1"),
    (ResNetFamily, {"regularizer": "none"}, "'regularizer' is unknown.*'regulariser'"),
]


@pytest.mark.parametrize(("family", "ranges", "reason"), WRONG)
def test_a_wrong_range_is_refused_in_one_line_that_names_it(
    family: type[Any], ranges: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        family(**ranges)
    assert "\n" not in str(caught.value)


def test_a_wrong_range_is_refused_by_suggest_before_anything_is_asked() -> None:
    trial = CallbackTrial(highest_answer)
    with pytest.raises(InputError, match="lower bound first"):
        mlp.suggest(trial, n_layers=(3, 1))
    with pytest.raises(InputError, match="lower bound first"):
        cnn.suggest(trial, n_layers=(3, 1))
    assert not trial.params


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_an_unknown_refinement_is_refused_with_the_nearest_name(name: str) -> None:
    family = network_family(name)
    # Also where there is nothing to refine.
    config = family.suggest_core(CallbackTrial(lowest_answer))
    with pytest.raises(InputError, match=r"refinement 'droput' .*Did you mean 'dropout'"):
        family.refine("droput", config, CallbackTrial(lowest_answer))


def test_an_unknown_network_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"network 'cn' .*'cnn'"):
        network_family("cn")


def test_network_family_sets_its_ranges() -> None:
    assert network_family("mlp", {"width": (3, 4)}).width == (3, 4)


def test_build_refuses_what_is_no_config() -> None:
    with pytest.raises(InputError, match="CNNConfig, MLPConfig, ResNetConfig, got dict"):
        build({"widths": [3]}, (8,), 2)
