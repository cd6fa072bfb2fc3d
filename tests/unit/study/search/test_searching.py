import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from striate import Blueprint
from striate.analyse import cost
from striate.data import load_data
from striate.errors import InputError, RunError
from striate.records import Recipe
from striate.runs import Run
from striate.study import read_results, run_study
from striate.study.search import Limits, Search, best, front, importances, latency, retraining, search
from striate.study.search.asking import given, opened, sampler_of, storage_at
from striate.study.search.working import try_design
from striate.study.training import Work

WORKER = Path(__file__).with_name("worker.py")
PLAN = Blueprint.from_text(
    "input 1x8x8; let w {2,3,4,6}; conv {3,5} w, relu; (conv 3 w, relu) x{1,2}; globalavgpool; classes 3"
)
ASKED = Search(plan=PLAN, limits=Limits(macs=20_000), recipe=Recipe(epochs=1, batch=10, rate=0.02), prune=False, seed=3)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")]


@pytest.fixture(scope="module")
def data(pictures):
    return load_data(str(pictures))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("search") / "a"
    return folder, search(ASKED, data, folder, trials=6, workers=1)


def rows(found):
    return [(trial.text, trial.score) for trial in found.trials]


def test_no_proposal_is_turned_down_and_none_passes_the_limit(whole):
    _, found = whole

    assert [trial.ended for trial in found.trials] == ["done"] * 6
    assert len({trial.text for trial in found.trials}) == 6
    for trial in found.trials:
        assert cost(Blueprint.from_text(trial.text).graph()).total.macs == trial.macs <= 20_000


def test_it_goes_on_where_it_was(whole, data, tmp_path):
    import shutil

    folder, found = whole
    shutil.copytree(folder, tmp_path / "a")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").glob("trainings/*/result.json")}
    more = search(ASKED, data, tmp_path / "a", trials=9, workers=1)

    assert rows(more)[:6] == rows(found)
    assert len(more.trials) == 9
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_the_designs_are_those_it_began_with(data, tmp_path, monkeypatch):
    # What is fast enough, too, is measured once: a second measurement would move the sampler's places.
    asked = replace(ASKED, limits=Limits(latency_ms=1e6))
    first = search(asked, data, tmp_path / "a", trials=1, workers=1)
    monkeypatch.setattr(latency, "_forward_ms", lambda *_: 1e9)
    again = search(asked, data, tmp_path / "a", trials=2, workers=1)

    assert again.space == first.space
    assert rows(again)[:1] == rows(first)


def test_a_search_that_cannot_begin_says_so_in_its_folder(data, tmp_path):
    with pytest.raises(InputError, match="some design must keep the limits"):
        search(replace(ASKED, limits=Limits(macs=1)), data, tmp_path / "a", trials=1)

    assert Run.read(tmp_path / "a").document.status == "failed"


def test_killed_it_loses_no_trial(pictures, data, tmp_path):
    words = [sys.executable, str(WORKER), str(pictures), str(tmp_path / "a"), "4"]
    killed = subprocess.run([*words, "3"], capture_output=True, text=True, check=False)
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    found = search(ASKED, data, tmp_path / "a", trials=4, workers=1)

    assert killed.returncode == -signal.SIGKILL
    assert ended.returncode == 0, ended.stderr
    assert len(found.trials) == len({trial.text for trial in found.trials}) == 4
    assert all(trial.score is not None for trial in found.trials)


def test_two_that_share_a_database_try_nothing_twice_and_end_together(pictures, tmp_path):
    import optuna

    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    # More than there are: at the end each waits for what the other has under way.
    words = [sys.executable, str(WORKER), str(pictures)]
    both = [
        subprocess.Popen([*words, str(tmp_path / name), "50", storage], stderr=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    errors = [one.communicate(timeout=300)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], errors
    [summary] = optuna.get_all_study_summaries(storage)
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    done = [one for one in study.trials if one.state.name == "COMPLETE" and "again" not in one.user_attrs]
    designs = [tuple(one.user_attrs["design"]) for one in done]

    # By hand, see below: four of width 2, four of width 3, and width 4 with one block.
    assert len(designs) == len(set(designs)) == 10
    assert len({one.user_attrs["owner"] for one in done}) == 2


def test_a_design_that_another_has_under_way_is_not_tried_too(data, tmp_path):
    from striate.study.search.sitting import Sitting
    from striate.study.search.space import space_of

    space = space_of(PLAN, lambda plan: len(plan.to_text()) > 0, seed=0)
    study = opened(storage_at(tmp_path), "striate", goal="score")
    made = {"asked": ASKED, "space": space, "study": study, "dataset": data, "folder": tmp_path, "storage": "shared"}
    mine, theirs = Sitting(**made, owner="mine"), Sitting(**made, owner="theirs")
    asked = [one.ask() for one in [mine, theirs] * 8]

    assert len({design for _, design in asked}) == 16
    assert mine.ask() is None


def test_when_every_design_was_tried_it_ends(data, tmp_path):
    few = replace(ASKED, limits=Limits(macs=8_500))
    found = search(few, data, tmp_path / "a", trials=50, workers=1)

    # By hand: 64 places; w 2, kernels of 3 or 5: 64 · (2·9 + 4·9) + 6 = 3462 and so on.
    within = [
        plan
        for w in (2, 3, 4, 6)
        for kernel in (3, 5)
        for deep in (1, 2)
        if (plan := 64 * (w * kernel**2 + deep * 9 * w * w) + 3 * w) <= 8_500
    ]
    assert len(found.trials) == len(within) == len(found.space.designs)
    assert sorted(trial.macs for trial in found.trials) == sorted(within)


def test_it_begins_with_what_is_known_and_refuses_what_passes_the_limit(data, tmp_path):
    known = {"w": 3, "conv1.kernel": (5,), "repeat1": 1}
    found = search(replace(ASKED, known=(known,)), data, tmp_path / "a", trials=1, workers=1)

    assert found.trials[0].values == known
    with pytest.raises(InputError, match="a design must keep the limits"):
        search(replace(ASKED, known=(known | {"w": 6, "repeat1": 2},)), data, tmp_path / "b", trials=1, workers=1)


def test_another_search_in_its_folder_is_refused(whole, data):
    folder, _ = whole

    with pytest.raises(InputError, match="must be resumed with the same settings"):
        search(replace(ASKED, limits=Limits(macs=10_000)), data, folder, trials=7)


def test_a_design_behind_the_median_of_those_before_it_is_stopped_after_its_second_epoch(data, tmp_path):
    import optuna

    storage = storage_at(tmp_path)
    study = opened(storage, "striate", goal="score")
    for _ in range(8):
        # More than any accuracy.
        study.add_trial(optuna.create_trial(value=2.0, intermediate_values=dict.fromkeys(range(1, 5), 2.0)))
    recipe = replace(ASKED.recipe, epochs=4)
    work = Work(
        plan=PLAN.chosen({"w": 2, "conv1.kernel": (3,), "repeat1": 1}).to_text(),
        data=data.reference,
        data_key=data.fingerprint,
        recipe=recipe,
    )
    trial = study.ask()
    found = try_design(work=work.arguments(tmp_path), storage=storage, name="striate", trial=trial._trial_id)
    [run] = [Run.read(path.parent) for path in tmp_path.glob("*/run/run.json")]

    assert found == {"pruned": True, "failed": ""}
    assert run.document.status == "stopped"
    assert max(row["epoch"] for row in run.rows("metrics.jsonl") if row["kind"] == "epoch") == 2
    # Without a database nobody stops it.
    alone = try_design(work=work.arguments(tmp_path), storage="", name="striate", trial=0)
    assert alone["failed"] == ""
    assert max(row["epoch"] for row in Run.read(run.folder).rows("metrics.jsonl") if row["kind"] == "epoch") == 4


