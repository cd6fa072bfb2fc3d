"""Which tensor of a weight file goes where in a network: decided and told before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor, nn

from striate.errors import InputError, Quoted, WeightsError
from striate.records.loading import Fate, Loading, LoadReport, TensorLoad

# What wrappers put before the names of the network they hold.
PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.")
_COUNTER = "num_batches_tracked"
_HEX = set("0123456789abcdef")


def fit_weights(
    module: nn.Module, state: Mapping[str, Tensor], loading: Loading, *, file: str, sha256: str
) -> tuple[LoadReport, dict[str, Tensor]]:
    """Return what would become of every tensor, and the network's state with the file's tensors in it.

    Nothing is changed: `admit` says whether the report will do, and `load_state_dict` takes the state.

    Args:
        module: The network.
        state: The file's tensors, in its order.
        loading: How they are matched.
        file: For the report.
        sha256: Of the file, for the report.

    When it misleads:
        By order, two layers of one shape that the file has in another order change places unseen.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3))
        >>> wrapped = {"module." + key: value for key, value in net.state_dict().items()}
        >>> report, _ = fit_weights(net, wrapped, Loading(), file="w.pth", sha256="")
        >>> report.prefix, [(tensor.name, tensor.fate) for tensor in report.tensors]
        ('module.', [('0.weight', 'loaded'), ('0.bias', 'loaded')])
    """
    own = module.state_dict()
    prefix = "" if loading.by == "order" else _prefix(own, list(state))
    sources = _by_order(list(own), list(state)) if loading.by == "order" else _by_name(own, state, prefix)
    _add_tied(own, sources)
    heads = head_tensors(module) if loading.outputs else frozenset()
    rows, filled = [], dict(own)
    for name, tensor in own.items():
        source = sources.get(name, "")
        fate = _fate(name, tensor, source, state, heads)
        if fate == "loaded" and _is_absurd(name, state[source], loading.most_magnitude):
            fate = "too large"
        if loading.by == "order" and fate in {"loaded", "reshaped"} and _part(name) != _part(source):
            fate = "another part"
        if fate == "loaded":
            filled[name] = state[source]
        found = tuple(state[source].shape) if source else ()
        rows.append(_row(name, fate, source, tensor, found))
    used = set(sources.values())
    rows += [_row(name, "unexpected", name, state[name], ()) for name in state if name not in used]
    report = LoadReport(file=file, sha256=sha256, by=loading.by, prefix=prefix, tensors=tuple(rows))
    return report, filled


def admit(report: LoadReport, loading: Loading) -> None:
    """Refuse what does not fit.

    Raises:
        WeightsError: A value that is not finite, or too large to be a weight; less than the share asked for; something left over
            while everything was asked for.
    """
    broken = report.of("not finite")
    if broken:
        names = ", ".join(tensor.source for tensor in broken[:3])
        raise WeightsError("weights must be finite", got=Quoted(names), where=report.file, hint="Fetch the file anew.")
    absurd = report.of("too large")
    if absurd:
        names = ", ".join(tensor.source for tensor in absurd[:3])
        raise WeightsError(
            f"weights must be of a size that weights have, at most {loading.most_magnitude:g}",
            got=Quoted(names),
            where=report.file,
            hint="The file is damaged or another network's: fetch it anew. If they are meant so, raise most_magnitude (--most).",
        )
    share = min(report.tensor_share, report.byte_share)
    is_whole = loading.least_share < 1 or not report.of("unexpected")
    if share >= loading.least_share and is_whole and report.of("loaded"):
        return
    raise WeightsError("weights must fit the network", got=Quoted(report.told), where=report.file, hint=_cure(report))


def check_loading(loading: Loading, file: str) -> None:
    """Refuse settings that mean nothing.

    Raises:
        InputError: A share outside 0 … 1, a hash that is none, outputs below 0, a magnitude that is not above 0.
        WeightsError: By order from a file that keeps none.
    """
    if not 0 < loading.least_share <= 1:
        raise InputError("least_share must be above 0 and at most 1", got=loading.least_share)
    if not loading.most_magnitude > 0:
        raise InputError("most_magnitude must be above 0", got=loading.most_magnitude)
    if loading.outputs < 0:
        raise InputError("outputs must be at least 1, or 0 for the network's own", got=loading.outputs)
    if loading.by not in {"name", "order", "zoo"}:
        raise InputError("by must be name, order or zoo", got=loading.by)
    if loading.sha256 and not (8 <= len(loading.sha256) <= 64 and set(loading.sha256.lower()) <= _HEX):
        raise InputError("sha256 must be 8 to 64 hexadecimal digits", got=loading.sha256)
    if loading.by == "order" and file.endswith(".safetensors"):
        raise WeightsError(
            "weights by order must be from a file that keeps an order",
            got=Quoted(".safetensors, which sorts its tensors"),
            where=file,
            hint="Rename the tensors, or load the .pth it was made from.",
        )


def check_hash(found: str, asked: str, *, file: str) -> None:
    """Refuse a file that is another one than was said.

    Raises:
        WeightsError: Its SHA-256 does not begin so.
    """
    if not found.startswith(asked.lower()):
        raise WeightsError(
            f"a weight file must have the SHA-256 it is said to have, {asked.lower()}",
            got=Quoted(found[: max(len(asked), 16)]),
            where=file,
            hint="It is damaged, or another file: fetch it anew.",
        )


def head_tensors(module: nn.Module) -> frozenset[str]:
    """Return the names of the tensors that hang on the number of outputs: timm's classifiers; else last layer, aux heads."""
    config = getattr(module, "pretrained_cfg", None)
    stated = config.get("classifier") if isinstance(config, Mapping) else None
    layers = [name for name, part in module.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    if isinstance(stated, str) and stated:
        heads = [stated]
    elif isinstance(stated, Sequence) and not isinstance(stated, str) and stated:
        heads = list(stated)
    else:
        heads = layers[-1:] + [name for name in layers[:-1] if name.lower().startswith("aux")]
    names = list(module.state_dict())
    return frozenset(name for name in names for head in heads if name == head or name.startswith(f"{head}."))


def _prefix(own: Mapping[str, Tensor], names: Iterable[str]) -> str:
    """Return the chain of wrappers' prefixes without which most names are the network's."""
    names = list(names)
    chains = {""}
    for name in names:
        chain = ""
        while word := next((word for word in PREFIXES if name.startswith(word, len(chain))), ""):
            chain += word
            chains.add(chain)
    return max(sorted(chains, key=len), key=lambda chain: sum(_without(name, chain) in own for name in names))


def _without(name: str, prefix: str) -> str:
    return name.removeprefix(prefix)


def _by_name(own: Mapping[str, Tensor], state: Mapping[str, Tensor], prefix: str) -> dict[str, str]:
    """Return the file's name for each of the network's; where two would do, the one with the prefix."""
    found: dict[str, str] = {}
    for name in state:
        bare = _without(name, prefix)
        if bare in own and (bare not in found or name.startswith(prefix)):
            found[bare] = name
    return found


def _by_order(own: list[str], names: list[str]) -> dict[str, str]:
    """Return the file's name for each of the network's, both counted from the first; counters only if the file has them."""
    if not any(name.endswith(_COUNTER) for name in names):
        own = [name for name in own if not name.endswith(_COUNTER)]
    return dict(zip(own, names, strict=False))


def _add_tied(own: Mapping[str, Tensor], sources: dict[str, str]) -> None:
    """Give a tensor that is missing, and is the same as one that is there, that one's source."""
    places = {(own[name].data_ptr(), own[name].shape): source for name, source in sources.items() if own[name].numel()}
    for name, tensor in own.items():
        if name not in sources and (tensor.data_ptr(), tensor.shape) in places:
            sources[name] = places[tensor.data_ptr(), tensor.shape]


def _fate(name: str, tensor: Tensor, source: str, state: Mapping[str, Tensor], heads: frozenset[str]) -> Fate:
    if not source:
        return "new head" if name in heads else "counter" if name.endswith(_COUNTER) else "missing"
    found = state[source]
    if found.shape != tensor.shape:
        return "new head" if name in heads and found.shape[1:] == tensor.shape[1:] else "reshaped"
    if found.is_floating_point() != tensor.is_floating_point():
        return "retyped"
    return "loaded" if not found.is_floating_point() or bool(found.isfinite().all()) else "not finite"


def _is_absurd(name: str, tensor: Tensor, most: float) -> bool:
    """Return whether a tensor holds a value that no weight has; a variance may be as large as the square of what it is of."""
    if not tensor.is_floating_point() or not tensor.numel():
        return False
    return float(tensor.abs().max()) > (most * most if _part(name) == "running_var" else most)


def _row(name: str, fate: Fate, source: str, tensor: Tensor, found: tuple[int, ...]) -> TensorLoad:
    shape = tuple(tensor.shape)
    return TensorLoad(
        name=name,
        fate=fate,
        source=source,
        shape=shape,
        found_shape=() if found == shape else found,
        size_bytes=tensor.numel() * tensor.element_size(),
    )


def _part(name: str) -> str:
    return name.rpartition(".")[2]


def _cure(report: LoadReport) -> str:
    reshaped = report.of("reshaped")
    if report.tensor_share > 0.5 and reshaped and all(row.shape[1:] == row.found_shape[1:] for row in reshaped):
        theirs, ours = reshaped[-1].found_shape[0], reshaped[-1].shape[0]
        return f"If the head is another: outputs={theirs} takes the file's, outputs={ours} begins a new one."
    if not report.of("loaded") and report.by == "name":
        return "Are these another network's? If only the names differ, load by order, or by zoo."
    return "Name the network the file was made for, or ask for a smaller least_share."
