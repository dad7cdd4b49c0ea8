"""The decision lock of a run and of its parts is one."""

from __future__ import annotations

import threading
from pathlib import Path

from optuna_dnc._locks import FileLocks
from optuna_dnc.pruners.claims import Claims


def test_a_part_decides_within_a_decision_of_the_run(tmp_path: Path) -> None:
    claims = Claims(FileLocks(tmp_path))
    with claims.deciding():
        with claims.of("1-joint").deciding():
            pass
        assert Claims(FileLocks(tmp_path)).is_taken("decision")
    assert not claims.is_taken("decision")


def test_another_thread_has_to_wait(tmp_path: Path) -> None:
    claims, order = Claims(FileLocks(tmp_path)), []

    def decide() -> None:
        with claims.deciding():
            order.append("other")

    with claims.deciding():
        other = threading.Thread(target=decide)
        other.start()
        other.join(0.1)
        order.append("this")
    other.join()
    assert order == ["this", "other"]