def test_the_front_is_searched_and_the_best_are_trained_again(data, tmp_path):
    found = search(replace(ASKED, goal="front"), data, tmp_path / "a", trials=5, workers=1)
    by_hand = [
        trial
        for trial in found.trials
        if not any(
            other.macs <= trial.macs
            and other.score >= trial.score
            and (other.macs, other.score) != (trial.macs, trial.score)
            for other in found.trials
        )
    ]
    assert {trial.macs for trial in front(found.trials)} == {trial.macs for trial in by_hand}

    chosen = sorted(found.trials, key=lambda trial: -trial.score)[:2]
    study = retraining(found, chosen, data.reference, seeds=2)
    reading = read_results(run_study(study, tmp_path / "best", workers=1))
    # Other seeds than the search's 3.
    assert [run.seed for run in reading.cells[0].row.runs] == [4, 5]
    assert [cell.row.cell.plan.to_text() for cell in reading.cells] == [trial.text for trial in chosen]
    alone = best(replace(found, trials=found.trials[:1]), 3)
    assert alone == found.trials[:1]
    with pytest.raises(InputError, match="at least two designs"):
        retraining(found, alone, data.reference)


def test_what_matters_is_what_was_made_to_matter(whole):
    _, found = whole
    from striate.study.search import Trial

    made = []
    for number, design in enumerate(found.space.designs):
        values = found.space.values(design)
        score = 0.5 + 0.05 * values["w"] + 0.001 * number % 0.003
        text = found.space.blueprint(design).to_text()
        made.append(Trial(number=number, values=values, text=text, macs=1, params=1, ended="done", score=score))
    first, *others = importances(made, found.space)

    assert first.name == "w"
    assert first.share > 0.8
    assert first.interval[0] <= first.share <= first.interval[1] + 1e-9
    assert max(one.interval[1] for one in others) < 0.3
    with pytest.raises(InputError, match="at least 10 scores"):
        importances(made[:9], found.space)


