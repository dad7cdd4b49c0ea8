"""Networks of equal loss in searches that share them: the lower validation loss is better."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from optuna_dnc.objectives import CostNormalizer
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.search.objective import Objective
from optuna_dnc.tradeoff.pool import Pool
from tests.runs.test_ledger import tied


def search(wc: float, *records: Any) -> Any:
    """What the pool asks of a search."""
    return SimpleNamespace(
        objective=Objective(wc, CostNormalizer("n_params", 100.0), n_val=30),
        ledger=Ledger(records),
        settings=SimpleNamespace(wc=wc),
    )


def pool_of(*searches: Any) -> Pool:
    pool = Pool()
    for each in searches:
        pool.join(each)
    return pool


def test_the_objective_ranks_by_loss_then_by_validation_loss() -> None:
    rank = search(0.1).objective.rank
    worse, better = tied(0, 0.5).measured, tied(1, 0.4).measured
    assert rank(better) < rank(worse) < rank(tied(2, None).measured)
    assert rank(worse) < rank(tied(3, 0.1, error=0.2).measured)
    assert rank(tied(4, 0.1, best_epoch=0).measured) > rank(worse)


def test_a_network_leads_if_only_its_validation_loss_is_lower() -> None:
    one, other = search(0.0, tied(0, 0.5)), search(1.0, tied(1, 0.45))
    pool = pool_of(one, other)
    assert pool.leads(one, tied(2, 0.4).measured)
    assert not pool.leads(one, tied(2, 0.45).measured)
    assert not pool.leads(one, tied(2, None).measured)


def test_the_leaders_of_all_are_chosen_by_it() -> None:
    one, other = search(0.0, tied(0, 0.5), tied(1, 0.3)), search(1.0, tied(2, 0.2))
    pool = pool_of(one, other)
    assert pool.leaders(one, "core-architecture", 2) == {"key 1", "key 2"}
