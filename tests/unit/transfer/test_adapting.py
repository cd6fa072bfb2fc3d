"""The whole of `adapt`: of classes, labels and values, with its page, its tables, its receipt, and a session's module."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from half_digits import half
from striate.cli.adapt_tables import show_adaptation
from striate.errors import Cancelled
from striate.events import Events
from striate.nets import load_network
from striate.report.adapting.of_run import write_adapted_page
from striate.runs import Run
from striate.train.freezing import frozen_digest
from striate.transfer import adapt, read_adapted, verify
from striate.transfer.finishing import answers_of

pytestmark = pytest.mark.slow
BUDGET_S = 1.0


def labels(digit):
    """Even; above 7; with a closed loop."""
    return [int(digit % 2 == 0), int(digit > 7), int(digit in {6, 8, 9})]


def ink(digit):
    return float(digit) ** 2


@pytest.mark.parametrize(
    ("targets", "kind", "score"), [(None, "classes", "accuracy"), (labels, "labels", None), (ink, "values", "R²")]
)
def test_every_kind_of_answer_goes_through_the_whole(network, tmp_path, targets, kind, score, capsys):
    data = half(range(5, 10), 14, targets=targets)
    found = adapt(network, data, tmp_path / "run", budget_s=BUDGET_S, threads=1, reference="digits 0 to 4")
    page = write_adapted_page(found, network, data)
    show_adaptation(found.adaptation)
    sections = verify(tmp_path / "run", network=network, dataset=data)

    assert found.adaptation.output == kind
    assert score is None or found.adaptation.score_name == score
    assert found.network.output.names == data.output.names
    assert found.adaptation.chosen in capsys.readouterr().out
    assert page.stat().st_size > 100_000
    assert [row for section in sections for row in section.rows if row.checked is False] == []
    # Better than the best constant answer, on samples nobody looked at.
    assert found.adaptation.test.mean > found.adaptation.chance
    if kind == "values":
        # The digits' squares lie between 25 and 81; what is answered is on that scale once it is put back.
        how = found.network.preprocessing
        scores, truth = answers_of(found.network, data, tuple(range(len(data))))
        errors = (scores * how.value_std[0] + how.value_mean[0] - truth).square().mean()
        assert 25 < how.value_mean[0] < 81
        assert errors < truth.double().var()


def test_the_given_network_and_the_process_are_left_as_they_came(network, data, tmp_path):
    network.module.train()
    network.module.get_submodule("conv1").weight.requires_grad_(False)
    before = frozen_digest(network.module, [""])
    modes = [part.training for part in network.module.modules()]
    needs = [p.requires_grad for p in network.module.parameters()]
    torch.manual_seed(3)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    found = adapt(network, data, tmp_path / "run", budget_s=BUDGET_S, threads=1)

    assert frozen_digest(network.module, [""]) == before
    assert [part.training for part in network.module.modules()] == modes
    assert [p.requires_grad for p in network.module.parameters()] == needs
    assert all(p.grad is None and not p._backward_hooks for p in network.module.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.module.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    # The test part is nowhere in what was measured; twins stay together, so that folds are not all of one size.
    facts = json.loads((tmp_path / "run" / "receipt.json").read_text())["facts"]
    assert len(set(facts["samples"])) == len(facts["samples"]) == found.adaptation.training_count
    assert found.adaptation.training_count == len(data) - found.adaptation.test.count
    assert np.ptp(np.bincount(facts["folds"], minlength=5)) <= 3


def test_when_it_is_stopped_it_says_how_to_go_on_and_everything_is_as_it_came(network, data, tmp_path):
    class Stops(Events):
        is_over = False

        def progress(self, progress):
            self.is_over = self.is_over or progress.task == "features"

        def is_cancelled(self):
            return self.is_over

    before = frozen_digest(network.module, [""])
    torch.manual_seed(3)
    state = torch.get_rng_state()

    with pytest.raises(Cancelled, match="Start it again with the same folder to go on"):
        adapt(network, data, tmp_path / "run", budget_s=BUDGET_S, threads=1, events=Stops())

    assert Run.read(tmp_path / "run").document.status == "stopped"
    assert frozen_digest(network.module, [""]) == before
    assert torch.equal(torch.get_rng_state(), state)


def test_a_sessions_module_is_adapted_kept_and_verified(network, data, tmp_path):
    given = load_network(copy.deepcopy(network.module))
    given = replace(given, preprocessing=network.preprocessing)
    found = adapt(given, data, tmp_path / "run", budget_s=BUDGET_S, threads=1)
    again = adapt(given, data, tmp_path / "run", budget_s=BUDGET_S, threads=1)
    third = read_adapted(Run.read(tmp_path / "run"), given)
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert torch.equal(again.network.module(images), found.network.module(images))
        assert torch.equal(third.network.module(images), found.network.module(images))
    rows = [row for section in verify(tmp_path / "run", network=given, dataset=data) for row in section.rows]
    assert [row.label for row in rows if row.checked is False] == []
    assert {row.checked for row in rows if row.label == "Test score"} == {True}
    # Without the module it cannot be checked, which is no difference.
    rows = [row for section in verify(tmp_path / "run", dataset=data) for row in section.rows]
    assert {row.checked for row in rows if row.label == "Test score"} == {None}


def test_an_adapted_network_can_be_adapted_again(network, data, tmp_path):
    first = adapt(network, data, tmp_path / "first", budget_s=1.0, threads=1)
    other = half((0, 7, 8), 14)
    second = adapt(first.network, other, tmp_path / "second", budget_s=1.0, threads=1)
    again = read_adapted(Run.read(tmp_path / "second"))
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert torch.equal(again.network.module(images), second.network.module(images))
    assert second.network.output.count == 3
    rows = [
        row for section in verify(tmp_path / "second", network=first.network, dataset=other) for row in section.rows
    ]
    assert [row.label for row in rows if row.checked is False] == []
