"""Random networks with branches, and what their units really read, by gradients of positive weights."""

import random

import torch
from torch import nn
from torch.nn import functional


class RandomNet(nn.Module):
    """A random network of 1 or 2 axes; `smooth` reads averages for maxima, so that gradients tell everything read."""

    def __init__(self, seed, axes):
        super().__init__()
        self.axes, self.smooth, self.draw = axes, False, random.Random(seed)
        self.plan = [self._stage() for _ in range(self.draw.randint(2, 5))]
        torch.manual_seed(seed)
        self.weights = nn.ParameterDict()

    def _stage(self):
        draw = self.draw
        if draw.random() < 0.3:
            # Branches that keep their pace are what networks have; others are allowed.
            is_calm = draw.random() < 0.75
            branches = [
                [self._op(is_calm=is_calm) for _ in range(draw.randint(0, 2))] for _ in range(draw.randint(2, 3))
            ]
            return ("branch", draw.choice(["add", "concat"]), draw.choice(["crop", "resize"]), branches)
        return self._op()

    def _op(self, *, is_calm=False):
        draw, pick = self.draw, self.draw.choice
        name = pick(
            ["conv"] * 5
            + ["transposed"] * 2
            + ["maxpool", "avgpool", "slice", "pad", "resize", "adaptive", "last", "blocks", "unshuffle", "shuffle"]
            + ["gate", "partition", "inside", "across", "roll"]
        )
        numbers = {
            "kernel": draw.randint(1, 4), "stride": pick([1, 1, 2, 3]), "dilation": pick([1, 1, 2]),
            "padding": draw.randint(0, 2), "start": draw.randint(0, 2), "factor": pick([2, 3]),
            "mode": pick(["nearest", "nearest-exact", "linear", "cubic"]), "corners": pick([True, False]),
            "scaled": pick([True, False]), "size": draw.randint(3, 9), "ceil": pick([True, False]),
            "fill": pick(["constant", "reflect", "replicate"]),
        }  # fmt: skip
        if is_calm:
            name, numbers["stride"] = pick(["conv", "conv", "avgpool", "maxpool", "last", "pad"]), 1
        return (name, numbers, f"w{draw.randrange(10**9)}")

    def weight(self, key, *shape):
        if key not in self.weights:
            self.weights[key] = nn.Parameter(torch.rand(*shape, dtype=torch.float64) + 0.5)
        return self.weights[key]

    def forward(self, x):
        for stage in self.plan:
            if stage[0] == "branch":
                _, merge, fit, branches = stage
                values = []
                for branch in branches:
                    value = x
                    for op in branch:
                        value = self.apply_op(op, value)
                    values.append(value)
                x = self.merged(merge, fit, values)
            else:
                x = self.apply_op(stage, x)
        return x

    def merged(self, merge, fit, values):
        sizes = [min(lengths) for lengths in zip(*(v.shape[2:] for v in values), strict=True)]
        if fit == "crop":
            values = [v[..., : sizes[0]] if self.axes == 1 else v[..., : sizes[0], : sizes[1]] for v in values]
        else:
            values = [functional.interpolate(v, size=sizes, mode="nearest") for v in values]
        if merge == "concat":
            return torch.cat(values, 1)
        return sum(v.mean(1, keepdim=True) for v in values)

    def apply_op(self, op, x):
        name, n, key = op
        return getattr(self, f"op_{name}")(x, n, key) if min(x.shape[2:]) >= 6 else x

    def op_conv(self, x, n, key):
        kernel = (n["kernel"],) * self.axes
        if n["dilation"] * (n["kernel"] - 1) + 1 > min(x.shape[2:]) + 2 * n["padding"]:
            return x
        conv = functional.conv1d if self.axes == 1 else functional.conv2d
        return conv(x, self.weight(key, 2, x.shape[1], *kernel), None, n["stride"], n["padding"], n["dilation"])

    def op_transposed(self, x, n, key):
        if max(x.shape[2:]) > 60:
            return x
        conv = functional.conv_transpose1d if self.axes == 1 else functional.conv_transpose2d
        weight = self.weight(key, x.shape[1], 2, *(n["kernel"],) * self.axes)
        return conv(x, weight, None, n["stride"], min(n["padding"], n["kernel"] // 2), 0, 1, n["dilation"])

    def op_maxpool(self, x, n, key):
        padding = min(n["padding"], n["kernel"] // 2)
        name = f"{'avg' if self.smooth else 'max'}_pool{self.axes}d"
        return getattr(functional, name)(x, n["kernel"], n["stride"], padding, ceil_mode=n["ceil"])

    def op_avgpool(self, x, n, key):
        pool = functional.avg_pool1d if self.axes == 1 else functional.avg_pool2d
        return pool(x, n["kernel"], n["stride"], min(n["padding"], n["kernel"] // 2))

    def op_slice(self, x, n, key):
        cut = slice(n["start"], -1, n["stride"])
        return x[..., cut] if self.axes == 1 else x[..., cut, 1:]

    def op_pad(self, x, n, key):
        return functional.pad(x, (n["padding"], n["start"]) * self.axes, mode=n["fill"])

    def op_resize(self, x, n, key):
        mode, kwargs = n["mode"], {}
        if mode in ("linear", "cubic"):
            kwargs["align_corners"] = n["corners"]
            mode = "linear" if self.axes == 1 else {"linear": "bilinear", "cubic": "bicubic"}[mode]
        if n["scaled"] and max(x.shape[2:]) < 30:
            return functional.interpolate(x, scale_factor=n["factor"], mode=mode, **kwargs)
        return functional.interpolate(x, size=tuple(length * 2 // 3 for length in x.shape[2:]), mode=mode, **kwargs)

    def op_adaptive(self, x, n, key):
        pool = functional.adaptive_avg_pool1d if self.axes == 1 else functional.adaptive_avg_pool2d
        return pool(x, n["size"] + 3)

    def op_last(self, x, n, key):
        return functional.linear(x.movedim(1, -1), self.weight(key, 2, x.shape[1])).movedim(-1, 1)

    def even(self, x, factor):
        lengths = [length // factor * factor for length in x.shape[2:]]
        return x[..., : lengths[0]] if self.axes == 1 else x[..., : lengths[0], : lengths[1]]

    def op_blocks(self, x, n, key):
        f, x = n["factor"], self.even(x, n["factor"])
        if self.axes == 1:
            x = x.view(1, x.shape[1], -1, f).permute(0, 3, 1, 2).reshape(1, f * x.shape[1], -1)
        else:
            b, c, h, w = x.shape
            x = x.view(b, c, h // f, f, w // f, f).permute(0, 3, 5, 1, 2, 4).reshape(b, c * f * f, h // f, w // f)
        return self.op_conv(x, n | {"dilation": 1}, key) if min(x.shape[2:]) > 3 else x.mean(1, keepdim=True)

    def op_unshuffle(self, x, n, key):
        if self.axes == 1:
            return self.op_conv(x, n, key)
        return functional.pixel_unshuffle(self.even(x, n["factor"]), n["factor"]).mean(1, keepdim=True)

    def op_shuffle(self, x, n, key):
        if self.axes == 1 or max(x.shape[2:]) > 30:
            return x
        f = n["factor"]
        x = functional.conv2d(x, self.weight(key, 2 * f * f, x.shape[1], 1, 1))
        return functional.pixel_shuffle(x, f)

    def op_gate(self, x, n, key):
        if n["start"]:
            return x
        # Places that read padding alone are 0, and a product with 0 would have no gradient.
        return (x + 1) * x.mean(tuple(range(2, 2 + self.axes)), keepdim=True)

    def op_partition(self, x, n, key):
        # Sums over windows, put back where they came from.
        f, x = n["factor"], self.even(x, n["factor"])
        if self.axes == 1:
            x = x.view(*x.shape[:2], -1, f)
            return (x + x.mean(-1, keepdim=True)).flatten(2)
        b, c, h, w = x.shape
        x = x.view(b, c, h // f, f, w // f, f).permute(0, 2, 4, 3, 5, 1).reshape(-1, f * f, c)
        x = (x + 1) @ (x + 1).transpose(1, 2) @ (x + 1)
        return x.view(b, h // f, w // f, f, f, c).permute(0, 5, 1, 3, 2, 4).reshape(b, c, h, w)

    def op_inside(self, x, n, key):
        # A convolution in each window for itself, padded at its own border.
        f, x = n["factor"] + 1, self.even(x, n["factor"] + 1)
        c = x.shape[1]
        if self.axes == 1:
            x = x.view(1, c, -1, f).permute(0, 2, 1, 3).reshape(-1, c, f)
            x = functional.conv1d(x, self.weight(key, 2, c, 3), padding=1)
            return x.view(1, -1, 2, f).permute(0, 2, 1, 3).reshape(1, 2, -1)
        h, w = x.shape[2] // f, x.shape[3] // f
        x = x.view(1, c, h, f, w, f).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, f, f)
        x = functional.conv2d(x, self.weight(key, 2, c, 3, 3), padding=1)
        return x.view(1, h, w, 2, f, f).permute(0, 3, 1, 4, 2, 5).reshape(1, 2, h * f, w * f)

    def op_across(self, x, n, key):
        # A convolution from window to window, for each place in them alone.
        f, x = n["factor"], self.even(x, n["factor"])
        c = x.shape[1]
        if self.axes == 1:
            x = x.view(1, c, -1, f).permute(0, 3, 1, 2).reshape(f, c, -1)
            x = functional.conv1d(x, self.weight(key, 2, c, 3), padding=1)
            return x.view(1, f, 2, -1).permute(0, 2, 3, 1).reshape(1, 2, -1)
        h, w = x.shape[2] // f, x.shape[3] // f
        x = x.view(1, c, h, f, w, f).permute(0, 3, 5, 1, 2, 4).reshape(f * f, c, h, w)
        x = functional.conv2d(x, self.weight(key, 2, c, 3, 3), padding=1)
        return x.view(1, f, f, 2, h, w).permute(0, 3, 4, 1, 5, 2).reshape(1, 2, h * f, w * f)

    def op_roll(self, x, n, key):
        return torch.roll(x, n["padding"], -1)


def supports(net, length, units):
    """Return for each unit of the network's output the input places a gradient reaches, per axis."""
    net.smooth = True
    x = torch.rand(1, 2, *(length,) * net.axes, dtype=torch.float64).add(0.5).requires_grad_()
    out = net(x)
    net.smooth = False
    found = []
    for unit in units:
        [grad] = torch.autograd.grad(out[(0, slice(None), *unit)].sum(), [x], retain_graph=True, allow_unused=True)
        grad = torch.zeros_like(x) if grad is None else grad
        reached = grad[0].abs().sum(0) > grad.abs().max() * 1e-12
        found.append(
            tuple(
                tuple(reached.movedim(axis, 0).reshape(length, -1).any(1).nonzero().flatten().tolist())
                for axis in range(net.axes)
            )
        )
    return found
