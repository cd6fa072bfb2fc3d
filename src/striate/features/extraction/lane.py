"""A lane: from a block of entries to rows of the store, by one thread of one process, wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from striate.data import Dataset, Sample
from striate.data.files import Decoded
from striate.data.reading import Entry
from striate.features.extraction.loading import Loaded, load_file, load_stored
from striate.features.extraction.rows import rows_of
from striate.features.extraction.running import Runner
from striate.features.store.columns import table_schema
from striate.nets import Network
from striate.records import Output
from striate.records.vectors import VectorSpec
from striate.trace import Recording
from striate.trace.state import one_thread


class Lane:
    """Reads entries and runs them through the network, a block of `spec.batch_size` at a time.

    The rows depend on network, specification and file alone: not on the lane, the block, or how many lanes there are.

    Args:
        network: The network.
        spec: What is kept.
        truth: What the entries' targets mean.
        dataset: Where samples are read that are no files.
        recording: The network's trace, if there is one.
    """

    def __init__(
        self,
        network: Network,
        spec: VectorSpec,
        truth: Output | None,
        *,
        dataset: Dataset | None = None,
        recording: Recording | None = None,
    ) -> None:
        self._runner = Runner(network, spec, recording)
        self._spec, self._truth = spec, truth
        self._schema = table_schema(spec)
        self._dataset = dataset
        self._samples: Mapping[str, tuple[int, Sample]] = (
            {sample.place: (index, sample) for index, sample in enumerate(dataset.samples)} if dataset else {}
        )

    def again(self) -> Lane:
        """Return another lane with the same weights in the same memory, for another thread."""
        other = Lane.__new__(Lane)
        other.__dict__.update(self.__dict__)
        other._runner = self._runner.again()  # noqa: SLF001 - its own class
        return other

    def rows(self, entries: Sequence[Entry]) -> Any:  # noqa: ANN401 - pyarrow ships no types
        """Return a pyarrow.Table, one row an entry in the order given; `id` is the content's key, not numbered yet."""
        with one_thread():
            loaded = [self._load(entry) for entry in entries]
            good = [one.inputs for one in loaded if one.inputs is not None]
            vectors: dict[str, list[Tensor]] = {layer.name: [] for layer in self._spec.layers}
            scores: list[Tensor] = []
            for start in range(0, len(good), self._spec.batch_size):
                values, answers = self.averaged(torch.stack(good[start : start + self._spec.batch_size]))
                for name, value in values.items():
                    vectors[name].append(value)
                if answers is not None:
                    scores.append(answers)
            return rows_of(
                loaded,
                {name: torch.cat(parts) for name, parts in vectors.items() if parts},
                torch.cat(scores) if scores else None,
                self._spec,
                self._truth,
                self._schema,
            )

    def _load(self, entry: Entry) -> Loaded:
        if self._dataset is None:
            return load_file(entry, self._spec)
        index, sample = self._samples[entry.place]
        stored = Decoded(self._dataset.read(index), sample.sample_rate_hz)
        return load_stored(entry, stored, sample.content, self._spec)

    def averaged(self, inputs: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        """Return vectors and scores averaged over the views (n, views, *shape)."""
        ran = [self._runner.run(inputs[:, view]) for view in range(inputs.shape[1])]
        vectors = {name: torch.stack([one.vectors[name] for one in ran]).mean(0) for name in ran[0].vectors}
        if self._spec.is_normalised:
            vectors = {name: functional.normalize(value, dim=1) for name, value in vectors.items()}
        scores = [one.scores for one in ran if one.scores is not None]
        return vectors, torch.stack(scores).mean(0) if scores else None