def test_a_database_that_is_not_there_is_told_without_its_password(tmp_path):
    with pytest.raises(RunError, match="database must answer") as told:
        opened("sqlite:////nowhere/at/all.db", "striate", goal="score")
    assert storage_at(tmp_path, "postgresql://me:secret@host/db") == "postgresql://me:secret@host/db"
    with pytest.raises(RunError) as hidden:
        opened("nodb://me:secret@host/db", "striate", goal="score")

    assert "nowhere" in str(told.value)
    assert "secret" not in str(hidden.value)


def test_a_database_that_goes_away_is_told_and_the_search_goes_on_when_it_is_back(data, tmp_path, monkeypatch):
    import optuna

    ask, asked = optuna.study.Study.ask, []

    def gone(self, *arguments, **named):
        asked.append(self)
        if len(asked) == 3:
            raise optuna.exceptions.StorageInternalError("server closed the connection unexpectedly")
        return ask(self, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(optuna.study.Study, "ask", gone)
        with pytest.raises(RunError, match="database must answer; got server closed the connection"):
            search(ASKED, data, tmp_path / "a", trials=4, workers=1)
    found = search(ASKED, data, tmp_path / "a", trials=4, workers=1)

    assert [trial.ended for trial in found.trials] == ["done"] * 4


@pytest.mark.filterwarnings("ignore")
def test_fast_enough_is_measured_before_the_search(data, tmp_path):
    with pytest.raises(InputError, match="some design must be fast enough; got .* ms at best"):
        search(replace(ASKED, limits=Limits(latency_ms=1e-6)), data, tmp_path / "a", trials=1)
    found = search(replace(ASKED, limits=Limits(latency_ms=1e6)), data, tmp_path / "b", trials=1, workers=1)

    assert len(found.space.designs) == 16


def test_what_a_kill_cut_off_is_tried_first_however_often_it_is_begun(data, tmp_path):
    from striate.study.search.sitting import Sitting
    from striate.study.search.space import space_of

    space = space_of(PLAN, lambda plan: len(plan.to_text()) > 0, seed=0)
    study = opened(storage_at(tmp_path), "striate", goal="score")
    known = space.values(space.designs[3])
    made = {"asked": replace(ASKED, known=(known,)), "space": space, "study": study, "dataset": data}
    sitting = Sitting(**made, folder=tmp_path, storage="shared", owner="mine")
    _, cut = sitting.ask([space.designs[5]])
    # Killed again before anything was tried, too.
    assert [sitting.begin(), sitting.begin()] == [[cut, space.designs[3]]] * 2

    first = sitting.begin()
    assert [sitting.ask(first)[1] for _ in range(2)] == [cut, space.designs[3]]
    assert first == []
    # In SQLite two processes may take one trial out of Optuna's queue.
    assert [one for one in study.trials if one.state.name == "WAITING"] == []
    # Another who shares the database gives way.
    other = Sitting(**made, folder=tmp_path, storage="shared", owner="theirs")
    assert other.ask(other.begin())[1] not in {cut, space.designs[3]}


def test_of_two_that_gave_way_to_each_other_one_comes_back_to_it(data, tmp_path, monkeypatch):
    from striate.study.search.sitting import Sitting
    from striate.study.search.space import space_of

    space = space_of(PLAN, lambda plan: len(plan.to_text()) > 0, seed=0)
    from optuna.trial import TrialState

    study = opened(storage_at(tmp_path), "striate", goal="score")
    made = {"asked": ASKED, "space": space, "study": study, "dataset": data, "folder": tmp_path, "storage": "shared"}
    study.sampler = sampler_of("random", 0)
    mine, wanted, alone = Sitting(**made, owner="mine"), space.designs[5], Sitting._has_alone

    def both_at_once(self, trial, design):
        monkeypatch.setattr(Sitting, "_has_alone", alone)
        theirs = given(study, space, design, {"owner": "theirs", "design": list(design)})
        has_alone = alone(self, trial, design)
        # The other had seen this one before it gave way.
        theirs.set_user_attr("again", 1)
        study.tell(theirs, state=TrialState.FAIL)
        return has_alone

    monkeypatch.setattr(Sitting, "_has_alone", both_at_once)
    first = [wanted]
    assert mine.ask(first)[1] != wanted
    assert mine.ask(first)[1] == wanted
    assert first == []


def test_a_known_design_names_what_it_chooses(data, tmp_path):
    known = {"w": 5, "conv1.kernel": (5,), "repeat1": 1}
    with pytest.raises(InputError, match=r"w must be one of 2, 3, 4, 6; got 5"):
        search(replace(ASKED, known=(known,)), data, tmp_path / "a", trials=1, workers=1)


def test_a_search_without_limits_leaves_out_what_does_not_fit(data, tmp_path):
    # A map of 8 has no room for a window of 16.
    plan = Blueprint.from_text("input 1x8x8; let w {2,3}; conv 3 w, relu; maxpool {2,16}; globalavgpool; classes 3")
    found = search(replace(ASKED, plan=plan, limits=Limits()), data, tmp_path / "a", trials=4, workers=1)

    assert sorted(tuple(trial.values.values()) for trial in found.trials) == [(2, (2,)), (3, (2,))]
    assert [trial.ended for trial in found.trials] == ["done"] * 2
