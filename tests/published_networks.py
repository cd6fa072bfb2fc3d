"""One network of every timm family of convolutional networks, its hybrids with attention, and torchvision's families."""

# The smallest published member of each timm 1.0 family, at 64 pixels where it allows.
TIMM = {
    "convmixer_768_32": 64, "convnext_atto": 64, "cpubone_nano": 64, "cs3darknet_focus_s": 64, "cspnext_tiny": 64,
    "csatv2": 64, "densenet121": 64, "dla46_c": 64, "dpn48b": 64, "eca_botnext26ts_256": 256, "eca_nfnet_l0": 64,
    "edgenext_xx_small": 64, "efficientvit_b0": 64, "ese_vovnet19b_slim_dw": 64, "fasternet_t0": 64, "fastvit_t12": 64,
    "gernet_s": 64, "ghostnet_050": 64, "hardcorenas_b": 64, "hgnetv2_b0": 64, "hrnet_w18_small": 64,
    "inception_next_atto": 64, "inception_resnet_v2": 128, "inception_v3": 128, "inception_v4": 128,
    "lcnetv2_small": 64, "legacy_seresnet18": 64, "legacy_xception": 64, "mambaout_femto": 64, "mnasnet_small": 64,
    "mobilenetv3_small_050": 64, "mobilenetv5_base": 64, "nasnetalarge": 64, "pnasnet5large": 64, "poolformerv2_s12": 64,
    "rdnet_tiny": 64, "regnetx_002": 64, "repghostnet_050": 64, "repvit_m0_9": 64, "res2net50_14w_8s": 64,
    "resnest14d": 64, "resnet10t": 64, "resnetv2_18": 64, "rexnet_100": 64, "selecsls42b": 64, "skresnet18": 64,
    "starnet_s050": 64, "tresnet_m": 64, "vgg11": 64, "xception41p": 64,
}  # fmt: skip
HYBRIDS = {
    "coat_tiny": 224, "coatnet_nano_rw_224": 224, "davit_tiny": 64, "efficientformer_l1": 224,
    "efficientformerv2_s0": 224, "efficientvim_m1": 64, "efficientvit_m0": 224, "focalnet_tiny_srf": 64,
    "iformer_t": 64, "levit_128s": 224, "lowformer_b0": 64, "mobilevit_xxs": 64, "nextvit_small": 64, "pvt_v2_b0": 64,
    "shvit_s1": 64, "swiftformer_xs": 224, "tiny_vit_5m_224": 64, "visformer_tiny": 224, "vit_tiny_r_s16_p8_224": 224,
}  # fmt: skip
TORCHVISION = {
    "alexnet": 64, "convnext_tiny": 64, "densenet121": 64, "efficientnet_b0": 64, "efficientnet_v2_s": 64, "googlenet": 64,
    "inception_v3": 299, "maxvit_t": 224, "mnasnet0_5": 64, "mobilenet_v2": 64, "mobilenet_v3_small": 64,
    "regnet_y_400mf": 64, "resnet18": 64, "resnext50_32x4d": 64, "shufflenet_v2_x0_5": 64, "squeezenet1_1": 64,
    "swin_t": 64, "vgg11": 64, "vit_b_16": 224, "wide_resnet50_2": 64,
    "segmentation.deeplabv3_mobilenet_v3_large": 64, "segmentation.fcn_resnet50": 64,
    "segmentation.lraspp_mobilenet_v3_large": 64,
    "video.mc3_18": (8, 32, 32), "video.r2plus1d_18": (8, 32, 32), "video.r3d_18": (8, 32, 32),
}  # fmt: skip


def from_timm(name):
    import timm

    return timm.create_model(name, pretrained=False)


def from_torchvision(name):
    from torchvision import models

    where = models
    *folders, name = name.split(".")
    for folder in folders:
        where = getattr(where, folder)
    options = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    options |= {"weights_backbone": None} if folders == ["segmentation"] else {}
    return getattr(where, name)(weights=None, **options)
