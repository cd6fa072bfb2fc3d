"""`striate similar` and `striate index`: what they print, and what they refuse in one line."""

import json
from dataclasses import replace

import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from searches import index_of, search_of
from striate.cli.app import run
from striate.cli.similar_tables import INDEX_PAYS_ROWS, show_search
from striate.features.extraction import extract
from striate.features.neighbours import query_of
from striate.features.neighbours.indexes import kept_indexes
from striate.features.store import VectorStore


@pytest.fixture(scope="module")
def store(small_run, digits, tmp_path_factory):
    """300 digits of the class folders, one of them twice, the second time in the wrong class; and a broken file."""
    folder = tmp_path_factory.mktemp("photos")
    for target in range(10):
        (folder / str(target)).mkdir()
        for number in range(30):
            image = Image.fromarray(digits.read(500 * target + number)[0].numpy())
            image.save(folder / f"{target}/{number:02}.png")
    (folder / "4/again.png").write_bytes((folder / "9/03.png").read_bytes())
    (folder / "5/broken.png").write_bytes(b"no picture")
    extract(str(small_run), folder, folder.parent / f"{folder.name}-vectors")
    return folder, str(folder.parent / f"{folder.name}-vectors")


def other_network(folder):
    net = folder / "net.yaml"
    run(["new", str(net), "--text", "input 1x28x28; conv 3x3 8, relu; globalavgpool; classes 10"])
    return net


def asked(capsys, *words):
    code = run(list(map(str, words)))
    return code, capsys.readouterr()


def test_neighbours_are_shown_and_the_picture_itself_is_told_apart(store, capsys):
    folder, address = store

    code, said = asked(capsys, "similar", folder / "7/03.png", address, "-k", 5)

    assert code == 0
    assert "301 vectors of" in said.out
    assert "exact" in said.out
    assert "The picture itself is in the store" in said.out
    assert "7/03.png" in said.out
    assert said.out.count("7/") >= 3


def test_one_json_object_has_everything_but_pictures(store, capsys):
    _, address = store

    code, said = asked(
        capsys, "similar", "digits:3510", address, "-k", 4, "--label", 7, "--metric", "l2", "--why", "--json"
    )

    found = json.loads(said.out)
    assert code == 0
    assert [one["image"]["label"] for one in found["neighbours"]] == ["7"] * 4
    assert found["schema"] == "striate/search/1"
    assert found["metric"] == "l2"
    assert found["index"] is None
    assert "thumbnail" not in json.dumps(found)
    nearest = found["neighbours"][0]["distance"]
    assert found["why"]["on_query"]["clean"] == pytest.approx(-nearest, abs=1e-4)
    assert len(found["why"]["on_query"]["grid"]) == 8


def test_why_is_told_in_words_with_other_pictures_beside(store, capsys):
    _, address = store

    _, said = asked(capsys, "similar", "digits:3510", address, "-k", 1, "--why")

    assert "other pictures take" in said.out
    assert "Something is wrong" in said.out


def test_a_row_is_asked_about_by_its_id(store, capsys):
    folder, address = store
    _, said = asked(capsys, "similar", folder / "7/03.png", address, "-k", 1, "--json")
    row = json.loads(said.out)["copies"][0]["image"]["id"]

    code, said = asked(capsys, "similar", row, address, "-k", 1, "--json")

    assert code == 0
    assert json.loads(said.out)["query"]["id"] == row


