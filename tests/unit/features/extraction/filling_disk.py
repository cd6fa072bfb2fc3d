"""Writes into a store with a limit on the size of a file, as a full disk has one. Run by test_faults.

python filling_disk.py STORE : appends 20 rows, then 20,000 under the limit; prints what that raised.
python filling_disk.py STORE NETWORK DATA : extracts under the limit; the same.
"""

import resource
import sys

from stored_rows import SPEC, rows
from striate.errors import StriateError
from striate.features.extraction import extract
from striate.features.store import VectorStore
from striate.features.store.lock import only_writer

LIMIT_BYTES = 20_000


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, LIMIT_BYTES))


if __name__ == "__main__":
    address, *rest = sys.argv[1:]
    try:
        if rest:
            limit()
            extract(*rest, address)
        else:
            store = VectorStore.create(address, SPEC)
            with only_writer(address):
                store.append(rows(0, 20))
                limit()
                store.append(rows(20, 20_000))
    except StriateError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
