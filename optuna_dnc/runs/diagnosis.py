"""What the curves of a training say about it, in plain sentences."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from math import inf

from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.training import TrainingConfig

LEARNT_NOTHING = 0.95
"""Share of a constant guess's loss from which a network has learnt next to nothing: it explains
less than a twentieth of what there is to explain."""

FAR_BELOW = 0.7
"""Training loss over validation loss, from which the two are far apart. Networks that carry over
well have about as much of both, less where dropout is off."""

RISEN = 0.1
"""Share of its lowest by which a validation loss has risen, from which it counts."""

WORTH_A_WORD = 0.02
"""Share of a constant guess's loss, below which no rise or fall counts: on a few hundred samples
one sample more or less moves a small loss by a quarter."""

STILL_FALLING = 0.1
"""Share that a validation loss lost in the second half of the epochs at the full learning rate,
from which more epochs pay. Networks of real searches that had converged lost up to 5 %, or had a
training loss far below."""

NOT_YET_BELOW = 0.5
"""Training loss over validation loss, above which there is something left to learn."""

ROOM_ABOVE = 5e-3
"""Update ratio below which a higher learning rate may do what more epochs would."""

SOUND_RATIOS = (5e-4, 5e-2)
"""Update ratios at the full learning rate that explain no trouble. The usual advice is 1e-3 (A.
Karpathy, CS231n, Neural Networks 3); in searches on digits, letter and adult the good networks had
1e-3 to 2.5e-2, and below 5e-4 none had converged."""

LOWEST_SHARE = 0.5
"""Of the full learning rate, below which the size of a step tells little about it."""

EXTREME_RATIOS = (1e-4, 1e-1)
"""Update ratios that are said to be wrong whatever the losses look like."""


def diagnose(record: Record, *, constant_loss: float | None = None) -> list[str]:
    """Say what went wrong in a training, and what to do; an empty list where nothing did.

    Args:
        record: A trial. One that was stopped early is only told to have diverged, and one that
            took over another's training has no curves: see :func:`diagnose_best`.
        constant_loss: Training loss of the best constant guess
            (:attr:`optuna_dnc.data.PreparedData.constant_loss`); without it nothing is said
            about learning nothing.

    Returns:
        At most one text of a few sentences, on what is gravest.
    """
    if record.measured.status == "diverged":
        return [
            f"Training diverged in epoch {record.measured.epochs_run}: a loss became NaN or "
            f"infinite. Lower the learning rate, {_lr(record)}, and check the scale of the data."
        ]
    if record.pruned or not record.epochs:
        return []
    curves = _Curves.of(record, constant_loss)
    if curves.is_overfitting and not curves.has_learnt_nothing:
        return [_overfitting(record, curves)]
    if curves.is_still_falling and record.measured.error > 0:
        return [_still_falling(record, curves)]
    if curves.has_learnt_nothing:
        return [_learnt_nothing(record, curves)]
    if curves.carries_nothing_over:
        return [_carries_nothing_over(curves)]
    if not EXTREME_RATIOS[0] <= curves.ratio <= EXTREME_RATIOS[1]:
        return [f"{_steps(record, curves.ratio)}."]
    return []


def diagnose_best(ledger: Ledger, *, constant_loss: float | None = None) -> list[str]:
    """:func:`diagnose` for the best network, by the trial that trained it."""
    best = ledger.best
    if best is None:
        return []
    same = [record for record in ledger.records if record.key == best.key and record.epochs]
    return diagnose(same[0] if same else best, constant_loss=constant_loss)


@dataclass(frozen=True)
class _Curves:
    """The curves of a training that went through all its epochs."""

    train: list[float]
    val: list[float]
    constant: float | None
    ratio: float
    """Median over the epochs of the first half that ended at half the full learning rate or more,
    as it would be at the full one; 1e-3 if not measured."""
    n_planned: int
    is_cut_late: bool
    """Whether the learning rate stays full for the first half of the epochs."""

    @classmethod
    def of(cls, record: Record, constant: float | None) -> _Curves:
        train, val = (_numbers(record.epochs[name]) for name in ("train_loss", "val_loss"))
        training = TrainingConfig(**record.training)
        ratios = record.epochs.get("update_ratio", [])[: -(-len(val) // 2)]
        # Of the step before the epoch's end: there a restart would be over.
        shares = [training.lr_after(n - 1e-6) / training.lr for n in range(1, len(ratios) + 1)]
        measured = [
            ratio / share
            for ratio, share in zip(ratios, shares, strict=True)
            if ratio is not None and share >= LOWEST_SHARE
        ]
        return cls(
            train=train,
            val=val,
            constant=constant,
            ratio=statistics.median(measured) if measured else 1e-3,
            n_planned=training.epochs,
            is_cut_late=training.schedule == "cuts",
        )

    @property
    def lowest(self) -> float:
        return min(self.val)

    @property
    def has_learnt_nothing(self) -> bool:
        return self.carries_nothing_over and self._is_no_better(self.train[-1])

    @property
    def carries_nothing_over(self) -> bool:
        return self._is_no_better(self.lowest)

    def _is_no_better(self, loss: float) -> bool:
        return self.constant is not None and loss >= LEARNT_NOTHING * self.constant

    @property
    def is_overfitting(self) -> bool:
        has_risen = self._is_change(self.lowest, self.val[-1], RISEN)
        return has_risen and self.train[-1] < FAR_BELOW * self.val[-1]

    def _is_change(self, low: float, high: float, share: float) -> bool:
        # Searches of older versions did not store it: 1 for regression, 0.7 for two classes...
        scale = 1.0 if self.constant is None else self.constant
        return high - low >= max(share * low, WORTH_A_WORD * scale)

    @property
    def halves(self) -> tuple[int, int]:
        """Indices of the middle and of the last epoch at the full learning rate."""
        last = len(self.val) - 1
        return last // 4, last // 2

    @property
    def lowest_of_halves(self) -> tuple[float, float]:
        """The lowest validation losses up to these."""
        middle, last = self.halves
        return min(self.val[: middle + 1]), min(self.val[: last + 1])

    @property
    def is_still_falling(self) -> bool:
        # Patience has ended it, or a rate that goes down all the time makes it fall.
        if len(self.val) < self.n_planned or not self.is_cut_late:
            return False
        middle, last = self.lowest_of_halves
        is_falling = self._is_change(last, middle, STILL_FALLING)
        return is_falling and self.train[-1] >= NOT_YET_BELOW * self.val[-1]


def _learnt_nothing(record: Record, curves: _Curves) -> str:
    seen = (
        f"It has learnt next to nothing: the training loss is {curves.train[-1]:.3g} after "
        f"{len(curves.train)} epochs, and a constant guess has {curves.constant:.3g}."
    )
    if _is_sound(curves.ratio):
        return (
            f"{seen} Try other learning rates and larger networks, and look at the data with "
            "optuna-dnc check."
        )
    return f"{seen} {_steps(record, curves.ratio)}."


def _carries_nothing_over(curves: _Curves) -> str:
    return (
        f"What it learns does not carry over: the validation loss never fell below "
        f"{curves.lowest:.3g}, and a constant guess has {curves.constant:.3g}. Look at the data "
        "with optuna-dnc check: inputs and labels may not belong together."
    )


def _overfitting(record: Record, curves: _Curves) -> str:
    beside = ""
    if curves.carries_nothing_over:
        beside = f", where a constant guess has {curves.constant:.3g}"
    return (
        f"It overfits: the validation loss rose from {curves.lowest:.3g} in epoch "
        f"{curves.val.index(curves.lowest) + 1} to {curves.val[-1]:.3g}"
        f"{beside}, while the training loss fell to {curves.train[-1]:.3g}. The weights of epoch "
        f"{record.measured.best_epoch} were kept; more data, dropout, weight decay or a smaller "
        "network would gain more than longer training."
    )


def _still_falling(record: Record, curves: _Curves) -> str:
    first, last = curves.halves
    before, after = curves.lowest_of_halves
    seen = (
        f"It could learn more: the validation loss still fell from {before:.3g} in epoch "
        f"{first + 1} to {after:.3g} in epoch {last + 1}, before the learning rate went down. "
        f"Train for more than {curves.n_planned} epochs"
    )
    if curves.ratio < SOUND_RATIOS[0]:
        return f"{seen}, or at a higher rate: {_low(record, curves.ratio)}."
    if curves.ratio < ROOM_ABOVE:
        return f"{seen}, or at a learning rate above {_lr(record)}."
    return f"{seen}."


def _steps(record: Record, ratio: float) -> str:
    if ratio < SOUND_RATIOS[0]:
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
    return SOUND_RATIOS[0] <= ratio <= SOUND_RATIOS[1]


def _lr(record: Record) -> str:
    return f"{record.training['lr']:.2g}"


def _numbers(curve: list[float | None]) -> list[float]:
    """A curve by epoch; what was not finite counts as infinite."""
    return [inf if value is None else value for value in curve]
