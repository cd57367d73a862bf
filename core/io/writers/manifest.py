"""A folder that lists its own files, so that it can be told from a folder that others have put files into."""

from __future__ import annotations

import json
from pathlib import Path

from core.files import sha256, write_json
from core.job import Job

MANIFEST = "contents.json"


def write_manifest(folder: Path, signature: str, job: Job) -> None:
    """List every file of a complete folder with the SHA-256 of its bytes.

    Parameters
    ----------
    folder : Path
        Everything in it is ours.
    signature : str
        Who has written it.
    job : Job
        Cancelling.
    """
    sums = {name: sha256(folder / name, job) for name in _files_in(folder)}
    write_json(folder / MANIFEST, {"written_by": signature, "sha256": sums})


def holds_what_it_lists(folder: Path, signature: str) -> bool:
    """Whether the folder was written by `signature` and holds nothing but the files it lists."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = set(manifest["sha256"])
        ours = manifest["written_by"] == signature
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return ours and set(_files_in(folder)) <= listed | {MANIFEST}


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
