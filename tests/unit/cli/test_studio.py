"""`striate studio`: what it opens, what it prints, and what it refuses before it works."""

import pytest

from striate.cli.app import run
from striate.studio import serving


@pytest.fixture
def served(monkeypatch):
    """Takes what would be served, tells an address, and ends at once."""
    calls = []

    def serve_opening(opened, *, events, told, **settings):
        calls.append((opened(events), settings))
        told(serving.Address(host="127.0.0.1", port=8350, token="abcdefghijklmnop"))

    monkeypatch.setattr(serving, "serve_opening", serve_opening)
    return calls


def test_a_run_and_its_data_are_opened(small_run, served, capsys):
    line = ["studio", str(small_run), "digits", "--port", "8350", "--token", "abcdefghijklmnop", "--no-browser"]

    assert run(line) == 0
    ((subject, settings),) = served
    assert (subject.name, len(subject.dataset), len(subject.layers)) == (str(small_run), 5000, 6)
    assert settings == {"host": "127.0.0.1", "port": 8350, "token": "abcdefghijklmnop", "opens_browser": False}
    assert capsys.readouterr().out == "Studio: http://127.0.0.1:8350/?token=abcdefghijklmnop\nIt ends with Ctrl-C.\n"


def test_networks_beside_are_named_and_not_yet_opened(small_run, ink_run, served):
    assert run(["studio", str(small_run), "--beside", str(ink_run), "--beside", "timm:nothing", "--no-browser"]) == 0
    ((subject, _),) = served

    assert subject.beside == {str(ink_run): str(ink_run), "timm:nothing": "timm:nothing"}


def test_folders_of_pages_are_handed_on(small_run, served, tmp_path):
    (tmp_path / "b").mkdir()
    line = ["studio", str(small_run), "--pages", str(tmp_path), "--pages", str(tmp_path / "b"), "--no-browser"]

    assert run(line) == 0
    assert served[0][0].pages == (tmp_path, tmp_path / "b")


def test_without_a_network_the_demos_is_trained_once(tmp_path, monkeypatch, served, small_run):
    import shutil

    from striate.report import demo

    trained = []

    def train(plan, dataset, recipe, out, **_):
        trained.append((plan.to_yaml(), len(dataset), recipe.seed, str(out)))
        shutil.copytree(small_run, out, dirs_exist_ok=True)

    monkeypatch.setattr(demo, "train", train)
    monkeypatch.chdir(tmp_path)

    assert run(["studio"]) == 0
    assert [(length, seed, out) for _, length, seed, out in trained] == [(5000, 0, "demo")]
    assert trained[0][0] == (tmp_path / "demo" / "net.yaml").read_text()
    ((subject, settings),) = served
    assert (subject.name, len(subject.dataset), settings["opens_browser"]) == ("demo", 5000, True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["nothing"], "a network reference must name something; got 'nothing'"),
        (["--pages", "nowhere"], "a folder of pages must be there; got 'nowhere'"),
        (["--beside", "nowhere"], "a network beside another must be there; got 'nowhere'"),
        (["--host", "0.0.0.0"], "must have a token of 16 characters or more"),
        (["--token", "short"], "must have a token of 16 characters or more"),
        (["--port", "70000"], "See striate studio --help."),
    ],
)
def test_what_cannot_be_opened_is_told_before_anything_is_trained(line, told, served, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["studio", *line]) == 2
    assert told in capsys.readouterr().err
    assert (served, list(tmp_path.iterdir())) == ([], [])


def test_a_token_may_come_from_where_others_do_not_read(served, small_run, monkeypatch, capsys):
    monkeypatch.setenv("STRIATE_TOKEN", "short")
    assert run(["studio", str(small_run)]) == 2
    assert "must have a token of 16 characters or more" in capsys.readouterr().err

    monkeypatch.setenv("STRIATE_TOKEN", "a-token-that-is-long-enough")
    assert run(["studio", str(small_run)]) == 0
    assert served[0][1]["token"] == "a-token-that-is-long-enough"


def test_a_port_that_is_taken_is_told(small_run, capsys):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = run(["studio", str(small_run), "--no-browser", "--port", str(taken.getsockname()[1])])

    assert code == 2
    assert "a studio must have a free port" in capsys.readouterr().err
