from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches, load_data
from striate.errors import InputError
from striate.observe import PatchCollector, Seen, observe
from striate.observe.twins import twins
from striate.records import Cost, Field, LayerReading, Output, Receptive


def stored(network, dataset, count):
    """All activations at once: before the first pooling, before the flattening, and the scores."""
    batch = next(iter(batches(dataset, tuple(range(count)), network.preprocessing, batch_size=count)))
    module = network.module.eval()
    with torch.no_grad():
        values = module[:3](batch.images), module[:6](batch.images), module(batch.images)
    return [value.numpy() for value in values], batch


def pairs(a, b):
    return zip(a, b, strict=True)


@pytest.mark.parametrize("batch_size", [7, 11, 60])
def test_the_strongest_images_are_those_of_a_full_sort(network, dataset, batch_size):
    collector = PatchCollector(network.output, k=5, counted=15)
    found = observe(network, dataset, range(60), [collector], batch_size=batch_size)["patches"]
    values, _ = stored(network, dataset, 60)
    classes = np.arange(60) % 3
    for layer, value in pairs(found, values):
        assert (layer.images, layer.counted) == (60, 6)
        best = value.reshape(60, value.shape[1], -1).max(2)
        assert [unit.unit for unit in layer.units] == np.flatnonzero((best > 0).any(0)).tolist()
        for unit in layer.units:
            order = np.lexsort((np.arange(60), -best[:, unit.unit]))
            order = order[best[order, unit.unit] > 0]
            np.testing.assert_array_equal(unit.samples, order[:5])
            np.testing.assert_allclose(unit.values, best[order[:5], unit.unit], rtol=1e-4)
            counts = np.bincount(classes[order[:6]], minlength=3)
            np.testing.assert_array_equal(unit.class_counts, counts)
            assert unit.purity == counts.max() / counts.sum()


def matters(module, image, layer, unit, place):
    """The pixels that can change one value of a layer: each in turn is put to not-a-number."""
    height, width = image.shape[1:]
    probes = image.repeat(height * width, 1, 1, 1)
    probes.flatten(1)[torch.arange(height * width), torch.arange(height * width)] = float("nan")
    with torch.no_grad():
        values = module[:layer](probes)[:, unit].flatten(1)[:, place]
    return values.isnan().reshape(height, width).numpy()


def test_a_box_holds_exactly_the_pixels_that_can_matter(dataset, wrapped):
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 4, (3, 5), stride=(1, 2), padding=(1, 2)),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Conv2d(4, 4, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(40, 3),
    ).eval()
    network = wrapped(module)
    collector = PatchCollector(network.output, k=4, layers=["0", "3"])
    found = observe(network, dataset, range(40), [collector])["patches"]
    images = next(iter(batches(dataset, tuple(range(40)), network.preprocessing, batch_size=40))).images
    assert [layer.field_px for layer in found] == [(3, 5), (7, 13)]
    boxes = 0
    for layer, depth in pairs(found, (2, 5)):
        for unit in layer.units:
            for sample, (top, left, bottom, right) in pairs(unit.samples, unit.boxes.tolist()):
                with torch.no_grad():
                    place = int(module[:depth](images[sample : sample + 1])[0, unit.unit].argmax())
                inside = np.zeros((12, 12), bool)
                inside[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
                np.testing.assert_array_equal(matters(module, images[sample], depth, unit.unit, place), inside)
                boxes += 1
    assert boxes >= 20


def test_fully_connected_layers_see_the_whole_input(network, dataset):
    found = observe(network, dataset, range(10), [PatchCollector(network.output, layers=["8"])])["patches"][0]
    assert found.field_px == (12, 12)
    for unit in found.units:
        assert {tuple(box) for box in unit.boxes.tolist()} == {(0, 0, 12, 12)}


def test_a_unit_that_never_fired_has_no_entry_and_one_that_seldom_fired_a_short_one(dataset, wrapped):
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 2), nn.ReLU(), nn.Linear(2, 3))
    images = np.zeros((40, 12, 12), np.uint8)
    images[[7, 30]] = 255
    with torch.no_grad():
        module[1].weight[:] = torch.tensor([[0.0], [1.0]])
        module[1].bias[:] = torch.tensor([-1.0, 0.0])
    network = wrapped(module)
    data = load_data((images, np.arange(40) % 3))
    found = observe(network, data, range(40), [PatchCollector(network.output, layers=["1"])], batch_size=6)["patches"][
        0
    ]
    (unit,) = found.units
    assert (unit.unit, unit.samples.tolist(), unit.class_counts.tolist(), unit.purity) == (1, [7, 30], [1, 1, 0], 0.5)


