"""`VectorStore`: a LanceDB table of feature vectors, on this disk or in an object store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import DataError, InputError, Quoted, StorageError, unknown_name
from striate.features.store.asking import without_error
from striate.features.store.columns import DESCRIBING, read_spec, table_schema
from striate.features.store.lock import only_writer
from striate.records.vectors import StoreVersion, VectorLayer, VectorSpec

TABLE = "vectors"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vectors:
    """The vectors of one layer, with their rows.

    Attributes:
        layer: Which.
        values: (n, size) float32.
        rows: pyarrow.Table of n rows: what is known of each sample, see `table_schema`; no vectors.
    """

    layer: VectorLayer
    values: npt.NDArray[np.float32]
    rows: Any

    def column(self, name: str) -> list[Any]:
        """Return one column of the rows as plain values."""
        found: list[Any] = self.rows[name].to_pylist()
        return found


class VectorStore:
    """Feature vectors of one network at chosen layers, one row a sample.

    Readers see one version until they `refresh`; a writer never disturbs them. What was killed while it wrote left nothing, or
    a whole append.

    Attributes:
        address: A folder, or a URI (`s3://bucket/name`, with credentials from the environment as LanceDB reads them).
        spec: What all its vectors were made with.

    Example:
        >>> store = VectorStore.open("runs/a/vectors")    # doctest: +SKIP
        >>> store.vectors().values.shape                  # doctest: +SKIP
        (5000, 64)
    """

    def __init__(self, address: str, table: Any, spec: VectorSpec) -> None:  # noqa: ANN401 - lancedb's table
        self.address = address
        self.spec = spec
        self._table = table
        self._is_old = False

    @classmethod
    def is_at(cls, address: Path | str) -> bool:
        """Return whether there is a store at an address.

        Raises:
            StorageError: It cannot be looked at.
        """
        address = str(address)
        with told(address):
            database = _connected(address, make=False)
            return database is not None and TABLE in _names(database)

    @classmethod
    def open(cls, address: Path | str, *, version: int | None = None) -> VectorStore:
        """Return the store at an address, as it is now or was at a version; an old one cannot be written.

        Raises:
            InputError: There is no store; it has no such version.
            SchemaError: A table there is not one of ours.
            StorageError: It cannot be read.
        """
        address = str(address)
        with told(address):
            database = _connected(address, make=False)
            if database is None or TABLE not in _names(database):
                raise InputError(
                    "a store must have been written first",
                    got=address,
                    hint="Write one: striate extract NET DATA --out STORE.",
                )
            table = database.open_table(TABLE)
            store = cls(address, table, read_spec(table.schema, where=address))
            if version is not None:
                known = [one.number for one in store.versions()]
                if version not in known:
                    raise InputError(
                        "a version must be one of the store's",
                        got=version,
                        where=address,
                        hint=f"It has {known[0]} to {known[-1]}.",
                    )
                table.checkout(version)
                store._is_old = True
        return store

    @classmethod
    def create(cls, address: Path | str, spec: VectorSpec) -> VectorStore:
        """Return a new, empty store.

        Raises:
            InputError: There is one.
            StorageError: The disk refused.
        """
        address = str(address)
        with told(address):
            database = _connected(address, make=True)
            if TABLE in _names(database):
                raise InputError("a store must not be there yet", got=address)
            table = database.create_table(TABLE, schema=table_schema(spec))
        return cls(address, table, spec)

    @property
    def version(self) -> int:
        """The version that is read."""
        return int(self._table.version)

    @property
    def table(self) -> Any:  # noqa: ANN401 - lancedb's table
        """LanceDB's own table, for what is not here."""
        return self._table

    def versions(self) -> tuple[StoreVersion, ...]:
        """Return all versions that can still be opened, oldest first."""
        with told(self.address):
            found = self._table.list_versions()
        return tuple(
            StoreVersion(number=int(one["version"]), written=one["timestamp"].astimezone(UTC).isoformat())
            for one in found
        )

    def layer(self, name: str = "") -> VectorLayer:
        """Return a layer by its name, the default for no name.

        Raises:
            UnknownNameError: The store does not keep it.
        """
        found = self.spec.layer(name)
        if found is None:
            raise unknown_name("a stored layer", name, [layer.name for layer in self.spec.layers], where=self.address)
        return found

    def refresh(self) -> None:
        """Read what others wrote since it was opened; from an old version, the latest."""
        with told(self.address):
            self._table.checkout_latest()
        self._is_old = False

    def count(self, where: str = "") -> int:
        """Return how many rows there are; `where` is SQL over the columns ("label = 'cat' AND error IS NULL")."""
        with told(self.address):
            return int(self._table.count_rows(where or None))

    def rows(self, columns: Sequence[str] = DESCRIBING, where: str = "") -> Any:  # noqa: ANN401 - pyarrow ships no types
        """Return columns of rows as a pyarrow.Table, in the order they were written.

        Raises:
            InputError: A column there is not, or SQL that does not read.
            StorageError: The store cannot be read any more.
        """
        with told(self.address):
            return self.scan(columns, where).to_arrow().select(list(columns))

    def scan(self, columns: Sequence[str], where: str = "") -> Any:  # noqa: ANN401 - lancedb's query
        """Return LanceDB's query for columns of rows, in the order they were written; what it raises, `told` tells.

        Raises:
            UnknownNameError: A column the store has not.
        """
        known = list(self._table.schema.names)
        for name in columns:
            if name not in known:
                raise unknown_name("a column", name, known, where=self.address)
        query = self._table.search().select(list(columns)).limit(max(self._table.count_rows(), 1))
        return query.where(where) if where else query

    def vectors(self, layer: str = "", where: str = "", *, columns: Sequence[str] = DESCRIBING) -> Vectors:
        """Return the vectors of a layer with their rows; rows with an error are left out.

        Args:
            layer: Its name; the default for no name.
            where: SQL over the columns.
            columns: What is wanted of the rows; "thumbnail" is not among it unless asked for.

        Raises:
            UnknownNameError: No such layer or column.
            DataError: Not one row.

        Cost:
            4 bytes a number: 10,000 vectors of 1,280 take 51 MB.
        """
        chosen = self.layer(layer)
        asked = without_error(where)
        found = self.rows((*columns, chosen.column), asked)
        if not found.num_rows:
            raise DataError(
                "a store must hold at least one vector",
                got=Quoted(f"none of {self.count()} rows" + (f" where {where}" if where else "")),
                where=self.address,
            )
        return Vectors(
            layer=chosen, values=as_array(found[chosen.column], chosen.size), rows=found.select(list(columns))
        )

    def append(self, rows: Any) -> None:  # noqa: ANN401 - pyarrow ships no types
        """Add rows, all or none; the caller holds `only_writer`.

        Raises:
            StorageError: The disk refused, or the store was deleted meanwhile.
        """
        with told(self.address):
            self._check_alone()
            self._table.add(rows)

    def put(self, rows: Any) -> None:  # noqa: ANN401 - pyarrow ships no types
        """Add rows in place of those with the same `place`, all or none; the caller holds `only_writer`.

        Raises:
            StorageError: As `append`.
        """
        with told(self.address):
            self._check_alone()
            merge = self._table.merge_insert("place").when_matched_update_all().when_not_matched_insert_all()
            # Rows of bad files have no vectors; LanceDB would call them bad ones.
            merge.execute(rows, on_bad_vectors="null")

    def describe(self, rows: Any) -> None:  # noqa: ANN401 - as above
        """Write columns of rows that are there, by `place`: all or none, and vectors stay; the caller holds `only_writer`.

        Args:
            rows: pyarrow.Table with `place` and some of the columns that are no vectors.

        Raises:
            StorageError: As `append`.
        """
        with told(self.address):
            self._check_alone()
            self._table.merge_insert("place").when_matched_update_all().execute(rows)

    @property
    def uri(self) -> str:
        """Where the table's files are, for those who write them elsewhere and let `commit` add them."""
        address = self.address if "://" in self.address else str(Path(self.address).absolute())
        return f"{address.rstrip('/')}/{TABLE}.lance"

    def commit(self, fragments: Sequence[str]) -> None:
        """Add files that workers wrote beside the table, all or none; the caller holds `only_writer`.

        Args:
            fragments: Lance's metadata of each, as JSON.

        Raises:
            StorageError: As `append`.
        """
        import lance

        with told(self.address):
            self._check_alone()
            found = [lance.FragmentMetadata.from_json(fragment) for fragment in fragments]
            lance.LanceDataset.commit(self.uri, lance.LanceOperation.Append(found), read_version=self.version)
            self._table.checkout_latest()

    def written(self, fragment: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
        """Return the rows of a file that a worker wrote and nobody has added yet.

        Raises:
            StorageError: It is not there any more.
        """
        import lance
        import pyarrow as pa
        from lance.file import LanceFileReader

        with told(self.address):
            files = lance.FragmentMetadata.from_json(fragment).files
            tables = [LanceFileReader(f"{self.uri}/data/{one.path}").read_all().to_table() for one in files]
            return pa.concat_tables(tables).cast(table_schema(self.spec))

    def delete(self, where: str) -> int:
        """Delete rows and return how many; older versions still have them.

        Raises:
            StorageError: The disk refused; another writer is at work.
        """
        with only_writer(self.address), told(self.address):
            self._check_there()
            self._check_current()
            self._table.checkout_latest()
            before = self._table.count_rows()
            self._table.delete(where)
            return int(before - self._table.count_rows())

    def compact(self) -> None:
        """Join the small files that many appends left; versions of the last seven days stay."""
        with told(self.address):
            self._check_there()
            self._table.optimize()
            self._table.checkout_latest()

    def _check_alone(self) -> None:
        """Refuse to add to a store that has changed since it was read: rows would be there twice, ids too."""
        self._check_there()
        self._check_current()
        before = self.version
        self._table.checkout_latest()
        found = self.version
        if found != before:
            # Stays where it was, so that the next attempt is refused too.
            self._table.checkout(before)
            raise StorageError(
                "a store must have one writer at a time",
                got=Quoted(f"version {found} by another one after {before}"),
                where=self.address,
                hint="What was written before is whole; the same call goes on where both ended.",
            )

    def _check_current(self) -> None:
        if self._is_old:
            raise InputError(
                "only the latest version of a store can be written",
                got=self.version,
                where=self.address,
                hint="Open it without a version.",
            )

    def _check_there(self) -> None:
        """Refuse to write where the store was deleted: LanceDB would begin a hollow one in its place."""
        if "://" not in self.address and not (Path(self.address) / f"{TABLE}.lance" / "_versions").is_dir():
            raise StorageError(
                "a store must stay where it is while it is written",
                got=Quoted("nothing there"),
                where=self.address,
                hint="Was it deleted? Nothing was written.",
            )


def as_array(column: Any, size: int) -> npt.NDArray[np.float32]:  # noqa: ANN401 - a pyarrow column
    """Return a column of vectors as (n, size) float32."""
    parts = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks if len(chunk)]
    whole = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return whole.reshape(-1, size).astype(np.float32, copy=False)


