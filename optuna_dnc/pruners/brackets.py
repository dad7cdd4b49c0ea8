"""Brackets and rungs in integers, and brackets that fit an epoch budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, unknown_name


@dataclass(frozen=True)
class Bracket:
    """One run of successive halving."""

    s: int
    """Number of halvings: the bracket has s + 1 rungs."""
    rungs: tuple[tuple[int, int], ...]
    """Of each rung the number of configurations, and the cumulative resource they train to."""

    @property
    def n_configurations(self) -> int:
        """Number of configurations in the first rung."""
        return self.rungs[0][0]

    @property
    def budgets(self) -> tuple[int, ...]:
        """The cumulative resource of each rung, ascending; the last is R."""
        return tuple(budget for _, budget in self.rungs)

    def spent(self, n_rungs: int) -> int:
        """Return the resource that a configuration has spent after so many rungs."""
        return self.rungs[n_rungs - 1][1] if n_rungs else 0


def bracket_cost(bracket: Bracket) -> int:
    """Return the resource of a whole bracket, with configurations that continue."""
    steps = zip((0, *bracket.budgets), bracket.rungs, strict=False)
    return sum(size * (stop - start) for start, (size, stop) in steps)


def _as_in_table(s_max: int, s: int, eta: int) -> int:
    return (s_max + 1) // (s + 1) * int(eta**s)


def _as_in_formula(s_max: int, s: int, eta: int) -> int:
    return -(-(s_max + 1) * int(eta**s) // (s + 1))


_SIZES = {"paper-table": _as_in_table, "formula": _as_in_formula}


def hyperband_brackets(
    max_resource: int, reduction_factor: int = 3, min_resource: int = 1, rule: str = "paper-table"
) -> list[Bracket]:
    """Return the brackets of Hyperband, the one that stops most first.

    With R = ``max_resource``, eta = ``reduction_factor``, r = ``min_resource`` and s_max the
    largest s with ``r * eta**s <= R``, bracket s = s_max..0 starts with ``n`` configurations:

    - ``"paper-table"``: ``n = floor((s_max + 1) / (s + 1)) * eta**s``. This is the published
      implementation and gives the table printed in the paper (R = 81, eta = 3: n = 81, 27, 9,
      6, 5). It is the default: "Hyperband with R = 81" usually means this table, and eta divides
      every rung, so that exactly one in eta is promoted.
    - ``"formula"``: ``n = ceil((s_max + 1) * eta**s / (s + 1))``, as in the paper's Algorithm 1
      (R = 81, eta = 3: n = 81, 34, 15, 8, 5). The costs of the brackets are closer together.

    Rung i holds ``floor(n / eta**i)`` configurations at ``R / eta**(s - i)``, rounded to the
    nearest integer, halves up. So the last rung is exactly R, even if R is not ``r * eta**k``,
    and no rung is below r.

    Li et al. 2018, "Hyperband", JMLR 18(185), Algorithm 1 and Table 1; ``"paper-table"`` as in
    the authors' code, https://people.eecs.berkeley.edu/~kjamieson/hyperband.html.

    Args:
        max_resource: Largest resource of a configuration, R: epochs, samples or seconds.
        reduction_factor: One in so many is promoted, eta, at least 2.
        min_resource: Smallest resource of a configuration, r, at least 1.
        rule: ``"paper-table"`` or ``"formula"``.

    Returns:
        Brackets s = s_max, ..., 0.

    Raises:
        InputError: An argument is invalid.
    """
    least, most = resource_range(min_resource, max_resource)
    eta = whole("reduction_factor", reduction_factor, least=2)
    if not isinstance(rule, str) or rule not in _SIZES:
        raise unknown_name("rule", str(rule), _SIZES)
    s_max = n_halvings(least, most, eta)
    brackets = []
    for s in range(s_max, -1, -1):
        n = _SIZES[rule](s_max, s, eta)
        budgets = rung_budgets(s, most, eta)
        rungs = tuple((n // eta**i, budget) for i, budget in enumerate(budgets))
        brackets.append(Bracket(s, rungs))
    return brackets


def resource_range(min_resource: object, max_resource: object) -> tuple[int, int]:
    """Return both as ints, or raise :class:`InputError` unless 1 <= min <= max."""
    least = whole("min_resource", min_resource, least=1)
    most = whole("max_resource", max_resource, least=1)
    if most < least:
        raise InputError(
            f"max_resource must be at least min_resource, got {most} and {least}; raise the first "
            "or lower the second."
        )
    return least, most


def successive_halving(n: int, r: int, R: int, eta: int) -> tuple[tuple[int, int], ...]:
    """Return the rungs (configurations, resource) of one run of successive halving.

    There are s halvings, the largest s with ``r * eta**s <= R``. Rung i has
    ``max(1, floor(n / eta**i))`` configurations, so that one always reaches R; its resource is as
    in :func:`hyperband_brackets`.

    Jamieson & Talwalkar 2016, arXiv 1502.07943.

    Args:
        n: Number of configurations in the first rung, at least 1.
        r: Smallest resource, at least 1.
        R: Resource of the last rung, at least r.
        eta: One in so many is promoted, at least 2.

    Raises:
        InputError: An argument is invalid.
    """
    n, eta = whole("n", n, least=1), whole("eta", eta, least=2)
    r = whole("r", r, least=1)
    R = whole("R", R, least=r)
    budgets = rung_budgets(n_halvings(r, R, eta), R, eta)
    return tuple((max(1, n // eta**i), budget) for i, budget in enumerate(budgets))


def n_halvings(r: int, R: int, eta: int) -> int:
    """Return the largest s with ``r * eta**s <= R``."""
    s = 0
    # Not by logarithms: floor(log(243, 3)) is 4.
    while r * eta ** (s + 1) <= R:
        s += 1
    return s


def rung_budgets(s: int, R: int, eta: int) -> list[int]:
    """Return ``R / eta**s``, ..., ``R / eta``, ``R``, rounded to integers, halves up."""
    return [(2 * R + eta**k) // (2 * eta**k) for k in range(s, -1, -1)]


def bracket_order(
    schedule: str, brackets: Sequence[Bracket], reduction_factor: int, n_iterations: int
) -> list[Bracket]:
    """Return the brackets of a run in the order in which they are filled.

    More iterations only append brackets.

    - ``"hyperband"``: all brackets, ``n_iterations`` times (Li et al. 2018, Algorithm 1).
    - ``"halving-once"``: the first bracket, which begins with the most configurations, and then
      short brackets: ``eta`` configurations are trained to the rung below the last, and the best
      of them to the end. All of it costs at most ``n_iterations`` times what all brackets cost.

    Args:
        schedule: ``"hyperband"`` or ``"halving-once"``.
        brackets: From :func:`~optuna_dnc.pruners.hyperband_brackets`.
        reduction_factor: eta of these brackets.
        n_iterations: Number of passes through all brackets, or what they would cost; at least 1.

    Raises:
        InputError: The schedule is unknown.
    """
    if not isinstance(schedule, str) or schedule not in _ORDERS:
        raise unknown_name("schedule", str(schedule), _ORDERS)
    return _ORDERS[schedule](brackets, reduction_factor, n_iterations)


def _hyperband(brackets: Sequence[Bracket], eta: int, n_iterations: int) -> list[Bracket]:
    return list(brackets) * n_iterations


def _halving_once(brackets: Sequence[Bracket], eta: int, n_iterations: int) -> list[Bracket]:
    first, short = brackets[0], _short(brackets, eta)
    remaining = n_iterations * sum(map(bracket_cost, brackets)) - bracket_cost(first)
    return [first, *[short] * (remaining // bracket_cost(short))]


def _short(brackets: Sequence[Bracket], eta: int) -> Bracket:
    """Return the smallest bracket that halves once, or not at all if there is only one rung.

    A model learns most from high rungs: all members are trained to the rung below the last, and
    one in eta to the end before the next configurations are proposed.
    """
    s, budgets = min(brackets[0].s, 1), brackets[0].budgets
    sizes = (eta**k for k in range(s, -1, -1))
    return Bracket(s, tuple(zip(sizes, budgets[-s - 1 :], strict=True)))


_ORDERS: dict[str, Callable[[Sequence[Bracket], int, int], list[Bracket]]] = {
    "hyperband": _hyperband,
    "halving-once": _halving_once,
}


SHARE_OF_FULL_TRAINING = 3
"""Hyperband gets one epoch in so many of those that the same number of full trainings takes."""


@dataclass(frozen=True)
class HyperbandPlan:
    """What a budget pays for, to the last network that is trained to its end."""

    min_resource: int
    """Epochs of the lowest rung."""
    n_iterations: int
    """How often the brackets are begun."""
    epochs: int
    """Epochs that are trained in all, at most the budget."""
    n_trials: int
    """Networks that are begun."""


def default_budget(n_trainings: int, epochs: int) -> int:
    """Return a third of the epochs of ``n_trainings`` full training runs, at least one bracket."""
    whole_bracket = bracket_cost(hyperband_brackets(epochs)[0])
    return max(n_trainings * epochs // SHARE_OF_FULL_TRAINING, whole_bracket)


def hyperband_plan(budget: int, epochs: int) -> HyperbandPlan:
    """Plan the brackets, one after the other and again from the first, as far as they pay.

    The lowest rung is one epoch, or as many as it takes for the first bracket to fit into the
    budget. What would be trained after the last network that comes to its end is left out: no
    network could be chosen for it.

    Args:
        budget: Epochs that may be trained, at least ``epochs``.
        epochs: Number of epochs of a full training.
    """
    least = 1
    while bracket_cost(hyperband_brackets(epochs, min_resource=least)[0]) > budget:
        least += 1
    brackets = hyperband_brackets(epochs, min_resource=least)
    plan = HyperbandPlan(least, 1, 0, 0)
    # All but the last of those that are paid for whole: a large budget pays for millions.
    whole = max(0, budget // sum(map(bracket_cost, brackets)) - 1)
    spent = whole * sum(map(bracket_cost, brackets))
    begun = whole * sum(bracket.n_configurations for bracket in brackets)
    for iteration in count(whole + 1):
        for bracket in brackets:
            before = 0
            for places, until in bracket.rungs:
                for _ in range(places):
                    spent += until - before
                    begun += before == 0
                    if spent > budget:
                        return plan
                    if until == epochs:
                        plan = HyperbandPlan(least, iteration, spent, begun)
                before = until
    raise AssertionError("the loop has no end")
