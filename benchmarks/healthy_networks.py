"""Networks that are known to be good: published, trained by many, and better than what came before them.

They are here because they are good, not because a rule likes them: at least one of each convolutional family of
torchvision and timm. What is said of them and true all the same is exempt by name, with the reason.
"""

TORCHVISION = (
    "alexnet", "vgg16", "vgg16_bn", "resnet18", "resnet50", "wide_resnet50_2", "resnext50_32x4d", "densenet121",
    "googlenet", "inception_v3", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "shufflenet_v2_x1_0", "mnasnet1_0", "efficientnet_b0", "efficientnet_v2_s", "regnet_y_400mf", "regnet_x_400mf",
    "convnext_tiny",
)  # fmt: skip
TIMM = (
    "convmixer_768_32", "convnextv2_atto", "cspdarknet53", "cspresnet50", "darknet53", "dla34", "dpn68", "eca_nfnet_l0",
    "efficientnet_lite0", "ese_vovnet19b_dw", "fasternet_t0", "fbnetc_100", "gernet_s", "ghostnet_100", "hardcorenas_a",
    "hgnetv2_b0", "hrnet_w18_small", "inception_next_atto", "inception_resnet_v2", "inception_v4", "lcnet_050",
    "legacy_seresnet18", "legacy_xception", "mixnet_s", "mobilenetv1_100", "mobilenetv4_conv_small", "mobileone_s0",
    "nasnetalarge", "pnasnet5large", "poolformer_s12", "rdnet_tiny", "repghostnet_050", "repvgg_a0", "repvit_m0_9",
    "res2net50_26w_4s", "resnest14d", "resnet50d", "resnetv2_50", "rexnet_100", "selecsls42b", "seresnet50",
    "skresnet18", "spnasnet_100", "starnet_s1", "tf_efficientnetv2_b0", "tinynet_a", "tresnet_m", "xception41",
)  # fmt: skip
HEALTHY = tuple(f"torchvision:{name}" for name in TORCHVISION) + tuple(f"timm:{name}" for name in TIMM)

_HEAVY = "its fully connected head is heavy, and was the price of its time"
EXEMPT = {
    ("torchvision:alexnet", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg16", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg16_bn", "fc-holds-most-parameters"): _HEAVY,
}
