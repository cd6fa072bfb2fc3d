import signal

import pytest
import torch

from striate.errors import Cancelled, StriateError
from striate.events import Events
from striate.fingerprint import of_file
from striate.nets import build, load_network
from striate.records import Recipe
from striate.runs import Run
from striate.train import loop as loop_module
from striate.train import read_curve, train
from striate.train.checkpoint import load_checkpoint, newest


class At(Events):
    """Does something when a step of the training is done."""

    def __init__(self, step, act=None):
        self.step, self.act, self.is_asked, self.last = step, act, False, 0

    def progress(self, progress):
        if progress.task == "training":
            self.last = progress.done
            if progress.done == self.step:
                if self.act is None:
                    self.is_asked = True
                else:
                    self.act()

    def is_cancelled(self):
        return self.is_asked


def rows(run):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in run.rows("metrics.jsonl")]


def interrupt():
    signal.raise_signal(signal.SIGINT)


def give_up():
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(tmp_path_factory, plan, data):
    recipe = Recipe(
        optimizer="adamw", rate=0.01, epochs=3, batch=9, weight_decay=0.1, shift_px=1, label_smoothing=0.1, seed=4
    )
    return train(plan, data, recipe, tmp_path_factory.mktemp("whole") / "run", threads=1)


@pytest.mark.parametrize(
    ("act", "step"), [(None, 3), (None, 7), (interrupt, 10), (give_up, 12)], ids=["first", "epoch", "ctrl-c", "raised"]
)
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, plan, data, recipe, whole, act, step):
    folder = tmp_path / "run"
    watcher = At(step, act)
    with pytest.raises(Cancelled, match=r"Start it again with the same folder to go on\."):
        train(plan, data, recipe, folder, events=watcher, threads=1)
    assert watcher.last == step
    assert Run.read(folder).document.status == "stopped"
    found = load_network(folder)
    assert found.receipt["steps"] == step
    assert all(value.isfinite().all() for value in found.module.state_dict().values())
    done = train(plan, data, recipe, folder)
    assert of_file(folder / "network" / "weights.safetensors") == of_file(
        whole.run.folder / "network" / "weights.safetensors"
    )
    assert rows(done.run) == rows(whole.run)
    assert done.run.document.status == "done"
    assert done.curve.events == ((round(step / 7, 3), "stopped"), (round(step / 7, 3), "resumed"))


def test_ctrl_c_is_python_s_again_afterwards(tmp_path, plan, data, recipe):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=At(2, interrupt))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_step_broken_in_the_middle_is_not_kept(tmp_path, plan, data, recipe, whole, monkeypatch):
    calls = []
    step = torch.optim.AdamW.step

    def broken(self, *arguments, **named):
        calls.append(1)
        if len(calls) == 10:
            next(iter(self.param_groups[0]["params"])).data.zero_()  # half a step
            raise KeyboardInterrupt
        return step(self, *arguments, **named)

    monkeypatch.setattr(torch.optim.AdamW, "step", broken)
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", threads=1)
    assert load_network(tmp_path / "run").receipt["steps"] == 7
    monkeypatch.undo()
    train(plan, data, recipe, tmp_path / "run", threads=1)
    assert of_file(tmp_path / "run/network/weights.safetensors") == of_file(
        whole.run.folder / "network/weights.safetensors"
    )


def test_stopping_before_the_first_step_is_possible(tmp_path, plan, data, recipe, whole):
    class Never(Events):
        def is_cancelled(self):
            return True

    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=Never(), threads=1)
    assert Run.read(tmp_path / "run").document.status == "stopped"
    assert read_curve(Run.read(tmp_path / "run")).epochs == ()
    done = train(plan, data, recipe, tmp_path / "run", threads=1)
    assert rows(done.run) == rows(whole.run)


def test_another_error_is_written_down_and_the_training_can_go_on(tmp_path, plan, data, recipe, whole):
    def trip():
        raise ZeroDivisionError("the watcher fell")

    with pytest.raises(ZeroDivisionError):
        train(plan, data, recipe, tmp_path / "run", events=At(9, trip), threads=1)
    document = Run.read(tmp_path / "run").document
    assert (document.status, document.reason) == ("failed", "the watcher fell")
    done = train(plan, data, recipe, tmp_path / "run", threads=1)
    assert rows(done.run) == rows(whole.run)


def test_going_on_takes_the_run_s_own_threads(tmp_path, plan, data, recipe):
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=At(2), threads=1)
    with pytest.raises(StriateError, match="threads"):
        train(plan, data, recipe, tmp_path / "run", threads=2)
    assert train(plan, data, recipe, tmp_path / "run").run.document.settings["threads"] == 1


def test_the_watch_for_divergence_is_part_of_the_checkpoint(tmp_path, plan, data, recipe):
    class Listener(At):
        def progress(self, progress):
            losses.extend([progress.figures["loss"]] if progress.figures else [])
            super().progress(progress)

    losses = []
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=Listener(3))
    state = load_checkpoint(newest(tmp_path / "run" / "checkpoint"), build(plan))
    assert state.first_loss == losses[0]
    smoothed = losses[0] + 0.05 * (losses[1] - losses[0])
    assert state.smoothed_loss == pytest.approx(smoothed + 0.05 * (losses[2] - smoothed), rel=1e-12)
    assert state.loss_sum == sum(losses)


def test_checkpoints_are_written_within_an_epoch(tmp_path, plan, data, recipe, monkeypatch):
    monkeypatch.setattr(loop_module, "CHECKPOINT_EVERY_S", 0.0)
    seen = []

    def look():
        seen.append(load_checkpoint(newest(tmp_path / "run" / "checkpoint"), build(plan)).step)

    train(plan, data, recipe, tmp_path / "run", events=At(4, look))
    assert seen == [4]
