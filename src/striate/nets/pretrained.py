"""`load_pretrained`: a network of a zoo with weights from a file or from its publisher, and the report of what was loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, WeightsError
from striate.nets.fitting import admit, check_hash, check_loading, fit_weights
from striate.nets.network import Network
from striate.nets.origin import Origin
from striate.nets.weights import read_weights
from striate.nets.zoo.fetching import Fetched, fetched_weights, hub_file, sha256_of
from striate.nets.zoo.hub import hub_network
from striate.nets.zoo.published import published_preprocessing
from striate.records.loading import Loading, LoadReport
from striate.records.output import Output, Preprocessing

# What the receipt of a zoo network says that was named without a weight file.
RANDOM = "random: no @file was given"
_PUBLISHED = "+weights"
# What a report's other tensors are not: parameters that begin anew.
_FILLED = {"loaded", "unexpected", "counter"}
# What torchvision renames in its own old DenseNet files.
_DENSE_LAYER = re.compile(
    r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$"
)


def load_pretrained(
    reference: str, loading: Loading | None = None, *, seed: int = 0
) -> tuple[Network, LoadReport | None]:
    """Return a zoo's network with its own preprocessing, and what became of every tensor of its weights.

    Nothing is fetched but by `+weights`, and then from where the zoo says. `hub:` without it reads the hub's cache, or a folder
    with `config.json`.

    Args:
        reference: `timm:name`, `torchvision:name`, `hub:owner/name` or `python:package.module:factory`; behind it
            `@file.safetensors` or `@file.pth` for local weights, or `+weights` for the published ones.
        loading: How tensors are matched and what share must be loaded; by name and everything, if left out.
        seed: Start of what no file fills.

    Returns:
        The network in eval mode; the report, None without weights.

    Raises:
        InputError: Nothing of that name.
        WeightsError: A file that is unsafe, damaged, of another network, or does not fill the share asked for: nothing is loaded.

    When it misleads:
        A file whose shapes fit says nothing of what it was trained on, nor with which preprocessing. Look at answers you know.

    Example:
        >>> network, report = load_pretrained("torchvision:squeezenet1_1")
        >>> network.preprocessing.scaled_px, report, network.receipt["weights"]
        ((256, 256), None, 'random: no @file was given')
    """
    asked = loading or Loading()
    prefix, _, rest = reference.partition(":")
    name, at, file = rest.partition("@")
    if at and not file:
        raise InputError("a weight file must be named behind @", got=reference)
    check_loading(asked, file)
    fetch = name.endswith(_PUBLISHED)
    name = name.removesuffix(_PUBLISHED)
    if fetch and (file or prefix == "python"):
        raise InputError("+weights must be asked of a zoo's network, and without @file", got=reference)
    found = _described(prefix, name, asked, fetch=fetch)
    # What a factory draws at random is drawn from the seed, and the caller's random state is left alone.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = found.origin.build().eval()
    source = _weights(prefix, name, module, file, fetch=fetch)
    preprocessing = found.preprocessing or published_preprocessing(prefix, name, module, file=file)
    if source is None:
        return wrapped(module, found.origin, preprocessing, {"weights": RANDOM}, found.labels), None
    report = _fill(module, source, asked, found.origin)
    receipt: dict[str, Any] = {"weights": source.source, "weights_sha256": report.sha256, "loaded": report.told}
    anew = [
        row.name for row in report.tensors if row.fate not in _FILLED and row.name in dict(module.named_parameters())
    ]
    if anew:
        receipt["begun_anew"] = anew
    labels = () if report.of("new head") else found.labels
    return wrapped(module, found.origin, preprocessing, receipt, labels), report


def wrapped(
    module: nn.Module,
    origin: Origin,
    preprocessing: Preprocessing,
    receipt: dict[str, Any] | None = None,
    labels: tuple[str, ...] = (),
) -> Network:
    """Return a module as a network whose outputs are counted, unless they have names."""
    count = next(
        (layer.out_features for layer in reversed(list(module.modules())) if isinstance(layer, nn.Linear)),
        0,
    )
    return Network(
        module=module,
        preprocessing=preprocessing,
        output=Output(kind="classes", names=labels or tuple(str(number) for number in range(count))),
        origin=origin,
        receipt=receipt or {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """A network before it is built."""

    origin: Origin
    preprocessing: Preprocessing | None = None
    labels: tuple[str, ...] = ()


def _described(prefix: str, name: str, asked: Loading, *, fetch: bool) -> _Described:
    if prefix == "hub":
        told = hub_network(name, fetch=fetch)
        origin = replace(told.origin, outputs=asked.outputs or told.origin.outputs)
        return _Described(origin=origin, preprocessing=told.preprocessing, labels=told.labels)
    if prefix not in {"timm", "torchvision", "python"}:
        raise InputError("a pretrained network must be of timm, torchvision, hub or python", got=f"{prefix}:{name}")
    if prefix == "python" and asked.outputs:
        raise InputError("outputs must be asked of a zoo's network; a factory makes its own", got=asked.outputs)
    return _Described(origin=Origin(kind=prefix, text=name, outputs=asked.outputs))  # type: ignore[arg-type]  # one of three


def _weights(prefix: str, name: str, module: nn.Module, file: str, *, fetch: bool) -> Fetched | None:
    if file:
        return Fetched(path=Path(file), source=file)
    if prefix == "hub":
        if Path(name).is_dir() or fetch:
            return hub_file(name, fetch=fetch)
        return None
    return fetched_weights(prefix, name, module) if fetch else None


def _fill(module: nn.Module, source: Fetched, asked: Loading, origin: Origin) -> LoadReport:
    """Load a file's tensors and tell what became of them; after a refusal the module is as it was."""
    if not source.path.is_file():
        raise WeightsError("a weight file must exist", got=str(source.path))
    sha256 = sha256_of(source)
    check_hash(sha256, asked.sha256, file=source.source)
    state = read_weights(source.path)
    if origin.kind == "torchvision":
        state = {_renamed(key): value for key, value in state.items()}
    if asked.by == "zoo":
        state = _as_timm_reads(origin, state, source.source)
    report, filled = fit_weights(module, state, asked, file=source.source, sha256=sha256)
    is_published = source.source != str(source.path)
    if is_published and asked.by == "name" and origin.kind == "timm" and report.tensor_share < 1 and not asked.outputs:
        # Some published files have the names of the project they came from.
        return _fill(module, source, replace(asked, by="zoo"), origin)
    admit(report, asked)
    module.load_state_dict(filled)
    return report


