"""fastai's `vision_learner(...).fine_tune` at its defaults, on a folder of class folders; prints JSON.

Runs in whatever Python has fastai and timm: it needs nothing else. The validation part is empty, so that every image is learned
from and no time goes into looking.
Run: PYTHON fastai_fine_tune.py TRAIN TEST --weights FILE --side 128 --epochs 12 --batch 16 --seed 0
"""

import argparse
import json
import resource
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()

    import fastai
    import fastai.vision.all as vision

    vision.set_seed(options.seed)
    began = time.perf_counter()
    class_folder = {
        str(path): path.relative_to(options.train).parts[0] for path in sorted(options.train.rglob("*.png"))
    }
    loaders = vision.ImageDataLoaders.from_lists(
        options.train, list(class_folder), list(class_folder.values()), valid_pct=0.0, item_tfms=vision.Resize(options.side),
        bs=options.batch, num_workers=0,
    )  # fmt: skip
    learner = vision.vision_learner(
        loaders, "efficientnet_lite0", pretrained=True, pretrained_cfg_overlay={"file": options.weights}
    )
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(options.epochs)
    seconds = time.perf_counter() - began
    asked = sorted(options.test.rglob("*.png"))
    with learner.no_bar(), learner.no_logging():
        scores, _ = learner.get_preds(dl=loaders.test_dl([str(path) for path in asked]))
    answers = [str(loaders.vocab[int(place)]) for place in scores.argmax(1)]
    print(json.dumps({
        "version": f"fastai {fastai.__version__}",
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": {path.relative_to(options.test).as_posix(): answer for path, answer in zip(asked, answers, strict=True)},
        "note": f"{options.epochs} epochs",
    }))  # fmt: skip


if __name__ == "__main__":
    main()
