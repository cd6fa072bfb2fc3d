"""The store of an extraction: new, or filled by the same network in the same way."""

from __future__ import annotations

from dataclasses import replace

from striate.errors import InputError, Quoted
from striate.features.extraction.planning import plan_vectors
from striate.features.store.store import VectorStore
from striate.nets import Network
from striate.records.vectors import VectorChoice, VectorLayer, VectorSpec
from striate.trace import Recording

_WORDS = {
    "weights_key": "weights",
    "layers": "layers",
    "views": "views",
    "is_normalised": "normalisation",
    "preprocessing": "preprocessing",
    "is_reduced": "decoding",
}


def planned(network: Network, address: str, reference: str, choice: VectorChoice, recording: Recording) -> VectorSpec:
    """Return what will be written; nothing is made yet.

    Raises:
        InputError: The store that is there holds vectors of another network, or made in another way.
        UnknownNameError: A layer the network has not.
    """
    found = VectorStore.open(address) if VectorStore.is_at(address) else None
    if found is not None:
        choice = replace(choice, memory_format=found.spec.memory_format)
    plan = plan_vectors(network, choice, reference=reference, recording=recording)
    if found is not None:
        check_same(found, plan)
    return plan


def opened_or_made(address: str, plan: VectorSpec) -> VectorStore:
    """Return the store at an address, or a new one; the caller holds `only_writer`.

    Raises:
        InputError: As `planned`.
    """
    if not VectorStore.is_at(address):
        return VectorStore.create(address, plan)
    found = VectorStore.open(address)
    check_same(found, plan)
    return found


def check_same(store: VectorStore, plan: VectorSpec) -> None:
    """Refuse to mix vectors that were made in different ways.

    Raises:
        InputError: Names what differs.
    """
    different = store.spec.difference(plan)
    if different is None:
        return
    name, own, others = different
    raise InputError(
        f"a store must hold vectors of one network made in one way; its {_WORDS[name]}: {_short(own, store.spec)}",
        got=Quoted(_short(others, plan)),
        where=store.address,
        hint="Write them into another store, or ask for the same.",
    )


def _short(value: object, spec: VectorSpec) -> str:
    """Return what differs in words; weights by their network's name and key."""
    if isinstance(value, str):
        return (
            f"{value[:16]} of {spec.network}" if value == spec.weights_key and len(spec.network) < 200 else value[:16]
        )
    if isinstance(value, tuple):
        layers = [layer for layer in value if isinstance(layer, VectorLayer)]
        return ", ".join(f"{layer.name} ({layer.pooling}, {layer.size})" for layer in layers)
    return str(value)
