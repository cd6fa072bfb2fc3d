"""What a network's receipt says it could do, held against what it does now."""

from __future__ import annotations

from collections.abc import Mapping

from striate.data import Dataset
from striate.nets import Network
from striate.records import Scoreboard, ScoreRecord
from striate.train.gap import newcombe


def score_record(network: Network, dataset: Dataset, board: Scoreboard | None) -> ScoreRecord | None:
    """Return the score of the training beside the one measured; None if no receipt tells one, or not of classes.

    Args:
        network: With its receipt, as a training leaves it.
        dataset: What was measured on.
        board: What was measured.
    """
    told, parts, data = (network.receipt.get(key) for key in ("score", "split", "data"))
    if board is None or not board.count or not (isinstance(told, Mapping) and isinstance(parts, Mapping)):
        return None
    recorded, count = told.get("validation"), parts.get("validation_count")
    is_accuracy = network.output.kind == "classes" and told.get("name") == board.main_name == "accuracy"
    if not is_accuracy or not isinstance(recorded, int | float) or not isinstance(count, int) or count < 1:
        return None
    if not 0 <= recorded <= 1:
        return None
    return ScoreRecord(
        recorded=float(recorded),
        recorded_count=count,
        measured=board.main,
        measured_count=board.count,
        interval=newcombe(float(recorded), board.main, count, board.count),
        is_same_data=isinstance(data, Mapping) and data.get("fingerprint") == dataset.fingerprint,
    )
