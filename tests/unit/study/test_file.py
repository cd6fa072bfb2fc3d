import pytest
import yaml

from striate.errors import InputError, SchemaError, UnknownNameError
from striate.study import read_study, ready_studies, ready_study, study_from, study_text

GIVEN = {
    "schema": "striate/study/1",
    "question": "Is it the depth?",
    "network": "input 1x28x28; let w 8; (conv $side w, relu) x$depth; globalavgpool; classes 10",
    "data": "digits",
    "factors": {"depth": [1, 2], "side": {"3×3": 3, "5×5": 5}},
    "fixed": {"macs": "reference"},
}


def study_with(**changes):
    return study_from(
        yaml.safe_dump({name: value for name, value in (GIVEN | changes).items() if value is not None}, sort_keys=False)
    )


def test_a_file_says_what_is_varied_held_and_compared():
    study = study_with(
        factors={"depth": [1, 2], "side": {"3×3": 3, "5×5": 5}, "rate": [0.01, 0.1]},
        reference={"side": "5×5"},
        fixed={"params": 900, "over": ["w"], "within_percent": 2},
        recipe={"epochs": 2, "images": 100},
        seeds=4,
    )

    assert [(factor.name, factor.of) for factor in study.factors] == [
        ("depth", "network"),
        ("side", "network"),
        ("rate", "recipe"),
    ]
    assert study.reference == ("1", "5×5", "0.01")
    assert (study.fixed.budget.figure, study.fixed.budget.amount, study.fixed.over) == ("params", 900, ("w",))
    assert (study.recipe.epochs, study.recipe.images, study.recipe.optimizer, study.seeds) == (2, 100, "adamw", 4)


def test_levels_may_stand_for_several_words():
    study = study_with(
        factors={"depth": [1, 2], "filters": {"small": {"side": 3}, "large": {"side": 5}}},
        reference={"filters": "large"},
    )
    steps = study_with(
        factors=GIVEN["factors"] | {"data": {"few": {"images": 50, "epochs": 4}, "many": {"images": 100, "epochs": 2}}}
    )

    assert study.factors[1].levels[1].words == (("side", "5"),)
    assert steps.factors[2].levels[0].words == (("images", 50), ("epochs", 4))


@pytest.mark.parametrize("name", [one.name for one in ready_studies()])
def test_what_is_written_is_read_as_the_same_study(name, tmp_path):
    study = ready_study(name)
    (tmp_path / "study.yaml").write_text(study_text(study), encoding="utf-8")

    assert read_study(tmp_path / "study.yaml") == study


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"quesion": "?"}, UnknownNameError, "Did you mean question"),
        ({"question": None}, InputError, "a study must say its question"),
        ({"factors": {}}, InputError, "a study must vary something"),
        ({"factors": {"depth": [1], "side": [3, 5]}}, InputError, "at least two levels, each once"),
        ({"factors": {"depth": [1, 1], "side": [3, 5]}}, InputError, "at least two levels, each once"),
        ({"factors": {"depth": [1, 2]}}, InputError, r"must belong to a factor; got '\$side'"),
        ({"factors": GIVEN["factors"] | {"widht": [1, 2]}}, InputError, "must stand in the network or be a field"),
        ({"factors": GIVEN["factors"] | {"rate": [1, 2]}, "recipe": {"rate": 0.1}}, InputError, "fixed as well"),
        ({"factors": GIVEN["factors"] | {"rate": ["a", "b"]}}, InputError, "rate must be a number"),
        ({"factors": GIVEN["factors"] | {"optimizer": ["sgd", "sdg"]}}, UnknownNameError, "sgd"),
        ({"factors": GIVEN["factors"] | {"depths": {"a": {"depth": 1}, "b": {"depth": 2}}}}, InputError, "one factor"),
        ({"factors": {"depth": [1, 2], "side": {"a": {"side": 3}, "b": {"sides": 3}}}}, InputError, "the same words"),
        ({"reference": {"depth": 3}}, UnknownNameError, "level of depth"),
        ({"reference": {"deep": 1}}, UnknownNameError, "Did you mean depth"),
        ({"without": [{"depth": 1, "side": "3×3"}]}, InputError, "the reference must be one of the cells"),
        ({"without": [{"depth": 2}, {"side": "5×5"}]}, InputError, "at least two cells"),
        ({"without": [{}]}, InputError, "what is left out"),
        ({"fixed": {"flops": 3}}, UnknownNameError, "figure"),
        ({"fixed": {"macs": 1, "params": 2}}, InputError, "one figure must be held"),
        ({"fixed": {"over": "w"}}, InputError, "must name a figure"),
        ({"fixed": {"macs": 0}}, InputError, "macs must be a whole number"),
        ({"fixed": {"macs": 9, "within_percent": -1}}, InputError, "within_percent must be from 0"),
        ({"recipe": {"seed": 3}}, UnknownNameError, "field of a recipe"),
        ({"recipe": {"epochs": 0}}, InputError, "epochs must be at least 1"),
        ({"recipe": {"epochs": 1.5}}, InputError, "epochs must be a whole number"),
        ({"rates": [0.1]}, InputError, "at least two different rates"),
        ({"rates": [0.1, -1]}, InputError, "at least two different rates"),
        ({"rates": [0.1, 1], "factors": GIVEN["factors"] | {"rate": [0.1, 1]}}, InputError, "rates must be common"),
        ({"seeds": 0}, InputError, "seeds must be a whole number from 1"),
        ({"seeds": True}, InputError, "seeds must be a whole number from 1"),
        ({"published": [{"says": "x"}]}, InputError, "a finding must hold"),
        (
            {"published": [{"says": "x", "source": "y", "better": {"depth": 1}, "than": {"side": "3×3"}}]},
            InputError,
            "other levels of the same factors",
        ),
        ({"factors": {"depth": list(range(1, 30)), "side": list(range(1, 41, 2))}}, InputError, "at most 400 cells"),
    ],
)
def test_what_is_no_study_is_refused_with_the_word_and_the_place(changes, error, message):
    with pytest.raises(error, match=message):
        study_with(**changes)


def test_a_file_that_is_not_there_or_no_study(tmp_path):
    (tmp_path / "net.yaml").write_text("schema: striate/blueprint/2\n")

    with pytest.raises(InputError, match="readable text"):
        read_study(tmp_path / "none.yaml")
    with pytest.raises(SchemaError, match="schema must be striate/study/1; got 'striate/blueprint/2'"):
        read_study(tmp_path / "net.yaml")
    with pytest.raises(UnknownNameError, match="Did you mean depth-width"):
        ready_study("depth-widht")
