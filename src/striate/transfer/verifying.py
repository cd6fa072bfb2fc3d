"""`verify`: what a receipt says, worked out again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate import fingerprint, schema
from striate.data import Dataset, ReadAs, load_data
from striate.errors import InputError, StriateError, WeightsError
from striate.events import SILENT, Events
from striate.nets import Network, load_network
from striate.records.adapting import Adaptation
from striate.records.receipt import ReceiptRow, ReceiptSection
from striate.records.training import Recipe
from striate.runs import Run
from striate.runs.folder import environment
from striate.train.curve import split_key
from striate.train.freezing import frozen_digest
from striate.train.start import describe
from striate.transfer.apart import divided_as
from striate.transfer.estimating import estimate, gains
from striate.transfer.finishing import answers_of
from striate.transfer.kept import DOCUMENT, WEIGHTS, is_kept_whole, read_adaptation, read_json, read_network
from striate.transfer.preparing import Parts, on_scale
from striate.transfer.probing import Ground, probe_cuts
from striate.transfer.receipt import RECEIPT, SCHEMA_VERSION
from striate.transfer.regimes import regime_key
from striate.transfer.storing import ATTEMPTS, FEATURES, read_features

# Two machines round differently; a score of 200 samples moves in steps of 0.005.
_EQUAL = 1e-6


def verify(
    folder: Path | str, *, network: Network | None = None, dataset: Dataset | None = None
) -> tuple[ReceiptSection, ...]:
    """Return what of an adaptation's receipt was worked out again, each claim with whether it holds.

    Files are hashed; the data are read and divided anew; the probes are solved again from the stored features; the saved network
    answers the test part again; frozen tensors are compared with those of the pretrained network.

    Args:
        folder: The run folder of an adaptation.
        network: The pretrained network; None loads it by the name in the receipt, if that can be done.
        dataset: The data; None loads them by their reference.

    Returns:
        Rows with `checked` False are differences; None means that it could not be checked here, and why.

    Raises:
        InputError: No finished adaptation is there.
        SchemaError: Its receipt is of another version.

    When it misleads:
        A receipt is not signed: whoever changes files can change it too, as long as all of them agree.
    """
    run = Run.read(folder)
    path = run.folder / RECEIPT
    if not path.is_file():
        raise InputError("a run must have a receipt to be verified", got=str(folder), hint="Only adaptations have one.")
    document = schema.accept(read_json(path), "receipt", SCHEMA_VERSION, where=str(path))
    facts = document["facts"]
    files = ReceiptSection(title="Files", rows=_files(run, facts))
    try:
        adaptation = read_adaptation(run)
    except StriateError as error:
        row = ReceiptRow(label="Measurements", value=f"they cannot be read: {error}", checked=False)
        return (
            files,
            ReceiptSection(title="Measurements", rows=(row,)),
            ReceiptSection(title="Conditions", rows=_conditions(run)),
        )
    return (
        files,
        ReceiptSection(title="Measurements", rows=_measurements(run, facts, adaptation)),
        ReceiptSection(title="Data and answers", rows=_answers(run, facts, adaptation, dataset, network)),
        ReceiptSection(title="Pretrained network", rows=_pretrained(run, facts, network)),
        ReceiptSection(title="Conditions", rows=_conditions(run)),
    )


def read_again(run: Run | Path | str, reference: str, *, events: Events = SILENT) -> Dataset:
    """Return data read as an adaptation read them, from where they are now."""
    run = run if isinstance(run, Run) else Run.read(run)
    said = run.document.inputs["data"].get("read_as", {})
    return load_data(reference, read_as=ReadAs.from_document(said), events=events)


def _files(run: Run, facts: Mapping[str, Any]) -> tuple[ReceiptRow, ...]:
    return (
        _hashed("Features", run.folder / FEATURES, facts["features"]),
        _hashed("Measurements", run.folder / DOCUMENT, facts["adaptation"]),
        _hashed("Adapted weights", run.folder / WEIGHTS, facts["weights"]),
    )


def _hashed(label: str, path: Path, sha256: str) -> ReceiptRow:
    if not path.is_file():
        return ReceiptRow(label=label, value="the file is gone", checked=False, how=str(path))
    now = fingerprint.of_file(path)
    value = f"SHA-256 {fingerprint.short(now)}" if now == sha256 else "another file than the receipt's"
    return ReceiptRow(label=label, value=value, checked=now == sha256, how=f"{path.name} was hashed.")


def _measurements(run: Run, facts: Mapping[str, Any], adaptation: Adaptation) -> tuple[ReceiptRow, ...]:
    try:
        features = read_features(run)
    except Exception as error:  # noqa: BLE001 - a damaged file may say anything
        return (ReceiptRow(label="Probes", value=f"the features cannot be read: {error}", checked=False),)
    if features is None:
        return (ReceiptRow(label="Probes", value="no features to solve them from", checked=False),)
    ground = Ground(
        kind=adaptation.output,
        outputs=facts["outputs"],
        targets=torch.tensor(facts["targets"]),
        folds=torch.tensor(facts["folds"]),
        samples=tuple(facts["samples"]),
    )
    again = probe_cuts(features.of(ground.samples), adaptation.cuts, ground)
    wrong = [
        one.probe.cut
        for one, told in zip(again, adaptation.probes, strict=True)
        if abs(one.probe.estimate.mean - told.estimate.mean) > _EQUAL
    ]
    value = f"{len(again) - len(wrong)} of {len(again)} scores are the same"
    return (
        ReceiptRow(label="Probes", value=value, checked=not wrong, how="Solved again from the stored features."),
        _trainings(run, adaptation),
    )


def _trainings(run: Run, adaptation: Adaptation) -> ReceiptRow:
    """Hold the estimates of trained regimes against the held-out answers that were written when they were made."""
    stored = [row for row in run.rows(ATTEMPTS) if row["gains"] is not None]
    wrong = checked = 0
    for candidate in adaptation.candidates:
        regime = candidate.regime
        own: dict[int, list[float]] = {
            row["what"]["fold"]: row["gains"]
            for row in stored
            if _is_of(row["what"]["regime"], candidate.regime) and row["what"]["fold"] in candidate.folds
        }
        if candidate.estimate is None or regime.trained == "head" or not own:
            continue
        checked += 1
        made = estimate(adaptation.output, np.concatenate([np.asarray(gains) for gains in own.values()]))
        wrong += abs(made.mean - candidate.estimate.mean) > _EQUAL
    return ReceiptRow(
        label="Short trainings",
        value=f"{checked - wrong} of {checked} scores are the same",
        checked=not wrong,
        how="Their held-out answers were averaged again; the trainings were not repeated.",
    )


def _is_of(what: Mapping[str, Any], regime: Any) -> bool:  # noqa: ANN401 - a Regime
    return dict(what) == regime_key(regime)


def _answers(
    run: Run, facts: Mapping[str, Any], adaptation: Adaptation, given: Dataset | None, network: Network | None
) -> tuple[ReceiptRow, ...]:
    try:
        dataset = (
            given
            if given is not None
            else load_data(facts["data"]["reference"], read_as=ReadAs.from_document(facts["data"].get("read_as", {})))
        )
    except (StriateError, OSError) as error:
        return (ReceiptRow(label="Data", value=f"not here to be read: {error}"),)
    is_same = dataset.fingerprint == facts["data"]["fingerprint"]
    rows = [
        ReceiptRow(
            label="Data",
            value="the same samples and targets" if is_same else "other samples or targets than the receipt's",
            checked=is_same,
            how="Every sample was hashed again.",
        )
    ]
    if not is_same:
        return tuple(rows)
    try:
        apart = divided_as(run, dataset)
    except StriateError as error:
        return (*rows, ReceiptRow(label="Division", value=str(error), checked=False))
    rows.append(
        ReceiptRow(
            label="Division",
            value="training, validation and test hold the same samples",
            checked=split_key(dataset, apart.parts.split) == facts["split"],
            how="Divided again, near-duplicates and groups together.",
        )
    )
    rows.append(_folded(apart.parts, facts))
    rows.append(_tested(run, adaptation, dataset, apart.parts.split.test, network))
    return tuple(rows)


def _folded(parts: Parts, facts: Mapping[str, Any]) -> ReceiptRow:
    """Hold the folds that the probes were solved by against those that the data give."""
    samples = parts.samples
    folds = [0] * len(samples)
    for number, part in enumerate(parts.folds.parts):
        for place in part:
            folds[place] = number
    return ReceiptRow(
        label="Folds",
        value=f"{len(parts.folds.parts)} of {len(samples)} samples, as in the receipt",
        checked=list(samples) == facts["samples"] and folds == facts["folds"],
        how="Divided again, too; the probes were solved by these.",
    )


def _tested(
    run: Run, adaptation: Adaptation, dataset: Dataset, test: tuple[int, ...], given: Network | None
) -> ReceiptRow:
    if adaptation.test is None or not test:
        return ReceiptRow(label="Test score", value="nothing was held out")
    try:
        network = read_network(run, given)
    except WeightsError as error:
        return ReceiptRow(label="Test score", value=str(error), checked=False)
    except StriateError as error:
        return ReceiptRow(label="Test score", value=str(error), checked=False if is_kept_whole(run) else None)
    scores, targets = answers_of(network, dataset, test)
    own = gains(adaptation.output, scores, on_scale(network, targets, dataset))
    now = estimate(adaptation.output, own)
    return ReceiptRow(
        label="Test score",
        value=f"{now.mean:.4f}, told {adaptation.test.mean:.4f}",
        checked=abs(now.mean - adaptation.test.mean) <= _EQUAL,
        how=f"The saved network answered the {len(test)} samples again.",
    )


def _pretrained(run: Run, facts: Mapping[str, Any], given: Network | None) -> tuple[ReceiptRow, ...]:
    reference = facts["network"]["reference"]
    try:
        network = given if given is not None else load_network(reference)
    except (StriateError, OSError) as error:
        return (ReceiptRow(label="Pretrained network", value=f"not here to be read: {error}"),)
    is_same = describe(network, Recipe())["weights"] == facts["network"]["weights"]
    known = ReceiptRow(
        label="Pretrained network",
        value="the same weights" if is_same else "other weights than the receipt's",
        checked=is_same,
        how="Every parameter and buffer was hashed again.",
    )
    try:
        adapted = read_network(run, network)
    except StriateError as error:
        return (
            known,
            ReceiptRow(label="Frozen tensors", value=f"the adapted network cannot be read: {error}", checked=False),
        )
    origin = frozen_digest(network.module, [""])
    own = frozen_digest(adapted.module, [""])
    told: Mapping[str, str] = facts["frozen"]
    moved = [name for name, digest in told.items() if own.get(name) != digest or facts["origins"].get(name) != digest]
    other = [name for name, digest in facts["origins"].items() if origin.get(name.removeprefix("body.")) != digest]
    return (
        known,
        ReceiptRow(
            label="Frozen tensors of the adapted network",
            value=f"{len(told) - len(moved)} of {len(told)} as in the receipt, and as they were pretrained",
            checked=not moved if told else None,
            how="SHA-256 of each." if told else "Nothing was frozen.",
        ),
        ReceiptRow(
            label="The same tensors of the pretrained network",
            value=f"{len(facts['origins']) - len(other)} of {len(facts['origins'])} as in the receipt",
            checked=not other,
            how="The pretrained network was loaded again.",
        ),
    )


def _conditions(run: Run) -> tuple[ReceiptRow, ...]:
    then = ", ".join(f"{name} {number}" for name, number in run.document.versions.items())
    now = environment()["Versions"]
    value = "the same" if then == now else f"then {then}; now {now}"
    return (ReceiptRow(label="Versions", value=value, how="Another version may round differently."),)
