"""What to say where a search has found no network at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from optuna_dnc._errors import InputError
from optuna_dnc.runs.ledger import Ledger

_TOO_LARGE = (
    "allow smaller networks with space=, lower batch_size=, or take a device with more memory"
)
_ADVICE = {
    "ran out of memory": _TOO_LARGE,
    "diverged": "lower the learning rate with lr=, and look at the data with optuna-dnc check",
    "stopped early": "give it a larger budget=, or pruner=none",
    "ended the process": "look at the trials' attribute crash; if memory was short, " + _TOO_LARGE,
}


def no_network(ledger: Ledger) -> InputError:
    """The error for a search none of whose trainings gave a network: why, and what to do.

    The trials are kept: the same search run again says the same at once.
    """
    reasons = Counter(_reasons(ledger))
    if not reasons:
        return InputError(
            "no network was trained: no trial has come to its first epoch; give the search more "
            "time, or run it again to go on."
        )
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    most = reasons.most_common(1)[0][0]
    n_trials = reasons.total()
    return InputError(
        f"no network could be trained: of {n_trials} trial{'s' * (n_trials > 1)} {told}. Start a "
        f"new search in another folder (out=): {_ADVICE[most]}."
    )


def _reasons(ledger: Ledger) -> Iterator[str]:
    for record in ledger.records:
        if record.measured.is_usable:
            yield "stopped early"
        else:
            is_too_large = record.measured.status == "out-of-memory"
            yield "ran out of memory" if is_too_large else "diverged"
    yield from ("ended the process" for _ in ledger.crashes)