def test_equal_places_go_to_the_first_of_them(dataset, wrapped):
    network = wrapped(nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)))
    with torch.no_grad():
        network.module[0].weight.zero_()
        network.module[0].bias.fill_(1)
    found = observe(network, dataset, (9, 5, 7), [PatchCollector(network.output, k=2, layers=["0"])])["patches"][0]
    assert found.units[0].samples.tolist() == [5, 7]
    assert found.units[0].boxes.tolist() == [[0, 0, 1, 1]] * 2


def test_without_classes_nothing_is_counted(wrapped):
    output = Output(kind="values", names=("v",))
    network = wrapped(nn.Sequential(nn.Flatten(), nn.Linear(144, 1)), output=output)
    nn.init.constant_(network.module[1].bias, 100)
    data = load_data((np.zeros((20, 12, 12), np.uint8), np.linspace(0, 1, 20)))
    unit = observe(network, data, range(20), [PatchCollector(output)])["patches"][0].units[0]
    assert (unit.class_counts.tolist(), unit.purity) == ([], 0.0)


def reading(shape, *axes):
    return LayerReading(
        name="layer", summary="", ops=("layer",), tap="layer", shape=shape, receptive=Receptive(axes=axes),
        cost=Cost(params=0, macs=0, kept_bytes=0), is_learned=True, is_rectified=True, kind="conv",
    )  # fmt: skip


def patches_of(value, images, layer):
    collector = PatchCollector(Output(kind="classes", names=("a", "b")))
    collector.taps((layer,))
    rows = torch.arange(len(value))
    collector.update(
        Seen(indices=rows, images=images, targets=rows % 2, scores=torch.zeros(len(value), 2), taps={"layer": value})
    )
    return collector.result()[0]


def test_of_one_axis_of_space_the_box_is_one_pixel_high():
    value = torch.zeros(1, 1, 5)
    value[0, 0, 3] = 1
    found = patches_of(value, torch.zeros(1, 1, 12), reading((1, 5), Field(low=-1, high=1, stride=2)))
    assert (found.units[0].boxes.tolist(), found.field_px) == ([[0, 5, 1, 8]], (1, 3))


def test_of_three_axes_of_space_the_box_shows_the_first_two():
    value = torch.zeros(1, 1, 4, 5, 6)
    value[0, 0, 1, 2, 3] = 1
    fields = [Field(low=0, high=size, stride=1) for size in (1, 2, 3)]
    found = patches_of(value, torch.zeros(1, 1, 8, 8, 8), reading((1, 4, 5, 6), *fields))
    assert (found.units[0].boxes.tolist(), found.field_px) == ([[1, 2, 3, 5]], (2, 3))


def test_units_with_the_same_weights_are_twins(dataset, wrapped):
    torch.manual_seed(2)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3))
    with torch.no_grad():
        module[0].weight[3] = 2 * module[0].weight[1]
        module[0].bias[3] = 2 * module[0].bias[1]
    network = wrapped(module)
    found = observe(network, dataset, range(60), [PatchCollector(network.output, layers=["0"])])["patches"][0]
    assert (1, 3, 1.0) in found.twins


def test_twins_are_those_that_counting_one_by_one_finds():
    rng = np.random.default_rng(0)
    samples = np.stack([rng.permutation(24)[:10] for _ in range(300)]).astype(np.int64)
    fired = np.sort(rng.random((300, 10)) < 0.98)[:, ::-1].copy()
    expected = []
    for a in range(300):
        for b in range(a + 1, 300):
            common = len(set(samples[a][fired[a]]) & set(samples[b][fired[b]]))
            if common / 10 > 0.6:
                expected.append((a, b, pytest.approx(common / 10)))
    assert len(expected) > 50
    assert list(twins(samples, fired, images=1000, shared=0.6)) == expected


def test_with_too_few_images_nobody_is_a_twin():
    samples = np.zeros((2, 9), np.int64) + np.arange(9)
    assert twins(samples, np.ones((2, 9), bool), images=35) == ()
    assert twins(samples, np.ones((2, 9), bool), images=36) == ((0, 1, 1.0),)


@pytest.mark.parametrize("numbers", [{"k": 0}, {"counted": 0}])
def test_a_collector_that_keeps_nothing_is_refused(numbers):
    with pytest.raises(InputError, match="at least 1"):
        PatchCollector(Output(kind="classes", names=("a", "b")), **numbers)
