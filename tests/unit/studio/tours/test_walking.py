"""Tours on a network of digits and on a small one of colour images: what a step says of them is what torch finds."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - a folder of real files
from torch import nn

from striate.blueprint import Blueprint
from striate.data import load_data, prepare
from striate.errors import SchemaError, UnknownNameError
from striate.nets import from_blueprint
from striate.studio.looks.look import Given, Looks
from striate.studio.looks.passes import Passes
from striate.studio.opening import subject_from
from striate.studio.subject import subject_of
from striate.studio.tours import files
from striate.studio.tours.files import NAMES, tour_file
from striate.studio.tours.stage import Stage
from striate.studio.tours.walking import walked

COLOUR = "input 3x16x16; conv 3x3 6, relu; conv 3x3 8 stride 2, relu; globalavgpool; classes 2"


def stage_of(subject, present=None):
    return Stage(subject, Looks(subject), Passes(subject), present)


@pytest.fixture(scope="module")
def digits_stage(studio):
    return stage_of(studio)


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    """A small untrained network and 12 images of two colours."""
    folder, draw = tmp_path_factory.mktemp("colours"), np.random.default_rng(0)
    for name, channel in (("blue", 2), ("red", 0)):
        (folder / name).mkdir()
        for number in range(6):
            pixels = draw.integers(0, 60, (16, 16, 3), np.uint8)
            pixels[4:12, 4:12, channel] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    torch.manual_seed(3)
    return subject_from(Blueprint.from_text(COLOUR), load_data(str(folder)))


def said(step):
    """What a step's address says, by its keys."""
    return dict(part.split("=", 1) for part in step.address.split("&"))


@pytest.mark.parametrize("name", NAMES)
def test_every_tour_can_be_walked_on_digits(digits_stage, name):
    tour = walked(digits_stage, name)

    assert [step.title for step in tour.steps] == [step.title for step in tour_file(name).steps]
    assert tour.left_out == []
    for step in tour.steps:
        assert not re.search("[{}]", step.words + step.look_for + step.measured)
        assert said(step)["input"].startswith("sample:")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_colour_network_has_not_is_left_out_and_said(colour, name):
    tour = walked(stage_of(colour), name)
    whole = [step.title for step in tour_file(name).steps]

    left = {one.title: one.why for one in tour.left_out}
    assert [step.title for step in tour.steps] == [title for title in whole if title not in left]
    pools = {"A pool keeps one of several", "A pool is no convolution"} & set(whole)
    assert {title for title, why in left.items() if why == "this network has no pooling with windows"} == pools


def test_the_strongest_channel_and_its_place_are_torchs(digits_stage, studio, digits):
    step = next(one for one in walked(digits_stage, "what-is-a-convolution").steps if "sum" in one.title)
    found = said(step)
    module, seen = studio.network.module.eval(), []
    relu = next(part for part in module.modules() if isinstance(part, nn.ReLU))
    hook = relu.register_forward_hook(lambda _part, _given, made: seen.append(made[0].clone()))
    with torch.no_grad():
        module(prepare(digits.read(int(found["input"].split(":")[1])), studio.network.preprocessing)[None])
    hook.remove()
    channel, row, column = np.unravel_index(int(seen[0].abs().argmax()), seen[0].shape)

    assert (found["layer"], found["unit"], found["at"]) == ("conv1", str(channel), f"{row},{column}")
    assert f"{float(seen[0].max()):.2f}" in step.words


def test_the_wrong_answer_is_wrong_and_the_clear_one_right(digits_stage, studio, digits):
    steps = walked(digits_stage, "is-my-network-cheating").steps
    judged = {}
    for step in (steps[0], steps[-1]):
        number = int(said(step)["input"].split(":")[1])
        with torch.no_grad():
            scores = studio.network.module.eval()(prepare(digits.read(number), studio.network.preprocessing)[None])
        judged[step.title] = int(scores.argmax()) == digits.samples[number].target

    assert judged == {"A sure answer": True, "A wrong answer": False}
    assert [steps[0].holds, steps[-1].holds] == [True, False]


