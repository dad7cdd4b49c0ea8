"""Whatever a study holds, the sampler answers with values of the space."""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from optuna_dnc.samplers import DNCSampler
from optuna_dnc.space import Column

# More with DNC_FUZZ_EXAMPLES=3000; the tests of every day take a sample.
EXAMPLES = int(os.environ.get("DNC_FUZZ_EXAMPLES", "60"))

values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e300, -1e300, 1e-300, math.inf, -math.inf]),
)


@st.composite
def distributions(draw: Any) -> BaseDistribution:
    kind = draw(st.sampled_from(["float", "log", "step", "int", "intlog", "choice"]))
    if kind == "choice":
        return CategoricalDistribution(draw(st.sampled_from([("a",), ("a", "b"), (1, None, 2.5)])))
    low = draw(st.integers(-5, 5))
    width = draw(st.integers(0, 9))
    if kind == "float":
        return FloatDistribution(low, low + width * draw(st.sampled_from([1e-6, 1.0, 1e6])))
    if kind == "log":
        return FloatDistribution(10.0**low, 10.0 ** (low + width), log=True)
    if kind == "step":
        return FloatDistribution(low, low + 0.25 * width, step=0.25)
    if kind == "int":
        step = draw(st.sampled_from([1, 2]))
        return IntDistribution(low, low + width * step, step=step)
    return IntDistribution(1 + abs(low), 1 + abs(low) + width**3, log=True)


STATES = [TrialState.COMPLETE] * 5 + [TrialState.PRUNED] * 2 + [TrialState.FAIL]


@st.composite
def histories(draw: Any) -> tuple[dict[str, BaseDistribution], list[Any]]:
    space = {f"p{i}": draw(distributions()) for i in range(draw(st.integers(1, 4)))}
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    same, stops = draw(st.booleans()), draw(st.booleans())
    trials = []
    for _ in range(draw(st.integers(0, 25))):
        # Every parameter but the first may be missing: no condition explains that.
        asked = {n: d for k, (n, d) in enumerate(space.items()) if k == 0 or rng.random() < 0.7}
        if same:
            rng = np.random.default_rng(7)  # the same configuration again and again
        params = {
            name: (column := Column(d)).decode(float(column.sample(rng.random(1))[0]))
            for name, d in asked.items()
        }
        state = draw(st.sampled_from(STATES))
        value = draw(values) if state == TrialState.COMPLETE else None
        reports = draw(st.dictionaries(st.integers(0, 9), values, max_size=4)) if stops else None
        trials.append(
            create_trial(
                state=state, value=value, params=params, distributions=asked,
                intermediate_values=reports,
            )
        )  # fmt: skip
    return space, trials


@pytest.mark.filterwarnings("error::RuntimeWarning")
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories(), n_startup=st.sampled_from([0, 3]), seed=st.integers(0, 99))
def test_any_history_gets_an_answer(history, n_startup, seed):
    space, trials = history
    sampler = DNCSampler(n_startup_trials=n_startup, n_candidates=60, seed=seed)
    study = optuna.create_study(sampler=sampler)
    study.add_trials(trials)
    trial = study.ask()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for name, distribution in space.items():
            value = trial._suggest(name, distribution)
            assert distribution._contains(distribution.to_internal_repr(value))
            assert value is None or isinstance(value, (str, int)) or math.isfinite(value)
