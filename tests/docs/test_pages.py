"""What the pages say is what the code does."""

import re
import shlex
from pathlib import Path

import pytest

from striate import errors
from striate.blueprint import Blueprint
from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.vocabulary import HEAD, MEETINGS
from striate.kinds import words

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_every_word_of_a_blueprint_is_on_its_page_and_no_other():
    table = (DOCS / "blueprints.md").read_text().split("| word |")[1]
    shown = {
        word
        for row in table.splitlines()
        for word in re.findall(r"`([a-z0-9]+)`", row.split("|")[1] if "|" in row else "")
    }

    assert shown == set(words())


def test_every_option_of_a_word_is_on_its_page():
    table = (DOCS / "blueprints.md").read_text().split("| word |")[1].replace(r"\|", "/")
    for row in table.splitlines()[2:]:
        names, arguments = row.split("|")[1:3]
        for name in re.findall(r"`([a-z0-9]+)`", names):
            word = words()[name].word
            assert {o for o in word.options if o not in arguments} == set(), name


def test_every_block_is_on_the_page_with_all_its_arguments():
    table = (DOCS / "blueprints.md").read_text().split("| block |")[1].split("\n\n")[0]
    rows = {re.search(r"`([a-z]+)`", row)[1]: row.split("|")[2] for row in table.splitlines()[2:]}

    assert set(rows) == set(BLOCK_WORDS)
    for name, arguments in rows.items():
        assert {option for option in BLOCK_WORDS[name].word.options if option not in arguments} == set(), name


def test_every_way_to_meet_is_on_the_page():
    table = (DOCS / "blueprints.md").read_text().split("| written |")[1].split("\n\n")[0]

    assert {*MEETINGS, HEAD} - set(re.findall(r"`([a-z]+)\(", table)) == {"choose"}


def test_the_two_forms_on_the_page_are_one_blueprint():
    text = (DOCS / "blueprints.md").read_text()
    line, yaml = re.findall(r"```(?:yaml)?\n(.*?)```", text, flags=re.DOTALL)[:2]

    assert Blueprint.from_text(line.strip()) == Blueprint.from_yaml(yaml)


def test_every_error_code_has_a_row_and_every_row_an_error():
    rows = re.findall(r"^\| `([a-z-]+)` \| `(\w+)` \|", (DOCS / "errors.md").read_text(), flags=re.MULTILINE)
    tree = {
        c.code: c.__name__ for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.StriateError)
    }

    assert dict(rows) == tree


@pytest.mark.parametrize("page", sorted(str(p.relative_to(ROOT)) for p in [ROOT / "README.md", *DOCS.rglob("*.md")]))
def test_links_between_pages_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize(
    "page",
    [
        "README.md", "docs/tutorial.md", "docs/table.md", "docs/how-to/choose-a-beginning.md",
        "docs/how-to/dense-prediction.md",
    ],
)  # fmt: skip
def test_every_command_on_the_page_is_a_command(page):
    import typer.main

    from striate.cli.app import app

    known = typer.main.get_command(app).commands
    shown = re.findall(r"^striate (.*)$", (ROOT / page).read_text(), flags=re.MULTILINE)

    assert shown
    for line in shown:
        name, *rest = shlex.split(line.split("  #")[0])
        command = known[name]
        flags = {opt for parameter in command.params for opt in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= flags, line


@pytest.mark.slow
def test_the_commands_about_dense_prediction_run(tmp_path, monkeypatch, capsys):
    from striate.cli.app import run

    monkeypatch.chdir(tmp_path)
    commands, page, code = re.findall(
        r"```(?:python)?\n(.*?)```", (DOCS / "how-to/dense-prediction.md").read_text(), flags=re.DOTALL
    )
    exec(page, {})
    for line in commands.strip().splitlines():
        assert run(shlex.split(line)[1:]) == 0, line
    out = capsys.readouterr().out
    names = {}
    exec(code, names)

    assert "positions, 4×4 px apart, each for 28×28 px" in out
    assert sorted(path.name for path in (tmp_path / "finer").iterdir()) == [
        "map-3.png",
        "map-8.png",
        "maps.npz",
        "segmentation.png",
    ]
    assert names["maps"].shape == (1, 10, 19, 29)
