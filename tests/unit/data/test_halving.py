import pytest
import torch

from striate.data.halving import Halving, even_parts, is_out_of_memory
from striate.errors import RunError


def test_what_torch_says_when_memory_runs_out_is_understood():
    # Asked for real: 2 exabytes, which no machine has.
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**59, dtype=torch.float32)

    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(ValueError("out of memory"))
    assert is_out_of_memory(RuntimeError("could not create a primitive"))
    assert not is_out_of_memory(RuntimeError("could not create a primitive descriptor for the matmul primitive"))


@pytest.mark.parametrize(
    ("count", "at_once", "sizes"), [(10, 4, [4, 3, 3]), (8, 8, [8]), (9, 4, [3, 3, 3]), (3, 1, [1, 1, 1]), (0, 4, [])]
)
def test_parts_are_as_equal_as_can_be(count, at_once, sizes):
    parts = even_parts(count, at_once)

    assert [part.stop - part.start for part in parts] == sizes
    assert [index for part in parts for index in range(part.start, part.stop)] == list(range(count))


def test_every_image_is_worked_on_once_and_what_did_not_fit_is_not_tried_again():
    asked = []

    def narrow(part):
        asked.append(part.stop - part.start)
        if asked[-1] > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return list(range(part.start, part.stop))

    halving = Halving("looking", at_once=8)
    first = [index for part in halving.run(narrow, 8) for index in part]
    second = [index for part in halving.run(narrow, 5) for index in part]

    assert first == [0, 1, 2, 3, 4, 5, 6, 7]
    assert second == [0, 1, 2, 3, 4]
    assert asked == [8, 4, 2, 2, 2, 2, 2, 2, 1]


def test_one_image_that_does_not_fit_is_an_error_with_the_cure():
    def full(_part):
        raise MemoryError

    with pytest.raises(RunError, match=r"looking must fit into memory with one image at once.*Take smaller images"):
        list(Halving("looking", at_once=4).run(full, 4))


def test_other_errors_go_through():
    def broken(_part):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes cannot"):
        list(Halving("looking", at_once=4).run(broken, 4))
