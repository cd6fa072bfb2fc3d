"""Near-duplicates really made (JPEG, size, brightness), found again; limits measured; what cannot be compared."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from striate.blueprint import Blueprint
from striate.data import Split, load_data, with_groups
from striate.errors import InputError, UnknownNameError
from striate.features import find_leaks, likeness
from striate.lint import lint
from striate.nets import load_network
from striate.records import Evidence, LeakPair, Leaks, SourceNeighbours

NAMES = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "motorcycle_left.png",
    "rocket.jpg",
    "ihc.png",
)
CHANGES = {
    "jpeg": lambda image: _jpeg(image, 60),
    "half": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX),
    "dark": lambda image: image.point(lambda value: value * 0.7),
}


def _jpeg(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Six crops of each of eight photographs in two classes; of one crop of each, three changed copies."""
    import skimage

    root = tmp_path_factory.mktemp("photographs")
    draw = np.random.default_rng(0)
    for number, name in enumerate(NAMES):
        image = Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")
        folder = root / ("first", "second")[number % 2]
        folder.mkdir(exist_ok=True)
        for crop in range(6):
            left, top = int(draw.integers(0, image.width - 200)), int(draw.integers(0, image.height - 200))
            part = image.crop((left, top, left + 200, top + 200))
            part.save(folder / f"{name[:4]}-{crop}.png")
            for change, make in CHANGES.items() if crop == 0 else ():
                make(part).save(folder / f"{name[:4]}-0-{change}.png")
    return load_data(root)


@pytest.fixture(scope="module")
def found(photographs):
    return likeness(photographs)


def test_changed_copies_are_found_and_only_they(photographs, found):
    labels = found.labels(photographs)
    of_label = {}
    for one, label in zip(photographs.samples, labels, strict=True):
        of_label.setdefault(label, set()).add(Path(one.place).stem)
    del of_label[None]

    assert sorted(map(sorted, of_label.values())) == sorted(
        sorted([f"{name[:4]}-0", *(f"{name[:4]}-0-{change}" for change in CHANGES)]) for name in NAMES
    )
    assert found.differing == 0
    assert found.pair_count == len(found.pairs) >= 3 * len(NAMES)


def test_the_limit_is_a_twentieth_of_what_the_alikest_keep(photographs, found):
    truth = photographs.targets().numpy()
    cosines = np.where(truth[:, None] != truth[None], found.rows.astype(float) @ found.rows.T, -9).max(1)

    assert 1 - found.limit == pytest.approx(min(np.quantile(1 - cosines, 0.01) / 20, 0.008), rel=1e-3)


def test_copies_on_both_sides_are_leaks_and_groups_end_them(photographs, found):
    split = photographs.split()
    leaks = find_leaks(photographs, split, found)
    seen = set(split.train) | set(split.validation)
    products = found.rows @ found.rows.T
    expected = {index for index in split.test if products[index, sorted(seen)].max() >= found.limit}

    assert {pair.held_out for pair in leaks.pairs} == expected != set()
    assert all(pair.seen in seen for pair in leaks.pairs)
    assert [pair.similarity for pair in leaks.pairs] == sorted((pair.similarity for pair in leaks.pairs), reverse=True)
    grouped = with_groups(photographs, {"like": found.labels(photographs)})
    assert find_leaks(photographs, grouped.split(), found).pairs == ()


def test_digits_own_split_does_not_leak(digits):
    leaks = find_leaks(digits, digits.split(), likeness(digits))
    report = lint(Evidence(leaks=leaks), select=["leak-between-splits"])

    assert report.findings == ()
    assert report.silent == ("leak-between-splits",)


def test_a_planted_copy_in_digits_is_found(digits):
    images = np.stack([digits.read(index).numpy()[0] for index in range(0, 5000, 5)])
    copies = np.clip(images[::100].astype(int) + np.random.default_rng(0).integers(-3, 4, (10, 28, 28)), 0, 255).astype(
        np.uint8
    )
    truth = digits.targets().numpy()[::5]
    data = load_data((np.concatenate([images, copies]), np.concatenate([truth, truth[::100]])))
    found = likeness(data)

    assert {(one, other) for one, other, _ in found.pairs} == {(100 * n, 1000 + n) for n in range(10)}


