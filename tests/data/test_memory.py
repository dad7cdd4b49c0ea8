"""Large arrays of files stay on the disk; what is read is checked and given back."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import chunks, load_dataset, prepare
from optuna_dnc.data import mapped as mapping

PEAK = """
import sys
import numpy as np
from optuna_dnc.checks import check
from optuna_dnc.data import chunks, load_dataset, prepare
def peak():  # not ru_maxrss, which begins at what the parent had
    lines = map(str.split, open("/proc/self/status"))
    return next(int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:")
x = np.random.default_rng(0).normal(size=(1000, 250))
prepare(load_dataset((x, x[:, 0])))
check((x, x[:, 0]), device="cpu")
before = peak()
prepare(load_dataset(sys.argv[1]))
prepared = peak()
check(sys.argv[1], device="cpu")
print(prepared - before, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_reading_takes_little_more_memory_than_the_array(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(80_000, 250)).astype(np.float32)
    np.savez(tmp_path / "large.npz", xtr=x, ytr=x[:, 0])
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "large.npz")],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    prepared, both = map(int, done.stdout.split())
    assert prepared < 1.5 * x.nbytes
    assert both < 1.5 * x.nbytes


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((20_000, 100), "f4"), ((20_000, 100), "f8"), ((1500, 3, 32, 32), "u1")],
    ids=["float32", "float64", "images of bytes"],
)
def test_preparing_arrays_allocates_little_more_than_its_result(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], dtype: str
) -> None:
    monkeypatch.setattr(chunks, "_CHUNK_VALUES", 2**12)
    rng = np.random.default_rng(0)
    data = load_dataset((rng.integers(0, 256, shape).astype(dtype), rng.normal(size=shape[0])))
    tracemalloc.start()
    try:
        prepared = prepare(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A copy of the bytes would be a quarter of it.
    assert most < 1.15 * (prepared.train.x.nbytes + prepared.val.x.nbytes)


@pytest.fixture
def _all_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "MAPPED_FROM", 1)


@pytest.mark.usefixtures("_all_mapped")
@pytest.mark.parametrize("dtype", [">f4", "f8", "u1", "?", "i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_mapped_arrays_are_those_that_were_saved(
    tmp_path: Path, arrays: dict[str, Any], dtype: str, order: Any
) -> None:
    for key in ("xtr", "xte"):
        arrays[key] = np.asarray(arrays[key] * 20 + 100, dtype=dtype, order=order)
    np.savez(tmp_path / "mine.npz", **arrays)
    data = load_dataset(tmp_path / "mine.npz")
    assert isinstance(data.x_train.base, np.memmap)
    assert data.x_train.dtype == arrays["xtr"].dtype
    assert data.fingerprint() == load_dataset(arrays).fingerprint()
    ours, theirs = prepare(data), prepare(load_dataset(arrays))
    assert ours.preprocessing == theirs.preprocessing
    assert np.array_equal(ours.train.x, theirs.train.x)


@pytest.mark.usefixtures("_all_mapped")
def test_compressed_arrays_are_read(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.savez_compressed(tmp_path / "mine.npz", **arrays)
    data = load_dataset(tmp_path / "mine.npz")
    assert not isinstance(data.x_train.base, np.memmap)
    assert data.fingerprint() == load_dataset(arrays).fingerprint()


@pytest.mark.usefixtures("_all_mapped")
def test_one_flipped_bit_is_seen(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays)
    content = bytearray(path.read_bytes())
    at = content.index(arrays["xtr"].tobytes())
    content[at + 41] ^= 4
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"mine.npz is damaged \(Bad CRC-32 for file 'xtr.npy'\)"):
        load_dataset(path)


@pytest.mark.usefixtures("_all_mapped")
def test_objects_are_not_unpickled(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["xtr"] = arrays["xtr"].astype(object)
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(InputError, match="not unpickled for safety"):
        load_dataset(tmp_path / "mine.npz")


def test_changes_of_a_private_map_are_kept(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.save(tmp_path / "x.npy", arrays["xtr"])
    private = np.lib.format.open_memmap(tmp_path / "x.npy", mode="c")
    private[:] = 7 * arrays["xtr"]
    data = load_dataset({**arrays, "xtr": private})
    prepare(data)
    assert np.array_equal(data.x_train, 7 * arrays["xtr"])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("is_beside", [False, True], ids=["target in the frame", "target beside"])
def test_a_frame_of_an_array_is_not_copied_before_it_is_encoded(
    monkeypatch: pytest.MonkeyPatch, dtype: str, is_beside: bool
) -> None:
    monkeypatch.setattr(chunks, "_CHUNK_VALUES", 2**12)
    x = np.random.default_rng(0).normal(size=(20_000, 100)).astype(dtype)
    frame = pandas.DataFrame(x).add_prefix("x")
    frame["kind"] = np.where(x[:, 0] > 0, "a", "b")
    target = pandas.Series(np.where(x[:, 1] > 0, "yes", "no"), name="y")
    parts: Any = (frame, target) if is_beside else frame.assign(y=target)
    options: Any = {} if is_beside else {"target": "y"}
    load_dataset((frame[:100], target[:100]))  # imports what it needs
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    former = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        data = load_dataset(parts, **options)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(former)
    assert most + (pool.max_memory() or 0) < 1.5 * data.x_train.nbytes
    assert np.array_equal(data.x_train[:, :100], x.astype(data.x_train.dtype))
