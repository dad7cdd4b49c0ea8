"""The allocator's setting changes no result and can be made anywhere."""

from __future__ import annotations

import platform

import pytest
import torch

from optuna_dnc.training import keep_freed_memory


@pytest.mark.parametrize("library", ["", platform.libc_ver()[0]])
def test_memory_works_after_the_setting(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: (library, ""))
    keep_freed_memory()
    assert torch.ones(10_000_000).sum() == 10_000_000
