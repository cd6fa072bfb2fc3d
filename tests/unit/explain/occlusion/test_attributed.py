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
