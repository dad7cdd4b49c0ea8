"""Error for optional packages that are not installed."""

from __future__ import annotations

from optuna_dnc._errors import InputError
from optuna_dnc._extras import missing_packages


class MissingPackage(InputError, ImportError):  # noqa: N818
    """Missing optional package; also an ImportError, as for other packages."""


def missing_package(error: ModuleNotFoundError, feature: str) -> MissingPackage:
    """Return an error that names the missing package and how to install it.

    Args:
        error: Error of the import.
        feature: What needs the package, such as ``figures``.
    """
    return MissingPackage(missing_packages(f"{feature} need", [str(error.name)], "report"))
