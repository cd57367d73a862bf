"""Files that are written whole or not at all, and are the same when the same is written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import ReadError, WriteError
from core.job import Job

CHUNK_BYTES = 1 << 22


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary sibling path that becomes `target` when the block ends well, and vanishes otherwise.

    Raises
    ------
    WriteError
        If the folder cannot be written to, or the disk is full.
    """
    temporary = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        if isinstance(error, (ReadError, WriteError)):
            raise
        raise WriteError(
            f"cannot write {target}: {error.strerror or error}",
            remedy="choose a folder you may write to, with space left",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file in UTF-8 with plain line ends, whole or not at all."""
    with replacing(target) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(target: Path, value: Any) -> None:
    """Write a JSON file whose bytes depend on the value alone."""
    write_text(target, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def make_folder(folder: Path) -> None:
    """Make a folder and its parents.

    Raises
    ------
    WriteError
        If that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"cannot make the folder {folder}: {error.strerror or error}",
            remedy="choose a folder you may write to",
        ) from error


def sha256(path: Path, job: Job) -> str:
    """Checksum of a file's bytes; can be cancelled within a few megabytes."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                job.check()
                digest.update(chunk)
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest()
