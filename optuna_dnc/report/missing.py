"""What to say where an optional package is not installed."""

from __future__ import annotations

from optuna_dnc._errors import InputError


class MissingPackage(InputError, ImportError):  # noqa: N818 - says what is wrong by itself
    """A package of an extra is missing; also an ImportError, as for any other package."""


def missing_package(error: ModuleNotFoundError, what: str) -> MissingPackage:
    """The error for something that needs the package that ``error`` is about.

    Args:
        error: Of the import.
        what: What needs it, such as ``figures``.
    """
    return MissingPackage(
        f"{what} need {error.name}, which is not installed; run: pip install 'optuna-dnc[report]'"
    )
