"""The fitted kernel: its parts, its gradient, its fit."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc.gp import Ramp
from optuna_dnc.gp.fit import posterior
from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import Condition, SearchSpace

TREE = SearchSpace(
    {
        "model": CategoricalDistribution(["svm", "forest", "linear"]),
        "shared": FloatDistribution(0, 1),
        "c": FloatDistribution(1e-3, 1e3, log=True),
        "depth": IntDistribution(1, 9),
        "trees": IntDistribution(10, 500, log=True),
    },
    {
        "c": Condition(parent="model", choices=("svm",)),
        "depth": Condition(parent="model", choices=("forest",)),
        "trees": Condition(parent="model", choices=("forest",)),
    },
)
LAYERS = SearchSpace(
    {"n": IntDistribution(0, 3), **{f"width_{i}": IntDistribution(8, 64) for i in range(3)}},
    {f"width_{i}": Condition(parent="n", above=i + 0.5) for i in range(3)},
)
FLAT = SearchSpace({"x": FloatDistribution(0, 1), "k": CategoricalDistribution("abc")})


def rows(space, n, seed=0):
    rng = np.random.default_rng(seed)
    return space.activate(space.sample(rng.random((n, len(space.names)))))


def groups(space):
    return [part.groups for part in SumKernel(space).parts]


def test_branches_share_a_part_and_lists_are_one_set() -> None:
    assert groups(FLAT) == [None]
    assert groups(TREE) == [
        None,
        (frozenset({"model", "shared"}),),
        (frozenset({"c"}), frozenset({"depth", "trees"})),
    ]
    assert groups(LAYERS) == [
        None,
        (frozenset({"n"}),),
        (frozenset({"width_0", "width_1", "width_2"}),),
    ]


def layered(*patterns, most):
    names = {p.replace("#", str(i)): i for i in range(most) for p in patterns}
    return SearchSpace(
        {"n": IntDistribution(0, most), **dict.fromkeys(names, FloatDistribution(0, 1))},
        {name: Condition(parent="n", above=i + 0.5) for name, i in names.items()},
    )


@pytest.mark.parametrize(
    "patterns", [["units_l#"], ["layer_#_units"], ["width_#", "dropout_#"]], ids=str
)
def test_lists_are_recognised_by_their_names(patterns: list[str]) -> None:
    lists = [p.replace("#", str(i)) for i in range(12) for p in patterns]
    assert groups(layered(*patterns, most=12)) == [None, (frozenset({"n"}),), (frozenset(lists),)]


def test_names_with_numbers_are_no_list_where_different_parameters_decide() -> None:
    space = SearchSpace(
        {name: FloatDistribution(0, 1) for name in ("x1", "x2", "x3", "x4")},
        {"x3": Condition(parent="x1", above=0.5), "x4": Condition(parent="x2", above=0.5)},
    )
    assert (frozenset({"x3"}),) in groups(space)
    assert (frozenset({"x4"}),) in groups(space)


def test_a_list_is_compared_wherever_both_have_a_layer_of_it() -> None:
    space = SearchSpace(
        {"n": IntDistribution(2, 12), **{f"w_{i}": FloatDistribution(0, 1) for i in range(12)}},
        {f"w_{i}": Condition(parent="n", above=i + 0.5) for i in range(2, 12)},
    )
    x = space.encode([{"n": n, **{f"w_{i}": 0.5 for i in range(n)}} for n in range(2, 13)])
    kernel = SumKernel(space)
    [of_list] = [
        kernel.points(x).members[i]
        for i, part in enumerate(kernel.parts)
        if part.groups is not None and any("w_2" in group for group in part.groups)
    ]
    assert of_list[:, 0].tolist() == [0.0] + [1.0] * 10


@pytest.mark.parametrize("space", [FLAT, TREE, LAYERS], ids=["flat", "tree", "layers"])
def test_it_is_a_covariance(space: SearchSpace) -> None:
    kernel = SumKernel(space)
    prior = Prior.standard(len(space.free), kernel.features.sizes, 0)
    rng = np.random.default_rng(1)
    for _ in range(5):
        u = prior.means + prior.deviations * rng.standard_normal(len(prior.means))
        theta = Hyperparameters.from_logarithms(u, len(space.free), len(kernel.parts))
        points = kernel.points(rows(space, 60))
        matrix = kernel.matrix(points, kernel.columns(points, theta))
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
        np.testing.assert_allclose(np.diag(matrix), kernel.diagonal(points, theta))
        assert np.linalg.eigvalsh(matrix).min() > -1e-9 * matrix.max()


def test_models_share_only_what_both_have() -> None:
    kernel = SumKernel(TREE)
    u = Prior.standard(5, kernel.features.sizes, 0).means
    theta = Hyperparameters.from_logarithms(u, 5, 3)
    no_whole = Hyperparameters(
        theta.lengthscales, theta.stretches, np.array([0.0, 1.0, 1.0]), theta.noise
    )
    forest = TREE.encode([{"model": "forest", "shared": 0.5, "depth": 3, "trees": 50}])
    svm = TREE.encode([{"model": "svm", "shared": 0.5, "c": 1.0}])
    other = TREE.encode([{"model": "svm", "shared": 0.5, "c": 10.0}])
    a, b, c = kernel.points(forest), kernel.points(svm), kernel.points(other)
    assert (
        kernel.matrix(b, kernel.columns(c, no_whole))
        > 1.0
        > kernel.matrix(a, kernel.columns(b, no_whole))
    )


@pytest.mark.parametrize("terms", [(), (Ramp("n"),)], ids=["own", "with a term"])
@pytest.mark.parametrize("space", [LAYERS, TREE], ids=["layers", "tree"])
def test_the_gradient_is_that_of_the_value(space: SearchSpace, terms: tuple[Ramp, ...]) -> None:
    terms = tuple(t for t in terms if t.name in space.names)
    kernel = SumKernel(space, terms)
    rng = np.random.default_rng(2)
    points, y = kernel.points(rows(space, 40)), rng.standard_normal(40)
    density = posterior(kernel, points, y, np.full(40, 0.01))
    u = density.prior.means + 0.3 * rng.standard_normal(len(density.prior.means))
    _, gradient = density(u)
    step = 1e-5 * np.eye(len(u))
    numeric = [(density(u + e)[0] - density(u - e)[0]) / 2e-5 for e in step]
    np.testing.assert_allclose(gradient, numeric, atol=1e-5)


def test_leave_one_out_is_what_leaving_one_out_gives() -> None:
    kernel = SumKernel(TREE)
    theta = Hyperparameters.from_logarithms(
        Prior.standard(5, kernel.features.sizes, 0).means, 5, 3
    )
    x, y = rows(TREE, 12), np.random.default_rng(0).standard_normal(12)
    none = np.zeros(12)
    means, sds = Surrogate(kernel, theta, kernel.points(x), y, none).leave_one_out
    points = kernel.points(x)
    covariance = kernel.matrix(points, kernel.columns(points, theta)) + theta.noise * np.eye(12)
    for i in range(12):
        rest = np.arange(12) != i
        others = Surrogate(kernel, theta, kernel.points(x[rest]), y[rest], none[rest])
        mean, _ = others.predict(kernel.points(x[[i]]))
        assert means[i] == pytest.approx(mean[0])
        # The variance of a prediction whose mean is estimated (universal kriging).
        precision = np.linalg.inv(covariance[np.ix_(rest, rest)])
        cross, ones = covariance[rest, i], np.ones(11)
        unexplained = 1 - ones @ precision @ cross
        variance = covariance[i, i] - cross @ precision @ cross
        variance += unexplained**2 / (ones @ precision @ ones)
        assert sds[i] == pytest.approx(np.sqrt(variance))


def test_a_prediction_does_not_depend_on_what_is_predicted_beside_it() -> None:
    kernel = SumKernel(TREE)
    u = Prior.standard(5, kernel.features.sizes, 0).means
    theta = Hyperparameters.from_logarithms(u, 5, 3)
    x, y = rows(TREE, 20), np.random.default_rng(0).standard_normal(20)
    surrogate = Surrogate(kernel, theta, kernel.points(x), y, np.zeros(20))
    asked = rows(TREE, 30, seed=1)
    together = surrogate.predict(kernel.points(asked))
    alone = [surrogate.predict(kernel.points(asked[[i]])) for i in range(30)]
    np.testing.assert_allclose(np.array(alone)[:, :, 0].T, together, atol=1e-12)


def test_predictions_pass_through_observations_without_noise() -> None:
    kernel = SumKernel(FLAT)
    theta = Hyperparameters.from_logarithms(
        Prior.standard(2, kernel.features.sizes, 0).means, 2, 1
    )
    x, y = rows(FLAT, 15), np.random.default_rng(0).standard_normal(15)
    exact = Hyperparameters(theta.lengthscales, theta.stretches, theta.variances, 1e-10)
    surrogate = Surrogate(kernel, exact, kernel.points(x), y, np.zeros(15))
    mean, sd = surrogate.predict(kernel.points(x))
    np.testing.assert_allclose(mean, y, atol=1e-4)
    np.testing.assert_allclose(surrogate.fitted(), y, atol=1e-4)
    assert sd.max() < 1e-3


def test_points_of_a_kernel_with_budgets_are_compared_by_one_without() -> None:
    plain, budgets = SumKernel(TREE), SumKernel(TREE, budgets=True)
    x = TREE.encode([{"model": "svm", "shared": 0.5, "c": 1.0}])
    prior = Prior.standard(len(plain.features.names), plain.features.sizes, 0)
    theta = Hyperparameters.from_logarithms(
        prior.means, len(plain.features.names), len(plain.parts)
    )
    columns = plain.columns(plain.points(x), theta)
    assert plain.matrix(budgets.points(x), columns) == plain.matrix(plain.points(x), columns)
