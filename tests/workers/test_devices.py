"""GPUs and threads of local workers."""

from __future__ import annotations

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.workers.devices import (
    dealt,
    gpus_of,
    local_environments,
    threads_each,
    visible_gpus,
)

TWO = """\
GPU 0: NVIDIA H200 (UUID: GPU-1f2e)
GPU 1: NVIDIA H200 (UUID: GPU-3d4c)
"""
MIG = """\
GPU 0: NVIDIA H200 (UUID: GPU-1f2e)
  MIG 3g.71gb     Device  0: (UUID: MIG-aa)
  MIG 3g.71gb     Device  1: (UUID: MIG-bb)
GPU 1: NVIDIA H200 (UUID: GPU-3d4c)
"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0,1", ("0", "1")),
        ("3", ("3",)),
        (" GPU-1f2e , MIG-aa ", ("GPU-1f2e", "MIG-aa")),
        ("", ()),
        ("-1", ()),
        ("2,-1,0", ("2",)),
    ],
)
def test_an_existing_variable_is_obeyed(given: str, expected: tuple[str, ...]) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": given}, lambda: TWO) == expected


@pytest.mark.parametrize(
    ("listing", "expected"), [(TWO, ("0", "1")), (MIG, ("MIG-aa", "MIG-bb", "1")), ("", ())]
)
def test_otherwise_all_gpus_are_visible(listing: str, expected: tuple[str, ...]) -> None:
    assert visible_gpus({}, lambda: listing) == expected


def test_gpus_are_dealt_round_robin() -> None:
    assert dealt(["0", "MIG-aa"], 4, per_gpu=2) == ["0", "MIG-aa", "0", "MIG-aa"]
    assert dealt([], 3) == [None, None, None]


def test_more_workers_than_the_gpus_take_are_refused() -> None:
    with pytest.raises(InputError, match=r"workers=5 are more than 2 GPUs .*_gpu=2 .*take, 4;"):
        dealt(["0", "1"], 5, per_gpu=2)


@pytest.mark.parametrize(
    ("device", "expected"), [("auto", ("7", "8")), ("cuda", ("7", "8")), ("cuda:1", ("8",))]
)
def test_a_device_names_one_or_all_of_them(device: str, expected: tuple[str, ...]) -> None:
    assert tuple(gpus_of(device, ("7", "8"))) == expected


@pytest.mark.parametrize(("device", "visible"), [("cuda:2", ("7", "8")), ("cuda", ())])
def test_a_missing_gpu_is_refused(device: str, visible: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=f"^device '{device}'"):
        gpus_of(device, visible)


@pytest.mark.parametrize(
    ("n_workers", "n_cores", "variable", "expected"),
    [(2, 8, None, 4), (3, 8, None, 2), (16, 8, None, 1), (2, 8, "1", 1), (2, 8, "none", 4)],
)
def test_cores_are_shared(
    n_workers: int, n_cores: int, variable: str | None, expected: int
) -> None:
    environment = {} if variable is None else {"OMP_NUM_THREADS": variable}
    assert threads_each(n_workers, n_cores, environment) == expected


def test_each_worker_has_threads_and_a_gpu_of_its_own() -> None:
    first, second = local_environments(2, gpus=("0", "1"), n_cores=8, environment={})
    assert (first["CUDA_VISIBLE_DEVICES"], second["CUDA_VISIBLE_DEVICES"]) == ("0", "1")
    assert (first["OMP_NUM_THREADS"], second["OMP_NUM_THREADS"]) == ("4", "4")
    assert "OPTUNA_DNC_WORKERS_PER_GPU" not in first


def test_workers_that_share_a_gpu_know_it() -> None:
    shared = local_environments(2, per_gpu=2, gpus=("0",), n_cores=8, environment={})
    assert [w["OPTUNA_DNC_WORKERS_PER_GPU"] for w in shared] == ["2", "2"]


def test_sharing_a_gpu_that_is_missing_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="workers_per_gpu=2 has no effect: no GPU is visible"):
        (worker,) = local_environments(1, per_gpu=2, gpus=(), n_cores=2, environment={})
    assert "OPTUNA_DNC_WORKERS_PER_GPU" not in worker


def test_a_search_on_the_cpu_takes_no_gpu() -> None:
    workers = local_environments(3, device="cpu", gpus=("0",), n_cores=2, environment={})
    assert all("CUDA_VISIBLE_DEVICES" not in worker for worker in workers)
