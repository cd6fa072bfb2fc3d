import pytest
import torch

from striate.errors import InputError
from striate.studio.looks.look import Given, Looks


@pytest.fixture
def two(studio):
    looks = Looks(studio)
    draw = torch.Generator().manual_seed(3)
    return looks, *(
        looks.take(Given(inputs=torch.randn(1, 1, 28, 28, generator=draw), words=word)) for word in ("a", "b")
    )


def test_a_difference_is_one_value_less_the_other(two):
    looks, first, second = two
    found = looks.difference(first.key, second.key)

    for one, other, less in zip(first.values, second.values, found.values, strict=True):
        torch.testing.assert_close(less + other, one)
    assert found.is_difference
    assert found.key not in {first.key, second.key, looks.difference(second.key, first.key).key}
    # Both looks are still what they were.
    assert torch.equal(looks.of(first.key).scores, first.scores)


def test_a_difference_is_made_again_when_it_was_given_up(studio, two):
    looks, first, second = two
    found = looks.difference(first.key, second.key)
    small = Looks(studio, most_bytes=1)
    for look in (first, second):
        small.take(Given(inputs=look.inputs, words=look.words))
    key = small.difference(first.key, second.key).key
    small.of(first.key)

    assert key == found.key
    assert all(torch.equal(one, other) for one, other in zip(small.of(key).values, found.values, strict=True))


def test_two_looks_that_are_there_are_not_looked_at_again(two, monkeypatch):
    looks, first, second = two
    monkeypatch.setattr("striate.studio.looks.look.looked", lambda *_: pytest.fail("the network ran again"))

    assert looks.difference(first.key, second.key).is_difference


def test_a_look_less_itself_is_nothing(two):
    looks, first, _ = two

    assert all(value.abs().max() == 0 for value in looks.difference(first.key, first.key).values)


def test_a_difference_has_no_difference(two):
    looks, first, second = two
    found = looks.difference(first.key, second.key)
    with pytest.raises(InputError, match="two looks at inputs"):
        looks.difference(found.key, first.key)


def test_the_server_shows_a_difference_by_its_key(client, tensors):
    keys = [client.post("/api/looks/sample", json={"sample": number}).json()["key"] for number in (0, 600)]
    told = client.get(f"/api/looks/{keys[0]}/minus/{keys[1]}").json()
    walls = [tensors(client.get(f"/api/looks/{key}/walls/0").content) for key in (*keys, told["key"])]
    one, other, less = (found["values"] * float(scales["scale.values"]) for found, scales in walls)

    assert told["words"].startswith("Number 0 of digits")
    assert "less: number 600" in told["words"].lower()
    # Each is off by half a step of its scale at most.
    steps = sum(float(scales["scale.values"]) for _, scales in walls) / 2
    assert abs(one - other - less).max() <= steps * 1.001
    assert client.get(f"/api/looks/{keys[0]}/minus/abcd").status_code == 404
