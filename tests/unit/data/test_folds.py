"""Folds: groups whole, classes in proportion, few samples moved by one more, and what cannot be kept is told."""

import random
from collections import Counter

import pytest

from striate.data import Sample, load_data
from striate.data.folds import fold_at_most, fold_samples
from striate.errors import DataError
from striate.records import Output

CLASSES = Output(kind="classes", names=("a", "b", "c"))


def sample(key, target=0, group=None):
    return Sample(id=str(key), target=target, group=group, place=f"{key}.png")


def folds(samples, count=5, *, output=CLASSES, seed=0):
    return fold_samples(tuple(samples), output, count=count, seed=seed)


def mixed(seed, size=300):
    draw = random.Random(seed)
    return [
        sample(f"{draw.randrange(size)}.{number}", draw.randrange(3), draw.choice([None, f"g{draw.randrange(60)}"]))
        for number in range(size)
    ]


@pytest.mark.parametrize("seed", range(10))
def test_every_sample_is_in_one_fold_and_no_group_or_content_in_two(seed):
    samples = mixed(seed)
    made = folds(samples, seed=seed)
    fold_of = {index: number for number, part in enumerate(made.parts) for index in part}

    assert sorted(index for part in made.parts for index in part) == list(range(300))
    for key in ("content", "group"):
        seen = {}
        for index, one in enumerate(samples):
            if (value := getattr(one, key)) is not None:
                assert seen.setdefault(value, fold_of[index]) == fold_of[index]


def test_without_groups_every_class_is_in_every_fold_to_one_sample():
    samples = [sample(f"{target} {n}", target) for target, size in enumerate((100, 43, 7)) for n in range(size)]
    for part in folds(samples).parts:
        found = Counter(samples[index].target for index in part)

        assert found[0] == 20
        assert found[1] in {8, 9}
        assert found[2] in {1, 2}


def test_folds_of_groups_are_as_even_as_scikit_learns():
    from sklearn.model_selection import StratifiedGroupKFold

    draw = random.Random(3)
    samples = [sample(number, draw.randrange(3), f"g{draw.randrange(50)}") for number in range(400)]
    targets, groups = [s.target for s in samples], [s.group for s in samples]

    def unevenness(parts):
        counts = [Counter(targets[index] for index in part) for part in parts]
        return sum((count[c] - targets.count(c) / 5) ** 2 for count in counts for c in range(3))

    theirs = [
        part for _, part in StratifiedGroupKFold(5, shuffle=True, random_state=0).split([[0]] * 400, targets, groups)
    ]
    assert unevenness(folds(samples).parts) <= 1.5 * unevenness(theirs) + 15


@pytest.mark.parametrize("seed", range(20))
def test_one_more_sample_moves_at_most_one_to_each_later_fold(seed):
    draw = random.Random(seed)
    before = [
        sample(number, draw.randrange(3), draw.choice([None, None, f"g{draw.randrange(20)}"])) for number in range(200)
    ]
    after = [*before, sample("new", draw.randrange(3))]
    first, second = (
        {chosen[index].id: number for number, part in enumerate(folds(chosen, seed=seed).parts) for index in part}
        for chosen in (before, after)
    )

    assert sum(first[one.id] != second[one.id] for one in before) <= 4


def test_order_does_not_matter_and_the_seed_does():
    samples = mixed(1)
    turned = samples[::-1]

    def named(made, source):
        return [{source[index].id for index in part} for part in made.parts]

    assert named(folds(samples), samples) == named(folds(turned), turned)
    assert named(folds(samples), samples) != named(folds(samples, seed=1), samples)


def test_what_cannot_be_kept_is_told():
    samples = [sample(f"a{n}") for n in range(30)] + [sample(f"b{n}", 1) for n in range(2)]
    samples += [sample(f"c{n}", 2, "one") for n in range(30)]
    told = folds(samples).told

    assert told == (
        "1 group larger than a fold of 12 samples: 30. The folds differ in size.",
        "Class b is not in 3 of 5 folds: 2 groups or single samples hold it.",
        "Class c is not in 4 of 5 folds: 1 group or single samples hold it.",
        "Class c is held out with nothing of it to learn from once: it is one group.",
    )


def test_a_fold_is_held_out_of_the_others():
    made = load_data("digits").folds(4, seed=2)

    assert sorted((*made.training(1), *made.parts[1])) == list(range(5000))
    assert made.told == ()


@pytest.mark.parametrize("count", [1, 4])
def test_too_few_or_too_many_folds_are_refused(count):
    with pytest.raises(DataError, match="folds must be at least 2"):
        folds([sample(0), sample(1, 1), sample("2", 2)], count)


def test_labels_and_values_have_folds_of_equal_size():
    labels = Output(kind="labels", names=("x", "y"))
    samples = [sample(n, (int(n % 2 == 0), int(n % 10 == 0))) for n in range(100)]
    for part in folds(samples, output=labels).parts:
        assert 18 <= len(part) <= 22
        assert sum(samples[index].target[1] for index in part) == 2
    values = [sample(n, (float(n),)) for n in range(100)]
    assert [len(part) for part in folds(values, output=Output(kind="values", names=("v",))).parts] == [20] * 5


def test_as_many_folds_as_the_smallest_class_has_units():
    samples = [sample(n, n % 3) for n in range(30)] + [sample(f"a{n}", 0, f"g{n}") for n in range(5)]
    few = [one for one in samples if one.target != 1][:12] + [sample(f"b{n}", 1, f"h{n % 2}") for n in range(8)]

    assert len(fold_at_most(tuple(samples), CLASSES, most=5, seed=0).parts) == 5
    made = fold_at_most(tuple(few), CLASSES, most=5, seed=0)
    assert len(made.parts) == 2
    assert made.told[0] == "2 folds instead of 5: the smallest class has no more samples or groups."
    numbers = made.numbers
    assert [tuple(i for i in range(20) if numbers[i] == fold) for fold in range(2)] == list(made.parts)


def test_groups_that_hold_the_same_picture_are_one_to_divide():
    # Both groups of class b hold "twin": they stay together, so nothing of b is left to learn from.
    samples = [sample(n) for n in range(8)]
    samples += [sample("twin", 1, "g"), sample("b1", 1, "g"), sample("twin", 1, "h"), sample("b2", 1, "h")]
    two = Output(kind="classes", names=("a", "b"))
    with pytest.raises(DataError, match=r"at least two samples or groups.*got 4 in 1 group \(at class 'b'\)"):
        fold_at_most(tuple(samples), two, most=5, seed=0)


def test_values_have_as_many_folds_as_units():
    values = [sample(n, (float(n),), f"g{n % 3}") for n in range(12)]
    made = fold_at_most(tuple(values), Output(kind="values", names=("v",)), most=5, seed=0)

    assert made.told[0] == "3 folds instead of 5: there are no more samples or groups."
