"""Categories of tables become trained vectors."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily, mlp

CODES = (100, 5)


def config(**fields: Any) -> MLPConfig:
    return MLPConfig(widths=(7,), n_codes=CODES, **fields)


def test_parameters_are_counted() -> None:
    network = mlp.build(config(), (6,), 3)
    counted = mlp.n_params(config(), (6,), 3)
    assert counted == sum(p.numel() for p in network.parameters())
    assert counted == 100 * 7 + 5 * 3 + (4 + 7 + 3 + 1) * 7 + 8 * 3


def test_a_vector_depends_on_its_category_alone() -> None:
    network = mlp.build(config(encoding="piecewise", encoded=(1,), bins=(4,)), (6,), 3)
    embeddings = network[0]
    x = torch.tensor([[0.1, 0.2, 0.3, 0.4, 99.0, 0.0], [0.5, 0.6, 0.7, 0.8, 99.0, 4.0]])
    out = embeddings(x)
    assert torch.equal(out[:, :4], x[:, :4])
    assert torch.equal(out[0, 4:11], out[1, 4:11])
    assert not torch.equal(out[0, 11:], out[1, 11:])


def test_a_search_proposes_networks_with_them() -> None:
    import optuna

    family = MLPFamily().embedding(CODES)
    trial = optuna.create_study().ask()
    assert family.suggest(trial).n_codes == CODES
    assert "105 categories" not in family.describe(config())
    assert "103 categories of 2 columns" in family.describe(config())


def test_the_config_goes_through_json() -> None:
    import dataclasses
    import json

    values = json.loads(json.dumps(dataclasses.asdict(config())))
    assert MLPFamily().config_from_dict(values) == config()


def test_the_written_network_is_the_same() -> None:
    network, scope = mlp.build(config(), (6,), 3).eval(), {"torch": torch, "nn": torch.nn}
    source = mlp.source(config(), (6,), 3)
    layers = "\n".join(f"        {line}" for line in source.layers)
    steps = "\n".join(f"        {line}" for line in source.steps)
    code = (
        f"{source.helpers}class Network(nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n{layers}\n    def forward(self, x):\n{steps}\n"
    )
    exec(code, scope)
    written: Any = scope["Network"]()
    written.load_state_dict(
        dict(zip(written.state_dict(), network.state_dict().values(), strict=True))
    )
    x = torch.cat([torch.randn(9, 4), torch.randint(0, 5, (9, 2))], dim=1)
    assert torch.allclose(written(x), network(x), atol=1e-6)


def test_families_without_embeddings_say_what_to_do() -> None:
    with pytest.raises(InputError, match=r"for 2 of its columns .* leave them out with drop="):
        CNNFamily().embedding(CODES)
    with pytest.raises(InputError, match="n_codes has 2 numbers and there are 1 inputs"):
        mlp.build(config(), (1,), 3)
