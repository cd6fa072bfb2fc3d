"""The type of arrays in records.

Records are declared without numpy so that the paper half starts quickly; what they hold at run time are numpy arrays,
with shape and type stated where each field is described.
"""

from typing import Any

Array = Any
