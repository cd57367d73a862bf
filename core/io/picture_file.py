"""A single PNG, BMP or JPEG picture: a stack of one slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.io.choose import chosen_sample
from core.io.found import Found, Picture
from core.io.options import ReadOptions
from core.io.pictures import picture_kind
from core.io.slices import SlicesSource, slice_head
from core.io.values import type_note
from core.job import Job


def recognises(_path: Path, head: bytes) -> bool:
    """PNG, BMP or JPEG by the first bytes."""
    return picture_kind(head) is not None


def open_picture(path: Path, options: ReadOptions, _job: Job) -> Found:
    """Open one picture.

    Raises
    ------
    AmbiguousInputError
        If it is coloured and no colour is asked for.
    """
    head = slice_head(path)
    sample, notes, choices = chosen_sample(head.names, options.dataset, path)
    source = SlicesSource(path.parent, (path.name,), (1, *head.shape_yx), head.stored, sample)
    picture = Picture(path, head.shape_yx)
    notes = (*notes, *head.notes, *type_note(np.dtype(head.stored)))
    return Found(source, head.format, (path,), first=picture, last=picture, channels=choices, notes=notes)