def _renamed(key: str) -> str:
    found = _DENSE_LAYER.match(key)
    return f"{found[1]}{found[2]}" if found else key


def _as_timm_reads(origin: Origin, state: dict[str, Tensor], file: str) -> dict[str, Tensor]:
    """Return the state of timm's network after timm itself read the tensors: it renames what other projects wrote."""
    if origin.kind != "timm":
        raise InputError("by zoo must be asked of timm's networks", got=origin.kind)
    import timm

    options = dict(origin.options) | ({"num_classes": origin.outputs} if origin.outputs else {})
    overlay = {"state_dict": state, "file": None, "custom_load": False, "source": ""}
    try:
        # timm loads strictly, unless the number of classes differs from its configuration's.
        with torch.random.fork_rng():
            made: Any = timm.create_model(origin.text, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    except Exception as cause:
        reason = " ".join(str(cause).split())[:200]
        raise WeightsError("weights must fit as timm reads them", got=Quoted(reason), where=file) from cause
    if origin.outputs and origin.outputs != made.pretrained_cfg.get("num_classes", origin.outputs):
        raise WeightsError(
            "weights by zoo must come with the network's own outputs", got=origin.outputs, where=file,
            hint="Load them whole, save the network, and begin a new head then.",
        )  # fmt: skip
    read: dict[str, Tensor] = made.state_dict()
    return read
