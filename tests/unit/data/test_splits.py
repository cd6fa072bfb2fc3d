"""Splits: shares, groups, equal contents, and independence from order."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from striate.data import Sample, load_data
from striate.data.splits import split_samples
from striate.errors import DataError
from striate.records import Output

CLASSES = Output(kind="classes", names=("a", "b", "c"))


def sample(key, target=0, group=None):
    return Sample(id=str(key), target=target, group=group, place=f"{key}.png")


def split(samples, output=CLASSES, *, seed=0, validation=0.1, test=0.2):
    return split_samples(tuple(samples), output, seed=seed, validation=validation, test=test)


def counts(samples, indices):
    return Counter(samples[index].target for index in indices)


def parts_of(result):
    return (result.train, result.validation, result.test)


def test_every_sample_is_in_exactly_one_part_and_indices_ascend():
    result = load_data("digits").split(seed=3)
    assert sorted(result.train + result.validation + result.test) == list(range(5000))
    assert all(list(part) == sorted(part) for part in parts_of(result))
    assert result.seed == 3


def test_each_class_has_its_share_exactly():
    samples = [
        sample(f"{target} {number}", target) for target, size in enumerate((100, 50, 10)) for number in range(size)
    ]
    result = split(samples)
    assert counts(samples, result.test) == {0: 20, 1: 10, 2: 2}
    assert counts(samples, result.validation) == {0: 10, 1: 5, 2: 1}
    assert counts(samples, result.train) == {0: 70, 1: 35, 2: 7}


def test_small_classes_have_one_sample_in_every_part():
    samples = [sample(f"{target} {number}", target) for target in range(3) for number in range(3)]
    assert [counts(samples, part) for part in parts_of(split(samples))] == [{0: 1, 1: 1, 2: 1}] * 3


def test_the_same_seed_gives_the_same_split_and_another_another():
    data = load_data("digits")
    assert data.split(seed=1) == data.split(seed=1)
    assert data.split(seed=1).test != data.split(seed=2).test


def test_a_seed_draws_every_sample_about_equally_often():
    # 200 seeds, 50 samples, test share 0.2: 40 expected, standard deviation sqrt(200 · 0.2 · 0.8) = 5.7
    samples = [sample(number, number % 3) for number in range(50)]
    drawn = Counter(index for seed in range(200) for index in split(samples, seed=seed).test)
    assert all(40 - 4.5 * 5.7 < drawn[index] < 40 + 4.5 * 5.7 for index in range(50))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_samples_does_not_matter(seed):
    draw = random.Random(seed)
    samples = [
        sample(number, draw.randrange(3), draw.choice([None, None, f"g{draw.randrange(30)}"])) for number in range(200)
    ]
    mixed = draw.sample(samples, 200)
    before, after = split(samples, seed=seed), split(mixed, seed=seed)
    for one, other in zip(parts_of(before), parts_of(after), strict=True):
        assert {samples[index].id for index in one} == {mixed[index].id for index in other}


def test_the_order_inside_groups_of_one_size_does_not_matter():
    samples = [sample(number, 0, f"g{number // 3}") for number in range(180)]
    samples += [sample(f"{target} {number}", target) for target in (1, 2) for number in range(9)]
    before, after = split(samples), split(samples[::-1])
    assert {samples[index].id for index in before.test} == {samples[::-1][index].id for index in after.test}


@pytest.mark.parametrize("seed", range(20))
def test_groups_and_equal_contents_are_never_divided(seed):
    draw = random.Random(seed)
    samples = []
    for number in range(300):
        content = f"c{draw.randrange(200)}.{number}"
        samples.append(sample(content, draw.randrange(3), draw.choice([None, f"g{draw.randrange(60)}"])))
    result = split(samples, seed=seed)
    part_of = {index: name for name, part in enumerate(parts_of(result)) for index in part}
    for key in ("content", "group"):
        seen = {}
        for index, one in enumerate(samples):
            value = getattr(one, key)
            if value is not None:
                assert seen.setdefault(value, part_of[index]) == part_of[index]
    assert all(set(counts(samples, part)) == {0, 1, 2} for part in parts_of(result))


def test_an_equal_content_joins_two_groups():
    tied = [sample("x", 0, "g"), sample("x.2", 0, "h"), sample("y", 0, "g"), sample("z", 0, "h")]
    rest = [sample(f"{target} {number}", target) for target in range(3) for number in range(10)]
    for seed in range(10):
        result = split(tied + rest, seed=seed)
        assert sum({0, 1, 2, 3} <= set(part) for part in parts_of(result)) == 1


def test_groups_come_close_to_the_shares():
    samples = [sample(number, number % 3, f"g{number // 5}") for number in range(300)]
    result = split(samples)
    assert [len(part) for part in parts_of(result)] == [210, 30, 60]


def test_three_large_groups_of_one_class_fill_three_parts():
    samples = [sample(number, target, f"{target} {number % 3}") for target in range(3) for number in range(30)]
    samples = [Sample(id=f"{i}", target=s.target, group=s.group, place="") for i, s in enumerate(samples)]
    assert [counts(samples, part) for part in parts_of(split(samples))] == [{0: 10, 1: 10, 2: 10}] * 3


@pytest.mark.parametrize(
    ("validation", "test", "sizes"),
    [(0.0, 0.5, (30, 0, 30)), (0.5, 0.0, (30, 30, 0)), (0.0, 0.0, (60, 0, 0))],
)
def test_a_share_of_nothing_leaves_the_part_empty(validation, test, sizes):
    samples = [sample(number, number % 3) for number in range(60)]
    result = split(samples, validation=validation, test=test)
    assert tuple(len(part) for part in parts_of(result)) == sizes


def test_two_samples_are_enough_for_two_parts():
    samples = [sample(f"{target} {number}", target) for target in range(3) for number in range(2)]
    result = split(samples, validation=0.0)
    assert [len(part) for part in parts_of(result)] == [3, 0, 3]


def test_too_few_samples_of_a_class_are_refused_with_class_and_number():
    samples = [sample(f"{target} {number}", target) for target in range(2) for number in range(9)]
    samples += [sample("x", 2), sample("y", 2)]
    with pytest.raises(DataError, match=r"at least 3 samples that may be divided.*got 2 .*\(at class 'c'\)"):
        split(samples)


def test_too_few_groups_of_a_class_are_refused():
    samples = [sample(f"{target} {number}", target) for target in range(2) for number in range(9)]
    samples += [sample(f"2 {number}", 2, f"g{number % 2}") for number in range(40)]
    with pytest.raises(DataError, match=r"got 40 in 2 groups of their own \(at class 'c'\)"):
        split(samples)


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.2), (0.1, 1.0), (float("nan"), 0.2), (0.5, 0.5), (0.6, 0.7)])
def test_impossible_shares_are_refused(validation, test):
    with pytest.raises(DataError, match="share"):
        split([sample(number, number % 3) for number in range(60)], validation=validation, test=test)


def test_rare_labels_are_in_every_part_as_far_as_they_reach():
    output = Output(kind="labels", names=("common", "rare"))
    samples = [sample(number, (int(number % 2 == 0), int(number < 10))) for number in range(200)]
    for seed in range(10):
        result = split(samples, output, seed=seed)
        rare = [sum(samples[index].target[1] for index in part) for part in parts_of(result)]
        common = [sum(samples[index].target[0] for index in part) for part in parts_of(result)]
        assert rare == [7, 1, 2]
        assert max(abs(have - want) for have, want in zip(common, (70, 10, 20), strict=True)) <= 2
        assert max(abs(len(part) - want) for part, want in zip(parts_of(result), (140, 20, 40), strict=True)) <= 3


def test_values_have_their_shares_exactly():
    samples = [sample(number, (float(number),)) for number in range(50)]
    result = split(samples, Output(kind="values", names=("v",)))
    assert [len(part) for part in parts_of(result)] == [35, 5, 10]


def test_a_folder_splits_the_same_whatever_its_files_are_called(pets, write):
    for number in range(20):
        write(f"pets/cats/more {number}.png", seed=100 + number)
    before = load_data(pets)
    chosen = {before.samples[index].id for index in before.split().test}
    for number, path in enumerate(sorted((pets / "cats").iterdir())):
        path.rename(pets / f"cats/{(number * 7) % 31} renamed.png")
    after = load_data(pets)
    assert {after.samples[index].id for index in after.split().test} == chosen


def test_a_data_set_of_other_samples_or_other_shares_is_divided_anew():
    digits = load_data("digits")
    digits.split()
    halved = replace(digits, samples=digits.samples[::2])

    assert len(halved.split().train) == 1750
    assert len(digits.split().train) == 3500
    assert len(digits.split(test=0.4).train) == 2500
    assert digits.split(seed=1).train != digits.split().train
