"""Occlusion in the form of the saliency methods, against a loop and by hand."""

import numpy as np
import pytest
import torch

from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.explain import occluded, occlusion
from striate.nets import from_blueprint

TEXT = "input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3"


@pytest.fixture
def net():
    torch.manual_seed(0)
    return from_blueprint(Blueprint.from_text(TEXT))


def test_the_map_is_what_covering_takes_of_each_output_asked_about(net):
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    [found] = occluded(net, image, torch.tensor([[2, 0]]), window=4, stride=4, fill="mean")

    with torch.no_grad():
        clean = net.module(image).softmax(1)[0]
        for top in (0, 4):
            for left in (0, 4):
                hidden = image.clone()
                hidden[..., top : top + 4, left : left + 4] = 0
                change = clean - net.module(hidden).softmax(1)[0]
                np.testing.assert_allclose(found.maps[:, 0, top, left], change[[2, 0]], atol=1e-6)
    np.testing.assert_allclose(found.scores, net.module(image)[0, [2, 0]].detach(), rtol=1e-5)
    assert found.targets == (2, 0)
    assert found.forward_passes == 5


def test_the_notes_count_the_windows_that_change_the_answer(net):
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    [whole] = occlusion(net, image, window_px=4, stride_px=2)
    answers = whole.winners.flatten().tolist()
    answer = int(whole.clean.argmax())
    changed = sum(one != answer for one in answers)

    [found] = occluded(net, image, window=4)

    assert found.notes[0].startswith(f"{changed} of 9 windows change the answer {answer}")
    assert dict(found.settings) == {"window": 4, "stride": 2, "fill": "background"}


def test_a_line_and_a_target_that_is_no_output(net):
    line = from_blueprint(Blueprint.from_text("input 2x40; conv 5 4, relu; globalavgpool; classes 3"))
    [found] = occluded(line, torch.rand(1, 2, 40), torch.tensor([1]))

    assert found.maps.shape == (1, 1, 40)
    assert dict(found.settings)["window"] == 5
    with pytest.raises(InputError, match=r"targets must be 0 … 2"):
        occluded(net, torch.rand(1, 1, 8, 8), torch.tensor([3]))


def test_no_images_have_no_maps(net):
    assert occluded(net, torch.zeros(0, 1, 8, 8)) == ()


def test_of_some_windows_the_map_and_the_notes_are_those_that_were_looked_at(net):
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        [*net.module.parameters()][-1][2] = 5.0  # the answer is the last class, and nothing changes it
    [whole] = occlusion(net, image, window_px=4, stride_px=1)

    [found] = occluded(net, image, torch.tensor([2]), window=4, stride=1, refined=0.25)

    # 5 · 5 windows, of which 4 stand apart; a quarter of the other 21.
    assert found.notes[0].startswith("9 of 25 windows were looked at")
    assert found.notes[1] == "0 of 9 windows change the answer 2."
    assert found.forward_passes == 9 + 1
    assert dict(found.settings)["refined"] == 0.25
    [some] = occlusion(net, image, window_px=4, stride_px=1, refined=0.25)
    seen = {(int(top), int(left)): whole.grid[top, left, 2] for top, left in np.argwhere(some.looked)}
    least = min(seen, key=seen.get)
    assert f"with the window at {least}." in found.notes[2]
    for row, column in np.ndindex(8, 8):
        over = [at for (top, left), at in seen.items() if 0 <= row - top < 4 and 0 <= column - left < 4]
        assert found.maps[0, 0, row, column] == pytest.approx(whole.clean[2] - np.mean(over), abs=1e-6)


def test_what_an_approximation_is_wrong_by_is_told(net):
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    [found] = occluded(net, image, window=4, kept=0.5)

    assert found.notes[-1].startswith(
        "An approximation: on 8 windows that went through the module too an output is wrong"
    )
    assert "the incremental route" in found.notes[-2]
    assert dict(found.settings)["kept"] == 0.5
    # 3 · 3 windows, the clean image, 8 windows through the module.
    assert found.forward_passes == 9 + 1 + 8
    [exact] = occluded(net, image, window=4)
    assert not any("approximation" in note for note in exact.notes)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"refined": 1.5}, "refined must be a share, 0 … 1; got 1.5"),
        ({"kept": -0.5}, "kept must be a share above 0, at most 1; got -0.5"),
        ({"kept": 2.0}, "kept must be a share above 0"),
        ({"segments": 4, "regions": "grid", "refined": 0.5}, "must come with windows; got segments=4 and refined"),
        ({"segments": 4, "regions": "grid", "kept": 0.5}, "must come with windows; got segments=4 and kept"),
    ],
)
def test_a_share_that_cannot_be_is_refused(net, how, says):
    with pytest.raises(InputError, match=says):
        occluded(net, torch.rand(1, 1, 8, 8), **how)