def test_duplicates_of_two_labels_end_with_1(store, capsys):
    _, address = store

    code, said = asked(capsys, "similar", "--duplicates", address, "--near", 0.999999)

    assert code == 1
    assert "1 copy" in said.out
    assert "labels differ" in said.out
    assert "9/03.png" in said.out
    assert "4/again.png" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["similar", "nothing", "STORE"], "a query must be a file"),
        (["similar", "nothing.png", "STORE"], "an image must be readable as a whole; got the file does not exist"),
        (["similar", "FOLDER/5/broken.png", "STORE"], "a picture must be readable"),
        (["similar", "digits:99999", "STORE"], "a sample's index"),
        (["similar", "digits:1", "STORE", "--label", "77"], "Did you mean 7"),
        (["similar", "digits:1", "STORE", "--layer", "conv9"], "a stored layer must be a known name"),
        (["similar", "digits:1", "STORE", "--metric", "dot"], "--metric must be"),
        (["similar", "digits:1", "STORE", "-k", "0"], "1 … 1,000"),
        (["similar", "digits:1", "STORE", "--net", "NET"], "the network must be the one"),
        (["similar", "digits:1"], "must come with a store"),
        (["similar", "digits:1", "STORE", "--near", "0.9"], "--near must come with --duplicates"),
        (["similar", "digits:1", "STORE", "--duplicates"], "a store alone"),
        (["similar", "digits:1", "nowhere"], "a store must have been written first"),
        (["index", "STORE"], "at least 1,000 vectors"),
        (["index", "STORE", "--kind", "tree"], "--kind must be"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(store, words, says, tmp_path, capsys):
    folder, address = store
    net = other_network(tmp_path)
    words = [w.replace("STORE", address).replace("FOLDER", str(folder)).replace("NET", str(net)) for w in words]

    code, said = asked(capsys, *words)

    assert code == 2
    assert says in said.err
    assert len([line for line in said.err.splitlines() if line.startswith("striate: ")]) == 1


def test_a_network_with_other_weights_is_named_beside_the_stores(store, tmp_path, small_run, capsys):
    _, address = store
    net = other_network(tmp_path)

    _, said = asked(capsys, "similar", "digits:1", address, "--net", net)

    assert str(small_run) in said.err
    assert "net.yaml" in said.err


@pytest.mark.slow
def test_an_index_is_built_told_and_used(small_run, digits, tmp_path, capsys):
    address = str(tmp_path / "all")
    extract(str(small_run), digits, address)

    code, said = asked(capsys, "index", address, "--recall", 0.9)
    _, found = asked(capsys, "similar", "digits:17", address, "--json")

    assert code == 0
    assert "will take about" in said.err
    assert "memory" in said.err
    assert "Index of 5000 vectors" in said.out
    assert "of the true nearest 10" in said.out
    [index] = kept_indexes(VectorStore.open(address))
    assert index.recall > 0.85
    assert index.rows == 5000
    # It is used if it was measured to be faster.
    assert (json.loads(found.out)["index"] is not None) == (index.search_s < index.exact_s)


def test_the_stored_vector_is_found_again_bit_by_bit(store):
    folder, address = store
    opened = VectorStore.open(address)

    query = query_of(str(folder / "3/07.png"), opened)

    [row] = opened.vectors(where=f"content = '{query.image.content}'").values
    assert (query.vector == row).all()


def large_search(digits, **changes):
    return replace(search_of(digits), searched=INDEX_PAYS_ROWS, **changes)


def test_an_index_is_proposed_only_where_there_is_none(digits, capsys):
    show_search(large_search(digits))
    without = capsys.readouterr().out
    show_search(large_search(digits, has_index=True))
    beside = capsys.readouterr().out

    assert "An index would answer sooner: striate index runs/a/vectors" in without
    assert "An index" not in beside


def test_of_thousands_of_copies_some_are_named_and_all_counted(digits, capsys):
    found = search_of(digits)

    show_search(replace(found, copies=found.copies * 100, copy_count=3000))

    said = capsys.readouterr().out
    assert said.count("The picture itself") == 20
    assert "3000 rows altogether" in said


def test_duplicates_refuse_what_is_said_of_a_search(store, capsys):
    _, address = store
    for words in (
        ["-k", "3"], ["--metric", "l2"], ["--label", "7"], ["--split", "train"], ["--net", "net.yaml"], ["--exact"], ["--why"],
        ["--page", "page.html"],
    ):  # fmt: skip
        code, said = asked(capsys, "similar", "--duplicates", address, *words)

        assert code == 2
        assert f"{words[0]} must come with a picture" in said.err
        assert len([line for line in said.err.splitlines() if line.startswith("striate: ")]) == 1


def test_an_indexs_recall_is_told_with_the_rows_it_was_measured_at(digits, capsys):
    found = search_of(digits)

    show_search(replace(found, index=index_of(found), has_index=True))

    assert "(measured at 4000 rows)" in capsys.readouterr().out
