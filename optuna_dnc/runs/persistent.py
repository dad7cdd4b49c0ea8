"""Storages whose operations outlast a restart of their server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, TypeVar, cast

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from optuna_dnc._optuna_compat import SAFE_TO_REPEAT
from optuna_dnc._retrying import retried

S = TypeVar("S", bound=BaseStorage)


def persistent(kind: type[S]) -> type[S]:
    """Return a subclass of a storage that repeats operations while its server does not answer.

    A server may have done what it did not confirm. Repeated are therefore only reading, setting,
    and ending a trial. Creating a study or a trial, and the change from WAITING to RUNNING, fail.
    """
    members: dict[str, Any] = {
        name: _repeated(getattr(kind, name)) for name in SAFE_TO_REPEAT if hasattr(kind, name)
    }
    members["set_trial_state_values"] = _ended_once(kind.set_trial_state_values)
    members["__module__"] = __name__
    return cast(type[S], type(f"Persistent{kind.__name__}", (kind,), members))


def _repeated(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def repeated(*arguments: Any, **named: Any) -> Any:
        return retried(partial(method, *arguments, **named))

    return repeated


def _ended_once(method: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(method)
    def end(
        self: BaseStorage, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        attempt = partial(method, self, trial_id, state, values)
        if state == TrialState.RUNNING:
            return attempt()
        try:
            return retried(attempt)
        except UpdateFinishedTrialError:
            # By the first attempt, whose confirmation was lost?
            trial = self.get_trial(trial_id)
            if trial.state != state or trial.values != (None if values is None else [*values]):
                raise
            return True

    return end
