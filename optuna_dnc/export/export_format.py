"""Base class of export formats."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from optuna_dnc._errors import InputError, brief, cut
from optuna_dnc._extras import missing_packages
from optuna_dnc.export.subject import Raw, Subject


class ExportFormat(ABC):
    """A file format for networks that can also be read back to compare predictions."""

    name: ClassVar[str]
    suffix: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """Modules of the extra ``export``."""

    def check_installed(self) -> None:
        """Raise :class:`InputError` if a module is missing that the format needs."""
        missing = [module for module in self.needs if find_spec(module) is None]
        if missing:
            raise InputError(missing_packages(f"format {self.name!r} needs", missing, "export"))

    def check_name(self, path: Path) -> None:
        """Raise :class:`InputError` if a file of the format cannot have this name."""
        if path.suffix != self.suffix:
            raise InputError(f"out: {path} must end in {self.suffix} for format {self.name!r}.")

    def files(self, path: Path) -> tuple[Path, ...]:
        """Return the files that an export to ``path`` consists of, itself first."""
        return (path,)

    @abstractmethod
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        """Write the drafts that become :meth:`files` of ``path``.

        Raises:
            InputError: The network cannot be written in this format.
        """

    @abstractmethod
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        """Predict for raw samples with the exported files only.

        Returns:
            ``(n, n_classes)`` probabilities, or ``(n, n_targets)`` values in the targets' unit.
        """

    def takes(self, subject: Subject) -> str:
        """Describe the input of the exported network."""
        raw = subject.example
        shape = ", ".join(map(str, ("n", *raw.shape[1:])))
        what = f"({shape}) {str(raw.dtype).removeprefix('torch.')}"
        table = subject.preprocessing.table
        if (images := subject.preprocessing.images) is not None:
            return f"raw samples {what}: {images.description}"
        if table is None:
            return f"raw samples {what}"
        names = cut(", ".join(column.name for column in table.used), 200)
        return f"codes {what} of the columns {names}"

    @contextmanager
    def tracing(self, subject: Subject) -> Iterator[None]:
        """Raise one :class:`InputError` for whatever torch's tracing fails with."""
        try:
            with warnings.catch_warnings():
                # Of torch about itself; what counts is tried with the file.
                warnings.simplefilter("ignore")
                yield
        except OSError:  # of the file, not of the network
            raise
        except Exception as error:
            # Networks of one's own may do anything, and torch has no common error for that.
            raise InputError(
                f"format {self.name!r}: torch cannot export this network of the family "
                f"{subject.result.family.name!r} ({brief(error)}); choose another format."
            ) from error
