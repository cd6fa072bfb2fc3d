"""`striate check` in its forms, `--fix`, and the list of rules."""

import json

import pytest

from striate.cli.app import run
from striate.lint import RULES

TEXT = (
    "input 1x28x28; conv 5x5 8 padding 0, relu; maxpool 2 stride 3; conv 5x5 16, relu; globalavgpool; classes 10; "
    'allow SHP002 because "The border is empty."; allow RCF002 because "Old."'
)


@pytest.fixture
def net(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    capsys.readouterr()
    return "net.yaml"


def test_text_shows_cures_with_their_effect_and_what_is_allowed(net, capsys):
    assert run(["check", net]) == 1
    out = capsys.readouterr().out

    assert "[SHP001 stride-above-kernel] net.yaml:5:3" in out
    # 28 − 4 = 24 pixels hold 8 windows of 2 or of 3 with a stride of 3: nothing but the field changes.
    assert "Cure: set the kernel of maxpool1 to 3x3: field" in out
    assert "✓ allowed  The padding of conv1" in out
    assert "The border is empty." in out
    assert "The allowance only-1x1-convolutions no longer applies" in out
    assert "; 1 allowed;" in out


def test_json_has_places_cures_and_what_is_allowed_apart(net, capsys):
    run(["check", net, "--format", "json"])
    document = json.loads(capsys.readouterr().out)

    (finding,) = document["findings"]
    assert finding["place"] == {"file": "net.yaml", "line": 5, "column": 3}
    assert finding["cure"]["text"] == "set the kernel of maxpool1 to 3x3"
    assert finding["cure"]["after"]["params"] == finding["cure"]["before"]["params"]
    assert [(row["code"], row["reason"]) for row in document["allowed"]] == [("SHP002", "The border is empty.")]
    assert [row["rule"] for row in document["unused_allowances"]] == ["only-1x1-convolutions"]
    assert document["failures"] == []


def test_sarif_and_github_are_printed_alone(net, capsys):
    assert run(["check", net, "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"][0]["ruleId"] == "SHP001"
    assert run(["check", net, "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::warning file=net.yaml,line=5,col=3,")


def test_fix_writes_a_copy_and_leaves_the_original(net, tmp_path, capsys):
    before = (tmp_path / net).read_bytes()

    assert run(["check", net, "--fix"]) == 0
    out = capsys.readouterr().out
    assert "Wrote net.fixed.yaml with 1 cure; net.yaml is as it was. 0 findings left." in out
    assert "Comments" in out
    assert (tmp_path / net).read_bytes() == before
    fixed = (tmp_path / "net.fixed.yaml").read_text()
    assert "maxpool 3x3 stride 3" in fixed
    assert "The border is empty." in fixed
    assert run(["check", "net.fixed.yaml"]) == 0


def test_fix_writes_text_for_a_text_file_and_says_what_it_did_as_json(net, tmp_path, capsys):
    assert run(["check", net, "--fix", "--out", "other.txt", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)

    assert document["file"] == "other.txt"
    assert [row["text"] for row in document["taken"]] == ["set the kernel of maxpool1 to 3x3"]
    assert (tmp_path / "other.txt").read_text() == document["text"] + "\n"


def test_fix_cures_the_rules_that_are_asked_and_no_others(net, tmp_path, capsys):
    text = TEXT.replace("maxpool 2 stride 3", "maxpool 1; maxpool 2 stride 3")
    run(["new", "two.yaml", "--text", text])

    assert run(["check", "two.yaml", "--fix", "--select", "SHP003"]) == 0
    made = (tmp_path / "two.fixed.yaml").read_text()
    assert "maxpool 1" not in made
    assert "maxpool 2 stride 3" in made


def test_fix_writes_nothing_where_nothing_can_be_cured(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(["new", "small.yaml", "--text", "input 1x28x28; (conv 3x3 16, relu) x2; globalavgpool; classes 10"])
    capsys.readouterr()

    assert run(["check", "small.yaml", "--fix"]) == 0
    assert "Nothing was changed, and nothing written. 1 finding left: top-cannot-see-input." in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "net.yaml", "--fix", "--out", "net.yaml"], "The original is never written over."),
        (["check", "net.yaml", "--fix", "--out", "./../{folder}/net.yaml"], "The original is never written over."),
        (["check", "net.yaml", "--fix", "--out", "there.yaml"], "the file to write must not be there yet"),
        (["check", "net.yaml", "--out", "x.yaml"], "--out must come with --fix"),
        (["check", "net.yaml", "--fix", "--format", "sarif"], "--fix must say what it did as text or json"),
        (["check", "net.yaml", "--json", "--format", "sarif"], "one form must be asked for"),
        (["check", "net.yaml", "--format", "sarrif"], "sarrif"),
        (["check", "net.yaml", "--select", "SHP001", "--ignore", "SHP001"], "some rule must be left to ask"),
        (["check", "net.yaml", "--select", "SHP0001"], "Did you mean SHP"),
        (["rule", "SHP0001"], "Did you mean SHP"),
        (["rule", "SHP0001", "--json"], "Did you mean SHP"),
    ],
)
def test_what_cannot_be_is_one_line_and_ends_with_2(net, tmp_path, arguments, words, capsys):
    (tmp_path / "there.yaml").write_text("mine")

    assert run([argument.replace("{folder}", tmp_path.name) for argument in arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert (tmp_path / "there.yaml").read_text() == "mine"


def test_an_unknown_rule_in_a_file_names_the_nearest(net, tmp_path, capsys):
    (tmp_path / net).write_text((tmp_path / net).read_text().replace("RCF002", "only-1x1-convolution"))

    assert run(["check", net]) == 2
    assert "Did you mean only-1x1-convolutions" in capsys.readouterr().err


def test_rules_lists_every_rule_with_what_it_finds(capsys):
    assert run(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(RULES)
    assert next(line for line in lines if line.startswith("SHP001")).split() == [
        "SHP001",
        "warning",
        "stride-above-kernel",
        "A",
        "stride",
        "larger",
        "than",
        "the",
        "kernel.",
    ]

    assert run(["rules", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rules"]
    assert [row["code"] for row in rows] == sorted(rule.code for rule in RULES.values())
    assert next(row for row in rows if row["code"] == "SHP001")["summary"] == "A stride larger than the kernel."


def test_a_rule_as_json_has_its_page(capsys):
    assert run(["rule", "SHP001", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rules"]

    assert row["name"] == "stride-above-kernel"
    assert "## Why it matters" in row["text"]
    assert "## How often it fires" in row["text"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["--select", "SHP001,shp002"], {"SHP001", "SHP002"}),
        (["--select", "SHP00"], {"SHP001", "SHP002"}),
        (["--select", "shp"], {"SHP001", "SHP002"}),
        (["--select", "Stride-Above-Kernel, SHP002"], {"SHP001", "SHP002"}),
        (["--select", "SHP,CST", "--ignore", "shp001,cst"], {"SHP002"}),
    ],
)
def test_rules_are_selected_by_lists_and_beginnings_in_any_case(net, tmp_path, words, codes, capsys):
    (tmp_path / net).write_text((tmp_path / net).read_text().partition("allow:")[0])

    assert run(["check", net, *words, "--json"]) in {0, 1}
    assert {row["code"] for row in json.loads(capsys.readouterr().out)["findings"]} == codes


@pytest.mark.parametrize(
    ("asked", "count"),
    [(["rules", "SHP"], "SHP"), (["rules", "shp00"], "SHP00"), (["rule", "shp00"], "SHP00")],
)
def test_rules_may_be_listed_by_their_beginning(asked, count, capsys):
    assert run(asked) == 0
    codes = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert codes == sorted(rule.code for rule in RULES.values() if rule.code.startswith(count))


def test_a_rule_is_known_in_lower_case(capsys):
    assert run(["rule", "rcf001"]) == 0
    assert capsys.readouterr().out.startswith("# top-cannot-see-input")


@pytest.mark.parametrize("word", ["SHP999", "XYZ", "S", ""])
@pytest.mark.parametrize("asked", [["rule"], ["rules"], ["check", "net.yaml", "--select"]])
def test_a_wrong_code_names_few(net, asked, word, capsys):
    if asked[0] == "rule" and not word:
        pytest.skip("lists all")
    assert run([*asked, word]) == 2
    err = capsys.readouterr().err
    assert sum(rule.code in err for rule in RULES.values()) <= 3
    assert "Did you mean SHP" in err or "they begin with ACT" in err


def test_every_severity_a_rule_can_have_is_listed(capsys):
    assert run(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(rule.code for rule in RULES.values())
    assert any(line.split()[:5] == ["SHP008", "warning", "or", "note", "map-collapses"] for line in lines)


def test_the_limit_stands_beside_the_figure(net, capsys):
    assert run(["new", "heavy.yaml", "--text", "input 1x28x28; conv 3x3 4, relu; fc 64, relu; classes 10"]) == 0
    run(["check", "heavy.yaml", "--select", "fc-holds-most-parameters"])
    out = " ".join(capsys.readouterr().out.replace("\u202f", " ").split())
    # 28²·4·64 + 64 of those, 40 and 650
    assert "holds 99.7 % (limit 60 %) of the parameters" in out
