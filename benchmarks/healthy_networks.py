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
# Held out while the first thirteen rules were made; rules were changed since with these in view.
MORE_TORCHVISION = (
    "convnext_base", "densenet161", "densenet169", "efficientnet_b3", "efficientnet_v2_m", "mnasnet0_5",
    "regnet_x_3_2gf", "regnet_y_8gf", "resnet101", "resnet34", "resnext101_32x8d", "shufflenet_v2_x0_5", "squeezenet1_0",
    "vgg19",
)  # fmt: skip
MORE_TIMM = (
    "convnext_nano", "cs3darknet_m", "cspresnext50", "darknetaa53", "dla60x", "dm_nfnet_f0", "dpn92", "ecaresnet26t",
    "efficientnet_el", "efficientnet_es", "efficientnetv2_rw_t", "ese_vovnet39b", "fasternet_t1", "gernet_m",
    "ghostnetv2_100", "hgnet_tiny", "hrnet_w32", "inception_next_tiny", "lcnet_100", "legacy_seresnext26_32x4d", "mixnet_l",
    "mobilenet_edgetpu_v2_s", "mobilenetv2_120d", "mobilenetv3_rw", "mobilenetv4_conv_medium", "mobileone_s1",
    "nf_resnet50", "poolformerv2_s12", "rdnet_small", "regnetv_040", "regnetz_b16", "repghostnet_100", "repvgg_b0",
    "repvit_m1_5", "res2net101_26w_4s", "res2next50", "resnest26d", "resnet26t", "resnet33ts", "resnetaa50",
    "resnetblur50", "rexnetr_200", "selecsls60b", "semnasnet_100", "seresnext26d_32x4d", "skresnet34",
    "skresnext50_32x4d", "starnet_s3", "tf_efficientnet_lite1", "tinynet_c", "tresnet_l", "xception41p", "xception65",
)  # fmt: skip

# Networks that no limit was chosen on: drawn at random from timm's convolutional networks with published weights, at most
# 320 pixels and 60 million parameters, before a rule had seen them. A rule that is changed because of what it says here needs a
# new draw.
HELD_OUT_TIMM = (
    "convmixer_1024_20_ks9_p14", "convnext_small", "convnext_zepto_rms_ols", "cs3darknet_focus_s", "cs3darknet_x",
    "cs3sedarknet_x", "densenet201", "ecaresnet101d_pruned", "efficientnet_b4", "efficientnet_el_pruned",
    "efficientnet_em", "fasternet_m", "fasternet_s", "fasternet_t2", "ghostnetv2_160", "ghostnetv3_100",
    "hardcorenas_f", "hgnetv2_b1", "hgnetv2_b4", "inception_next_small", "mixnet_xl", "mobilenetv2_050",
    "mobilenetv2_100", "mobilenetv3_small_075", "mobilenetv4_conv_small_050", "nf_regnet_b1", "regnetx_002",
    "regnetx_004", "regnetx_120", "regnetx_160", "regnety_016", "regnety_032", "regnety_040", "regnetz_c16",
    "regnetz_d8_evos", "repvgg_a2", "repvgg_b1g4", "repvit_m1", "repvit_m2_3", "resnest101e", "resnest50d_1s4x24d",
    "resnet101s", "resnet50c", "resnet50s", "resnetv2_101", "resnetv2_18d", "resnetv2_34d", "resnetv2_50x1_bit",
    "rexnet_300", "semnasnet_075", "seresnet33ts", "seresnext26t_32x4d", "seresnext26ts", "tf_efficientnet_cc_b0_8e",
    "tf_efficientnet_em", "tf_efficientnetv2_b3", "tf_mixnet_s", "tf_mobilenetv3_large_minimal_100", "tinynet_b",
    "tresnet_v2_l", "xception71",
)  # fmt: skip

HEALTHY = tuple(f"torchvision:{name}" for name in TORCHVISION + MORE_TORCHVISION)
HEALTHY += tuple(f"timm:{name}" for name in TIMM + MORE_TIMM)
HELD_OUT = tuple(f"timm:{name}" for name in HELD_OUT_TIMM)

_HEAVY = "its fully connected head is heavy, and was the price of its time"
_STALLED = "its authors could not train it from a random start either, and began with a network of 11 layers"
EXEMPT = {
    ("torchvision:alexnet", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg16", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg16_bn", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg19", "fc-holds-most-parameters"): _HEAVY,
    ("torchvision:vgg16", "deep-without-normalisation"): _STALLED,
    ("torchvision:vgg19", "deep-without-normalisation"): _STALLED,
}
