"""The receipt: what was loaded, frozen and trained, on which data, and what of it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from striate import fingerprint, schema
from striate.data import Dataset, batches
from striate.nets import Network
from striate.numbers import count, listed, percent, plural
from striate.records.adapting import Adaptation
from striate.records.receipt import ReceiptRow, ReceiptSection
from striate.records.training import Recipe
from striate.runs import Run, write_json
from striate.train.curve import split_key
from striate.train.freezing import frozen_digest
from striate.train.start import describe
from striate.transfer.finishing import Finished
from striate.transfer.ground import Bench
from striate.transfer.kept import DOCUMENT, WEIGHTS, read_network, save_network
from striate.transfer.preparing import Parts
from striate.transfer.storing import FEATURES

RECEIPT = "receipt.json"
SCHEMA_VERSION = 1
_SOME = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What `receipt.json` holds.

    Attributes:
        sections: For people.
        facts: For `verify`: keys and numbers that can be worked out again.
    """

    sections: tuple[ReceiptSection, ...]
    facts: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "schema": schema.stamp("receipt", SCHEMA_VERSION),
            "sections": [asdict(section) for section in self.sections],
            "facts": dict(self.facts),
        }


def write_receipt(
    run: Run, bench: Bench, parts: Parts, adaptation: Adaptation, finished: Finished, *, given: Network
) -> Network:
    """Write `network/` and `receipt.json`; return the adapted network, with the receipt in it.

    Whatever can be checked is checked here, not believed: the pretrained network is hashed again, frozen tensors are compared
    with its own, and the network that was written is read back and asked.
    """
    network = _with_summary(finished.network, given, adaptation)
    frozen = frozen_tensors(network, finished.frozen)
    sections = (
        _loaded(run, given),
        _cut(bench, adaptation, given, frozen),
        _trained(finished, adaptation),
        _data(bench.dataset, parts, bench),
        _answers(run, network, bench, parts, given),
        _conditions(run, adaptation),
    )
    facts = {
        "network": run.document.inputs["network"],
        "frozen": frozen,
        "origins": _origins(given, frozen),
        "adaptation": fingerprint.of_file(run.folder / DOCUMENT),
        "weights": fingerprint.of_file(run.folder / WEIGHTS),
        "features": fingerprint.of_file(run.folder / FEATURES),
        "data": run.document.inputs["data"],
        "split": split_key(bench.dataset, parts.split),
        "samples": list(bench.samples),
        "folds": bench.ground.folds.tolist(),
        "targets": bench.ground.targets.tolist(),
        "outputs": bench.ground.outputs,
    }
    write_json(run.folder / RECEIPT, Receipt(sections=sections, facts=facts).document())
    return network


def frozen_tensors(network: Network, frozen: tuple[str, ...]) -> dict[str, str]:
    """Return the SHA-256 of every tensor, parameters and buffers, of the parts that were not trained."""
    return frozen_digest(network.module, list(frozen)) if frozen else {}


