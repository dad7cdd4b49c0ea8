"""Diagnosis of a training run from its learning curves, in plain sentences."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from math import inf

from optuna_dnc._formats import count
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.training import TrainingConfig

LEARNED_NOTHING = 0.95
"""Share of the loss of a constant prediction above which a network has learned almost nothing: it
explains less than a twentieth of the variation."""

FAR_BELOW = 0.7
"""Ratio of training to validation loss below which the two are far apart. Networks that generalize
have similar losses, with a lower ratio without dropout."""

RISEN = 0.1
"""Relative rise of the validation loss above its minimum that counts."""

SMALLEST_CHANGE = 0.02
"""Share of the loss of a constant prediction below which no change counts: on a few hundred
samples, a single one changes a small loss by a quarter."""

STILL_FALLING = 0.1
"""Relative fall of the validation loss in the second half of the epochs at the full learning rate
above which more epochs pay off. Networks of real searches that had converged lost up to 5 %, or
had a training loss far below."""

NOT_CONVERGED = 0.5
"""Ratio of training to validation loss above which there is more to learn."""

LOW_RATIO = 5e-3
"""Update ratio below which a higher learning rate may replace more epochs."""

USUAL_RATIOS = (5e-4, 5e-2)
"""Usual update ratios at the full learning rate. The common advice is 1e-3 (A. Karpathy, CS231n,
Neural Networks 3); in searches on digits, letter and adult, good networks had 1e-3 to 2.5e-2, and
below 5e-4 none had converged."""

_STEADY = {"cuts": 0.5, "constant": 1.0}
"""Share of the epochs, from the first, at the full learning rate, by schedule."""

LOWEST_SHARE = 0.5
"""Share of the full learning rate below which the size of a step says little about it."""

EXTREME_RATIOS = (1e-4, 1e-1)
"""Update ratios beyond which the learning rate is reported, whatever the losses are."""


def diagnose(record: Record, *, constant_loss: float | None = None) -> list[str]:
    """Return problems of a training run, and what to do about them.

    Args:
        record: Record of a trial. One that was stopped early is only checked for divergence; one
            that reused another training has no curves, see :func:`diagnose_best`.
        constant_loss: Training loss of the best constant prediction
            (:attr:`optuna_dnc.data.PreparedData.constant_loss`); None skips the checks that
            need it.

    Returns:
        At most one text of a few sentences, about the worst problem; empty if there is none.
    """
    if record.measured.status == "diverged":
        return [
            f"Training diverged in epoch {record.measured.epochs_run}: the {_minimized(record)} "
            f"became NaN or infinite. Lower the learning rate, {_lr(record)}, and check the "
            "scale of the data."
        ]
    if record.pruned or not record.epochs:
        return []
    curves = _Curves.of(record, constant_loss)
    if curves.is_overfitting and not curves.has_learned_nothing:
        return [_overfitting(record, curves)]
    if _has_more_to_learn(record, curves):
        return [_still_falling(record, curves)]
    if curves.has_learned_nothing:
        return [_learned_nothing(record, curves)]
    if curves.does_not_generalize:
        return [_does_not_generalize(curves)]
    if not EXTREME_RATIOS[0] <= curves.ratio <= EXTREME_RATIOS[1]:
        return [f"{_steps(record, curves.ratio)}."]
    return []


def could_learn_more(record: Record, *, constant_loss: float | None = None) -> bool:
    """Return whether a network was still improving when its last planned epoch ended.

    Args:
        record: Record of the training.
        constant_loss: As for :func:`diagnose`.
    """
    if record.pruned or not record.epochs or not record.measured.is_usable:
        return False
    curves = _Curves.of(record, constant_loss)
    return _has_more_to_learn(record, curves) and not curves.is_overfitting


def diagnose_best(ledger: Ledger, *, constant_loss: float | None = None) -> list[str]:
    """:func:`diagnose` for the best network, by the trial that trained it."""
    best = ledger.best
    if best is None:
        return []
    same = [record for record in ledger.records if record.key == best.key and record.epochs]
    return diagnose(same[0] if same else best, constant_loss=constant_loss)


@dataclass(frozen=True)
class _Curves:
    """Curves of a training that was not stopped early."""

    what: str
    """What the training minimized, in words."""
    train: list[float]
    val: list[float]
    constant: float | None
    ratio: float
    """Update ratio at the full learning rate: the median over the epochs of the first half whose
    learning rate was at least half of it; 1e-3 if not measured."""
    n_planned: int
    steady: float
    """Share of the epochs, from the first, whose learning rate is the full one."""

    @classmethod
    def of(cls, record: Record, constant: float | None) -> _Curves:
        train, val = (_numbers(record.epochs[name]) for name in ("train_loss", "val_loss"))
        training = TrainingConfig(**record.training)
        ratios = record.epochs.get("update_ratio", [])[: -(-len(val) // 2)]
        # At the last step of the epoch, before a restart.
        shares = [training.lr_after(n - 1e-6) / training.lr for n in range(1, len(ratios) + 1)]
        measured = [
            ratio / share
            for ratio, share in zip(ratios, shares, strict=True)
            if ratio is not None and share >= LOWEST_SHARE
        ]
        return cls(
            what=_minimized(record),
            train=train,
            val=val,
            constant=constant,
            ratio=statistics.median(measured) if measured else 1e-3,
            n_planned=training.epochs,
            steady=_STEADY.get(training.schedule, 0.0),
        )

    @property
    def lowest(self) -> float:
        return min(self.val)

    @property
    def has_learned_nothing(self) -> bool:
        return self.does_not_generalize and self._is_no_better(self.train[-1])

    @property
    def does_not_generalize(self) -> bool:
        return self._is_no_better(self.lowest)

    def _is_no_better(self, loss: float) -> bool:
        return self.constant is not None and loss >= LEARNED_NOTHING * self.constant

    @property
    def is_overfitting(self) -> bool:
        has_risen = self._is_change(self.lowest, self.val[-1], RISEN)
        return has_risen and self.train[-1] < FAR_BELOW * self.val[-1]

    def _is_change(self, low: float, high: float, share: float) -> bool:
        # Older versions did not store it: it is 1 for regression, 0.7 for two classes...
        scale = 1.0 if self.constant is None else self.constant
        return high - low >= max(share * low, SMALLEST_CHANGE * scale)

    @property
    def halves(self) -> tuple[int, int]:
        """Indices of the middle and of the last epoch at the full learning rate."""
        last = int(self.steady * (len(self.val) - 1))
        return last // 2, last

    @property
    def lowest_of_halves(self) -> tuple[float, float]:
        """Lowest validation losses up to these epochs."""
        middle, last = self.halves
        return min(self.val[: middle + 1]), min(self.val[: last + 1])

    @property
    def is_still_falling(self) -> bool:
        # It ended by patience, or falls because its learning rate does.
        if len(self.val) < self.n_planned or not self.steady:
            return False
        middle, last = self.lowest_of_halves
        is_falling = self._is_change(last, middle, STILL_FALLING)
        return is_falling and self.train[-1] >= NOT_CONVERGED * self.val[-1]


def _has_more_to_learn(record: Record, curves: _Curves) -> bool:
    return curves.is_still_falling and record.measured.error > 0


def _learned_nothing(record: Record, curves: _Curves) -> str:
    seen = (
        f"It has learned almost nothing: the training {curves.what} is "
        f"{curves.train[-1]:.3g} after {count(len(curves.train), 'epoch')}, that of a constant "
        f"prediction {curves.constant:.3g}."
    )
    if _is_sound(curves.ratio):
        return (
            f"{seen} Try other learning rates and larger networks, and check the data with "
            "optuna-dnc check."
        )
    return f"{seen} {_steps(record, curves.ratio)}."


def _does_not_generalize(curves: _Curves) -> str:
    return (
        f"It does not generalize: the validation {curves.what} never fell below "
        f"{curves.lowest:.3g}, that of a constant prediction is {curves.constant:.3g}. Check the "
        "data with optuna-dnc check: inputs and labels may not belong together."
    )


def _overfitting(record: Record, curves: _Curves) -> str:
    beside = ""
    if curves.does_not_generalize:
        beside = f" (a constant prediction has {curves.constant:.3g})"
    return (
        f"It overfits: the validation {curves.what} rose from {curves.lowest:.3g} in "
        f"epoch {curves.val.index(curves.lowest) + 1} to {curves.val[-1]:.3g}"
        f"{beside}, while the training {curves.what} fell to {curves.train[-1]:.3g}. The weights "
        f"of epoch {record.measured.best_epoch} were kept; more data, dropout, weight decay or a "
        "smaller network would help more than longer training."
    )


def _still_falling(record: Record, curves: _Curves) -> str:
    first, last = curves.halves
    before, after = curves.lowest_of_halves
    seen = (
        f"It could learn more: the validation {curves.what} still fell from {before:.3g} in "
        f"epoch {first + 1} to {after:.3g} in epoch {last + 1}, "
        f"{'before the learning rate decayed' if curves.steady < 1 else 'the last'}. "
        f"Train for more than {count(curves.n_planned, 'epoch')}"
    )
    if curves.ratio < USUAL_RATIOS[0]:
        return f"{seen}, or at a higher rate: {_low(record, curves.ratio)}."
    if curves.ratio < LOW_RATIO:
        return f"{seen}, or at a learning rate above {_lr(record)}."
    return f"{seen}."


def _steps(record: Record, ratio: float) -> str:
    if ratio < USUAL_RATIOS[0]:
        return f"Raise the learning rate: {_low(record, ratio)}"
    return (
        f"Lower the learning rate: at {_lr(record)} a step changes the weights by {ratio:.2g} of "
        "their norm, where 0.001 to 0.02 is usual"
    )


def _low(record: Record, ratio: float) -> str:
    return (
        f"at {_lr(record)} a step changes the weights by only {ratio:.2g} of their norm, where "
        "0.001 to 0.02 is usual"
    )


def _is_sound(ratio: float) -> bool:
    return USUAL_RATIOS[0] <= ratio <= USUAL_RATIOS[1]


def _minimized(record: Record) -> str:
    """Return what a training minimizes; ``loss`` is what the search minimizes."""
    return "mean squared error" if record.measured.val_accuracy is None else "cross-entropy"


def _lr(record: Record) -> str:
    return f"{record.training['lr']:.2g}"


def _numbers(curve: list[float | None]) -> list[float]:
    """Return a curve by epoch; values that were not finite are infinite."""
    return [inf if value is None else value for value in curve]