@contextmanager
def told(address: str) -> Iterator[None]:
    """Turn what LanceDB raises within the block into one line of ours."""
    try:
        yield
    except (RuntimeError, OSError, ValueError) as cause:
        if isinstance(cause, StorageError | InputError):
            raise
        reason = _reason(cause)
        if isinstance(cause, ValueError) or "Invalid user input" in reason or "Schema error" in reason:
            raise InputError("a store must be asked in its own terms", got=Quoted(reason), where=address) from cause
        raise StorageError(
            "a store must be readable and writable",
            got=Quoted(reason),
            where=address,
            hint="Was it moved or deleted, or is the disk full? What was written before is whole.",
        ) from cause


def _reason(cause: Exception) -> str:
    """Return what went wrong without the places in LanceDB's own source."""
    words = " ".join(str(cause).split())
    return words.split(", /root/")[0].split(", /rustc/")[0].removeprefix("lance error: ")[:240]


def _connected(address: str, *, make: bool) -> Any:  # noqa: ANN401 - lancedb's connection
    """Return the database at an address; None where there is no folder and none is to be made."""
    import lancedb

    if "://" not in address and not Path(address).is_dir():
        if not make:
            return None
        Path(address).mkdir(parents=True, exist_ok=True)
    return lancedb.connect(address)


def _names(database: Any) -> list[str]:  # noqa: ANN401 - as above
    return list(database.list_tables().tables)
