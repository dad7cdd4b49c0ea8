"""MLPs on other data than they were found on."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily

PIECEWISE = MLPConfig((5,), encoding="piecewise", encoded=(0, 2), bins=(3, 8), n_codes=(70,))


def columns(*n_values: int) -> np.ndarray:
    """A table whose columns have so many distinct values."""
    return np.stack([np.arange(200) % n for n in n_values], axis=1).astype(np.float32)


def test_encodings_and_embeddings_follow_the_columns() -> None:
    family, config = MLPFamily(n_codes=(70,)).moved_to(PIECEWISE, columns(2, 6, 100, 60), (60,))
    assert family.n_codes == config.n_codes == (60,)
    assert (config.encoding, config.encoded, config.bins) == ("piecewise", (1, 2), (5, 8))
    assert config.widths == PIECEWISE.widths


def test_periodic_encodings_have_no_bins() -> None:
    config = MLPConfig((5,), encoding="periodic", encoded=(1,))
    _, moved = MLPFamily().moved_to(config, columns(9, 2, 7), ())
    assert moved == MLPConfig((5,), encoding="periodic", encoded=(0, 2))


@pytest.mark.parametrize("x", [columns(2, 3), np.zeros((9, 1, 4, 4), dtype=np.float32)])
def test_without_numeric_columns_there_is_no_encoding(x: np.ndarray) -> None:
    _, moved = MLPFamily(n_codes=(70,)).moved_to(PIECEWISE, x, ())
    assert moved == MLPConfig((5,))


def test_a_network_without_either_stays_as_it_is() -> None:
    family, config = MLPFamily(), MLPConfig((5,), "tanh")
    assert family.moved_to(config, columns(9, 9), ()) == (family, config)


def test_of_an_ensemble_a_single_network_moves() -> None:
    _, moved = MLPFamily().moved_to(MLPConfig((5,), members=3), columns(9, 9), ())
    assert moved == MLPConfig((5,))


def test_other_families_refuse_columns_that_need_an_embedding() -> None:
    config = CNNFamily().largest()
    images = np.zeros((9, 1, 4, 4), dtype=np.float32)
    assert CNNFamily().moved_to(config, images, ()) == (CNNFamily(), config)
    with pytest.raises(InputError, match=r"'cnn' has no embeddings .* for 1 of its columns"):
        CNNFamily().moved_to(config, columns(60), (60,))
