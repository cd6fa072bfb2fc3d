"""SHC002: a small patch of one class makes images of others that class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from striate.findings import Finding, Measure
from striate.lint.names import class_name
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage, plural
from striate.records import Evidence
from striate.records.shortcuts import PastedPatch

# Of healthy development networks (four architectures, seeds 0 to 3, on digits, tiles of photographs and drawn shapes) the best
# patch turned at most 15 % of 40 images; of networks that follow a mark of one or each class 45 to 100 %.
_LIMIT = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """The patches of all classes, and those that decide, most telling first; the first one's class, what an interval takes."""

    patches: tuple[PastedPatch, ...]
    deciding: tuple[PastedPatch, ...]
    name: str
    z: float


@register
class PatchDecidesClass(PictureRule[Patches]):
    """A patch that makes any image the class it was cut from.

    ## What it looks for
    For each class a patch of a sixteenth of the image (or a strip along a border), cut from its images where the object hardly
    is and pasted at the same place into images of other classes: the share that become the class. The place was found on
    other images. Limit: the interval above 15 %, at 95 % for all classes together, and above that of patches from
    other places of the same images.

    ## Why it matters
    If a corner of one class's images is enough to turn the others, the network knows the class by a mark and not by its
    object. An image without the mark will be missed, and anything with it will be taken for the class.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import Exchange, ExchangedPlace, PastedPatch, Shortcuts, Counted

    box = (21, 21, 28, 28)
    quiet = ExchangedPlace(
        box=box, others=Counted(hits=5, trials=90), own=Counted(hits=0, trials=90), spread=0.1
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=(box,),
                fall=np.array([0.05], np.float32),
                own_fall=np.array([0.0], np.float32),
                spread=np.array([0.1], np.float32),
                shuffled=0.1,
                decisive=quiet,
                telling=None,
                patches=(
                    PastedPatch(
                        target=3,
                        box=box,
                        sample=12,
                        turned=Counted(hits=34, trials=40),
                        elsewhere=Counted(hits=1, trials=40),
                        own=Counted(hits=0, trials=12),
                        turned_samples=((4, 12), (8, 13)),
                    ),
                ),
                images=180,
                passes=9000,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import Exchange, ExchangedPlace, PastedPatch, Shortcuts, Counted

    box = (21, 21, 28, 28)
    quiet = ExchangedPlace(
        box=box, others=Counted(hits=1, trials=90), own=Counted(hits=0, trials=90), spread=0.1
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=(box,),
                fall=np.array([0.01], np.float32),
                own_fall=np.array([0.0], np.float32),
                spread=np.array([0.1], np.float32),
                shuffled=0.1,
                decisive=quiet,
                telling=None,
                patches=(
                    PastedPatch(
                        target=3,
                        box=box,
                        sample=12,
                        turned=Counted(hits=2, trials=40),
                        elsewhere=Counted(hits=1, trials=40),
                        own=Counted(hits=0, trials=12),
                        turned_samples=((4, 12),),
                    ),
                ),
                images=180,
                passes=9000,
            ),
        )
    )
    ```

    ## When to ignore it
    When the patch is the object: a small sign that always stands at the same border.

    ## Sources
    - Brown et al., "Adversarial Patch", NIPS 2017 workshop, made such patches by training; these are found in the data.
    - Lapuschkin et al., "Unmasking Clever Hans predictors and assessing what machines really learn", Nature
      Communications 2019.
    """

    code = "SHC002"
    name = "patch-decides-class"
    severity = "warning"
    section = "shortcuts"

    def look(self, evidence: Evidence) -> Patches | None:
        """Return the patches if any were pasted."""
        found = evidence.shortcuts
        if found is None or found.exchange is None or not found.exchange.patches:
            return None
        patches = found.exchange.patches
        z = NormalDist().inv_cdf(1 - 0.025 / len(patches))
        deciding = tuple(patch for patch in patches if _decides(patch, z))
        return Patches(
            patches=patches,
            deciding=deciding,
            name=class_name(evidence, (deciding or patches)[0].target),
            z=z,
        )

    def judge(self, seen: Patches) -> Iterator[Finding]:
        """Yield a finding if a patch turns too many, more than patches from elsewhere do: of the one that turns most."""
        if not seen.deciding:
            return
        patch, more = seen.deciding[0], len(seen.deciding) - 1
        low, high = patch.turned.interval(seen.z)
        top, left, bottom, right = patch.box
        also = f" {plural(more, 'more class', 'more classes')} can be pasted as well." if more else ""
        yield self.finding(
            f"A patch makes others {seen.name}: rows {top} to {bottom - 1}, columns {left} to {right - 1} of images of "
            f"{seen.name}, such as sample {count(patch.sample)}, turn {count(patch.turned.hits)} of "
            f"{count(patch.turned.trials)} images of other classes, {percentage(100 * patch.turned.share)}; patches from "
            f"elsewhere {percentage(100 * patch.elsewhere.share)}.{also}",
            f"Look at that patch in images of {seen.name}; take the mark out of the data, or give it to all classes.",
            measure=Measure(
                value=100 * patch.turned.share,
                limit=_LIMIT,
                wrong="above",
                high=100.0,
                unit="%",
                interval=(100 * low, 100 * high),
                chance=100 * patch.elsewhere.share,
            ),
        )

    def told(self, seen: Patches) -> str:
        """Return how many images the patch turned that turned most, and patches from elsewhere if they turned any."""
        turned, other = seen.patches[0].turned, seen.patches[0].elsewhere
        beside = f", patches from elsewhere {count(other.hits)} of {count(other.trials)}" if other.hits else ""
        return f"the patch that turns most turns {count(turned.hits)} of {count(turned.trials)} images to its class{beside}"


def _decides(patch: PastedPatch, z: float) -> bool:
    """Return whether the interval lies above the limit and above what patches from elsewhere turn."""
    low, _ = patch.turned.interval(z)
    return 100 * low > _LIMIT and low > patch.elsewhere.share
