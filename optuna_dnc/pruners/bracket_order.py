"""The sequence of brackets that a schedule fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from optuna_dnc._errors import unknown_name
from optuna_dnc.pruners.brackets import Bracket, bracket_cost


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
