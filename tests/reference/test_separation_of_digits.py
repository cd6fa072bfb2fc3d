"""Whether classes separate is decided by what training adds: told apart on half of the digits, trained and untrained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.features import directions
from striate.features.mapping import Known, nearest_rows, pixel_score
from striate.features.mapping.measured import measured
from striate.lint import lint
from striate.lint.separating import separation_verdict
from striate.nets import load_network
from striate.records import Evidence, MappedLayer, VectorMap

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def images(digits):
    return torch.stack([digits.read(index) for index in range(0, 5000, 2)]).float() / 255


@pytest.fixture(scope="module")
def judged(digits, images):
    """Return what is said of a module's vectors at its first fully connected layer."""
    pixels = directions(images.flatten(1).numpy())
    known = Known(truth="classes", targets=digits.targets().numpy()[::2], rows=np.arange(2500))
    beside = pixel_score(pixels, known.rows, known)

    def judge(module, mean, std):
        space = directions(vectors(module, (images - mean) / std))
        points = np.zeros((2500, 2), np.float32)
        layer = MappedLayer(
            layer="flatten1", size=space.shape[1], points=points, perplexity=30.0, seed=0, divergence=0.0, quality=None,
            pca=points, pca_shares=(), pca_quality=None,
        )  # fmt: skip
        layer = measured(layer, space, nearest_rows(space, 50), known, pixels=beside)
        evidence = Evidence(
            vector_map=VectorMap(
                store="", network="", ids=(), truth="classes", names=digits.output.names, labels=known.targets,
                layers=(layer,), placed_later=np.zeros(2500, np.uint8), far=np.zeros(2500, np.uint8), left_out=0, distance="",
            )
        )  # fmt: skip
        return separation_verdict(layer), lint(evidence, select=["classes-do-not-separate"]).findings

    return judge


def vectors(module, batch):
    kept = []
    layer = next(one for one in module.modules() if isinstance(one, torch.nn.Linear))
    handle = layer.register_forward_hook(lambda _, given, __: kept.append(given[0].detach().clone()))
    with torch.no_grad():
        module.eval()(batch)
    handle.remove()
    return kept[0].numpy()


def test_of_a_trained_network_they_separate_and_of_an_untrained_one_they_do_not(small_run, judged):
    network = load_network(str(small_run))
    how = network.preprocessing.mean[0], network.preprocessing.std[0]
    trained, found = judged(network.module, *how)
    assert trained.separates
    assert "separate: " in trained.words
    assert found == ()

    for seed in range(2):
        torch.manual_seed(seed)
        for layer in network.module.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        untrained, found = judged(network.module, *how)
        assert not untrained.separates
        assert "do not separate" in untrained.words
        assert [finding.severity for finding in found] == ["warning"]
