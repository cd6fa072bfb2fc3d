import json
from dataclasses import replace

import pytest

from striate import Blueprint
from striate.errors import InputError
from striate.study import cells_of, fork_study, read_results, run_study, study_from, study_text
from striate.study import timing as times
from striate.study.documents import study_document
from striate.study.running import prepared
from striate.study.timing import SEEKING, Clock, read_timed

TEXT = """
schema: striate/study/1
question: Is it the depth?
network: input 1x8x8; let w 4; (conv 3 w, relu) x$depth; globalavgpool; classes 3
data: {data}
factors: {{depth: [1, 2], optimizer: [adam, sgd]}}
fixed: {{latency_ms: reference, over: w, within_percent: 20}}
recipe: {{epochs: 1, batch: 10}}
seeds: 2
"""
# One microsecond a weight, by the tests' clock.
BY_WEIGHTS = {"by": 1}


@pytest.fixture
def small(pictures):
    return study_from(TEXT.format(data=pictures))


@pytest.fixture
def measured(monkeypatch):
    """The clock tells a network's weights, times what the test sets; the list holds what was measured."""
    texts = []

    def weights(warm):
        return sum(parameter.numel() for parameter in warm[0].parameters())

    def ready(plan):
        texts.append(plan.to_text())
        return warm(plan)

    warm = times.ready
    monkeypatch.setattr(times, "ready", ready)
    monkeypatch.setattr(times, "forward_s", lambda *given: 1e-6 * weights(given) * BY_WEIGHTS["by"])
    return texts


def test_cells_are_solved_for_the_time_the_clock_tells(small, measured):
    ready = prepared(small)
    reference, _, deep, other = ready.cells

    # Depth 1, width 4: 9·4 + 4 and 4·3 + 3. Depth 2, width 2: 9·2 + 2, 9·4 + 2 and 2·3 + 3 are 67; width 1 has 26.
    assert [cell.reached for cell in ready.cells] == [55, 55, 67, 67]
    assert reference.plan.settings["w"] == 4
    assert deep.plan.settings["w"] == 2
    assert deep.off_percent == pytest.approx(100 * 12 / 55)
    assert deep.trouble == "off by +21.8\u202f% (0.0670 ms)"
    assert other.plan.to_text() == deep.plan.to_text()


def test_a_machine_that_slows_down_slows_the_reference_too(measured, monkeypatch):
    reference = Blueprint.from_text("input 1x8x8; conv 3 4, relu; globalavgpool; classes 3")
    clock = Clock(reference)
    before = clock.latency_us(Blueprint.from_text("input 1x8x8; conv 3 8; globalavgpool; classes 3"), SEEKING)
    monkeypatch.setitem(BY_WEIGHTS, "by", 3)
    after = clock.latency_us(Blueprint.from_text("input 1x8x8; conv 3 8; globalavgpool; classes 3"), SEEKING)

    assert before == after == 8 * 9 + 8 + 8 * 3 + 3


@pytest.mark.slow
def test_what_was_measured_is_kept_and_a_fork_keeps_it(small, measured, tmp_path, monkeypatch):
    folder = tmp_path / "study"
    first = run_study(small, folder, workers=1)
    known = read_timed(folder)
    measured.clear()
    # By another clock, other networks would be found.
    monkeypatch.setattr(times, "forward_s", lambda *_: 1.0)
    again = run_study(small, folder, workers=1)
    asked = replace(small, recipe=replace(small.recipe, epochs=1), question="The same?", seeds=3)

    assert measured == []
    assert json.dumps(study_document(read_results(again))) == json.dumps(study_document(read_results(first)))
    assert fork_study(asked, folder, tmp_path / "fork") == 8
    assert read_timed(tmp_path / "fork") == known


def test_another_amount_is_another_network(small, measured):
    plan = Blueprint.from_text("input 1x8x8; let w 4; (conv 3 w, relu) x1; globalavgpool; classes 3")
    clock = Clock(plan)
    budget = small.fixed.budget
    found = [clock.solved(plan, replace(budget, amount=amount), ("w",)) for amount in (55, 107)]
    again = Clock(plan, clock.known).solved(plan, replace(budget, amount=107), ("w",))

    # 9·w + w and 3·w + 3.
    assert [one.plan.settings["w"] for one in found] == [4, 8]
    assert again.plan.settings["w"] == 8


def test_a_time_that_nothing_meets_is_refused_before_a_folder_is_made(small, measured, tmp_path):
    fast = replace(small.fixed, budget=replace(small.fixed.budget, amount=3), of_reference=False)
    with pytest.raises(InputError, match=r"at least two cells.*smallest w.*0\.00300 ms"):
        run_study(replace(small, fixed=fast), tmp_path / "study")

    assert not (tmp_path / "study").exists()


def test_the_file_says_milliseconds(small):
    given = study_from(study_text(small).replace("latency_ms: reference", "latency_ms: 1.5"))

    assert given.fixed.budget.amount == 1500
    assert given.fixed.document()["latency_ms"] == 1.5
    assert study_from(study_text(given)) == given
    with pytest.raises(InputError, match="latency_ms must be from 0.001"):
        study_from(study_text(small).replace("latency_ms: reference", "latency_ms: 0"))
    with pytest.raises(InputError, match="one figure must be held"):
        study_from(study_text(small).replace("latency_ms: reference", "latency_ms: reference\n  macs: reference"))


def test_on_paper_nobody_measures(small):
    with pytest.raises(InputError, match="one that paper tells; got 'latency_us'"):
        cells_of(small)


def test_a_real_clock_finds_a_wide_network_slower():
    reference = Blueprint.from_text("input 3x64x64; conv 3 16, relu; conv 3 16, relu; globalavgpool; classes 3")
    clock = Clock(reference)
    wide = clock.latency_us(
        Blueprint.from_text("input 3x64x64; conv 3 64, relu; conv 3 64, relu; globalavgpool; classes 3"), SEEKING
    )
    [base] = clock.known

    assert wide > 2 * base.latency_us > 0
