"""Contract tests of network families."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import optuna
import torch
from torch import nn

from optuna_dnc.export.python_format import handed_over
from optuna_dnc.gp import Mixture, default_terms
from optuna_dnc.nets import NetworkFamily, NetworkSource
from optuna_dnc.space import CallbackTrial, highest_answer, trace_space
from optuna_dnc.space.grid import grid

N_CONFIGS = 10


class FamilyContract:
    """Contract of network families: what the search, the results and the export rely on.

    >>> class TestLowRank(FamilyContract):
    ...     family = LowRank(rank=(1, 3))
    ...     input_shape = (6,)
    """

    family: NetworkFamily
    """With ranges of small networks, so that the tests are fast."""
    input_shape: tuple[int, ...]
    """Shape of a sample, ``(features,)`` or ``(channels, height, width)``."""
    n_outputs: int = 3

    def test_networks_map_samples_to_outputs(self) -> None:
        """Outputs are finite ``(n, n_outputs)`` float32 in training and in evaluation."""
        self.family.check_input(self.input_shape)
        for config in self._configs():
            network = self._build(config)
            for training in (True, False):
                outputs = network.train(training)(torch.randn(4, *self.input_shape))
                assert outputs.shape == (4, self.n_outputs)
                assert outputs.dtype == torch.float32
                assert outputs.isfinite().all()

    def test_networks_can_be_trained(self) -> None:
        """A loss has finite gradients, and some parameter has one."""
        for config in self._configs():
            network = self._build(config).train()
            outputs = network(torch.randn(4, *self.input_shape))
            outputs.square().mean().backward()
            gradients = [p.grad for p in network.parameters() if p.grad is not None]
            assert gradients
            assert all(gradient.isfinite().all() for gradient in gradients)

    def test_parameters_are_counted_right(self) -> None:
        """``n_params`` counts what is trained."""
        for config in self._configs():
            parameters = self._build(config).parameters()
            expected = sum(p.numel() for p in parameters if p.requires_grad)
            assert self.family.n_params(config, self.input_shape, self.n_outputs) == expected

    def test_no_network_of_the_core_has_more_parameters_than_the_largest(self) -> None:
        """``most_params`` is an upper bound: it is what costs are compared with."""
        most = self.family.most_params(self.input_shape, self.n_outputs)
        for config in self._configs(core=True):
            assert self.family.n_params(config, self.input_shape, self.n_outputs) <= most

    def test_configs_go_through_json(self) -> None:
        """A config is hashable, has one line of text, and comes back equal from JSON."""
        for config in self._configs():
            again = self.family.config_from_dict(json.loads(json.dumps(asdict(config))))
            assert again == config
            assert hash(again) == hash(config)
            assert "\n" not in str(config)

    def test_ranges_go_through_json(self) -> None:
        """A result that is loaded by the family's name gets the same ranges."""
        ranges = json.loads(json.dumps(self.family.model_dump(mode="json")))
        assert type(self.family)(**ranges) == self.family

    def test_equal_suggestions_give_equal_configs(self) -> None:
        """A config depends on the trial's answers alone, so that a search can be resumed."""
        assert self._configs() == self._configs()

    def test_refinements_are_grids(self) -> None:
        """Each refinement suggests categories only, and returns configs of the family."""
        config = self.family.suggest_core(CallbackTrial(highest_answer))
        for refinement in self.family.refinements:
            for point in grid(partial(self.family.refine, refinement, config)):
                assert isinstance(point.outcome, self.family.config_type)

    def test_kernel_terms_compare_configurations(self) -> None:
        """The terms cover parameters of the core and are 1 for equal configurations."""
        space = trace_space(self.family.suggest_core)
        uniform = np.random.default_rng(0).random((N_CONFIGS, len(space.names)))
        x = space.activate(space.sample(uniform))
        for preset in ("default", "deep-n-cheap"):
            terms = default_terms(space, self.family.kernel_terms(preset))
            if not terms:  # nothing varies
                continue
            matrix = Mixture(terms=terms).matrix(x, x, space)
            np.testing.assert_allclose(np.diag(matrix), 1.0, rtol=1e-12)
            assert np.linalg.eigvalsh(matrix)[0] > -1e-10

    def test_networks_are_described(self) -> None:
        """The description has some text for each network."""
        for config in self._configs():
            assert self.family.describe(config).strip()

    def test_the_source_is_the_network(self) -> None:
        """The written code, with the weights of the network, gives the same outputs."""
        for config in self._configs():
            source = self.family.source(config, self.input_shape, self.n_outputs)
            if source is None:
                continue
            ours = self._build(config).train()
            ours(torch.randn(8, *self.input_shape))  # moves the statistics of batch norms
            theirs = network_of_source(source)
            theirs.load_state_dict(handed_over(ours, theirs))
            x = torch.randn(5, *self.input_shape)
            with torch.inference_mode():
                torch.testing.assert_close(theirs.eval()(x), ours.eval()(x), atol=1e-6, rtol=0)

    def _configs(self, *, core: bool = False) -> list[Any]:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        suggest = self.family.suggest_core if core else self.family.suggest
        return [suggest(study.ask()) for _ in range(N_CONFIGS)]

    def _build(self, config: Any) -> nn.Module:
        torch.manual_seed(0)
        return self.family.build(config, self.input_shape, self.n_outputs)


def network_of_source(source: NetworkSource) -> nn.Module:
    """Run the code of a network and return it, with random weights."""
    names: dict[str, Any] = {}
    exec(code_of_source(source), names)
    network: nn.Module = names["Network"]()
    return network


def code_of_source(source: NetworkSource) -> str:
    """Return the parts of a network's code as a module with the class ``Network``."""
    layers = "".join(f"        {line}\n" for line in source.layers)
    steps = "".join(f"        {line}\n" for line in source.steps)
    return (
        "import torch\nfrom torch import nn\nfrom torch.nn import functional\n\n\n"
        f"{source.helpers}class Network(nn.Module):\n"
        f"    def __init__(self) -> None:\n        super().__init__()\n{layers}\n"
        f"    def forward(self, x: torch.Tensor) -> torch.Tensor:\n{steps}"
    )
