"""RegNet's widths against torchvision's and timm's, for every published X variant."""

import re

import pytest

from striate.analyse import cost
from striate.analyse.budget import regnet, regnet_stages, regnet_widths

pytestmark = pytest.mark.reference


def published():
    """The four numbers and the group width of every X variant in timm, by name."""
    from timm.models.regnet import model_cfgs

    return {name: cfg for name, cfg in model_cfgs.items() if re.fullmatch(r"regnetx_\d+", name)}


def numbers(cfg):
    return (cfg.wa, cfg.w0, cfg.wm, cfg.depth)


def test_widths_before_and_after_they_are_adjusted_are_those_of_timm():
    from timm.models.regnet import adjust_widths_groups_comp, generate_regnet

    assert len(published()) == 12
    for name, cfg in published().items():
        for ratio in (1.0, 0.5, 2.0, 4.0):
            widths, _, groups = generate_regnet(cfg.wa, cfg.w0, cfg.wm, cfg.depth, cfg.group_size)
            unique = sorted(set(widths))
            adjusted = adjust_widths_groups_comp(unique, [ratio] * len(unique), groups)
            stages = regnet_stages(*numbers(cfg), group_width=cfg.group_size, bottleneck_ratio=ratio)

            assert regnet_widths(*numbers(cfg)) == tuple(int(width) for width in widths), name
            assert ([s.width for s in stages], [s.group_width for s in stages]) == adjusted, (name, ratio)
            assert [s.depth for s in stages] == [widths.count(width) for width in unique], name


def test_stages_are_those_of_torchvision():
    from torchvision.models.regnet import BlockParams

    for name, cfg in published().items():
        for ratio in (1.0, 0.5, 4.0):
            expected = BlockParams.from_init_params(
                depth=cfg.depth,
                w_0=cfg.w0,
                w_a=cfg.wa,
                w_m=cfg.wm,
                group_width=cfg.group_size,
                bottleneck_multiplier=ratio,
            )
            stages = regnet_stages(
                *numbers(cfg), group_width=cfg.group_size, bottleneck_ratio=ratio, rounding="torchvision"
            )

            assert [s.width for s in stages] == expected.widths, (name, ratio)
            assert [s.depth for s in stages] == expected.depths, (name, ratio)
            assert [s.group_width for s in stages] == expected.group_widths, (name, ratio)


@pytest.mark.parametrize("name", ["regnetx_002", "regnetx_004", "regnetx_032", "regnetx_080"])
def test_the_blueprint_has_the_parameters_and_macs_of_torchvision(name):
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from torchvision.models.regnet import BlockParams, RegNet

    cfg = published()[name]
    params = BlockParams.from_init_params(
        depth=cfg.depth, w_0=cfg.w0, w_a=cfg.wa, w_m=cfg.wm, group_width=cfg.group_size
    )
    with torch.device("meta"):
        module = RegNet(params).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.empty(1, 3, 224, 224))

    total = cost(regnet(*numbers(cfg), group_width=cfg.group_size, rounding="torchvision").graph()).total
    assert total.params == sum(p.numel() for p in module.parameters())
    assert 2 * total.macs == counter.get_total_flops()


def test_the_published_x_400mf_has_what_its_paper_says():
    stages = regnet_stages(24.48, 24, 2.54, 22, group_width=16)
    plan = regnet(24.48, 24, 2.54, 22, group_width=16)

    # Table 2 and the figures of the model zoo: 5.2 M parameters, 0.4 GF.
    assert [(s.depth, s.width) for s in stages] == [(1, 32), (2, 64), (7, 160), (12, 384)]
    assert round(cost(plan.graph()).total.params / 1e6, 1) == 5.2
    assert round(cost(plan.graph()).total.macs / 1e9, 1) == 0.4
