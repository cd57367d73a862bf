"""Pictures and movies of the 3D view as files: whole, or not there at all. No Qt, no OpenGL.

A movie is a folder of numbered PNG pictures, or one animated WebP, which every browser plays: Pillow
(MIT-CMU) and libwebp (BSD) write it, and the program needs them for other things anyway.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.errors import WriteError
from core.files import replacing, writing
from core.job import Job

Pixels = npt.NDArray[np.uint8]  # (rows, columns, 3)
Format = Literal["pictures", "webp"]
WAITING = 3  # frames made ahead of the writer
LOOK_S = 0.05  # how often a writer without work looks whether to stop
WEBP_QUALITY = 88
PNG_LEVEL = 4  # of zlib: half the time of the default for a few percent more bytes


class FrameQueue:
    """Hands frames from the thread that draws to the one that writes."""

    def __init__(self) -> None:
        self._frames: queue.Queue[Pixels | None] = queue.Queue()

    @property
    def full(self) -> bool:
        """Whether the writer is behind."""
        return self._frames.qsize() >= WAITING

    def put(self, frame: Pixels | None) -> None:
        """Hand over a frame; None: it was the last."""
        self._frames.put(frame)

    def frames(self, job: Job) -> Iterator[Pixels]:
        """Frames until the last, as they come.

        Raises
        ------
        Cancelled
            When the user has stopped.
        """
        while True:
            job.check()
            with contextlib.suppress(queue.Empty):
                frame = self._frames.get(timeout=LOOK_S)
                if frame is None:
                    return
                yield frame


def check_place(target: Path, kind: Format) -> None:
    """Refuse a folder with something in it, before anything is drawn.

    Raises
    ------
    WriteError
        With what to do.
    """
    if kind == "pictures" and target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise WriteError(
            f"{target} is there already", expected="a new or an empty folder", remedy="choose another name"
        )
    if not target.parent.is_dir():
        raise WriteError(f"there is no folder {target.parent}", remedy="choose another folder")


def save_picture(target: Path, pixels: Pixels) -> Path:
    """Write one picture; PNG unless the name says another format."""
    from PIL import Image

    kind = (target.suffix or ".png").lower()
    formats = Image.registered_extensions()
    if kind not in formats:
        raise WriteError(f"pictures cannot be saved as {kind}", remedy="call the file .png")
    with replacing(target) as temporary:
        Image.fromarray(pixels).save(temporary, format=formats[kind])
    return target


def save_movie(target: Path, frames: FrameQueue, kind: Format, per_second: int, job: Job) -> Path:
    """Write frames until the last one; a movie that is stopped or fails leaves nothing.

    Raises
    ------
    WriteError
        If it cannot be written.
    Cancelled
        When the user has stopped.
    """
    check_place(target, kind)
    if kind == "webp":
        _save_webp(target, frames.frames(job), per_second)
    else:
        _save_pictures(target, frames.frames(job))
    return target


def _save_webp(target: Path, frames: Iterator[Pixels], per_second: int) -> None:
    from PIL import Image

    first = next(frames)
    with replacing(target) as temporary:
        Image.fromarray(first).save(
            temporary,
            format="WEBP",
            save_all=True,
            append_images=(Image.fromarray(frame) for frame in frames),
            duration=round(1000 / per_second),
            loop=0,
            quality=WEBP_QUALITY,
            method=2,
        )


def _save_pictures(target: Path, frames: Iterator[Pixels]) -> None:
    from PIL import Image

    temporary = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with writing(target):
            temporary.mkdir()
            for number, frame in enumerate(chain((next(frames),), frames)):
                file = temporary / f"frame_{number:04d}.png"
                Image.fromarray(frame).save(file, format="PNG", compress_level=PNG_LEVEL)
            if target.exists():
                target.rmdir()  # empty: not every system renames onto a folder
            os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
