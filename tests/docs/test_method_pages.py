"""The written method pages are what the docstrings say."""

from pathlib import Path

import pytest

from striate.explain import METHODS
from striate.explain.pages import pages

FOLDER = Path(__file__).parents[2] / "docs" / "methods"


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "backward.md",
        "cam.md",
        "class-images.md",
        "deconvolution.md",
        "deep-lift.md",
        "effective-field.md",
        "feature-occlusion.md",
        "filters.md",
        "grad-cam.md",
        "gradient.md",
        "guided-backprop.md",
        "input-x-gradient.md",
        "integrated-gradients.md",
        "linear-view.md",
        "occlusion.md",
        "pixel-curves.md",
        "randomised-layers.md",
        "saliency.md",
        "segment-occlusion.md",
        "similar-parts.md",
        "smooth-grad.md",
        "survey.md",
    ],
)
def test_a_written_page_equals_the_generated_one(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run: make docs"


def test_every_method_has_its_page_and_no_page_is_left_over():
    assert {f"{Path(m.section).name}.md" for m in METHODS.values()} | {"README.md"} == {
        p.name for p in FOLDER.iterdir()
    }


def test_a_page_says_when_the_method_misleads_and_where_it_is_from():
    for name, text in pages().items():
        if name != "README.md":
            assert "## When it misleads" in text
            assert "## Source" in text
