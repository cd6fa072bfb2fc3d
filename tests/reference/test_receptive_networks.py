"""Receptive fields of published networks equal published tables and an exact support probe, made once elsewhere."""

import pytest

from striate.analyse import receptive_fields
from striate.blueprint import Blueprint
from striate.trace import trace

pytestmark = pytest.mark.reference

# Size, stride and padding of the last map, by gradients of positive weights with averages for maxima; AlexNet, VGG and
# Inception as Araujo et al. 2019 publish them too (AlexNet with torchvision's padding).
NETWORKS = {
    "alexnet": (195, 32, 66),
    "vgg11": (150, 32, 59),
    "vgg16": (212, 32, 90),
    "resnet18": (435, 32, 217),
    "resnet34": (899, 32, 449),
    "resnet50": (427, 32, 213),
    "resnet101": (971, 32, 485),
    "densenet121": (2071, 32, 1021),
    "googlenet": (379, 32, 167),
    "inception_v3": (1311, 32, 618),
    "squeezenet1_1": (207, 16, 88),
    "mobilenetv1_100": (315, 32, 157),
    "mobilenet_v2": (491, 32, 245),
    "shufflenet_v2_x1_0": (527, 32, 263),
    "convnext_tiny": (1688, 32, 828),
    "efficientnet_b0": (851, 32, 425),
    "inception_v4": (2071, 32, 998),  # Araujo et al.
}


def _built(name):
    import timm
    from torchvision import models

    if not hasattr(models, name):
        return timm.create_model(name)
    return getattr(models, name)(**({"init_weights": False} if name in {"googlenet", "inception_v3"} else {}))


QUICK = {"resnet18", "squeezenet1_1", "googlenet", "shufflenet_v2_x1_0", "convnext_tiny", "efficientnet_b0"}


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in NETWORKS]
)
def test_the_last_map_of_a_published_network_sees_what_is_published(name):
    module = _built(name)
    side = 299 if "inception" in name else 224
    graph = trace(module.eval(), (1, 3, side, side)).graph
    fields = receptive_fields(graph)

    last = [fields[op.name] for op in graph if fields[op.name].axes and len(op.shape) == 4][-1]

    for axis in last.axes:
        assert (axis.size_px, axis.stride, axis.padding_px) == NETWORKS[name]
    assert all(field.is_known for field in fields.values() if field.axes)
    # Squeeze-and-excitation looks at everything; the field is told without it.
    assert last.is_global == (name == "efficientnet_b0")
    assert last.is_aligned


@pytest.mark.parametrize(
    ("units", "size"),
    [((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027), ((3, 8, 36, 3), 1507), ((3, 24, 36, 3), 1763)],
)
def test_resnets_with_the_stride_in_the_last_unit_see_what_araujo_et_al_publish(units, size):
    # Their ResNets end the first three stages with stride 2. On the longest path only the 3-wide windows count.
    layers = ["conv 7 2 stride 2 padding 3", "maxpool 3 stride 2 padding 1"]
    for stage, count in enumerate(units):
        layers += ["conv 3 2"] * (count - 1) + [f"conv 3 2 stride {2 if stage < 3 else 1} padding 1"]
    graph = Blueprint.from_text(f"input 1x4096; {'; '.join(layers)}; globalavgpool; classes 2").graph()

    last = [field for field in receptive_fields(graph).values() if field.axes][-1].axes[0]

    assert (last.size_px, last.stride) == (size, 32)
