"""Random blueprints that fit: branches in branches, blocks, repeats, heads, in one to three dimensions."""

import random

from striate.blueprint import Blueprint
from striate.errors import ShapeError

NORMS = ["", "", ", batchnorm", ", instancenorm", ", layernorm", ", groupnorm 2"]
ACTIVATIONS = [", relu", ", leakyrelu 0.1", ", elu", ", gelu", ", silu", ", hardswish", ", tanh", ""]


class _Draw:
    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.pick = self.draw.choice
        self.axes = self.pick([1, 2, 2, 2, 3])
        self.side = {1: 40, 2: 20, 3: 10}[self.axes]

    def text(self):
        sizes = [self.side + self.draw.randint(0, 3) for _ in range(self.axes)]
        channels = self.pick([1, 2, 3, 4])
        stages = "; ".join(self.stage(2) for _ in range(self.draw.randint(1, 5)))
        head = self.pick(["", "", f"head(globalavgpool; {self.output()}); "])
        top = self.pick(["", "globalavgpool; ", "globalmaxpool; ", "fc 6, relu, dropout 0.5; "])
        end = f"conv 1 {self.draw.randint(2, 5)}" if not top and self.draw.random() < 0.2 else ""
        if end:
            return f"input {channels}x{'x'.join(map(str, sizes))}; {stages}; {head}{self.output()} by conv"
        return f"input {channels}x{'x'.join(map(str, sizes))}; {stages}; {head}{top}{self.output()}"

    def output(self):
        return f"{self.pick(['classes', 'labels', 'values'])} {self.draw.randint(2, 5)}"

    def width(self):
        return 2 * self.draw.randint(1, 4)

    def then(self):
        return self.pick(NORMS) + self.pick(ACTIVATIONS)

    def stage(self, depth):
        kind = self.pick(
            ["conv"] * 5 + ["pool", "repeat", "block", "block", "branches", "branches", "residual", "dense"]
        )
        if depth == 0 or kind == "conv":
            return self.conv() + self.then()
        return getattr(self, kind)(depth)

    def conv(self, *, same=False):
        kernel = self.pick([1, 3, 3, 5])
        options = "" if same else self.pick(["", "", f" padding {self.draw.randint(0, kernel // 2)}", " dilation 2"])
        strided = "" if same or self.draw.random() < 0.8 else " stride 2"
        return f"conv {kernel} {self.width()}{strided}{options}{self.pick(['', '', ' bias off'])}"

    def pool(self, depth):
        del depth
        return f"{self.pick(['maxpool', 'avgpool'])} {self.pick(['2', '3 stride 2', '3 stride 1 padding 1'])}"

    def repeat(self, depth):
        return f"({self.conv(same=True)}{self.then()}) x{self.draw.randint(2, 3)}"

    def block(self, depth):
        del depth
        w = self.width()
        strided = self.pick(["", " stride 2"])
        return self.pick([
            f"basicblock {w}{strided}", f"bottleneck {w} expand 2{strided}", f"inverted {w} expand 2{strided}",
            f"inverted {w} expand 1 kernel 5", "se 1", f"separable 3 {w}{strided}", f"fire 2 {w}",
            f"inception 2 2 4 2 {w} 2",
        ])  # fmt: skip

    def branches(self, depth):
        count = self.draw.randint(2, 3)
        return f"concat({' | '.join(self.same(depth - 1) for _ in range(count))}{self.pick(['', ' | identity'])})"

    def residual(self, depth):
        w = self.width()
        a, b = (f"{self.same(depth - 1)}; conv 1 {w}{self.pick(NORMS)}" for _ in range(2))
        return f"residual({a} | {b}), {self.pick(['relu', 'silu'])}"

    def dense(self, depth):
        return f"(dense(batchnorm, relu; {self.same(depth - 1)})) x{self.draw.randint(1, 2)}"

    def same(self, depth):
        """Return layers that leave the size of the map."""
        if depth and self.draw.random() < 0.3:
            return self.pick([self.branches, self.dense, self.residual])(depth)
        return self.pick([
            f"{self.conv(same=True)}{self.then()}", f"{self.conv(same=True)}; {self.conv(same=True)}{self.then()}",
            f"maxpool 3 stride 1 padding 1; conv 1 {self.width()}",
        ])  # fmt: skip


def random_blueprint(seed):
    """Return a blueprint that fits; draws again where sizes do not."""
    for turn in range(100):
        plan = Blueprint.from_text(_Draw(1000 * seed + turn).text())
        try:
            plan.graph()
        except ShapeError:
            continue
        return plan
    raise AssertionError(seed)
