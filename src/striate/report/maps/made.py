"""What else was tried, and how a map was made."""

from __future__ import annotations

from striate.numbers import count, listed, measure, percent, plural
from striate.page.wire import Caption, Cell, Column, Section, Table, TableFigure
from striate.records.vector_map import LoneGroup, MappedLayer, VectorMap
from striate.report.making import making_section
from striate.runs.folder import environment


def tried_section(found: VectorMap) -> Section | None:
    """Return the maps by other settings beside the one drawn; None where nothing was compared."""
    layer = next((one for one in (found.judged, *reversed(found.layers)) if len(one.tried) > 1), None)
    if layer is None:
        return None
    others = [one for one in layer.tried if not one.is_reference]
    least = min(others, key=lambda one: one.overlap)
    compared = layer.tried[0].quality.points
    alone = (
        f" {plural(len(layer.lone), 'group')} {'is' if len(layer.lone) == 1 else 'are'} on one map only: an accident of its "
        "settings."
        if layer.lone
        else " No group is on one map only."
    )
    return Section(
        id="tried",
        term="Other settings",
        judgement=None,
        sentence=f"{plural(len(others), 'map')} by other perplexities and seeds keep at least {percent(least.overlap, 0)} of "
        f"the neighbours.{alone}",
        figures=[TableFigure(table=_tried_table(layer)), *_lone(layer)],
        caption=Caption(
            shown="The same points placed with other settings; all of them can be chosen under the map. Agreement: of each "
            "point's nearest on that map, how many are its nearest on the one drawn. Rest: what remains of the spread when "
            "one is turned and scaled onto the other.",
            should_see="Like figures in every row.",
            wrong_if="a group is on one map only: it says nothing about the data (alike: points in both, of those in either).",
            source=f"{layer.layer}; trustworthiness and continuity on {count(compared)} points. A divergence is comparable at "
            "one perplexity only.",
        ),
    )


def _tried_table(layer: MappedLayer) -> Table:
    rows: list[list[Cell]] = [
        [
            f"perplexity {one.perplexity:g}, seed {one.seed}" + (" (reference)" if one.is_reference else ""),
            one.quality.trustworthiness,
            one.quality.continuity,
            100 * one.quality.recall,
            100 * one.overlap,
            100 * one.procrustes,
            one.divergence,
        ]
        for one in layer.tried
    ]
    if layer.pca_quality is not None:
        quality = layer.pca_quality
        rows.append(["PCA", quality.trustworthiness, quality.continuity, 100 * quality.recall, None, None, None])
    return Table(
        columns=[
            Column(label="Map", align="left"),
            Column(label="Trustworthiness", decimals=3),
            Column(label="Continuity", decimals=3),
            Column(label="Nearest kept", unit="%", decimals=0),
            Column(label="Agreement", unit="%", decimals=0),
            Column(label="Rest", unit="%", decimals=0),
            Column(label="Divergence", decimals=3),
        ],
        rows=rows,
    )


def _lone(layer: MappedLayer) -> list[TableFigure]:
    if not layer.lone:
        return []
    return [
        TableFigure(
            table=Table(
                columns=[
                    Column(label="Group on", align="left"),
                    Column(label="Points"),
                    Column(label="Most alike elsewhere", unit="%", decimals=0),
                    Column(label="Groups of that map, median", unit="%", decimals=0),
                ],
                rows=[_lone_row(one) for one in layer.lone],
                caption="Groups that are on one map only",
            )
        )
    ]


def _lone_row(one: LoneGroup) -> list[Cell]:
    return [f"perplexity {one.perplexity:g}, seed {one.seed}", len(one.rows), 100 * one.kept, 100 * one.typical]


def made_section(found: VectorMap) -> Section:
    """Return what the map was made of, and with what."""
    last = found.judged
    shares = [percent(share, 0) for share in last.pca_shares[:2]]
    reasons = [f"{layer.layer}: {reason}" for layer in found.layers for reason in layer.unmeasured]
    said = {
        "Store": found.store,
        "Network": found.network,
        "Layers": listed([f"{layer.layer} ({count(layer.size)} numbers)" for layer in found.layers], most=12),
        "Distance": found.distance,
        "Placed by": listed([f"{layer.placed_by or 'not known'} at {layer.layer}" for layer in found.layers], most=12),
        "Points": f"{count(len(found.ids))}; {count(found.left_out)} rows without a vector left out",
        "Placed later": count(int(found.placed_later.sum())),
        "First two components": f"{listed(shares)} of the spread at {last.layer}" if shares else "not known",
        "Not measured": " ".join(reasons) or "nothing",
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="Where the points and figures of this page come from.",
            should_see="The store and the network you meant.",
            wrong_if="many rows are without a vector, or many points were placed later: make the map again.",
            source="Made with `striate map`.",
        ),
        sentence=f"{plural(len(found.layers), 'layer')}, each placed by t-SNE and by principal components"
        + (f"; divergence {measure(last.divergence)} at {last.layer}." if last.divergence == last.divergence else "."),
    )
