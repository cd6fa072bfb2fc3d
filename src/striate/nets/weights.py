"""Reading and writing weights without pickles."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import torch
from torch import nn

from striate import fingerprint
from striate.errors import WeightsError
from striate.runs import write_bytes


def save_weights(module: nn.Module, path: Path) -> str:
    """Write a module's state as safetensors, atomically, and return the file's SHA-256."""
    from safetensors.torch import save

    # Tied tensors are written once each: safetensors refuses shared storage.
    state = {key: value.detach().cpu().contiguous().clone() for key, value in module.state_dict().items()}
    content = save(state, metadata={"format": "pt"})
    write_bytes(path, content)
    return fingerprint.of_file(path)


def weights_key(module: nn.Module) -> str:
    """Return the content key of a module's parameters and buffers: names, types, shapes and bytes.

    Example:
        >>> one, other = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> _ = other.load_state_dict(one.state_dict())
        >>> weights_key(one) == weights_key(other)
        True
    """
    parts: list[bytes] = []
    for name, value in sorted(module.state_dict().items()):
        tensor = value.detach().cpu().contiguous()
        parts.append(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        parts.append(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return fingerprint.of_bytes(*parts)


def read_weights(path: Path | str) -> dict[str, torch.Tensor]:
    """Return the tensors of a `.safetensors` file, or of a `.pth` / `.pt` checkpoint that holds nothing but tensors.

    Raises:
        WeightsError: No such file; a pickle that would run code (it is refused, nothing runs); not a state dict; a damaged
            archive.

    When it misleads:
        A `.safetensors` file and an old `.pth` hold no checksums: a flipped byte in them is seen only by their SHA-256.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError("a weight file must exist", got=str(path))
    if path.suffix == ".safetensors":
        return _from_safetensors(path)
    _check_sums(path)
    try:
        with warnings.catch_warnings():
            # Torch warns of unusual pickle protocols; such a file is read or refused all the same.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as cause:
        raise WeightsError(
            "a checkpoint must hold tensors only",
            got="a pickle with other objects in it, which could run code",
            where=str(path),
            hint="Nothing was run. Ask its author for .safetensors, or save its state_dict() alone.",
        ) from cause
    except Exception as cause:
        reason = (str(cause) or repr(cause)).splitlines()[0]
        raise WeightsError("a checkpoint must be a whole torch file", got=reason, where=str(path)) from cause
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise WeightsError("a checkpoint must hold a state dict", got=type(content).__name__, where=str(path))
    return content


def load_weights(module: nn.Module, state: dict[str, torch.Tensor], *, where: str) -> None:
    """Put tensors into a module; every one must have its place and its shape.

    Raises:
        WeightsError: Names the first tensors that are missing, left over or of another shape.
    """
    own = module.state_dict()
    missing = [key for key in own if key not in state]
    unexpected = [key for key in state if key not in own]
    reshaped = [key for key in own if key in state and own[key].shape != state[key].shape]
    if missing or unexpected or reshaped:
        parts = [
            f"{len(keys)} {what} ({', '.join(keys[:3])}{', …' if len(keys) > 3 else ''})"
            for what, keys in (
                ("missing", missing),
                ("left over", unexpected),
                ("of another shape", reshaped),
            )
            if keys
        ]
        raise WeightsError("weights must fit the network", got="; ".join(parts), where=where)
    broken = [key for key, value in state.items() if value.is_floating_point() and not bool(value.isfinite().all())]
    if broken:
        raise WeightsError("weights must be finite", got=", ".join(broken[:3]), where=where)
    module.load_state_dict(state)


def _check_sums(path: Path) -> None:
    """Refuse a zip archive, as torch writes it, in which a part is not what its checksum says: torch does not look."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except Exception as cause:
        reason = (str(cause) or repr(cause)).splitlines()[0]
        raise WeightsError("a checkpoint must be a whole torch file", got=reason, where=str(path)) from cause
    if bad is not None:
        raise WeightsError(
            "a checkpoint must agree with its own checksums",
            got=bad,
            where=str(path),
            hint="It is damaged: fetch it anew.",
        )


def _from_safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state: dict[str, torch.Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as cause:
        raise WeightsError("a safetensors file must be whole", got=str(cause), where=str(path)) from cause
    return state
