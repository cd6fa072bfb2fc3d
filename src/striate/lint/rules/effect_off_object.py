"""SHC005: what covering takes from the answer lies on the given objects no more than chance."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure, percentage
from striate.records import Evidence
from striate.records.shortcuts import OnObject

# A network that looks at its objects has 2 to 5 times chance; nothing is said above what moved masks leave to chance.
_FEWEST = 8


@register
class EffectOffObject(PictureRule[OnObject]):
    """Answers that rest on everything but the object.

    ## What it looks for
    Where masks or boxes of the objects are given: of what covering takes from the answer, the share on the object, as a
    multiple of the share on the same mask moved about at random. Limit: less than 97.5 % of the mean shares over the images when
    every mask is moved.

    ## Why it matters
    The object is given, so there is no doubt where it is: what the answer rests on lies elsewhere.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import OnObject, Shortcuts

    Evidence(
        shortcuts=Shortcuts(
            images=10,
            right=10,
            on_object=OnObject(
                shares=np.array([0.02, 0.05, 0.01, 0.04, 0.03, 0.02, 0.05, 0.03, 0.04, 0.02], np.float32),
                areas=np.full(10, 0.2, np.float32),
                shifted=np.full(10, 0.2, np.float32),
                samples=tuple(range(10)),
                window_px=(4, 4),
                shifted_low=0.12,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import OnObject, Shortcuts

    Evidence(
        shortcuts=Shortcuts(
            images=10,
            right=10,
            on_object=OnObject(
                shares=np.array([0.62, 0.55, 0.71, 0.64, 0.53, 0.72, 0.65, 0.63, 0.54, 0.62], np.float32),
                areas=np.full(10, 0.2, np.float32),
                shifted=np.full(10, 0.2, np.float32),
                samples=tuple(range(10)),
                window_px=(4, 4),
                shifted_low=0.12,
            ),
        )
    )
    ```

    ## When to ignore it
    When the surroundings belong to the answer, or the masks are rough and much smaller than the object.

    ## Sources
    - Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016, section 4.1, for one pixel instead of a share.
    - Wang et al., "Score-CAM", CVPR workshops 2020, section 4.3.
    """

    code = "SHC005"
    name = "effect-off-object"
    severity = "warning"
    section = "shortcuts"

    def look(self, evidence: Evidence) -> OnObject | None:
        """Return the shares if objects were given for enough images, and chance is known."""
        found = evidence.shortcuts.on_object if evidence.shortcuts is not None else None
        if found is None or found.shifted_low is None or len(found.shares) < _FEWEST or not found.shifted.mean() > 0:
            return None
        return found

    def judge(self, seen: OnObject) -> Iterator[Finding]:
        """Yield a finding if the effect lies on the object less than by chance."""
        ratio, lowest = _ratios(seen)
        if ratio >= lowest:
            return
        worst = seen.samples[int(seen.shares.argmin())]
        yield self.finding(
            f"What the answers rest on lies off the object: {percentage(100 * float(seen.shares.mean()))} of what covering takes "
            f"lies on it, {figure(ratio)} times what the same mask gets at other places, over {count(len(seen.shares))} "
            f"images; by chance it would be {figure(lowest)} times or more; least of sample {count(worst)}.",
            f"Look at the occlusion of sample {count(worst)}: what matters there stands in the other images too.",
            measure=Measure(value=ratio, limit=lowest, wrong="below", high=4.0, unit="×", chance=1.0),
        )

    def told(self, seen: OnObject) -> str:
        """Return how much lies on the object."""
        ratio, lowest = _ratios(seen)
        return (
            f"{percentage(100 * float(seen.shares.mean()))} of what covering takes lies on the object, {figure(ratio)} times "
            f"chance, which leaves {figure(lowest)} times or more"
        )


def _ratios(seen: OnObject) -> tuple[float, float]:
    """Return the mean share over that of moved masks, and what 2.5 % of the means of moved masks lie below."""
    chance, lowest = float(seen.shifted.mean()), seen.shifted_low
    return float(seen.shares.mean()) / chance, (0.0 if lowest is None else lowest) / chance
