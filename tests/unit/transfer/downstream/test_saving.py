"""From a store to one network: read back, it answers as the classifier does."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import batches
from striate.errors import DataError, InputError, UnknownNameError
from striate.features.store import VectorStore
from striate.features.store.lock import only_writer
from striate.nets import Network, load_network
from striate.trace import trace
from striate.transfer.downstream import (
    Asked,
    ask,
    backbone_of,
    compare_features,
    join_best,
    pictures,
    read_features,
    saving,
)
from striate.transfer.downstream.families import families_of
from striate.transfer.downstream.nesting import fit
from striate.transfer.downstream.saving import LAYERED, cut_for


@pytest.fixture(scope="module")
def read(store):
    return read_features(VectorStore.open(store))


def images_of(data, network):
    indices = tuple(range(len(data)))
    return torch.cat([batch.images for batch in batches(data, indices, network.preprocessing, batch_size=32)])


def test_the_store_gives_features_targets_and_places(read, data):
    assert {name: rows.shape for name, rows in read.layers.items()} == {
        "conv2": (100, 8), "conv3": (100, 16), "flatten1": (100, 256),
    }  # fmt: skip
    assert [sample.id for sample in read.samples] == [sample.id for sample in data.samples]
    assert [sample.target for sample in read.samples] == [sample.target for sample in data.samples]
    assert read.output == data.output
    assert read.told == ()


def test_layers_and_parts_of_a_store_can_be_asked_for(store):
    opened = VectorStore.open(store)
    found = read_features(opened, layers=("conv3",), where="label IN ('digit 5', 'digit 7')")

    assert list(found.layers) == ["conv3"]
    assert found.output.names == ("digit 5", "digit 7")
    assert sorted({sample.target for sample in found.samples}) == [0, 1]
    with pytest.raises(UnknownNameError, match="conv3"):
        read_features(opened, layers=("conv33",))
    with pytest.raises(DataError, match="at least one vector"):
        read_features(opened, where="label = 'cat'")


def test_rows_without_a_target_are_left_out_and_counted(store, tmp_path):
    import pyarrow as pa

    shutil.copytree(store, tmp_path / "vectors")
    opened = VectorStore.open(tmp_path / "vectors")
    places = opened.rows(("place",), "label = 'digit 5'")
    nothing = pa.nulls(20, pa.string()), pa.nulls(20, pa.list_(pa.float32()))
    with only_writer(opened.address):
        opened.describe(pa.table([places["place"], *nothing], names=["place", "label", "targets"]))
    before = read_features(VectorStore.open(store), where="label != 'digit 5'")
    found = read_features(opened)

    assert found.told == ("20 rows without a target left out.",)
    assert found.output.names == ("digit 6", "digit 7", "digit 8", "digit 9")
    assert {name: rows.tolist() for name, rows in found.layers.items()} == {
        name: rows.tolist() for name, rows in before.layers.items()
    }
    with pytest.raises(DataError, match="must have targets to compare features by; got none of 20 rows"):
        read_features(opened, where="label IS NULL")


def test_arrays_have_their_pictures_in_the_data_only(read, data):
    [first, *_] = pictures(read, data)

    assert torch.equal(first, data.read(0))
    with pytest.raises(DataError, match="without a file"):
        next(pictures(read))


@pytest.mark.parametrize("name", sorted(LAYERED))
def test_the_network_read_back_answers_as_the_classifier(name, read, store, trained, data, tmp_path):
    backbone = backbone_of(VectorStore.open(store), str(trained))
    network = backbone.network
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    asked, _ = ask(read.samples, read.output, folds=2)
    features = {"flatten1": read.layers["flatten1"]}
    found = compare_features(features, asked, families=[name], draws=0)
    joined = join_best(found, features, asked, backbone, read.output)
    joined.network.save(tmp_path / "net")
    again = Network.read(tmp_path / "net")
    [family] = families_of("classes", [name])
    rows = read.layers["flatten1"].astype(np.float64)
    setting = again.receipt["downstream"]["setting"]
    classifier = fit(rows, asked, family, np.ones(100, np.bool_), (setting,))[0]
    with torch.no_grad():
        scores = again.module(images_of(data, again))

    assert scores.numpy() == pytest.approx(
        classifier.scores(rows), abs=1e-4 * max(1, np.abs(classifier.scores(rows)).max())
    )
    assert again.output == data.output
    assert again.receipt["downstream"]["family"] == name
    assert joined.told == ()
    assert all(torch.equal(before[key], value) for key, value in network.module.state_dict().items())


@pytest.mark.parametrize("layer", ["conv2", "conv3"])
def test_a_head_stands_behind_the_average_of_any_stored_layer(layer, read, store, trained, data):
    backbone = backbone_of(VectorStore.open(store), str(trained))
    asked, _ = ask(read.samples, read.output)
    features = {layer: read.layers[layer]}
    joined = join_best(
        compare_features(features, asked, families=["ridge"], draws=0), features, asked, backbone, read.output
    )
    with torch.no_grad():
        found = joined.network.module.features(images_of(data, joined.network))

    assert found.numpy() == pytest.approx(read.layers[layer], abs=1e-4)


def test_values_are_answered_on_the_scale_of_the_preprocessing(read, store, trained, data):
    backbone = backbone_of(VectorStore.open(store), str(trained))
    asked, _ = ask(read.samples, read.output)
    values = Asked(kind="values", outputs=1, targets=7 + 3 * asked.targets[:, None], folds=asked.folds)
    features = {"flatten1": read.layers["flatten1"]}
    output = replace(read.output, kind="values", names=("size",))
    joined = join_best(
        compare_features(features, values, families=["ridge"], draws=0), features, values, backbone, output
    )
    how = joined.network.preprocessing
    with torch.no_grad():
        answers = joined.network.module(images_of(data, joined.network)).numpy() * how.value_std[0] + how.value_mean[0]
    [family] = families_of("values", ["ridge"])
    rows = read.layers["flatten1"].astype(np.float64)

    assert how.value_mean == pytest.approx((values.targets.mean(),))
    assert answers == pytest.approx(
        fit(rows, values, family, np.ones(100, np.bool_), (joined.network.receipt["downstream"]["setting"],))[0].scores(
            rows
        ),
        abs=1e-3,
    )


def test_the_best_that_can_be_layers_is_saved_and_the_others_are_said(read, store, trained):
    backbone = backbone_of(VectorStore.open(store), str(trained))
    asked, _ = ask(read.samples, read.output)
    rows = read.layers["flatten1"]
    found = compare_features(
        {"flatten1": rows}, asked, families=["ridge", "k-NN, cosine"], hand_made={"HOG": rows}, draws=0
    )
    first = {row.family: row for row in found.rows if row.source == "network"}
    made = next(row for row in found.rows if row.source == "hand-made")
    found = replace(found, rows=(made, first["k-NN, cosine"], first["ridge"]))
    joined = join_best(found, {"flatten1": rows}, asked, backbone, read.output)

    assert (joined.row.family, joined.row.source) == ("ridge", "network")
    assert joined.told == (
        f"{made.family} on HOG cannot be saved: no network makes these features.",
        "k-NN, cosine on flatten1 cannot be saved: it is no fully connected layer.",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights_key": "other"}, "with weights other"),
        ({"is_normalised": True}, "length 1"),
        ({"views": "flips"}, "flips"),
    ],
)
def test_features_a_head_cannot_read_are_refused(changes, words, store, trained):
    opened = VectorStore.open(store)
    opened.spec = replace(opened.spec, **changes)
    with pytest.raises(InputError, match=words):
        backbone_of(opened, str(trained))


def test_a_layer_that_cannot_be_cut_is_passed_over_before_anything_is_fitted(read, store, trained, monkeypatch):
    opened = VectorStore.open(store)
    layers = tuple(replace(one, pooling="max") if one.name == "conv2" else one for one in opened.spec.layers)
    opened.spec = replace(opened.spec, layers=layers)
    asked, _ = ask(read.samples, read.output)
    features = {name: read.layers[name] for name in ("conv2", "conv3")}
    found = compare_features(features, asked, families=["ridge"], draws=0)
    by_layer = {row.features: row for row in found.rows}
    found = replace(found, rows=(by_layer["conv2"], by_layer["conv3"]))
    fitted = []
    settled = saving.settled
    monkeypatch.setattr(saving, "settled", lambda rows, *more: fitted.append(rows.shape[1]) or settled(rows, *more))
    joined = join_best(found, features, asked, backbone_of(opened, str(trained)), read.output)

    assert joined.row.features == "conv3"
    assert joined.told[0].startswith("ridge on conv2 cannot be saved: a head must read averages")
    assert fitted == [16]


def test_random_numbers_go_on_as_if_nothing_had_been_joined(read, store, trained):
    backbone = backbone_of(VectorStore.open(store), str(trained))
    asked, _ = ask(read.samples, read.output)
    features = {"conv3": read.layers["conv3"]}
    found = compare_features(features, asked, families=["ridge"], draws=0)
    before = torch.get_rng_state()
    join_best(found, features, asked, backbone, read.output)

    assert torch.equal(torch.get_rng_state(), before)


def test_pooled_otherwise_is_no_cut(store, trained):
    network, spec = load_network(str(trained)), VectorStore.open(store).spec
    recording = trace(network.module, (2, *network.input_shape))
    with pytest.raises(InputError, match="averages"):
        cut_for(replace(spec.layers[0], pooling="max"), recording)

    assert cut_for(spec.layers[0], recording).features == 8
