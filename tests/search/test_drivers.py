"""The driver of workers, as the file that stands for it."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc.search.drivers import Driver, driving


def test_a_driver_removes_the_files_of_dead_ones(tmp_path: Path) -> None:
    dead = Driver(tmp_path / "driver-0123456789ab")
    dead.stop(at_once=True)
    with driving(tmp_path) as driver:
        assert list(tmp_path.iterdir()) == [driver.file]
        assert dead.has_ended()
    assert driver.has_ended()
