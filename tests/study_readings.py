"""A study with results written by hand: four cells, three seeds, health, and findings of others."""

from striate.study import cells_of, read_results, study_from
from striate.study.results import CellResult, LayerHealth, SeedResult, StudyResults

TEXT = """
schema: striate/study/1
question: Is it the depth, or the side of the filters?
network: input 1x8x8; let w 4; (conv $side w, relu) x$depth; globalavgpool; classes 2
data: digits
factors: {depth: [1, 2], side: [3, 5]}
recipe: {epochs: 2, images: 300}
seeds: 3
published:
- {says: Deep is better., source: A 2015, better: {depth: 2}, than: {depth: 1}}
- {says: Large is better., source: B 2016, better: {side: 5}, than: {side: 3}}
"""
SCORES = {
    ("1", "3"): (0.80, 0.82, 0.84),
    ("1", "5"): (0.81, 0.80, 0.82),
    ("2", "3"): (0.90, 0.92, 0.939),
    ("2", "5"): (0.89, 0.93, 0.94),
}
# Norms before training by layer; of ten units, so many dead.
HEALTH = {
    ("1", "3"): ((0.5, 0), (0.4, 1)),
    ("1", "5"): ((0.1, 2), (0.4, 3)),
    ("2", "3"): ((0.001, 0), (0.02, 1), (0.5, 0)),
    ("2", "5"): ((0.2, 0), (0.0, 0), (0.4, 0)),
}


def health(levels, seed):
    """Layers of a cell; the norms of seed k are 10^k times those of the first."""
    return tuple(
        LayerHealth(
            layer=f"conv{place}", gradient_start=norm * 10**seed, gradient_end=1.0, active_end=0.5, dead=dead, units=10
        )
        for place, (norm, dead) in enumerate(HEALTH[levels], start=1)
    )


def results(scores=SCORES, *, text=TEXT, failed=(), healthy=True):
    """What came of the study; `failed` are (levels, seed)."""
    study, rows = study_from(text), []
    for cell in cells_of(study):
        runs = [
            SeedResult(seed=seed, failed="the loss must stay a finite number")
            if (cell.levels, seed) in failed
            else SeedResult(
                seed=seed,
                score=score,
                loss=1.0,
                train_loss=0.5 + seed / 10,
                validation_loss=1.0,
                health=health(cell.levels, seed) if healthy else (),
            )
            for seed, score in enumerate(scores[cell.levels] if cell.plan else ())
        ]
        rows.append(CellResult(cell=cell, rate=None, runs=tuple(runs)))
    return StudyResults(study=study, cells=tuple(rows))


def reading(scores=SCORES, **changes):
    """The same, read."""
    return read_results(results(scores, **changes))
