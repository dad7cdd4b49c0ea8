"""What a method has paid for and seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.multifidelity.suites.problem import Params, Problem, Visit


class BudgetSpentError(Exception):
    """Ends a method: the next report would cost more than is left."""


@dataclass
class Ledger:
    """Counts every unit of resource, also of trials that were stopped, and keeps what it bought.

    The incumbent is the configuration with the lowest loss at the largest resource that any
    configuration has reached so far.
    """

    problem: Problem
    total: int
    spent: int = 0
    best: list[tuple[int, float]] = field(default_factory=list)
    """Resource spent when a lower loss than ever was reported, at whatever resource."""
    incumbents: list[tuple[int, Params]] = field(default_factory=list)
    """Resource spent when the incumbent changed."""
    _seen: set[str] = field(default_factory=set)
    _leading: tuple[int, float] = (0, 0.0)  # the incumbent's resource, and minus its loss

    @property
    def n_configurations(self) -> int:
        """How many different configurations were paid for."""
        return len(self._seen)

    def visitor(self, params: Params, then: Visit | None = None, *, start: int = 0) -> Visit:
        """Return what a run calls at each report: pays, takes notes, then calls ``then``.

        Args:
            params: The configuration.
            then: Called after the notes are taken; may raise to stop the run.
            start: Resource that was paid for before, where a run goes on from a checkpoint.
        """
        paid = start

        def visit(resource: int, loss: float) -> None:
            nonlocal paid
            if self.spent + resource - paid > self.total:
                raise BudgetSpentError
            self.spent += resource - paid
            self._seen.add(repr(params))
            paid = resource
            self._note(params, resource, loss)
            if then is not None:
                then(resource, loss)

        return visit

    def _note(self, params: Params, resource: int, loss: float) -> None:
        if not self.best or loss < self.best[-1][1]:
            self.best.append((self.spent, loss))
        if (resource, -loss) > self._leading:
            self._leading = resource, -loss
            if not self.incumbents or self.incumbents[-1][1] is not params:
                self.incumbents.append((self.spent, params))

    def incumbent_at(self, spent: float) -> Params | None:
        """Return the incumbent by then."""
        seen = [params for when, params in self.incumbents if when <= spent]
        return seen[-1] if seen else None
