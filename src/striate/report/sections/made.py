"""What went into the page: data, weights, versions, hashes, the command."""

from __future__ import annotations

from striate import fingerprint
from striate.data import Split
from striate.data.hearing import hearing_words
from striate.graph import times
from striate.numbers import count, measure, plural
from striate.page.wire import Caption, Cell, Section
from striate.report.making import making_section
from striate.report.subject import Subject
from striate.runs.folder import environment


def section(subject: Subject, *, command: str, seconds: str) -> Section:
    """Return the section; it is always there."""
    split, dataset = subject.split, subject.dataset
    pre = subject.network.preprocessing
    rows: list[list[Cell]] = [
        ["Command", command],
        [
            "Data",
            f"{dataset.name}, {count(len(dataset))} samples, key {fingerprint.short(dataset.fingerprint)}",
        ],
        ["Split", _split_words(split)],
        ["Set aside", plural(len(dataset.set_aside), "file")],
        [
            "Preprocessing",
            f"mean {_numbers(pre.mean)}, std {_numbers(pre.std)}, on the scale 0 to 1"
            + (f"; scaled to {times(pre.scaled_px)}, {pre.interpolation}, {pre.crop}" if pre.scaled_px else "")
            + (
                f"; 0 and 1 are {measure(pre.scale[0])} and {measure(pre.scale[1])}{' dB' if pre.mel else ''}"
                if pre.scale
                else ""
            ),
        ],
        [
            "Output",
            f"{subject.network.output.count} {subject.network.output.kind}, {subject.network.output.loss}",
        ],
    ]
    if heard := hearing_words(pre):
        rows.append(["Hearing", heard])
    # What the receipt says of data and split stands above already, unless it was trained on other data.
    receipt = dict(subject.network.receipt)
    trained_on = receipt.pop("data", None)
    receipt.pop("split", None)
    if isinstance(trained_on, dict) and trained_on.get("fingerprint") != dataset.fingerprint:
        rows.append(["Trained on", f"{trained_on.get('reference')}, other data than these"])
    versions = receipt.pop("versions", None)
    rows += [[_label(key), _text(value)] for key, value in receipt.items()]
    here = environment()
    if versions is not None and _text(versions) != here["Versions"]:
        rows.append(["Versions of the training", _text(versions)])
    rows += [[name, value] for name, value in here.items()]
    rows.append(["Looking took", seconds])
    rows += [[f"Left out: {what}", why] for what, why in subject.evidence.left_out]
    rows += [[f"Set aside: {aside.place}", aside.reason] for aside in dataset.set_aside[:50]]
    return making_section(
        rows,
        Caption(
            shown="With these, the same machine and the same versions the page can be made again.",
            should_see="The data, the weights and the settings you meant.",
            wrong_if="files were set aside that you need, or the weights are not the trained ones.",
            source="Keys are the first 16 digits of SHA-256.",
        ),
        table="Data, weights and versions",
    )


def _split_words(split: Split) -> str:
    parts = f"{count(len(split.train))} training, {count(len(split.validation))} validation, {count(len(split.test))} held out"
    return f"{parts}; stratified, seed {split.seed}"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(inner) for inner in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
