"""What the answers follow that is not the object: places exchanged between images, patches pasted, backgrounds changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, percent, plural
from striate.page.wire import Caption, Cell, Column, Figure, Scale, Section, Table, TableFigure, Tile, Tiles
from striate.records import Background, Exchange, OnObject, PastedPatch, Shortcuts, TellingPixels
from striate.report.pictures.inputs import Picture
from striate.report.pictures.shrinking import SMALL, shrunk, strongest
from striate.report.subject import Subject

_SIDE = 112
# Falls below this are never drawn in full ink: where nothing matters, nothing must look as if it did.
_FULL_INK = 0.1


def section(subject: Subject) -> Section | None:
    """Return the section if shortcuts were sought."""
    found = subject.evidence.shortcuts
    if found is None or (found.exchange is None and found.background is None and found.on_object is None):
        return None
    figures: list[Figure] = []
    if found.exchange is not None:
        figures += _exchanged(subject, found.exchange)
    if found.background is not None:
        figures += _backgrounds(subject, found.background)
    if found.on_object is not None:
        figures.append(TableFigure(table=_objects_table(found.on_object)))
    return Section(
        id="shortcuts",
        term="Shortcuts",
        judgement=subject.judgement("shortcuts"),
        sentence=subject.sentence("shortcuts", _otherwise(found)),
        figures=figures,
        caption=Caption(
            shown=" ".join(_shown(found)),
            should_see="Ink in the middle of the maps, where the object is, and hardly more with another class's pixels than "
            "with the own class's; patches that turn next to nothing; objects that keep their class on any background, and on "
            "which more of the effect lies than on moved masks.",
            wrong_if="a corner or a border stands out with another class's pixels and not with the own class's, a patch turns "
            "image after image, backgrounds alone are answered far above chance, or given objects get less than moved masks: "
            "then look at the images named below.",
            source=f"{count(found.right)} of {count(found.images)} held-out images were answered right and took part. Places are "
            "sought on half of them and tried again on the other half; intervals are 95 %, by Wilson.",
        ),
    )


def _otherwise(found: Shortcuts) -> str:
    exchange, behind = found.exchange, found.background
    parts = []
    if exchange is not None and exchange.patches:
        turned = exchange.patches[0].turned
        parts.append(f"the patch that turns most turned {count(turned.hits)} of {count(turned.trials)} images")
    elif exchange is not None:
        parts.append("no place is away from the object")
    if behind is not None:
        parts.append(
            f"{count(behind.moved.hits)} of {count(behind.moved.trials)} objects took the class of a background"
        )
    if found.on_object is not None:
        share, chance = float(found.on_object.shares.mean()), float(found.on_object.shifted.mean())
        parts.append(f"{percent(share)} of what covering takes lies on the given objects, {percent(chance)} by chance")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def _shown(found: Shortcuts) -> list[str]:
    said = []
    if found.exchange is not None:
        said.append(
            "Images get the pixels that another image has at one place; the maps tell how far the probability of their class "
            "falls, averaged over the places that cover a pixel: with the pixels of another class, and of their own."
        )
        said.append(
            f"With places exchanged at random, 95 % of the largest mean falls stay below {measure(found.exchange.shuffled)}."
        )
        said.append(
            "Patches are sought where pixels hardly vary within a class."
            if found.exchange.patches
            else "Pixels vary everywhere within a class: no place is away from the object, and no patch was sought."
        )
    if found.background is not None:
        said.append(
            "Objects stand on backgrounds of other images; backgrounds alone have the object's box filled. With classes "
            "exchanged at random between them, 95 % of the shares stay below what chance reaches up to."
        )
    if found.on_object is not None:
        said.append(
            "A square covers every place; of what that takes from the answer, the share on the given object is held against "
            "that on the same mask moved about at random."
        )
    return said


def _exchanged(subject: Subject, found: Exchange) -> list[Figure]:
    height, width = subject.network.input_shape[1:]
    maps = np.stack([by_pixel(values, found, height, width) for values in (found.fall, found.own_fall)])
    falls = np.maximum(maps, 0)
    figures: list[Figure] = [
        Tiles(
            title="Mean fall by place",
            array=subject.store.maps("shortcuts-falls", strongest(falls, SMALL)),
            scale=Scale(
                kind="sequential",
                low=0,
                high=max(float(falls.max()), _FULL_INK),
                unit="mean fall of the class's probability",
            ),
            tiles=[
                Tile(index=0, label="another class's pixels", value=f"at most {measure(float(falls[0].max()), 2)}"),
                Tile(index=1, label="the own class's", value=f"at most {measure(float(falls[1].max()), 2)}"),
            ],
            side=_SIDE,
            table=_places_table(found),
        )
    ]
    if found.telling is not None:
        figures.append(_telling(subject, found.telling))
    if found.patches:
        best = found.patches[0]
        figures.append(
            _pasted(subject, best) if best.turned_samples else TableFigure(table=_patches_table(subject, found))
        )
        if best.turned_samples:
            figures.append(TableFigure(table=_patches_table(subject, found)))
    return figures


def by_pixel(values: NDArray[np.float32], found: Exchange, height: int, width: int) -> NDArray[np.float32]:
    """Return (h, w): the mean over the windows that cover each pixel; the strips, which are no windows, are left out."""
    total, times = np.zeros((height, width)), np.zeros((height, width))
    for value, (top, left, bottom, right) in zip(values[:-4], found.boxes[:-4], strict=True):
        total[top:bottom, left:right] += value
        times[top:bottom, left:right] += 1
    return (total / np.maximum(times, 1)).astype(np.float32)


def _telling(subject: Subject, pixels: TellingPixels) -> Tiles:
    return Tiles(
        title="Pixels that give the class away",
        note=f"{plural(pixels.count, 'pixel')} tell {percent(pixels.told)} of the images apart",
        array=subject.store.images("shortcuts-telling", shrunk(pixels.mask.astype(np.uint8) * 255, SMALL)[None]),
        scale=Scale(kind="grey", low=0, high=255, unit="white: nearly the same within each class, another in the next"),
        tiles=[Tile(index=0, label="followed by", value=percent(pixels.others.share), warn=pixels.others.share > 0)],
        side=_SIDE,
        table=Table(
            columns=[
                Column(label="Pixels"),
                Column(label="Tell", unit="%", decimals=1),
                Column(label="Chance", unit="%", decimals=1),
                Column(label="Answers that follow another class's", unit="%", decimals=1),
                Column(label="The own class's", unit="%", decimals=1),
            ],
            rows=[
                [
                    pixels.count,
                    100 * pixels.told,
                    100 * pixels.chance,
                    100 * pixels.others.share,
                    100 * pixels.own.share,
                ]
            ],
            caption="Pixels that give the class away",
        ),
    )


def _pasted(subject: Subject, patch: PastedPatch) -> Tiles:
    """Return one image a patch was cut from, and images it turned, each with the patch of the image it got it from."""
    donor = subject.picture(patch.sample)
    shown: list[Picture] = [donor]
    name = subject.name_of(patch.target)
    tiles = [Tile(index=0, label=f"cut from {patch.sample}", value=name)]
    for place, (sample, giver) in enumerate(patch.turned_samples, start=1):
        shown.append(with_patch(subject.picture(sample), subject.picture(giver), patch))
        truth = subject.dataset.samples[sample].target
        was = subject.name_of(truth) if isinstance(truth, int) else ""
        cut = "" if giver == patch.sample else f", patch of {giver}"
        tiles.append(Tile(index=place, label=f"{sample}, {was}{cut}", value=f"→ {name}", warn=True))
    height, width = donor.shape[:2]
    outline = np.zeros((height, width), dtype=np.uint8)
    top, left, bottom, right = patch.box
    outline[top:bottom, left:right] = 1
    return Tiles(
        title=f"The patch that makes others {name}",
        note=f"{count(patch.turned.hits)} of {count(patch.turned.trials)} images turned",
        array=subject.store.images("shortcuts-pasted", np.stack([shrunk(picture, SMALL) for picture in shown])),
        scale=subject.input_scale,
        tiles=tiles,
        side=72,
        outline=subject.store.images("shortcuts-patch", np.stack([shrunk(outline, SMALL)] * len(shown))),
    )


def with_patch(picture: Picture, donor: Picture, patch: PastedPatch) -> Picture:
    """Return a picture with the patch of another in it."""
    out = picture.copy()
    top, left, bottom, right = patch.box
    out[top:bottom, left:right] = donor[top:bottom, left:right]
    return out


def _places_table(found: Exchange) -> Table:
    order = np.argsort(-(found.fall - found.own_fall), kind="stable")
    rows: list[list[Cell]] = [
        [
            *found.boxes[place],
            float(found.fall[place]),
            float(found.own_fall[place]),
            float(found.spread[place]),
        ]
        for place in order.tolist()
    ]
    return Table(
        columns=[
            *(Column(label=label, unit="px") for label in ("Top", "Left", "Bottom", "Right")),
            Column(label="Fall, another class's pixels", decimals=4),
            Column(label="The own class's", decimals=4),
            Column(label="Spread within a class, of the image's", unit="×", decimals=2),
        ],
        rows=rows,
        caption="Every place, those first that take most beyond the own class's pixels",
    )


def _patches_table(subject: Subject, found: Exchange) -> Table:
    rows: list[list[Cell]] = [
        [
            subject.name_of(patch.target),
            patch.sample,
            f"{patch.box[0]}–{patch.box[2] - 1}, {patch.box[1]}–{patch.box[3] - 1}",
            100 * patch.turned.share,
            100 * patch.turned.interval()[0],
            100 * patch.turned.interval()[1],
            100 * patch.elsewhere.share,
            100 * patch.own.share,
            patch.turned.trials,
        ]
        for patch in found.patches
    ]
    return Table(
        columns=[
            Column(label="Class", align="left"),
            Column(label="Cut from, for one"),
            Column(label="Rows, columns", unit="px"),
            Column(label="Turned", unit="%", decimals=1, bar=True),
            Column(label="from", unit="%", decimals=1),
            Column(label="to", unit="%", decimals=1),
            Column(label="From elsewhere", unit="%", decimals=1),
            Column(label="Own changed", unit="%", decimals=1),
            Column(label="Images"),
        ],
        rows=rows,
        caption="The patch of each class that turns most images of others",
    )


def _backgrounds(subject: Subject, found: Background) -> list[Figure]:
    figures: list[Figure] = [TableFigure(table=_background_table(subject, found))]
    if not found.moved_samples:
        return figures
    shown: list[Picture] = []
    tiles: list[Tile] = []
    for thing, ground, answer in found.moved_samples:
        pair = [shrunk(subject.picture(sample), SMALL) for sample in (thing, ground)]
        shown.append(np.concatenate([pair[0], np.full_like(pair[0][:, :2], 128), pair[1]], axis=1))
        tiles.append(
            Tile(index=len(tiles), label=f"{thing} on {ground}", value=f"→ {subject.name_of(answer)}", warn=True)
        )
    figures.append(
        Tiles(
            title="Objects that took the class of a background",
            note="left the object's image, right the background's",
            array=subject.store.images("shortcuts-moved", np.stack(shown)),
            scale=subject.input_scale,
            tiles=tiles,
            side=150,
            table=Table(
                columns=[
                    Column(label="Object of"),
                    Column(label="Background of"),
                    Column(label="Answer", align="left"),
                ],
                rows=[[thing, ground, subject.name_of(answer)] for thing, ground, answer in found.moved_samples],
                caption="Some of the objects that took the class of their new background",
            ),
        )
    )
    return figures


def _objects_table(found: OnObject) -> Table:
    rows: list[list[Cell]] = [
        ["Effect on the object", 100 * float(found.shares.mean())],
        ["Effect on moved masks", 100 * float(found.shifted.mean())],
        ["Area of the object", 100 * float(found.areas.mean())],
    ]
    if found.shifted_low is not None:
        rows.insert(2, ["97.5 % of moved masks get more than", 100 * found.shifted_low])
    return Table(
        columns=[
            Column(label="Mean over the images"),
            Column(label="Share", unit="%", decimals=1, bar=True),
            Column(label="Images"),
        ],
        rows=[[*row, len(found.samples)] for row in rows],
        caption="Where the effect of covering lies; objects given",
    )


def _background_table(subject: Subject, found: Background) -> Table:
    rows: list[list[Cell]] = [
        [
            "Background alone, answered right",
            100 * found.alone.share,
            found.alone.trials,
            100 * found.chance,
            100 * found.permuted,
        ],
        [
            "Object on another class's background, takes its class",
            100 * found.moved.share,
            found.moved.trials,
            None,
            None,
        ],
        ["Object on another class's background, keeps its own", 100 * found.kept.share, found.kept.trials, None, None],
        ["Object on its own class's background, changes", 100 * found.own.share, found.own.trials, None, None],
    ]
    if found.pair is not None:
        names = f"{subject.name_of(found.pair.one)} and {subject.name_of(found.pair.other)}"
        rows.insert(
            1,
            [
                f"Background alone, {names} told apart",
                100 * found.pair.right.share,
                found.pair.right.trials,
                50.0,
                None,
            ],
        )
    how = "given" if found.is_given else f"found in {percent(found.known_share, 0)} of the images"
    return Table(
        columns=[
            Column(label="What is shown", align="left"),
            Column(label="Share", unit="%", decimals=1, bar=True),
            Column(label="Images"),
            Column(label="Chance", unit="%", decimals=1),
            Column(label="up to", unit="%", decimals=1),
        ],
        rows=rows,
        caption=f"Answers to backgrounds; objects {how}",
    )
