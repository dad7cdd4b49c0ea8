"""Errors and commands for optional packages that are not installed."""

from __future__ import annotations

from collections.abc import Iterable

from optuna_dnc._errors import InputError


def missing_packages(subject: str, packages: Iterable[str], extra: str) -> str:
    """Return a message that says which packages are missing and how to install them.

    The command names the distribution, not a path: pip keeps an installed version and adds the
    packages of the extra, whether it was installed from a clone or from an index.

    Args:
        subject: What needs the packages, with its verb, such as ``figures need``.
        packages: Packages that cannot be imported.
        extra: Extra of optuna-dnc that installs them.
    """
    names = list(packages)
    verb = "is" if len(names) == 1 else "are"
    return (
        f"{subject} {' and '.join(names)}, which {verb} not installed; run: "
        f"pip install 'optuna-dnc[{extra}]'"
    )


class MissingPackage(InputError, ImportError):  # noqa: N818
    """Missing optional package; also an ImportError, as for other packages."""


def missing_package(error: ModuleNotFoundError, feature: str) -> MissingPackage:
    """Return an error that names the missing package and how to install it.

    Args:
        error: Error of the import.
        feature: What needs the package, such as ``figures``.
    """
    return MissingPackage(missing_packages(f"{feature} need", [str(error.name)], "report"))