def test_a_copy_under_another_class_is_told(photographs):
    images = np.random.default_rng(0).integers(0, 256, (60, 20, 20)).astype(np.uint8)
    copy = images[:1].copy()
    copy[0, 0, 0] ^= 1
    found = likeness(load_data((np.concatenate([images, copy]), [*[0, 1] * 30, 1])), limit=0.99)

    assert (found.pair_count, found.differing) == (1, 1)
    assert found.limit_from == "given"


def test_all_images_the_same_are_one_group():
    data = load_data((np.full((6, 9, 9), 70, np.uint8), [0, 0, 0, 1, 1, 1]))
    found = likeness(data)

    assert set(found.clusters.tolist()) == {0}
    assert found.limit_from == "too few different images to measure it"
    leaks = find_leaks(data, Split(train=(0, 3), validation=(), test=(1, 2), seed=0), found)
    assert [pair.similarity for pair in leaks.pairs] == [1.0, 1.0]


def test_values_are_compared_without_classes():
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16)).astype(np.uint8)
    images[39] = np.clip(images[0].astype(int) + 1, 0, 255)
    found = likeness(load_data((images, np.arange(40) / 40)))

    assert [(one, other) for one, other, _ in found.pairs] == [(0, 39)]
    assert found.differing == 1


def test_a_networks_features_are_compared_and_it_stays_as_it_was(digits):
    network = load_network(Blueprint.from_text("input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 4; classes 10"))
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    images = np.stack([digits.read(index).numpy()[0] for index in range(0, 5000, 25)])
    data = load_data((images, digits.targets().numpy()[::25]))
    found = likeness(data, network, layer="conv1")

    assert found.rows.shape == (200, 8)
    assert found.features == "pooled features of conv1"
    assert all(bool((value == before[key]).all()) for key, value in network.module.state_dict().items())
    with pytest.raises(UnknownNameError):
        likeness(data, network, layer="conv9")
    with pytest.raises(InputError, match="must come with a network"):
        likeness(data, layer="conv1")
    with pytest.raises(InputError, match="must be a cosine"):
        likeness(data, limit=1.5)


def test_sources_are_judged_against_chance(photographs, found):
    # Six crops, three copies: a photograph is a quarter of its class.
    sources = [Path(one.place).stem[:4] for one in photographs.samples]
    split = photographs.split()
    leaks = find_leaks(photographs, split, found, sources)
    seen = sorted((*split.train, *split.validation))
    chances, near = [], 0
    for index in split.test:
        own = [other for other in seen if photographs.samples[other].target == photographs.samples[index].target]
        chances.append(np.mean([sources[other] == sources[index] for other in own]))
        near += sources[max(own, key=lambda other: found.rows[index] @ found.rows[other])] == sources[index]

    assert leaks.sources.chance == pytest.approx(np.mean(chances))
    assert leaks.sources.near == near


def _leaks(pairs=0, held_out=100, sources=None):
    pair = LeakPair(held_out=0, seen=1, similarity=1.0, held_out_place="a", seen_place="b")
    return Leaks(
        features="f", limit=0.99, limit_from="given", held_out_count=held_out, pairs=(pair,) * pairs, sources=sources
    )


def _sources(low, chance):
    return SourceNeighbours(near=9, judged=10, chance=chance, interval=(low, 0.99))


@pytest.mark.parametrize(
    ("leaks", "severities"),
    [
        (_leaks(), []),
        (_leaks(1, 101), ["note"]),
        (_leaks(1, 100), ["warning"]),
        (_leaks(sources=_sources(0.44, 0.3)), []),
        (_leaks(sources=_sources(0.46, 0.3)), ["warning"]),
        # Halfway from chance to all is less than 1.5 times chance.
        (_leaks(sources=_sources(0.89, 0.8)), []),
        (_leaks(sources=_sources(0.91, 0.8)), ["warning"]),
        (_leaks(2, sources=_sources(0.6, 0.3)), ["warning", "warning"]),
    ],
)
def test_the_rule_fires_beyond_its_limits_only(leaks, severities):
    assert [finding.severity for finding in lint(Evidence(leaks=leaks)).findings] == severities
