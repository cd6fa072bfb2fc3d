"""The cut that probes choose, on real digits and photographs with real ImageNet weights."""

import numpy as np
import pytest
import torch

from pretrained import lite, patches
from striate.data import load_data, with_groups
from striate.data.folds import fold_samples
from striate.nets.cuts import END, cut_points
from striate.trace import trace
from striate.transfer import extract_features, probe_cuts
from striate.transfer.choosing import best_cut
from striate.transfer.estimating import gains
from striate.transfer.ground import penalty_at
from striate.transfer.probing import Ground, solve_readout

pytestmark = [
    pytest.mark.reference,
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning"),
]
SIDE, DRAWS = 96, 8


def rows_of(network, data, indices):
    cuts = cut_points(trace(network.module, (2, *network.input_shape)))
    return cuts, extract_features(network, data, indices, cuts)


def drawn(classes, pool, count, seed):
    """So many of each class out of a pool, as places in it."""
    draw = np.random.default_rng(seed)
    own = [draw.permutation([place for place in pool if classes[place] == name])[:count] for name in range(10)]
    return sorted(int(place) for places in own for place in places)


def ground_of(data, features, places, *, folds=5):
    samples = tuple(data.samples[features.indices[place]] for place in places)
    made = fold_samples(samples, data.output, count=folds, seed=0)
    held = torch.zeros(len(places), dtype=torch.int64)
    for number, part in enumerate(made.parts):
        held[list(part)] = number
    return Ground(
        kind="classes",
        outputs=data.output.count,
        targets=features.targets[places],
        folds=held,
        samples=tuple(features.indices[place] for place in places),
    )


class Digits:
    """Features of digits: so many of each class, at random, to draw from, and others to judge by."""

    def __init__(self, data, *, weights, pool, test):
        # The order in a class is that of the writers: neighbours are alike.
        mixed = np.random.default_rng(0).permutation(len(data)).tolist()
        own = {name: [n for n in mixed if data.samples[n].target == name] for name in range(10)}
        indices = [n for name in own for n in own[name][:pool]] + [n for name in own for n in own[name][-test:]]
        self.data = data
        self.cuts, self.features = rows_of(lite(SIDE, weights=weights), data, indices)
        self.classes = self.features.targets.tolist()
        self.pool, self.test = range(10 * pool), list(range(10 * pool, len(indices)))

    def draw(self, count, seed, *, folds=5):
        """Probe a draw; return the chosen cut, the best probe's cut, and every cut's score on the test digits."""
        places = drawn(self.classes, self.pool, count, seed)
        ground = ground_of(self.data, self.features, places, folds=folds)
        probed = probe_cuts(self.features.of(places), self.cuts, ground)
        scores = {}
        for cut in self.cuts:
            rows = self.features.rows[cut.name]
            found = solve_readout(rows[places], ground, penalty_at(probed, cut.name))
            own = gains("classes", found.scores(rows[self.test], 0), self.features.targets[self.test])
            scores[cut.name] = 100 * own.mean()
        best = max(probed, key=lambda one: one.probe.estimate.mean).probe.cut
        return best_cut(probed, self.cuts).name, best, scores


@pytest.fixture(scope="module")
def pretrained(digits):
    return Digits(digits, weights=True, pool=160, test=100)


@pytest.fixture(scope="module")
def beginner(digits):
    return Digits(digits, weights=False, pool=60, test=50)


def summary(draws):
    """Return the mean gain over the end and the mean regret, of the chosen cut and of the best probe's."""
    figures = []
    for which in (0, 1):
        gain = np.mean([draw[2][draw[which]] - draw[2][END] for draw in draws])
        regret = np.mean([max(draw[2].values()) - draw[2][draw[which]] for draw in draws])
        figures.append((gain, regret))
    return figures


def test_on_digits_the_chosen_cut_beats_the_end(pretrained):
    (gain, regret), (gain_best, regret_best) = summary([pretrained.draw(20, seed) for seed in range(DRAWS)])

    # The cut taken is the shallowest within one standard error of the best.
    assert gain >= 5
    assert regret <= 2
    assert gain_best >= 5
    assert regret_best <= 2


def test_with_random_weights_there_is_nothing_to_cut_off(beginner):
    draws = [beginner.draw(20, seed) for seed in range(DRAWS)]
    gaps = np.array([scores[chosen] - scores[END] for chosen, _, scores in draws])
    # Standard error of a share of 500 digits, twice, for a difference.
    noise = 2 * 100 * np.sqrt(0.5 * 0.5 / 500)

    assert gaps.mean() <= noise


def test_the_gain_shrinks_with_the_number_of_labels(pretrained):
    few, some, many = (
        np.mean(
            [
                draw[2][draw[1]] - draw[2][END]
                for draw in (pretrained.draw(count, seed, folds=min(count, 5)) for seed in seeds)
            ]
        )
        for count, seeds in ((5, range(16)), (20, range(16)), (100, range(4)))
    )

    assert few > some > many > 0


def test_photographs_are_cut_later_than_digits(pretrained, digits):
    images, classes, sources = patches(24, SIDE)
    data = with_groups(load_data((images, classes)), {"photograph": sources})
    cuts, features = rows_of(lite(SIDE), data, tuple(range(len(data))))
    places = list(range(len(data)))
    ground = ground_of(data, features, places, folds=3)
    probed = probe_cuts(features, cuts, ground)
    depth = {cut.name: cut.macs_share for cut in cuts}
    best = max(probed, key=lambda one: one.probe.estimate.mean).probe.cut
    of_digits = [depth[pretrained.draw(20, seed)[1]] for seed in range(DRAWS)]

    assert depth[best] > np.mean(of_digits)