def _origins(given: Network, frozen: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 that the pretrained network has for each frozen tensor."""
    own = frozen_digest(given.module, [""])
    return {name: own[name.removeprefix("body.")] for name in frozen if name.removeprefix("body.") in own}


def _with_summary(network: Network, given: Network, adaptation: Adaptation) -> Network:
    receipt = {
        "weights": f"adapted: {adaptation.chosen}",
        "pretrained": {
            key: given.receipt[key] for key in ("weights", "weights_sha256", "loaded") if key in given.receipt
        },
        "cut": adaptation.chosen_candidate.regime.cut,
        "data": adaptation.data,
        "score": None if adaptation.test is None else asdict(adaptation.test),
    }
    return replace(network, receipt=dict(network.receipt) | receipt)


def _loaded(run: Run, given: Network) -> ReceiptSection:
    asked = run.document.inputs["network"]
    now = describe(given, Recipe())
    told = given.receipt
    return ReceiptSection(
        title="Loaded",
        rows=(
            ReceiptRow(label="Pretrained network", value=str(asked["reference"])),
            ReceiptRow(label="Weights from", value=str(told.get("weights", "not said"))),
            ReceiptRow(label="SHA-256 of that file", value=str(told.get("weights_sha256", "not said"))),
            ReceiptRow(label="Load report", value=str(told.get("loaded", "not said"))),
            ReceiptRow(
                label="Left as it came",
                value=f"key {fingerprint.short(asked['weights'])}",
                checked=now["weights"] == asked["weights"],
                how="Every parameter and buffer of the given network was hashed before and after.",
            ),
            ReceiptRow(label="Preprocessing", value=_how(given)),
        ),
    )


def _cut(bench: Bench, adaptation: Adaptation, given: Network, frozen: Mapping[str, str]) -> ReceiptSection:
    cut = bench.cut(adaptation.chosen_candidate.regime.cut)
    origins = _origins(given, frozen)
    same = sum(frozen[name] == origins.get(name) for name in frozen)
    return ReceiptSection(
        title="Cut and frozen",
        rows=(
            ReceiptRow(label="Cut at", value=f"{cut.name} ({cut.op}), {percent(cut.macs_share)} of the MACs"),
            ReceiptRow(
                label="Value at the cut",
                value="that of the uncut network",
                checked=True,
                how="Compared on standard-normal images when the network was cut.",
            ),
            ReceiptRow(
                label="Frozen tensors",
                value=f"{count(same)} of {count(len(frozen))} byte for byte those of the pretrained network",
                checked=same == len(frozen) if frozen else None,
                how="SHA-256 of each parameter and buffer, of the adapted network and of the pretrained one.",
            ),
        ),
    )


def _trained(finished: Finished, adaptation: Adaptation) -> ReceiptSection:
    chosen = adaptation.chosen_candidate
    parameters = f"{count(chosen.trained_parameters)} of {count(chosen.parameters)} parameters"
    rows = [ReceiptRow(label="Regime", value=chosen.regime.title), ReceiptRow(label="Trained", value=parameters)]
    rates = finished.network.receipt.get("rates", {})
    if rates:
        groups: dict[tuple[float, float], int] = {}
        for row in rates.values():
            groups[row["rate"], row["decay"]] = groups.get((row["rate"], row["decay"]), 0) + 1
        rows += [
            ReceiptRow(
                label=f"Rate {rate:.3g}, decay {decay:.3g}",
                value=plural(number, "tensor"),
                checked=True,
                how="The optimiser's own rate was held against the promised one at every step.",
            )
            for (rate, decay), number in sorted(groups.items(), reverse=True)
        ]
    elif finished.recipe is None:
        rows.append(
            ReceiptRow(label="New layers", value="solved or trained on stored features; nothing else was touched")
        )
    rows += [ReceiptRow(label="Guard", value=words) for words in finished.events]
    return ReceiptSection(title="Trained", rows=tuple(rows))


def _data(dataset: Dataset, parts: Parts, bench: Bench) -> ReceiptSection:
    groups = {sample.group for sample in dataset.samples if sample.group is not None}
    aside = [f"{one.place} ({one.reason})" for one in dataset.set_aside]
    held = {dataset.samples[index].content for index in parts.split.test}
    seen = {dataset.samples[index].content for index in bench.samples}
    return ReceiptSection(
        title="Data",
        rows=(
            ReceiptRow(label="Data", value=f"{dataset.reference}, {plural(len(dataset), 'sample')}"),
            ReceiptRow(label="Fingerprint", value=dataset.fingerprint),
            ReceiptRow(
                label="Cross-validated on",
                value=f"{plural(len(bench.samples), 'sample')} in {plural(bench.ground.fold_count, 'fold')}",
            ),
            ReceiptRow(
                label="Nobody looked at",
                value=plural(len(parts.split.test), "sample"),
                checked=not held & seen,
                how="No stored bytes are in both parts.",
            ),
            ReceiptRow(label="Groups kept whole", value=count(len(groups))),
            ReceiptRow(label="Files set aside", value=listed(aside) if aside else "none"),
        ),
    )


def _answers(run: Run, network: Network, bench: Bench, parts: Parts, given: Network) -> ReceiptSection:
    some = (parts.split.test or bench.samples)[:_SOME]
    save_network(run, network)
    again = read_network(run, given)
    batch = next(batches(bench.dataset, some, network.preprocessing, batch_size=len(some)))
    with torch.no_grad():
        is_same = torch.equal(network.module(batch.images), again.module(batch.images))
    return ReceiptSection(
        title="Network",
        rows=(
            ReceiptRow(
                label="Read back",
                value=f"the same answers for {plural(len(some), 'sample')}",
                checked=is_same,
                how="Every score, bit for bit.",
            ),
        ),
    )


def _conditions(run: Run, adaptation: Adaptation) -> ReceiptSection:
    versions = ", ".join(f"{name} {number}" for name, number in run.document.versions.items())
    measured = sum(candidate.estimate is not None for candidate in adaptation.candidates)
    return ReceiptSection(
        title="Conditions",
        rows=(
            ReceiptRow(label="Regimes", value=f"{measured} measured of {len(adaptation.candidates)}"),
            ReceiptRow(label="Seeds", value="0, of split, folds, order and new layers"),
            ReceiptRow(label="Versions", value=versions),
            ReceiptRow(label="Threads", value=str(run.document.settings["threads"])),
        ),
    )


def _how(given: Network) -> str:
    how = given.preprocessing
    size = "×".join(map(str, how.shape))
    return f"{size}, mean {_numbers(how.mean)}, std {_numbers(how.std)}, {how.interpolation}, {how.crop}"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.3f}" for value in values)