def test_the_clear_sample_of_labels_is_the_one_with_the_likeliest_label(colour):
    """By the sigmoid of each label: a softmax would choose the one whose labels lie farthest apart."""
    network = from_blueprint(Blueprint.from_text(COLOUR.replace("classes 2", "classes 4")), seed=7)
    network = replace(network, output=replace(network.output, kind="labels"))
    labels = subject_of(network, colour.dataset, shares_classes=False)
    inputs = torch.stack([prepare(labels.dataset.read(number), labels.network.preprocessing) for number in range(12)])
    with torch.no_grad():
        scores = labels.network.module.eval()(inputs)
    clear = stage_of(labels).input("clear")

    assert clear.source == f"sample:{int(scores.sigmoid().max(1).values.argmax())}"
    assert clear.source != f"sample:{int(scores.softmax(1).max(1).values.argmax())}"


def test_the_borders_share_is_autograds(digits_stage, studio, digits):
    step = walked(digits_stage, "is-my-network-cheating").steps[1]
    number = int(said(step)["input"].split(":")[1])
    inputs = prepare(digits.read(number), studio.network.preprocessing)[None].requires_grad_()
    scores = studio.network.module.eval()(inputs)[0]
    (slope,) = torch.autograd.grad(scores.max(), inputs)
    size = slope[0, 0].abs()
    share = 1 - float(size[3:-3, 3:-3].sum() / size.sum())

    # 28 × 28 less 22 × 22.
    assert step.measured.startswith(f"{100 * share:.1f}\u202f% of the gradient")
    assert step.measured.endswith(f"{100 * (1 - 22**2 / 28**2):.1f}\u202f% of the area.")


def test_a_silenced_channel_moves_the_answer_as_in_torch(colour):
    step = next(one for one in walked(stage_of(colour), "first-steps").steps if "silent" in one.title)
    found = said(step)
    module = colour.network.module.eval()
    relus = [part for part in module.modules() if isinstance(part, nn.ReLU)]
    image = prepare(colour.dataset.read(int(found["input"].split(":")[1])), colour.network.preprocessing)[None]

    def silence(_part, _given, made):
        return made.index_fill(1, torch.tensor([int(found["unit"])]), 0.0)

    with torch.no_grad():
        before = module(image).softmax(1)[0]
        hook = relus[-1].register_forward_hook(silence)
        after = module(image).softmax(1)[0]
        hook.remove()

    best = int(before.argmax())
    assert f"from {before[best]:.3f} to {after[best]:.3f}" in step.measured
    assert step.holds == (int(after.argmax()) == best)
    assert found["changed"] == f"conv2:{found['unit']}:0"


def test_without_data_a_tour_is_of_the_present_input():
    subject = subject_of(from_blueprint(Blueprint.from_text(COLOUR)), None, name="colours")
    looks = Looks(subject)
    look = looks.take(Given(inputs=torch.rand(1, 3, 16, 16), words="A drawing."))
    tour = walked(Stage(subject, looks, Passes(subject), look), "first-steps")

    assert {said(step)["input"] for step in tour.steps} == {f"look:{look.key}"}
    assert walked(stage_of(subject), "first-steps").left_out[0].why == "nothing has gone in yet"


def test_a_file_that_is_not_as_its_schema_says_is_refused(tmp_path, monkeypatch):
    (tmp_path / "first-steps.yaml").write_text("title: a\nabout: b\nsteps:\n- {title: c, words: d, channel: 3}\n")
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    tour_file.cache_clear()
    with pytest.raises(SchemaError, match="a tour must be as its schema says"):
        tour_file("first-steps")
    with pytest.raises(UnknownNameError):
        tour_file("last-steps")
    tour_file.cache_clear()
