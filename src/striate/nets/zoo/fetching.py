"""Published weight files: from the zoos' caches, or from the net, and that only when it was asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from striate import fingerprint
from striate.errors import InputError, Quoted, WeightsError

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
# Published names end in the first digits of the file's SHA-256.
_NAMED_HASH = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A published file on this disk.

    Attributes:
        path: The file.
        source: Where it was published, with its revision if it has one.
        sha256: Digits its SHA-256 must begin with, by its publisher; empty if that says none.
    """

    path: Path
    source: str
    sha256: str = ""


def fetched_weights(kind: str, name: str, module: nn.Module) -> Fetched:
    """Return the published weights of a zoo's network, fetched if they are not in the zoo's cache.

    Args:
        kind: "timm" or "torchvision".
        name: The network's name there.
        module: The network; timm's know where their weights are.

    Raises:
        WeightsError: It has none, or they cannot be fetched.
    """
    if kind == "torchvision":
        from torchvision.models import get_model_weights

        return _from_url(get_model_weights(name).DEFAULT.url)
    config: dict[str, Any] = dict(getattr(module, "pretrained_cfg", None) or {})
    if config.get("custom_load"):
        raise WeightsError("published weights must be a state dict", got=f"timm:{name}", hint="Convert them with timm.")
    if config.get("hf_hub_id"):
        named = config.get("hf_hub_filename")
        return hub_file(config["hf_hub_id"], (named,) if named else _WEIGHTS, fetch=True)
    if config.get("url"):
        return _from_url(config["url"])
    raise WeightsError("a network must have published weights to fetch", got=f"timm:{name}", hint="Name a file with @.")


def hub_file(repository: str, names: tuple[str, ...] = _WEIGHTS, *, fetch: bool) -> Fetched:
    """Return the first of some files of a repository of the Hugging Face Hub, or of a local folder.

    Args:
        repository: "owner/name", or a folder that holds the files.
        names: What the file may be called, the preferred one first.
        fetch: Whether the net may be used; else only what is in the hub's cache.

    Raises:
        InputError: Not a possible repository, or not in the cache; on the net, no such repository or no net.
        WeightsError: It has none of the files.
    """
    folder = Path(repository)
    if folder.is_dir():
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is None:
            raise WeightsError(f"a folder must hold {' or '.join(names)}", got=repository)
        return Fetched(path=path, source=str(path))
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

    for name in names:
        try:
            path = Path(hf_hub_download(repository, name, local_files_only=not fetch))
        except LocalEntryNotFoundError as cause:
            if not fetch and name != names[-1]:
                continue
            raise _absent(repository, fetch=fetch) from cause
        except EntryNotFoundError:
            continue
        except HFValidationError as cause:
            raise InputError("a hub reference must be hub:owner/name, or a folder", got=repository) from cause
        except Exception as cause:  # the net may fail in any way
            reason = " ".join(str(cause).split())[:160]
            raise InputError("the hub must hand out the file", got=Quoted(reason), where=repository) from cause
        # A large file is kept under its own SHA-256.
        blob = path.resolve().name
        is_hash = re.fullmatch(r"[0-9a-f]{64}", blob) is not None
        revision = path.parent.name[:12]
        return Fetched(path=path, source=f"hub:{repository}/{name} at {revision}", sha256=blob if is_hash else "")
    raise WeightsError(f"a repository must hold {' or '.join(names)}", got=repository)


def _absent(repository: str, *, fetch: bool) -> InputError:
    if fetch:
        return InputError(
            "the hub must be reached to fetch from it", got=repository, hint="Is this machine on the net?"
        )
    return InputError(
        "a hub network must be in the hub's cache unless it may be fetched",
        got=repository,
        hint="Append +weights to fetch it.",
    )


def _from_url(url: str) -> Fetched:
    """Return the file torch's hub cache holds of an address, fetched if it is not there; its name tells its hash."""
    import torch

    name = Path(url).name
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    found = _NAMED_HASH.search(name)
    digits = found[1] if found else ""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(url, str(path), hash_prefix=digits or None, progress=False)
        except Exception as cause:
            reason = " ".join(str(cause).split())[:160]
            raise WeightsError("published weights must be fetched whole", got=Quoted(reason), where=url) from cause
    return Fetched(path=path, source=url, sha256=digits)


def sha256_of(fetched: Fetched) -> str:
    """Return a file's SHA-256, held against what its publisher said.

    Raises:
        WeightsError: They differ.
    """
    found = fingerprint.of_file(fetched.path)
    if not found.startswith(fetched.sha256):
        raise WeightsError(
            f"a published file must have the SHA-256 its publisher states, {fetched.sha256[:16]}",
            got=Quoted(found[:16]),
            where=str(fetched.path),
            hint="It is damaged: delete it, and fetch it anew.",
        )
    return found
