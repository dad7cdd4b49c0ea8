"""Networks of a search whose weights are kept: the best one, and the Pareto front.

They can be chosen by hand without a training, see :func:`optuna_dnc.search.choose`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from typing_extensions import Self

from optuna_dnc._pareto import pareto_front
from optuna_dnc.objectives import Measurement
from optuna_dnc.runs.records import Record

MOST_KEPT = 10
"""Networks that keep their weights, the leader included."""

MOST_BYTES = 256 * 2**20
"""Bytes of all weights that are kept besides those of the leader."""

BYTES_PER_PARAMETER = 4


class Candidate(NamedTuple):
    """Network that was trained to the end."""

    key: str
    """Hash of network and training."""
    loss: float
    error: float
    """Validation error."""
    cost: float
    """Penalized cost, in its unit."""
    n_bytes: int
    """Bytes of its weights."""

    @classmethod
    def of(cls, key: str, loss: float, measured: Measurement, penalize: str) -> Self:
        """Create it from the measurement of a trial."""
        costs = measured.costs
        n_bytes = BYTES_PER_PARAMETER * int(costs["n_params"])
        return cls(key, loss, measured.error, float(costs[penalize]), n_bytes)


def candidates_of(records: Iterable[Record], penalize: str) -> list[Candidate]:
    """Return the networks that have weights, one for each configuration."""
    usable = (record for record in records if record.measured.is_usable and not record.pruned)
    found = (Candidate.of(r.key, r.loss, r.measured, penalize) for r in usable)
    return list({candidate.key: candidate for candidate in found}.values())


def keys_to_keep(
    candidates: Iterable[Candidate],
    leader: str | None,
    *,
    most: int = MOST_KEPT,
    most_bytes: int = MOST_BYTES,
) -> list[str]:
    """Return the keys of the networks whose weights are kept: the leader, then by loss.

    A network that has left the front never returns to it, so that its weights can be deleted.

    Args:
        candidates: Networks that were trained to the end.
        leader: Key of the leader, which is kept in any case; None if there is none.
        most: Largest number of keys.
        most_bytes: Largest sum of bytes, without the leader; a network that exceeds it is left
            out, and smaller ones are not.
    """
    known = list(candidates)
    kept, left = ([] if leader is None else [leader]), most_bytes
    if not known:
        return kept
    front = pareto_front(np.array([[c.error, c.cost] for c in known], dtype=np.float64))
    on_front = [c for c, is_on in zip(known, front, strict=True) if is_on and c.key != leader]
    for candidate in sorted(on_front, key=lambda c: c.loss):
        if len(kept) < most and candidate.n_bytes <= left:
            kept.append(candidate.key)
            left -= candidate.n_bytes
    return kept
