"""TRN005: layers that begin anew in front of layers that learned with others."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import plural
from striate.records import Evidence, LayerOrigin


@register
class NewLayerBeforePretrained(PictureRule[tuple[LayerOrigin, ...]]):
    """A layer that begins anew in front of pretrained ones.

    ## What it looks for
    Layers whose weights are not from the file that filled the others, that are trained, and whose
    values pretrained layers read. Limit: none.

    ## Why it matters
    Every pretrained layer learned to read what stood before it. Behind a layer that makes something
    else they all answer to noise, and the gradient reaches the new layer only through them, the
    whole depth of the network long; meanwhile it changes them. Inputs are reshaped to the network,
    the network is not prefixed. A new layer at the end has none of this: its gradient is the first.

    ## Example
    ```python
    from striate.records import Evidence, LayerOrigin

    Evidence(
        origins=(
            LayerOrigin(layer="adapter", is_new=True, is_trained=True, pretrained_behind=20),
            LayerOrigin(layer="conv1", is_new=False, is_trained=True, pretrained_behind=19),
            LayerOrigin(layer="fc", is_new=True, is_trained=True, pretrained_behind=0),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, LayerOrigin

    Evidence(
        origins=(
            LayerOrigin(layer="conv1", is_new=False, is_trained=True, pretrained_behind=19),
            LayerOrigin(layer="fc", is_new=True, is_trained=True, pretrained_behind=0),
        )
    )
    ```

    ## When to ignore it
    When the new layer begins as one that changes nothing (an identity, zeros on a residual path).

    ## Sources
    - Yosinski et al., "How transferable are features in deep neural networks?", NeurIPS 2014,
      sections 4.1 and 4.2: layers that learned together suffer where some of them begin anew.
    """

    code = "TRN005"
    name = "new-layer-before-pretrained"
    severity = "warning"
    section = "network"

    def look(self, evidence: Evidence) -> tuple[LayerOrigin, ...] | None:
        """Return the layers, if it is known where their weights came from."""
        return evidence.origins or None

    def judge(self, seen: tuple[LayerOrigin, ...]) -> Iterator[Finding]:
        """Yield a finding for each such layer."""
        most = max(row.pretrained_behind for row in seen)
        for row in seen:
            if not (row.is_new and row.is_trained and row.pretrained_behind):
                continue
            yield self.finding(
                f"{row.layer} begins anew, and {plural(row.pretrained_behind, 'pretrained layer')} behind it read what it makes.",
                "Give the network images of the size and channels it has (striate load --channels N fits its first layer); "
                "or train this layer alone first, with the rest frozen.",
                measure=Measure(
                    value=float(row.pretrained_behind),
                    limit=0.0,
                    wrong="above",
                    high=float(most),
                    unit="pretrained layers",
                ),
                op=row.layer,
            )
