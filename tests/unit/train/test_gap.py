import pytest
import torch
from torch.nn import functional

from striate.data import batches, load_data
from striate.records import Recipe
from striate.train import train
from striate.train.gap import newcombe


# Newcombe 1998, table II, method 10: the examples that are not at an edge of rounding.
@pytest.mark.parametrize(
    ("hits", "samples", "low", "high"),
    [((56, 48), (70, 80), 0.0524, 0.3339), ((9, 3), (10, 10), 0.1705, 0.8090), ((5, 0), (56, 29), -0.0381, 0.1926)],
)
def test_the_interval_is_that_of_the_paper(hits, samples, low, high):
    found = newcombe(hits[0] / samples[0], hits[1] / samples[1], *samples)

    assert found == pytest.approx((low, high), abs=5e-5)


def answers(trained, data, indices):
    (batch,) = batches(data, indices, trained.network.preprocessing, batch_size=999)
    with torch.no_grad():
        return trained.network.module(batch.images), batch.targets


def test_a_network_that_learned_by_heart_has_its_gap_told(tmp_path, plan):
    # Noise with labels by chance: nothing to learn but the images themselves.
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (200, 8, 8), generator=generator).to(torch.uint8)
    data = load_data((images, torch.randint(0, 3, (200,), generator=generator).tolist()))
    recipe = Recipe(optimizer="adamw", rate=0.02, epochs=30, batch=20, seed=1)
    bare = plan.from_text("input 1x8x8; conv 3x3 16, batchnorm, relu; fc 64, relu; classes 3")
    trained = train(bare, data, recipe, tmp_path / "run")
    gap = trained.curve.gap
    scores, truth = answers(trained, data, trained.split.validation)

    assert gap.samples == len(trained.split.validation)
    assert gap.training > 0.9
    assert gap.validation == pytest.approx((scores.argmax(1) == truth).double().mean().item())
    assert gap.interval[0] > 0.2
    assert gap.interval == newcombe(gap.training, gap.validation, gap.samples)


def test_without_anything_by_heart_the_interval_holds_0(tmp_path, plan, data):
    trained = train(plan, data, Recipe(rate=0.05, epochs=6, batch=9, seed=1), tmp_path / "run")

    assert trained.curve.gap.interval[0] < 0 < trained.curve.gap.interval[1]


def test_values_have_their_gap_in_r2_on_the_scale_they_are_learned_on(tmp_path, pictures):
    images = (pictures(120) // 4) + torch.arange(120, dtype=torch.uint8)[:, None, None]
    data = load_data((images, [[float(n), 100.0 - n] for n in range(120)]))
    from striate.blueprint import Blueprint

    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; values 2")
    trained = train(plan, data, Recipe(rate=0.02, epochs=8, batch=9), tmp_path / "run")
    gap = trained.curve.gap
    scores, truth = answers(trained, data, trained.split.validation)
    how = trained.network.preprocessing
    on_scale = (truth - torch.tensor(how.value_mean)) / torch.tensor(how.value_std)
    errors = (scores - on_scale).square().sum(0) / (on_scale - on_scale.mean(0)).square().sum(0)

    assert gap.score_name == "R²"
    assert gap.validation == pytest.approx((1 - errors).mean().item(), abs=1e-5)
    assert gap.interval[0] < gap.difference < gap.interval[1]
    assert functional.mse_loss(scores, on_scale) < 1
