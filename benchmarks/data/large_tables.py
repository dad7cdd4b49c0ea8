"""What does it cost to read a large table?

Seconds and memory to turn a Parquet file of 20 columns into an array of numbers with labels:
`load_dataset`, which also infers the kinds of columns and checks the data, beside what people
write with pandas and scikit-learn. The file is made up: numbers, some of which are missing, whole
numbers, booleans and categories, or numbers only. Each reads it in a process of its own; memory is
what the process needs at most beyond what it needed for a table of 30 rows.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from benchmarks.common import parser, print_table, rounded, save

MEBIBYTE = 2**20

READERS = {
    "optuna_dnc": """
from optuna_dnc.data import load_dataset
def read(path):
    return load_dataset(path, target="y").x_train
""",
    "pandas.get_dummies": """
import numpy as np, pandas
def read(path):
    x = pandas.read_parquet(path).drop(columns="y")
    x = x.fillna(x.median(numeric_only=True))
    return pandas.get_dummies(x, dtype=np.float32).to_numpy(np.float32)
""",
    "ColumnTransformer": """
import numpy as np, pandas
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder
def read(path):
    x = pandas.read_parquet(path).drop(columns="y")
    categories = OneHotEncoder(sparse_output=False, dtype=np.float32, handle_unknown="ignore")
    numbers = make_column_selector(dtype_include=["number", "bool"])
    names = [name for name in x if name not in numbers(x)]
    steps = [("n", SimpleImputer(strategy="median"), numbers), ("c", categories, names)]
    return ColumnTransformer(steps).fit_transform(x).astype(np.float32)
""",
}
"""Code of a function that returns an array float32, by reader."""

MEASURE = """
import sys, time
def peak():
    lines = map(str.split, open("/proc/self/status"))
    return next(int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:")
read(sys.argv[1])
before, start, cpu = peak(), time.perf_counter(), time.process_time()
x = read(sys.argv[2])
print(time.perf_counter() - start, time.process_time() - cpu, peak() - before, *x.shape)
"""


def numbers(n: int, n_columns: int) -> dict[str, Any]:
    """Normal numbers."""
    rng = np.random.default_rng(0)
    return {f"x{index}": rng.normal(size=n) for index in range(n_columns)}


def mixed(n: int) -> dict[str, Any]:
    """Numbers with and without missing values, whole numbers, booleans and categories."""
    rng = np.random.default_rng(1)
    columns = numbers(n, 13)
    columns["x3"][rng.random(n) < 0.05] = np.nan
    counts = {f"count{index}": rng.integers(0, 1000, n) for index in range(2)}
    levels = {
        f"category{k}": np.array([f"level {level}" for level in range(k)])[rng.integers(0, k, n)]
        for k in (4, 12, 40)
    }
    return {**columns, **counts, "flag": rng.integers(0, 2, n).astype(bool), **levels}


def write(path: Path, columns: dict[str, Any]) -> None:
    """Write a file with these columns and a target of two classes."""
    target = np.where(columns["x0"] > 0, "yes", "no")
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    parquet.write_table(pa.table({**arrays, "y": target}), path)


def measure(reader: str, small: Path, large: Path) -> dict[str, Any]:
    """Read a small file, and then a large one, in a new process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READERS[reader] + MEASURE, small, large],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, cpu, n_bytes, n, width = map(float, done.stdout.split())
    array = 4 * n * width
    return {
        "reader": reader,
        "seconds": rounded(seconds, 3),
        "processor seconds": rounded(cpu, 3),
        "peak MiB": round(n_bytes / MEBIBYTE),
        "array MiB": round(array / MEBIBYTE),
        "peak / array": rounded(n_bytes / array, 3),
    }


def main() -> None:
    """Measure every reader on both tables."""
    options = parser(__doc__, "data/large_tables")
    options.add_argument("--rows", type=int, default=1_000_000)
    arguments = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.parquet"), Path(folder, "large.parquet")
        for name, columns in (("mixed", mixed), ("numbers", lambda n: numbers(n, 19))):
            write(small, columns(30))
            write(large, columns(arguments.rows))
            rows += [{"table": name, **measure(reader, small, large)} for reader in READERS]
    print_table(rows)
    save(arguments.json, rows=arguments.rows, readings=rows)


if __name__ == "__main__":
    main()
