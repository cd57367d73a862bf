"""Files that are written whole or not at all, and are the same when the same is written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import NotEnoughDiskError, ReadError, TruesliceError, WriteError
from core.job import Job

CHUNK_BYTES = 1 << 22


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """Translate what the system answers to writing.

    Raises
    ------
    NotEnoughDiskError
        If the disk is full.
    WriteError
        If it cannot be written to for another reason.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, TruesliceError):
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NotEnoughDiskError(
                f"the disk of {target} is full",
                expected="space for what is written",
                remedy="free some space, or choose a folder on another disk",
            ) from error
        raise WriteError(f"cannot write {target}: {error.strerror or error}") from error


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
        with writing(target):
            yield temporary
            os.replace(temporary, target)
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
    if "\0" in str(folder):
        raise WriteError(f"{str(folder)!r} is no name that a folder can have", remedy="choose another name")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def folder_for(folder: Path) -> Iterator[None]:
    """Make a folder and its parents; if the block fails, those that were made and are empty go again.

    Raises
    ------
    WriteError
        If that is not possible.
    """
    made = [place for place in (folder, *folder.parents) if not os.path.exists(place)]
    try:
        make_folder(folder)
        yield
    except BaseException:
        for place in made:
            with contextlib.suppress(OSError):
                place.rmdir()
        raise


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
