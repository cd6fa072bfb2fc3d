"""What each regime freezes and trains, on paper and in fact."""

from dataclasses import replace

import pytest
import torch

from striate.data import Split
from striate.nets.cuts import END, cut_at, cut_points
from striate.records import Recipe
from striate.trace import trace
from striate.train.care import Care
from striate.transfer import probe_cuts
from striate.transfer.finishing import finish
from striate.transfer.ground import penalty_at
from striate.transfer.preparing import divide
from striate.transfer.regimes import parts, recipe, solved_regimes, trained_regimes
from striate.transfer.short import try_regime


def of(name, regimes):
    return next(regime for regime in regimes if regime.name == name)


@pytest.fixture(scope="module")
def resnet():
    import torchvision

    module = torchvision.models.resnet18().eval()
    recording = trace(module, (2, 3, 64, 64))
    return module, recording, cut_points(recording)


def held(frozen, name):
    return any(name == path or name.startswith(f"{path}.") for path in frozen)


def test_the_classic_four_and_our_own_are_tried_every_one_before_any_again(resnet):
    _, _, points = resnet
    regimes = trained_regimes(points[5], points[-1])
    names = [regime.name for regime in regimes]
    first = [
        "cut + fine-tune",
        "new output, all fine-tuned",
        "probe, then fine-tune",
        "fine-tune all",
        "last block",
        "first block",
    ]

    assert names[:6] == names[6:12] == names[12:18] == first
    # Nothing that normalises is trained where a block is, so other policies are no other regimes.
    assert names[18:] == first[:4] * 3
    assert len({(regime.name, regime.rate, regime.norm) for regime in regimes}) == len(regimes)
    lectures = {regime.lecture for regime in (*regimes, *solved_regimes(points[5], points[-1]))}
    assert lectures == {"", "similar, little", "similar, much", "different, little", "different, much"}


def test_at_the_end_there_is_no_cut_to_try(resnet):
    _, _, points = resnet
    end = points[-1]

    assert "cut + fine-tune" not in [regime.name for regime in trained_regimes(end, end)]
    assert [regime.name for regime in solved_regimes(end, end)] == ["frozen", "frozen + 1 FC", "frozen + 2 FC"]
    assert {regime.cut for regime in solved_regimes(end, end)} == {END}


def test_of_a_resnet_the_last_block_is_what_lies_behind_the_last_cut(resnet):
    module, recording, points = resnet
    regimes = trained_regimes(points[5], points[-1])
    made = parts(of("last block", regimes), points, recording)
    cut = cut_at(module, recording, points[-1], 3)
    free = {name for name, _ in cut.named_parameters() if not held(made.frozen, name)}

    # The last cut before the end is behind layer4.0.
    assert {name.rpartition(".")[0] for name in free} == {
        "head.0", "body.layer4.1.conv1", "body.layer4.1.bn1", "body.layer4.1.conv2", "body.layer4.1.bn2",
    }  # fmt: skip
    # Two convolutions 3 × 3 of 512 channels on 2 × 2 places, of all multiply-accumulates.
    assert made.trained_share == pytest.approx(2 * 512 * 512 * 9 * 4 / points[-1].macs)


def test_of_a_resnet_the_first_block_is_what_lies_before_the_first_cut(resnet):
    module, recording, points = resnet
    made = parts(of("first block", trained_regimes(points[5], points[-1])), points, recording)
    cut = cut_at(module, recording, points[-1], 3)
    free = {name for name, _ in cut.named_parameters() if not held(made.frozen, name)}

    assert {name.rpartition(".")[0] for name in free} == {"head.0", "body.conv1", "body.bn1"}
    # Its gradient flows through everything.
    assert made.trained_share == 1.0


@pytest.mark.parametrize("name", ["last block", "first block"])
@pytest.mark.parametrize("network", ["vit_tiny_patch16_224", "convnext_atto"])
def test_parameters_of_containers_and_of_the_network_itself_can_be_held(name, network):
    import timm

    options = {"img_size": 64} if network.startswith("vit") else {}
    module = timm.create_model(network, **options).eval()
    recording = trace(module, (2, 3, 64, 64))
    points = cut_points(recording)
    made = parts(of(name, trained_regimes(points[0], points[-1])), points, recording)
    cut = cut_at(module, recording, points[-1], 3)
    care = Care(cut, Recipe(frozen=made.frozen))
    care.enter(1)
    free = {name for name, p in cut.named_parameters() if p.requires_grad}
    care.release()

    assert free
    if (name, network) == ("first block", "vit_tiny_patch16_224"):
        assert free == {"body.patch_embed.proj.weight", "body.patch_embed.proj.bias", "head.0.weight", "head.0.bias"}
    if name == "last block" and network == "convnext_atto":
        assert {path.split(".")[3] for path in free if path.startswith("body.stages.")} == {"blocks"}


def test_a_recipe_says_what_the_regime_says(resnet):
    points = resnet[2]
    regime = replace(of("probe, then fine-tune", trained_regimes(points[5], points[-1])), epochs=7)
    made = recipe(regime, ("body.conv1",), batch=16)

    assert (made.rate, made.epochs, made.batch, made.frozen, made.norm) == (0.01, 7, 16, ("body.conv1",), "train")
    assert made.rates == (("body", 0.1),)
    assert recipe(of("last block", trained_regimes(points[5], points[-1])), (), batch=16).rates == ()


@pytest.fixture
def probed(bench):
    return probe_cuts(bench.features_of_samples(), bench.cuts, bench.ground)


