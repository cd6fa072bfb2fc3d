"""Lanes of small graphs, worked out by hand. In each drawing o is a row's dot and | a line that passes by it."""

from striate.analyse.lanes import MOST_LANES, lanes


def _drawn(found):
    """The rows as text: the dot, the lines that pass, and nothing."""
    return [
        "".join("o" if lane == row.at else "|" if lane in row.passes else "." for lane in range(found.width))
        for row in found.rows
    ]


def test_a_chain_has_one_lane():
    found = lanes([(-1,), (0,), (1,)], leaves=[2])

    assert _drawn(found) == ["o", "o", "o"]
    assert (found.enters, found.leaves) == ((0,), (0,))
    assert [(row.reads, row.passes, row.to) for row in found.rows] == [((0,), (), 0)] * 3


def test_a_residual_has_its_shortcut_beside_its_body():
    found = lanes([(-1,), (0,), (1, -1)], leaves=[2])

    assert _drawn(found) == ["|o", "|o", "o."]
    assert found.rows[0].reads == (0,)
    assert found.rows[2].reads == (0, 1)


def test_a_projected_shortcut_takes_the_lane_of_what_it_projects():
    # conv, conv, projection of the input, add
    assert _drawn(lanes([(-1,), (0,), (-1,), (1, 2)], leaves=[3])) == ["|o", "|o", "o|", "o."]


def test_residuals_in_each_other_stand_further_out():
    # outer body: a, then an inner residual (b, add), then the outer add
    found = lanes([(-1,), (0,), (1, 0), (2, -1)], leaves=[3])

    assert _drawn(found) == ["|o.", "||o", "|o.", "o.."]


def test_four_branches_stand_beside_each_other_and_none_crosses():
    found = lanes([(-1,), (-1,), (-1,), (-1,), (0, 1, 2, 3)], leaves=[4])

    assert _drawn(found) == ["|..o", "|.o|", "|o||", "o|||", "o..."]
    assert found.rows[4].reads == (0, 1, 2, 3)


def test_branches_of_two_rows_keep_their_lane():
    # 1×1 and 3×3; 1×1 and 5×5; pool; all joined
    found = lanes([(-1,), (0,), (-1,), (2,), (-1,), (1, 3, 4)], leaves=[5])

    assert _drawn(found) == ["|.o", "|.o", "|o|", "|o|", "o||", "o.."]


def test_a_dense_block_has_a_trunk_and_a_twig():
    layers = 24
    reads = [(-1, *range(row)) for row in range(layers)] + [(-1, *range(layers))]

    found = lanes(reads, leaves=[layers])

    assert _drawn(found) == ["|o"] * layers + ["o."]
    # Each but the last joins the trunk, because the same rows read both from there on.
    assert [row.to for row in found.rows] == [0] * (layers - 1) + [1, 0]
    assert not found.is_crowded


def test_a_u_shaped_network_is_drawn_as_a_u():
    # down, down, down, bottom, up with each skip
    found = lanes([(-1,), (0,), (1,), (2,), (3, 2), (4, 1), (5, 0)], leaves=[6])

    assert _drawn(found) == ["o...", "|o..", "||o.", "|||o", "||o.", "|o..", "o..."]


def test_two_things_that_come_in_have_a_lane_each_if_others_read_them():
    found = lanes([(-1,), (0, -2)], leaves=[1])

    assert found.enters == (0, 1)
    assert _drawn(found) == ["o|", "o."]


def test_what_comes_in_for_the_same_reader_comes_in_one_lane():
    found = lanes([(-1, -2, -3, -4), (0,)], leaves=[1])

    assert found.enters == (0,)
    assert _drawn(found) == ["o", "o"]


def test_two_that_leave_run_to_the_end():
    found = lanes([(-1,), (0,), (0,)], leaves=[1, 2])

    assert _drawn(found) == ["o.", "|o", "o|"]
    assert found.leaves == (0, 1)


def test_what_comes_in_may_go_on_beyond_the_end():
    found = lanes([(-1,)], leaves=[-1, 0])

    assert _drawn(found) == ["|o"]
    assert found.leaves == (0, 1)


def test_a_value_that_nobody_reads_ends_at_its_dot():
    found = lanes([(-1,), (-1,)], leaves=[1])

    assert found.rows[0].to is None
    assert found.leaves == (0,)


def test_a_value_that_is_read_twice_by_one_row_is_one_line():
    assert lanes([(-1,), (0, 0)], leaves=[1]).rows[1].reads == (0,)


def test_a_row_that_reads_nothing_opens_a_lane():
    assert _drawn(lanes([(-1,), (), (0, 1)], leaves=[2])) == ["o.", "|o", "o."]


def test_nothing_at_all():
    assert lanes([]).rows == ()


def test_more_values_than_lanes_share_the_last_one_and_it_is_said():
    branches = 12
    found = lanes([(-1,)] * branches + [tuple(range(branches))], leaves=[branches])

    assert found.is_crowded
    assert found.width == MOST_LANES
    assert {row.at for row in found.rows} <= set(range(MOST_LANES))
    assert found.rows[-1].reads == tuple(range(MOST_LANES))
