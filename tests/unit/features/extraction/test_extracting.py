"""What an extraction writes: the vectors, the answers, the ids; and that it is the same however it was made."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.errors import Cancelled, DataError, InputError, RunError, StorageError
from striate.events import Events
from striate.features.extraction import extract
from striate.features.store import VectorStore
from striate.features.store.lock import only_writer
from striate.nets import load_network
from striate.records.vectors import VectorChoice

pytestmark = pytest.mark.slow
# Stated, since two stores of a trial each could have come to another format, and other last bits.
PLAIN = VectorChoice(memory_format="plain")


def table(address, columns=None):
    store = VectorStore.open(address)
    names = columns or [name for name in store.table.schema.names if name != "path"]
    return store.rows(names).sort_by("id")


def test_vectors_are_what_enters_the_first_fully_connected_layer(small_network, few_digits, tmp_path):
    extract(small_network, few_digits, tmp_path / "v", PLAIN)
    entering = []
    linear = next(part for part in small_network.module.modules() if isinstance(part, torch.nn.Linear))
    handle = linear.register_forward_pre_hook(lambda _, args: entering.append(args[0]))
    images = torch.stack([few_digits.read(index) for index in range(201)]).float() / 255
    how = small_network.preprocessing
    with torch.no_grad():
        scores = small_network.module((images - how.mean[0]) / how.std[0])
    handle.remove()

    vectors = VectorStore.open(tmp_path / "v").vectors()

    assert vectors.layer.size == entering[0].shape[1] == 16 * 7 * 7
    np.testing.assert_allclose(vectors.values, entering[0].numpy(), atol=1e-4)
    assert vectors.column("prediction") == [str(answer) for answer in scores.argmax(1).tolist()]
    np.testing.assert_allclose(vectors.column("confidence"), scores.softmax(1).amax(1), atol=1e-4)
    truth = few_digits.targets()
    loss = torch.nn.functional.cross_entropy(scores, truth, reduction="none")
    np.testing.assert_allclose(vectors.column("loss"), loss, atol=1e-3)
    assert vectors.column("label") == [str(number) for number in truth.tolist()]


def test_ids_are_those_of_the_data_set(small_network, few_digits, tmp_path):
    extract(small_network, few_digits, tmp_path / "v", PLAIN)

    assert few_digits.samples[200].id.endswith(".2")
    assert VectorStore.open(tmp_path / "v").rows(["id"])["id"].to_pylist() == [one.id for one in few_digits.samples]


@pytest.mark.parametrize("lanes", [2, 4])
def test_any_number_of_lanes_writes_the_same_bytes(small_network, pictures, tmp_path, lanes):
    extract(small_network, pictures, tmp_path / "one", PLAIN, lanes=1)
    extract(small_network, pictures, tmp_path / "many", PLAIN, lanes=lanes)

    assert table(tmp_path / "many").equals(table(tmp_path / "one"))


def test_the_second_of_two_equal_files_is_numbered(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    rows = VectorStore.open(tmp_path / "v").rows(["id", "content", "place"]).to_pylist()

    twice = [row for row in rows if row["place"] in {"3/0.png", "3/3.png"}]
    assert [row["id"] for row in twice] == [twice[0]["content"], twice[0]["content"] + ".2"]
    assert len({row["id"] for row in rows}) == 40


def test_a_broken_file_becomes_a_row_with_the_reason(small_network, pictures, tmp_path):
    (pictures / "0" / "0.png").write_bytes((pictures / "0" / "0.png").read_bytes()[:60])
    (pictures / "1" / "0.png").write_bytes(b"")

    found = extract(small_network, pictures, tmp_path / "v", PLAIN)

    store = VectorStore.open(tmp_path / "v")
    assert (found.computed, found.failed) == (40, 2)
    assert store.count("error IS NULL") == len(store.vectors().values) == 38
    broken = store.rows(["place", "error", "vector", "id"], "error IS NOT NULL").to_pylist()
    assert {row["place"]: row["error"].partition(" (")[0] for row in broken} == {
        "0/0.png": "broken or truncated",
        "1/0.png": "empty file",
    }
    assert all(row["vector"] is None for row in broken)
    assert len({row["id"] for row in broken}) == 2


def test_a_grown_folder_is_read_where_it_grew_and_what_was_there_keeps_its_bits(small_network, pictures, tmp_path):
    from PIL import Image

    extract(small_network, pictures, tmp_path / "v", PLAIN)
    before = table(tmp_path / "v")
    picture = Image.new("L", (28, 28), 128)
    picture.save(pictures / "4" / "new.png")
    again = extract(small_network, pictures, tmp_path / "v", PLAIN)
    whole = extract(small_network, pictures, tmp_path / "whole", PLAIN)

    assert (again.stored, again.computed, again.rows, whole.computed) == (40, 1, 41, 41)
    after = table(tmp_path / "v")
    assert after.filter([place != "4/new.png" for place in after["place"].to_pylist()]).equals(before)
    assert after.equals(table(tmp_path / "whole"))


def test_a_changed_file_replaces_its_row(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    path = pictures / "2" / "1.png"
    path.write_bytes((pictures / "7" / "1.png").read_bytes())
    os.utime(path, ns=(1, 1))

    found = extract(small_network, pictures, tmp_path / "v", PLAIN)

    rows = {
        row["place"]: row for row in VectorStore.open(tmp_path / "v").rows(["place", "vector", "label"]).to_pylist()
    }
    assert (found.stored, found.changed, found.rows) == (39, 1, 40)
    assert rows["2/1.png"]["vector"] == rows["7/1.png"]["vector"]
    assert rows["2/1.png"]["label"] == "2"


def test_a_stopped_extraction_goes_on_to_the_same_bytes(small_network, pictures, tmp_path):
    class Stops(Events):
        count = 0

        def is_cancelled(self):
            self.count += 1
            return self.count > 2

    with pytest.raises(Cancelled):
        extract(small_network, pictures, tmp_path / "v", PLAIN, lanes=1, events=Stops())
    kept = VectorStore.open(tmp_path / "v").count()
    again = extract(small_network, pictures, tmp_path / "v", PLAIN)
    extract(small_network, pictures, tmp_path / "whole", PLAIN)

    assert 0 < kept < 40
    assert again.stored == kept
    assert table(tmp_path / "v").equals(table(tmp_path / "whole"))


def test_a_store_takes_vectors_of_one_network_only(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    other = load_network(_blueprint())

    with pytest.raises(InputError, match=r"one network made in one way; its weights: \w{16} of .*; got \w{16} of "):
        extract(other, pictures, tmp_path / "v", PLAIN)
    with pytest.raises(InputError, match=r"its layers: flatten1 .flat, 784.; got conv1 .average, 8."):
        extract(small_network, pictures, tmp_path / "v", VectorChoice(layers=("conv1",)))
    with pytest.raises(InputError, match="its preprocessing"):
        how = replace(small_network.preprocessing, mean=(0.25,))
        extract(replace(small_network, preprocessing=how), pictures, tmp_path / "v", PLAIN)
    assert VectorStore.open(tmp_path / "v").count() == 40


def test_vectors_that_are_not_finite_are_errors(small_network, pictures, tmp_path):
    from striate.trace.shell import twin

    broken = replace(small_network, module=twin(small_network.module))
    with torch.no_grad():
        next(broken.module.parameters()).fill_(float("nan"))

    with pytest.raises(
        RunError, match=r"at least one sample must give a vector; got none of 40: the network's vector is not finite"
    ):
        extract(broken, pictures, tmp_path / "v", PLAIN)
    with pytest.raises(DataError, match="must hold at least one vector; got none of 40 rows"):
        VectorStore.open(tmp_path / "v").vectors()


def test_a_second_writer_is_refused(small_network, pictures, tmp_path):
    with only_writer(str(tmp_path / "v")), pytest.raises(StorageError, match="one writer at a time"):
        extract(small_network, pictures, tmp_path / "v", PLAIN)


def test_the_network_is_left_as_it_came(small_network, pictures, tmp_path):
    module = small_network.module
    module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    threads, drawn = torch.get_num_threads(), torch.get_rng_state()

    extract(small_network, pictures, tmp_path / "v", PLAIN)

    assert all(part.training and not part._forward_hooks for part in module.modules())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), drawn)
    module.eval()


def test_parts_become_splits(small_network, few_digits, tmp_path):
    places = [sample.place for sample in few_digits.samples]
    parts = dict.fromkeys(places[:100], "train") | {places[199]: "test"}
    extract(small_network, few_digits, tmp_path / "v", PLAIN, parts=parts)
    store = VectorStore.open(tmp_path / "v")

    assert [store.count(f"split = '{name}'") for name in ("train", "test", "")] == [100, 1, 100]


def _blueprint():
    from striate.blueprint import Blueprint

    return Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; maxpool 4; classes 10")
