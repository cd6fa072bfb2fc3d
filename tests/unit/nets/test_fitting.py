"""What becomes of every tensor, on networks small enough to count by hand."""

import pytest
import torch
from torch import nn

from striate.errors import InputError, WeightsError
from striate.nets.fitting import admit, check_hash, check_loading, fit_weights
from striate.records import Loading


def net(outputs=3):
    """Tensors: 0.weight (32 numbers), 1's four of 4 numbers and a counter, 2.weight, 2.bias."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 2, bias=False), nn.BatchNorm2d(4), nn.Linear(4, outputs))


def fit(module, state, **settings):
    return fit_weights(module, state, Loading(**settings), file="w.pth", sha256="")


def fates(report):
    return {tensor.name: tensor.fate for tensor in report.tensors if tensor.fate != "loaded"}


def test_every_tensor_is_counted_with_its_bytes_by_module():
    report, _ = fit(net(), net().state_dict())

    # Four bytes a number, eight a counter.
    expected = [("0", 1, 128), ("1", 5, 4 * 16 + 8), ("2", 2, (12 + 3) * 4)]
    assert [(row.module, row.tensors, row.size_bytes) for row in report.modules] == expected
    assert report.told == "8 of 8 tensors (100.0\u202f% of 260 B) by name"
    admit(report, Loading())


def test_shares_are_those_of_tensors_and_of_bytes():
    state = net().state_dict()
    del state["2.weight"]

    report, _ = fit(net(), state)

    assert report.tensor_share == 7 / 8
    assert report.byte_share == (260 - 48) / 260
    admit(report, Loading(least_share=0.8))
    with pytest.raises(WeightsError, match=r"1 missing \(2\.weight\)"):
        admit(report, Loading(least_share=0.85))


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "model.", "module.backbone.", "_orig_mod.module."])
def test_the_prefix_of_a_wrapper_is_taken_off_and_told(prefix):
    state = {prefix + key: value + 1 for key, value in net().state_dict().items()}

    report, filled = fit(net(), state)

    assert report.prefix == prefix
    assert repr(prefix) in report.told
    assert torch.equal(filled["0.weight"], net()[0].weight + 1)
    admit(report, Loading())


def test_names_of_the_network_itself_keep_their_prefix():
    module = nn.ModuleDict({"model": net()})

    report, _ = fit(module, module.state_dict())

    assert report.prefix == ""
    assert not fates(report)


def test_what_is_left_over_in_the_file_is_told_and_refused_unless_a_part_will_do():
    state = net().state_dict() | {"extra.weight": torch.zeros(5)}

    report, _ = fit(net(), state)

    assert fates(report) == {"extra.weight": "unexpected"}
    with pytest.raises(WeightsError, match=r"1 unexpected \(extra\.weight\)"):
        admit(report, Loading())
    admit(report, Loading(least_share=0.99))


def test_a_file_without_counters_is_whole():
    state = net().state_dict()
    del state["1.num_batches_tracked"]

    report, _ = fit(net(), state)

    assert fates(report) == {"1.num_batches_tracked": "counter"}
    admit(report, Loading())


def test_another_head_is_refused_unless_it_was_asked_for():
    file = net(outputs=5).state_dict()

    report, _ = fit(net(), file)
    with pytest.raises(WeightsError, match=r"outputs=5 takes the file's, outputs=3 begins a new one"):
        admit(report, Loading())

    report, filled = fit(net(), file, outputs=3)
    assert fates(report) == {"2.weight": "new head", "2.bias": "new head"}
    assert torch.equal(filled["2.weight"], net()[2].weight)
    admit(report, Loading(outputs=3))


def test_a_new_head_does_not_excuse_another_layer():
    file = net(outputs=5).state_dict()
    file["0.weight"] = torch.zeros(4, 3, 2, 2)

    report, _ = fit(net(), file, outputs=3)

    assert fates(report)["0.weight"] == "reshaped"
    with pytest.raises(WeightsError, match=r"1 reshaped \(0\.weight\)"):
        admit(report, Loading(outputs=3))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused_whatever_share_is_asked(value):
    state = {key: tensor.clone() for key, tensor in net().state_dict().items()}
    state["1.bias"][2] = value

    report, _ = fit(net(), state)

    with pytest.raises(WeightsError, match=r"weights must be finite; got 1\.bias"):
        admit(report, Loading(least_share=0.01))


@pytest.mark.parametrize(("name", "value"), [("0.weight", -1e30), ("1.running_mean", 1.1e6), ("1.running_var", 1.1e12)])
def test_a_value_that_no_weight_has_is_refused_unless_asked_for(name, value):
    state = {key: tensor.clone() for key, tensor in net().state_dict().items()}
    state[name].view(-1)[1] = value

    report, _ = fit(net(), state)
    believed, filled = fit(net(), state, most_magnitude=1e31)

    assert fates(report) == {name: "too large"}
    with pytest.raises(WeightsError, match=f"at most 1e\\+06; got {name}"):
        admit(report, Loading(least_share=0.01))
    admit(believed, Loading(most_magnitude=1e31))
    assert float(filled[name].view(-1)[1]) == pytest.approx(value)


def test_a_variance_may_be_as_large_as_a_square():
    state = {key: tensor.clone() for key, tensor in net().state_dict().items()}
    state["1.running_var"][0] = 9e11
    state["0.weight"].view(-1)[0] = 9e5

    report, _ = fit(net(), state)

    admit(report, Loading())


def test_whole_numbers_are_not_taken_for_weights():
    state = net().state_dict() | {"0.weight": torch.zeros(4, 2, 2, 2, dtype=torch.int8)}

    report, _ = fit(net(), state)

    assert fates(report) == {"0.weight": "retyped"}


def test_by_order_names_do_not_matter_but_shapes_and_parts_do():
    names = ["a.weight", "b.weight", "b.bias", "b.running_mean", "b.running_var", "c.weight", "c.bias"]
    own = [value for key, value in net().state_dict().items() if "tracked" not in key]
    state = {name: value + 1 for name, value in zip(names, own, strict=True)}

    report, filled = fit(net(), state, by="order")
    assert fates(report) == {"1.num_batches_tracked": "counter"}
    assert torch.equal(filled["1.running_var"], net()[1].running_var + 1)
    admit(report, Loading(by="order"))

    order = ["a.weight", "b.bias", "b.weight", *names[3:]]
    report, _ = fit(net(), {name: state[name] for name in order}, by="order")
    assert fates(report) == {"1.weight": "another part", "1.bias": "another part", "1.num_batches_tracked": "counter"}
    with pytest.raises(WeightsError, match="2 another part"):
        admit(report, Loading(by="order"))


def test_by_order_one_tensor_more_or_less_is_told():
    state = dict(net().state_dict())
    report, _ = fit(net(), dict(list(state.items())[:-1]), by="order")
    assert fates(report) == {"2.bias": "missing"}

    report, _ = fit(net(), state | {"more": torch.zeros(2)}, by="order")
    assert fates(report) == {"more": "unexpected"}


def test_weights_that_are_one_tensor_need_be_there_once():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    state = {key: value for key, value in module.state_dict().items() if key != "1.weight"}

    report, _ = fit(module, state)

    assert not fates(report)


def test_nothing_is_changed_by_looking():
    module = net()
    before = {key: value.clone() for key, value in module.state_dict().items()}

    fit(module, {key: value + 1 for key, value in before.items()})

    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"least_share": 0.0}, "least_share must be above 0 and at most 1; got 0.0"),
        ({"least_share": 1.5}, "least_share must be above 0 and at most 1; got 1.5"),
        ({"outputs": -1}, "outputs must be at least 1"),
        ({"sha256": "abc"}, "sha256 must be 8 to 64 hexadecimal digits"),
        ({"sha256": "wxyzwxyz"}, "sha256 must be 8 to 64 hexadecimal digits"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        check_loading(Loading(**settings), "w.pth")


def test_a_file_that_keeps_no_order_is_not_read_by_order():
    with pytest.raises(WeightsError, match="must be from a file that keeps an order"):
        check_loading(Loading(by="order"), "w.safetensors")


def test_a_hash_is_held_by_its_first_digits():
    check_hash("abcdef0123456789", "ABCDEF01", file="w.pth")
    with pytest.raises(WeightsError, match="must have the SHA-256 it is said to have, abcdef02"):
        check_hash("abcdef0123456789", "abcdef02", file="w.pth")
