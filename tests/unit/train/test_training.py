import copy
import json

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.blueprint import Blueprint
from striate.data import batches, load_data, measure_preprocessing, shuffled
from striate.errors import DataError, InputError, ShapeError
from striate.events import Events
from striate.fingerprint import of_file
from striate.nets import Network, Origin, build, from_blueprint, initialise, load_network
from striate.records import Output, Preprocessing, Recipe
from striate.train import read_curve, train
from striate.train.device import accelerated
from striate.train.schedule import rate_at


def weights(network):
    return {key: value.clone() for key, value in network.module.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def reference_loop(plan, data, recipe):
    """The same training, as one would write it by hand."""
    split = data.split()
    how = measure_preprocessing(data, split.train, plan.input)
    with accelerated() as device, torch.random.fork_rng():
        net = build(plan)
        initialise(net, recipe.init, seed=recipe.seed)
        net.classes.weight.data *= 0.1  # the output layer begins quietly
        decayed = [p for p in net.parameters() if p.ndim >= 2]
        free = [p for p in net.parameters() if p.ndim < 2]
        optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": free, "weight_decay": 0.0}])
        step = 0
        for epoch in range(recipe.epochs):
            order = shuffled(split.train, seed=recipe.seed, epoch=epoch)
            for batch in batches(data, order, how, batch_size=9, shift_px=1, seed=recipe.seed, epoch=epoch):
                device.seed(recipe.seed, step)
                for group in optimizer.param_groups:
                    group["lr"] = rate_at(recipe, step, 7 * recipe.epochs)
                net.train()
                optimizer.zero_grad()
                functional.cross_entropy(net(batch.images), batch.targets, label_smoothing=0.1).backward()
                optimizer.step()
                step += 1
    return net.state_dict()


def test_it_is_the_loop_one_would_write_by_hand_bit_for_bit(tmp_path, plan, data, recipe):
    trained = train(plan, data, recipe, tmp_path / "run")
    assert same(weights(trained.network), reference_loop(plan, data, recipe))


def test_what_was_given_and_the_process_are_left_as_they_were(tmp_path, plan, data, recipe):
    given = from_blueprint(plan, seed=1)
    given.module.train()
    before = weights(given)
    torch.manual_seed(11)
    expected, threads = torch.rand(2), torch.get_num_threads()
    torch.manual_seed(11)
    trained = train(given, data, recipe, tmp_path / "run", threads=1)
    assert torch.equal(torch.rand(2), expected)
    assert torch.get_num_threads() == threads
    assert same(weights(given), before)
    assert given.module.training
    assert all(parameter.grad is None for parameter in given.module.parameters())
    assert not same(weights(trained.network), before)
    assert not trained.network.module.training
    assert all(parameter.grad is None for parameter in trained.network.module.parameters())


def test_a_network_goes_on_from_its_own_weights_and_preprocessing(tmp_path, plan, data, recipe):
    given = from_blueprint(plan, seed=99)
    still = Recipe(rate=1e-30, epochs=1, batch=9, optimizer="sgd", schedule="constant")
    trained = train(given, data, still, tmp_path / "run")
    after = dict(trained.network.module.named_parameters())
    for key, before in given.module.named_parameters():
        torch.testing.assert_close(after[key], before, rtol=0, atol=1e-20)
    assert trained.network.preprocessing == given.preprocessing


def test_it_learns_and_says_how_it_went(tmp_path, plan, data):
    recipe = Recipe(rate=0.05, epochs=6, batch=9, seed=1)
    trained = train(plan, data, recipe, tmp_path / "run")
    rows = trained.curve.epochs
    assert [row.epoch for row in rows] == list(range(7))
    assert rows[-1].score >= 0.85
    assert rows[-1].validation_loss < rows[0].validation_loss / 2
    assert rows[-1].train_loss < rows[1].train_loss
    assert rows[0].rate == 0.0
    assert rows[3].rate == rate_at(recipe, 20, 42)
    assert trained.curve.recipe == recipe
    assert (trained.curve.train_count, trained.curve.validation_count) == (63, 9)
    assert trained.curve.score_name == "accuracy"
    assert trained.split == data.split()
    assert trained.curve == read_curve(trained.run)


def test_rows_are_those_of_the_network(tmp_path, plan, data, recipe):
    trained = train(plan, data, recipe, tmp_path / "run")
    net, how = trained.network.module, trained.network.preprocessing
    (batch,) = batches(data, trained.split.validation, how, batch_size=99)
    with torch.no_grad():
        scores = net(batch.images)
        after_conv = net[:3](batch.images)
        after_fc = net[:7](batch.images)
    last = trained.curve.epochs[-1]
    assert last.score == pytest.approx((scores.argmax(1) == batch.targets).float().mean().item())
    assert last.validation_loss == pytest.approx(
        functional.cross_entropy(scores, batch.targets, label_smoothing=0.1).item(), rel=1e-5
    )
    assert last.active == {
        "conv1": pytest.approx((after_conv > 0).float().mean().item()),
        "fc1": pytest.approx((after_fc > 0).float().mean().item()),
    }


def test_epoch_zero_is_the_network_before_its_first_step(tmp_path, plan, data, recipe):
    trained = train(plan, data, recipe, tmp_path / "run")
    net = build(plan)
    initialise(net, "he", seed=recipe.seed)
    net.classes.weight.data *= 0.1
    how = trained.network.preprocessing
    (batch,) = batches(data, trained.split.validation, how, batch_size=99)
    some = shuffled(trained.split.train, seed=recipe.seed, epoch=0)[:9]
    (seen,) = batches(data, some, how, batch_size=99)
    with torch.no_grad():
        net.eval()
        held_out = functional.cross_entropy(net(batch.images), batch.targets, label_smoothing=0.1)
        learned = functional.cross_entropy(net(seen.images), seen.targets, label_smoothing=0.1)
    first = trained.curve.epochs[0]
    assert first.validation_loss == pytest.approx(held_out.item(), rel=1e-5)
    assert first.train_loss == pytest.approx(learned.item(), rel=1e-5)


def test_the_folder_holds_a_network_that_gives_the_same_answers(tmp_path, plan, data, recipe):
    trained = train(plan, data, recipe, tmp_path / "run")
    found = load_network(tmp_path / "run")
    assert same(weights(found), weights(trained.network))
    assert found.receipt == json.loads(json.dumps(trained.network.receipt))
    assert found.output == data.output
    assert found.receipt["data"]["fingerprint"] == data.fingerprint
    assert found.receipt["recipe"]["seed"] == 4
    assert found.receipt["epochs"] == 3
    # conv 4·9 (its bias is the normalisation's), norm 4 + 4, fc 64·8 + 8, classes 8·3 + 3
    assert found.receipt["parameters"] == {"trained": 36 + 8 + 520 + 27, "frozen": 0}
    assert found.receipt["score"]["validation"] == trained.curve.epochs[-1].score
    assert not (tmp_path / "run" / "checkpoint").exists()


def test_a_finished_run_is_read_and_not_trained_again(tmp_path, plan, data, recipe):
    class Listener(Events):
        def progress(self, progress):
            heard.append(progress.task)

    first = train(plan, data, recipe, tmp_path / "run", threads=1)
    before = {
        path: (path.stat().st_mtime_ns, of_file(path)) for path in (tmp_path / "run").rglob("*") if path.is_file()
    }
    heard = []
    second = train(plan, data, recipe, tmp_path / "run", events=Listener())
    after = {path: (path.stat().st_mtime_ns, of_file(path)) for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert before == after
    assert heard == []
    assert same(weights(first.network), weights(second.network))
    assert second.curve == first.curve
    assert second.run.document.status == "done"


@pytest.mark.parametrize("change", ["recipe", "data", "network"])
def test_a_folder_of_other_work_is_refused(tmp_path, plan, data, recipe, change, pictures):
    train(plan, data, recipe, tmp_path / "run")
    if change == "recipe":
        recipe = Recipe(rate=0.5)
    elif change == "data":
        data = load_data((pictures(90), [(index + 1) % 3 for index in range(90)]))
    else:
        plan = Blueprint.from_text("input 1x8x8; conv 3x3 2, relu; classes 3")
    with pytest.raises(InputError, match="a run folder must be resumed with the same"):
        train(plan, data, recipe, tmp_path / "run")


def test_steps_and_rates_are_streamed(tmp_path, plan, data, recipe):
    class Listener(Events):
        def progress(self, progress):
            heard.append(progress)

        def log(self, message):
            lines.append(message)

    heard, lines = [], []
    trained = train(plan, data, recipe, tmp_path / "run", events=Listener())
    steps = [row for row in trained.run.rows("metrics.jsonl") if row["kind"] == "step"]
    assert [row["step"] for row in steps] == [10, 20]
    assert [row["epoch"] for row in steps] == [2, 3]
    told = [progress for progress in heard if progress.task == "training"]
    assert [progress.done for progress in told] == list(range(22))
    assert {(progress.total, progress.unit) for progress in told} == {(21, "step")}
    assert told[10].figures == {
        "loss": steps[0]["loss"],
        "score": trained.curve.epochs[1].score,
        "rate": steps[0]["rate"],
    }
    assert told[-1].left_s == 0
    assert lines[-2].startswith("Epoch 3 of 3: training loss")
    assert lines[-1].startswith("On equal terms accuracy is ")


def test_values_are_learned_on_their_own_scale(tmp_path, pictures):
    images = (pictures(90) // 4) + torch.arange(90, dtype=torch.uint8)[:, None, None] * 2
    values = images.double().mean((1, 2)).numpy() * 1000 + 5e5
    data = load_data((images, values))
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; values 1")
    trained = train(plan, data, Recipe(rate=0.05, epochs=8, batch=9), tmp_path / "run")
    how = trained.network.preprocessing
    assert how.value_mean == pytest.approx((values[list(trained.split.train)].mean(),))
    assert trained.curve.score_name == "R²"
    assert trained.curve.epochs[-1].score > 0.9


@pytest.mark.slow
def test_the_ink_of_real_digits_is_learned(tmp_path):
    plan = Blueprint.from_text("input 1x28x28; conv 5x5 4 stride 2, relu; globalavgpool; fc 8, relu; values 1")
    trained = train(plan, load_data("digits:ink"), Recipe(rate=0.02, epochs=2, batch=100), tmp_path / "run")
    assert [row.score < 0.5 for row in trained.curve.epochs] == [True, False, False]
    assert trained.curve.epochs[-1].score > 0.9


def test_labels_are_learned_one_by_one(tmp_path, pictures):
    images = pictures(90)
    kinds = [index % 3 for index in range(90)]
    labels = [[int(kind == 0), int(kind != 2)] for kind in kinds]
    data = load_data((images, labels))
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, batchnorm, relu; maxpool 2; labels 2")
    trained = train(plan, data, Recipe(rate=0.02, epochs=6, batch=9, label_smoothing=0.05), tmp_path / "run")
    assert trained.curve.score_name == "accuracy"
    assert trained.curve.epochs[-1].score > 0.9


def test_frozen_parameters_and_only_they_stay(tmp_path, plan, data, recipe):
    given = from_blueprint(plan, seed=2)
    given.module.conv1.requires_grad_(requires_grad=False)
    trained = train(given, data, recipe, tmp_path / "run").network
    assert torch.equal(trained.module.conv1.weight, given.module.conv1.weight)
    assert not torch.equal(trained.module.classes.weight, given.module.classes.weight)
    assert trained.receipt["parameters"] == {"trained": 555, "frozen": 36}
    assert not trained.module.conv1.weight.requires_grad


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))

    def forward(self, images):
        # A choice that depends on data: no table to read activity from.
        return self.net(images) * (2.0 if images.sum() > 1e9 else 1.0)


def test_a_module_from_a_session_is_trained_and_found_again(tmp_path, data, recipe):
    torch.manual_seed(0)
    module = Own()
    given = Network(
        module=module,
        preprocessing=Preprocessing(shape=(1, 8, 8), mean=(0.3,), std=(0.2,)),
        output=Output(kind="classes", names=("0", "1", "2")),
        origin=Origin(kind="module", text="Own"),
    )
    before = copy.deepcopy(module.state_dict())
    first = train(given, data, recipe, tmp_path / "run")
    second = train(given, data, recipe, tmp_path / "run")
    assert same(weights(first.network), weights(second.network))
    assert second.network.receipt == json.loads(json.dumps(first.network.receipt))
    assert same(module.state_dict(), before)
    with pytest.raises(ValueError, match="schema must be striate/network"):
        load_network(tmp_path / "run")


def test_a_network_of_another_output_is_refused(tmp_path, data):
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 4")
    with pytest.raises(ShapeError, match=r"must be the data's, classes 3; got classes 4"):
        train(plan, data, Recipe(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_outputs_in_another_order_are_refused(tmp_path, plan, pictures):
    data = load_data((pictures(90), [("cat", "dog", "owl")[index % 3] for index in range(90)]))
    given = from_blueprint(plan)
    swapped = Network(
        module=given.module,
        preprocessing=given.preprocessing,
        output=Output(kind="classes", names=("cat", "owl", "dog")),
        origin=given.origin,
    )
    with pytest.raises(DataError, match="got 'owl' for 'dog'"):
        train(swapped, data, Recipe(), tmp_path / "run")


def test_one_thread_at_least(tmp_path, plan, data, recipe):
    with pytest.raises(InputError, match="threads must be at least 1; got 0"):
        train(plan, data, recipe, tmp_path / "run", threads=0)


def test_a_last_batch_of_one_picture_is_left_out(tmp_path, plan, data):
    # 63 = 2·31 + 1; batch normalisation of fully connected maps cannot work on one picture
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; fc 8, batchnorm, relu; classes 3")
    trained = train(plan, data, Recipe(epochs=1, batch=31, rate=0.001), tmp_path / "run")
    assert trained.network.receipt["steps"] == 2
