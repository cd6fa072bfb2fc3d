"""The section on shortcuts draws what was measured: means of windows by plain loops, patches where they were cut."""

import dataclasses

import numpy as np
import pytest

from striate.events import Events
from striate.explain.shortcuts.regions import places
from striate.records import (
    Background,
    BackgroundPair,
    Counted,
    Exchange,
    ExchangedPlace,
    OnObject,
    PastedPatch,
    Shortcuts,
    TellingPixels,
)
from striate.report.gathering.budget import budget_for
from striate.report.gathering.shortcuts import left_out, shortcuts_of
from striate.report.sections import shortcuts
from striate.report.subject import Subject

pytestmark = pytest.mark.slow
BOX = (21, 0, 28, 7)
LOOKED = ("one-place-decides", "patch-decides-class", "background-decides", "pixels-give-class-away")


def counted(hits, trials=40):
    return Counted(hits=hits, trials=trials)


@pytest.fixture
def exchange():
    """An exchange at all places of 28 × 28, with falls drawn at random and one patch that turned two digits."""
    boxes = places(28, 28)
    fall, own, spread = np.random.default_rng(0).random((3, len(boxes))).astype(np.float32)
    patch = PastedPatch(
        target=3,
        box=BOX,
        sample=1500,
        turned=counted(30),
        elsewhere=counted(1),
        own=counted(0),
        turned_samples=((0, 1500), (4999, 1501)),
    )
    mask = np.zeros((28, 28), bool)
    mask[1:5, 1:5] = True
    return Exchange(
        boxes=boxes, fall=fall, own_fall=own, spread=spread, shuffled=0.2,
        decisive=ExchangedPlace(box=BOX, others=counted(30), own=counted(0), spread=0.1),
        telling=TellingPixels(mask=mask, told=1.0, chance=0.1, others=counted(20), own=counted(0)),
        patches=(patch,), images=180, passes=9000,
    )  # fmt: skip


@pytest.fixture
def subject(small_run, digits):
    """Make the subject of a report with so much evidence on shortcuts."""
    from striate.nets import load_network
    from striate.records import Evidence
    from striate.trace import trace

    network = load_network(small_run)

    def make(silent=LOOKED, **parts):
        return Subject(
            network=network, dataset=digits, split=digits.split(), graph=trace(network.module, (1, 1, 28, 28)).graph,
            evidence=Evidence(shortcuts=Shortcuts(images=200, right=190, **parts)), findings=(),
            silent=dict.fromkeys(silent, "shortcuts"),
        )  # fmt: skip

    return make


def test_a_pixel_has_the_mean_of_the_windows_that_cover_it(exchange):
    found = shortcuts.by_pixel(exchange.fall, exchange, 28, 28)
    for y, x in ((0, 0), (5, 9), (13, 13), (27, 27), (20, 3)):
        covering = [
            value
            for value, (top, left, bottom, right) in zip(exchange.fall[:-4], exchange.boxes[:-4], strict=True)
            if top <= y < bottom and left <= x < right
        ]

        assert found[y, x] == pytest.approx(np.mean(covering), rel=1e-5)


def test_the_patch_is_shown_where_it_was_cut_and_in_what_it_turned(subject, exchange, digits):
    seen = subject(exchange=exchange)
    made = shortcuts.section(seen)
    pasted = next(figure for figure in made.figures if getattr(figure, "title", "").startswith("The patch"))
    pictures, outline = seen.store.arrays[pasted.array], seen.store.arrays[pasted.outline]
    donor, other = digits.read(1500)[0].numpy(), digits.read(0)[0].numpy()
    expected = other.copy()
    expected[21:28, 0:7] = donor[21:28, 0:7]

    assert (pictures[0] == donor).all()
    assert (pictures[1] == expected).all()
    assert (pictures[2][21:28, 0:7] == digits.read(1501)[0].numpy()[21:28, 0:7]).all()
    assert outline[0].sum() == 49
    assert [tile.label for tile in pasted.tiles] == ["cut from 1500", "0, 0", "4999, 9, patch of 1501"]
    assert pasted.tiles[1].value == "→ 3"


def test_every_picture_has_its_table_and_the_caption_judges(subject, exchange):
    behind = Background(
        known_share=0.9, is_given=False, alone=counted(4), chance=0.1, permuted=0.2,
        pair=BackgroundPair(one=1, other=7, right=counted(22)), pairs=45, moved=counted(2), kept=counted(37),
        own=counted(1), moved_samples=((0, 4999, 9),),
    )  # fmt: skip
    made = shortcuts.section(subject(exchange=exchange, background=behind))
    tables = [figure.table for figure in made.figures if figure.table is not None]

    assert made.judgement == "ok"
    assert [figure.kind for figure in made.figures] == ["tiles", "tiles", "tiles", "table", "table", "tiles"]
    assert len(tables) == 5
    assert [row[1] for row in tables[3].rows] == pytest.approx([10.0, 55.0, 5.0, 92.5, 2.5])
    assert tables[3].rows[0][3:] == pytest.approx([10.0, 20.0])
    assert made.sentence.replace("\u202f", " ") == (
        "The patch that turns most turned 30 of 40 images; 2 of 40 objects took the class of a background."
    )


def test_the_effect_on_given_objects_is_told_without_anything_else(subject):
    covered = OnObject(
        shares=np.array([0.5, 0.7], np.float32), areas=np.array([0.1, 0.3], np.float32),
        shifted=np.array([0.1, 0.2], np.float32), samples=(0, 4999), window_px=(4, 4), shifted_low=0.05,
    )  # fmt: skip
    made = shortcuts.section(subject(on_object=covered))

    assert [figure.kind for figure in made.figures] == ["table"]
    assert [row[1] for row in made.figures[0].table.rows] == pytest.approx([60.0, 15.0, 5.0, 20.0])
    assert {row[2] for row in made.figures[0].table.rows} == {2}
    assert made.sentence.replace("\u202f", " ") == (
        "60.0 % of what covering takes lies on the given objects, 15.0 % by chance."
    )


def test_without_a_place_away_from_the_object_the_page_says_so(subject, exchange):
    made = shortcuts.section(subject(exchange=dataclasses.replace(exchange, decisive=None, patches=(), telling=None)))

    assert made.sentence == "No place is away from the object."
    assert "no patch was sought" in made.caption.shown
    assert [figure.kind for figure in made.figures] == ["tiles"]


def test_what_could_not_be_exchanged_is_said_with_the_reason_that_was_met(subject, digits):
    network = subject().network
    enough = budget_for(5_000_000, images=3, outputs=10)
    for samples, budget, told in (
        (range(0, 5000, 50), enough, None),
        (range(0, 5000, 2500), enough, "four images each"),
        (range(0, 5000, 50), budget_for(15 * 10**9, images=3, outputs=10), "many minutes"),
    ):
        rows = left_out(shortcuts_of(network, digits, samples, budget, seed=0, events=Events()))

        assert len(rows) == (told is not None)
        assert told is None or (rows[0][0] == "Exchanged places" and told in rows[0][1])


def test_where_nothing_was_measured_there_is_no_section(subject):
    assert shortcuts.section(subject()) is None
    assert (
        shortcuts.section(
            dataclasses.replace(subject(), evidence=dataclasses.replace(subject().evidence, shortcuts=None))
        )
        is None
    )


@pytest.mark.parametrize("missing", LOOKED)
def test_all_is_well_only_if_every_rule_on_what_would_be_wrong_has_looked(missing, subject, exchange):
    looked = tuple(name for name in LOOKED if name != missing)

    assert shortcuts.section(subject(silent=looked, exchange=exchange)).judgement is None
