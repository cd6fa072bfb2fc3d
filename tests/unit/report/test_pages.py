"""What all pages have in common."""

from datetime import datetime

from striate.page.wire import Caption, Section
from striate.report import pages
from striate.report.pages import page_of, today

SECTION = Section(
    id="x",
    term="X",
    judgement=None,
    sentence="It is there.",
    figures=[],
    caption=Caption(shown="a", should_see="b", wrong_if="c", source="d"),
)


def made(**more):
    return page_of(title="t", run_line="r", verdict="v", prose="", facts=[], sections=[None, SECTION, None], **more)


def test_rules_are_named_in_words_and_figures_are_told_as_they_are():
    page = made(
        silent=["background-matters", "dead-units"],
        figures={"background-matters": "0 of 3 well-lit squares"},
        skipped=["leak-between-splits"],
    )

    assert page.found_nothing == ["background matters (0 of 3 well-lit squares)", "dead units"]
    assert page.could_not_look == ["leak between splits"]


def test_a_section_there_is_nothing_to_say_in_is_left_out():
    page = made()

    assert page.sections == [SECTION]
    assert (page.schema_, page.findings, page.findings_sentence) == ("striate/page/1", [], "")


def test_the_day_is_said_without_a_zero(monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 5, 3, 23, 59, tzinfo=tz)

    monkeypatch.setattr(pages, "datetime", Clock)

    assert today() == "3 May 2026"