def test_the_start_of_probe_then_fine_tune_answers_exactly_as_the_probe(bench, probed):
    from striate.transfer.finishing import answers_of
    from striate.transfer.probing import solve_readout

    regime = of("probe, then fine-tune", trained_regimes(bench.cuts[1], bench.end))
    for fold in range(2):
        chosen = bench.training(fold)
        start = bench.adapted(regime, penalty_at(probed, END), chosen)
        told, _ = answers_of(start, bench.dataset, bench.samples)
        found = solve_readout(bench.rows(END), bench.ground, penalty_at(probed, END), chosen)
        asked = found.scores(bench.rows(END), 0)

        assert torch.equal(told.argmax(1), asked.argmax(1))
        # The layer holds float32.
        assert (told - asked).abs().max() < 1e-4 * asked.abs().max()


def test_a_new_output_begins_with_small_scores_whatever_the_features_size(bench, probed):
    from striate.transfer.finishing import answers_of

    regime = of("new output, all fine-tuned", trained_regimes(bench.cuts[1], bench.end))
    for cut in bench.cuts:
        told, _ = answers_of(bench.adapted(replace(regime, cut=cut.name), 1.0), bench.dataset, bench.samples)

        assert 0 < told.std() < 2


EVERY = ("frozen", "cut", "cut + 1 FC", "cut + 2 FC", "cut + fine-tune", "new output, all fine-tuned",
         "probe, then fine-tune", "fine-tune all", "last block", "first block")  # fmt: skip


def every(bench):
    cut = bench.cuts[1]
    return {
        regime.name: regime for regime in reversed((*solved_regimes(cut, bench.end), *trained_regimes(cut, bench.end)))
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_what_a_regime_freezes_is_byte_for_byte_the_pretrained_networks(bench, probed, data, tmp_path, name):
    regime = replace(every(bench)[name], epochs=2)
    before = {key: value.clone() for key, value in bench.network.module.state_dict().items()}
    finished = finish(bench, regime, probed, divide(data), tmp_path, 1)
    after = finished.network.module.state_dict()
    own = {key: before[key.removeprefix("body.")] for key in after if key.startswith("body.")}
    same = {key for key in own if torch.equal(own[key], after[key])}
    frozen = {key for key in own if held(finished.frozen, key)}
    trained = {key for key, _ in finished.network.module.named_parameters() if key in own} - frozen

    assert frozen <= same
    assert not trained & same
    if name in {"last block", "first block"}:
        assert frozen
        assert trained
    elif regime.trained == "head":
        assert frozen == set(own)
    else:
        assert frozen == set()
    # What was given is as it came.
    assert all(torch.equal(value, before[key]) for key, value in bench.network.module.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["last block", "first block"])
def test_a_short_training_freezes_the_same(bench, probed, name):
    regime = replace(every(bench)[name], epochs=2)
    frozen = parts(regime, bench.cuts, bench.recording).frozen
    start = bench.adapted(regime, penalty_at(probed, END), bench.training(0))
    before = {key: value.clone() for key, value in start.module.state_dict().items()}
    found = try_regime(start, bench.dataset, bench.split(0), recipe(regime, frozen, batch=16), bench.device)
    after = start.module.state_dict()
    moved = {key for key in after if not torch.equal(after[key], before[key])}

    assert found.state == "done"
    assert moved
    assert not any(held(frozen, key) for key in moved)


def test_a_frozen_parts_output_depends_neither_on_the_mode_nor_on_the_batch(bench, probed):
    regime = every(bench)["last block"]
    frozen = parts(regime, bench.cuts, bench.recording).frozen
    start = bench.adapted(regime, penalty_at(probed, END))
    border = start.module.get_submodule("body").get_submodule(bench.cuts[-2].path)
    seen = []
    border.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach().clone()))
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    care = Care(start.module, recipe(regime, frozen, batch=8))
    care.enter(1)
    care.train_mode()
    start.module(images)
    start.module(torch.cat([images[:1], 50 * torch.ones(7, 1, 8, 8)]))
    start.module.eval()
    start.module(images)
    start.module(images[:1])

    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[0][0], seen[1][0])
    assert torch.allclose(seen[0][:1], seen[3], atol=1e-5)


def test_without_care_it_would_depend_on_both(bench, probed):
    # What the test before holds: parameters without gradients alone do not keep batch normalisation.
    start = bench.adapted(every(bench)["last block"], penalty_at(probed, END))
    for parameter in start.module.parameters():
        parameter.requires_grad_(False)
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = start.module.eval().value(images)

    assert not torch.allclose(start.module.train().value(images), expected, atol=1e-3)


def test_a_folds_r2_is_held_against_the_spread_of_all_values(network):
    from half_digits import half
    from striate.train.device import accelerated
    from striate.transfer.finishing import answers_of

    # Sorted by class, so that the held-out part has a spread of its own.
    data = half((5, 7, 9), 8, targets=float)
    split = Split(train=tuple(range(16)), validation=tuple(range(16, 24)), test=(), seed=0)
    how = replace(network.preprocessing, value_mean=(7.0,), value_std=(2.0,))
    made = cut_at(
        network.module, trace(network.module, (2, 1, 8, 8)), cut_points(trace(network.module, (2, 1, 8, 8)))[-1], 1
    )
    start = replace(network, module=made, preprocessing=how, output=data.output)
    with accelerated() as device:
        found = try_regime(start, data, split, Recipe(optimizer="sgd", rate=0.01, epochs=1, batch=8), device)
    scores, _ = answers_of(start, data, split.validation)
    # The values 5, 7 and 9 in equal shares have the variance 8/3; the held-out ones are all 9.
    expected = 1 - (2 * scores[:, 0] + 7 - 9).square() / (8 / 3)

    assert found.gains.tolist() == pytest.approx(expected.tolist(), rel=1e-4)
