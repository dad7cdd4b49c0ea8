"""CSV files with categories and gaps as arrays; all that is fitted is fitted on training rows."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder

GAP = "(gap)"


@dataclass(frozen=True)
class CSVTable:
    """What the columns of a file are."""

    target: str
    classes: bool = True
    drop: tuple[str, ...] = ()
    """Identifiers, and what tells the target."""
    codes: tuple[str, ...] = ()
    """Numbers that are categories; ``*`` for all columns."""


CSV_TABLES = {
    "HouseVotes84": CSVTable("Class"),
    "PimaIndiansDiabetes2": CSVTable("diabetes"),
    "Soybean": CSVTable("Class", codes=("*",)),
    "Vehicle": CSVTable("Class"),
    "Vowel": CSVTable("Class", codes=("V1",)),
    "BostonHousing2": CSVTable("cmedv", classes=False, drop=("medv", "town", "tract")),
    "Ozone": CSVTable("V4", classes=False, codes=("V3",)),
}


def read_csv_table(
    path: Path | BytesIO, source: CSVTable, *, test_fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read inputs and targets of training and test rows.

    Categories become one column a value, gaps among them as one value more. Gaps of numbers
    become the median, and a column says where they were. Rows without a target are left out.

    Returns:
        ``x_train (n, d)`` float64, ``y_train (n,)``, ``x_test``, ``y_test``.
    """
    frame = pd.read_csv(path).dropna(subset=[source.target])
    y = frame.pop(source.target).to_numpy()
    frame = frame.drop(columns=list(source.drop))
    coded = frame.columns if source.codes == ("*",) else pd.Index(source.codes)
    categories = [c for c in frame if c in coded or not pd.api.types.is_numeric_dtype(frame[c])]
    numbers = [c for c in frame if c not in categories]
    frame[categories] = frame[categories].astype(object).where(frame[categories].notna(), GAP)
    frame[categories] = frame[categories].astype(str)
    train, test, y_train, y_test = train_test_split(
        frame,
        y,
        test_size=test_fraction,
        random_state=seed,
        stratify=y if source.classes else None,
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories),
        (SimpleImputer(strategy="median", add_indicator=True), numbers),
    )
    return columns.fit_transform(train), y_train, columns.transform(test), y_test
