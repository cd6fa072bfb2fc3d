"""What of a pretrained network began anew, and where that stands among what was loaded."""

from __future__ import annotations

from collections.abc import Collection

from striate.analyse.origins import layer_origins
from striate.errors import StriateError
from striate.findings import Finding
from striate.graph import Graph
from striate.lint import lint
from striate.nets.network import Network
from striate.records import Evidence
from striate.records.care import LayerOrigin
from striate.trace import trace

RULE = "new-layer-before-pretrained"


def origins_of(network: Network, graph: Graph, *, still: Collection[str] = ()) -> tuple[LayerOrigin, ...]:
    """Return where the weights of each layer came from; nothing if no file filled any, or filled all.

    Args:
        network: Its receipt, or that of what it was trained from, says which parameters the file did not fill.
        graph: Its table.
        still: Names of parameters that are not trained; those a training left alone are known from its receipt.
    """
    receipt = network.receipt
    new = receipt.get("begun_anew") or receipt.get("start", {}).get("begun_anew", ())
    if not new:
        return ()
    left = {name for name, row in receipt.get("rates", {}).items() if not row["from_epoch"]}
    return layer_origins(graph, new=set(new), still=left | set(still))


def new_layer_findings(network: Network, *, still: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with where new layers stand; nothing for a network that cannot be traced.

    Args:
        network: Looked at, not changed.
        still: Names of parameters that are not trained.
    """
    if not (network.receipt.get("begun_anew") or network.receipt.get("start", {}).get("begun_anew")):
        return ()
    try:
        graph = trace(network.module, (1, *network.input_shape)).graph
    except StriateError:
        return ()
    return lint(Evidence(origins=origins_of(network, graph, still=still)), select=[RULE]).findings
