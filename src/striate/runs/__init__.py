"""Run folders: everything one command made, written atomically, resumable."""

from striate.runs.atomic import write_bytes, write_json, write_text
from striate.runs.folder import Run, RunDocument, RunStatus

__all__ = ["Run", "RunDocument", "RunStatus", "write_bytes", "write_json", "write_text"]
