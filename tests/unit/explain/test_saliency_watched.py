"""Saliency methods hear their watcher within an image: between its passes."""

from itertools import pairwise

import pytest
import torch

from striate.errors import Cancelled
from striate.events import Events
from striate.explain import SALIENCY, gradient, integrated_gradients, smooth_grad, trust
from striate.explain.saliency import scored


class Listener(Events):
    """Hears all, and asks to stop once so many are done."""

    def __init__(self, most=None):
        self.heard, self.most = [], most

    def progress(self, progress):
        self.heard.append((progress.done, progress.total, progress.unit))

    def is_cancelled(self):
        return self.most is not None and self.heard[-1][0] >= self.most


@pytest.mark.parametrize(
    ("method", "settings", "targets", "total", "before"),
    [
        (smooth_grad, {"samples": 200}, None, 200, 1),
        (integrated_gradients, {"steps": 50}, None, 50, 2),
        (integrated_gradients, {"steps": 50}, torch.tensor([[0, 2]]), 100, 2),
    ],
)
def test_one_image_can_be_cancelled_after_its_third_pass(toys, monkeypatch, method, settings, targets, total, before):
    # One pass at a time, as of a large image.
    monkeypatch.setattr(scored, "fitting", lambda image: 1)
    net, listener, forward = toys.small(), Listener(most=3), []
    net.module.train()
    net.module[0].eval()
    state = {name: value.clone() for name, value in net.module.state_dict().items()}
    modes = [part.training for part in net.module.modules()]
    hook = net.module.register_forward_hook(lambda *_: forward.append(1))
    random = torch.get_rng_state()

    with pytest.raises(Cancelled):
        method(net, toys.images(1), targets, **settings, events=listener)

    assert listener.heard == [(done, total, "pass") for done in range(4)]
    # The forward passes before, and those of the three backward ones: of two scores they share one.
    assert len(forward) == before + (3 if targets is None else 2)
    hook.remove()
    assert [part.training for part in net.module.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in net.module.state_dict().items())
    assert all(param.grad is None for param in net.module.parameters())
    assert torch.equal(torch.get_rng_state(), random)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.module.modules())


def test_many_classes_of_one_image_can_be_cancelled_between_them(toys):
    net, listener = toys.small(outputs=10), Listener(most=3)
    with pytest.raises(Cancelled):
        gradient(net, toys.images(1), torch.arange(10)[None], events=listener)
    assert listener.heard == [(done, 10, "pass") for done in range(4)]


@pytest.mark.parametrize("name", sorted(SALIENCY))
@pytest.mark.parametrize("at_once", [1, 256])
def test_what_is_heard_ends_with_all_of_it_and_changes_nothing(averaged, monkeypatch, name, at_once):
    if name == "deep_lift":
        pytest.importorskip("captum")
    how = {"smooth_grad": {"samples": 3}, "integrated_gradients": {"steps": 4}}.get(name, {})
    net, listener = averaged(), Listener()
    images = torch.rand(3, 1, 8, 9, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 2], [1, 0], [2, 1]])
    monkeypatch.setattr(scored, "fitting", lambda image: at_once)

    silent = SALIENCY[name](net, images, targets, **how)
    found = SALIENCY[name](net, images, targets, **how, events=listener)

    # Images, times scores, times points; of class activation maps of this network no pass goes back.
    total = {"cam": 3, "grad_cam": 3, "smooth_grad": 3 * 2 * 3, "integrated_gradients": 3 * 2 * 4}.get(name, 3 * 2)
    done = [one for one, _, _ in listener.heard]
    assert {one for _, one, _ in listener.heard} == {total}
    assert (done[0], done[-1]) == (0, total)
    assert all(earlier < later for earlier, later in pairwise(done))
    for one, other in zip(found, silent, strict=True):
        assert (one.maps == other.maps).all()


def test_the_test_with_random_weights_can_be_cancelled_within_an_image(toys, monkeypatch):
    class Third(Events):
        heard, asked = (), 0

        def progress(self, progress):
            self.heard += ((progress.task, progress.done),)

        def is_cancelled(self):
            self.asked += 1
            return self.asked == 3

    monkeypatch.setattr(scored, "fitting", lambda image: 1)
    watcher = Third()
    with pytest.raises(Cancelled):
        trust(toys.small(), toys.images(1), by="smooth_grad", settings={"samples": 200}, events=watcher)
    # Of the depths it has heard that they began, and of the method nothing else.
    assert watcher.asked == 3
    assert set(watcher.heard) <= {("randomised layers", 0)}
