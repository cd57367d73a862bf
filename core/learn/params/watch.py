"""What the folder of a training tells while it runs; read without torch."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ReadError
from core.volume import Array

EXAMPLES = "examples.npz"
MOST_EXAMPLES = 3
_CURVE, _BRANCHES = "curve.csv", "branches"


@dataclass(frozen=True)
class Point:
    """One epoch; see `core.learn.training.state.CurvePoint`.

    Attributes
    ----------
    part : str
        Which network of several: a channel, ``ensemble``, or empty.
    epoch : int
    learning_rate, train_loss, validation_loss, validation_mp : float
        The last two of the averaged weights where these were better.
    seconds : float
    """

    part: str
    epoch: int
    learning_rate: float
    train_loss: float
    validation_loss: float
    validation_mp: float
    seconds: float


def point_of(table: Mapping[str, Any], part: str = "") -> Point:
    """Read a point from what a training has told or kept.

    Raises
    ------
    ReadError
        If it is none.
    """
    try:
        mp, loss = float(table["validation_mp"]), float(table["validation_loss"])
        if table.get("averaged_mp") not in (None, ""):
            mp, loss = min((mp, loss), (float(table["averaged_mp"]), float(table["averaged_loss"])))
        return Point(
            part=str(table.get("part") or part),
            epoch=int(float(table["epoch"])),
            learning_rate=float(table["learning_rate"]),
            train_loss=float(table["train_loss"]),
            validation_loss=loss,
            validation_mp=mp,
            seconds=float(table["seconds"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError("this is no point of the curve of a training", got=str(dict(table))[:200]) from error


def points_of(folder: Path) -> tuple[Point, ...]:
    """All epochs that a training folder has finished, those of single channels first."""
    branches = sorted(folder.glob(f"{_BRANCHES}/*/{_CURVE}"))
    found = [point for file in branches for point in _points(file, file.parent.name)]
    return (*found, *_points(folder / _CURVE, "ensemble" if branches else ""))


def _points(file: Path, part: str) -> Iterator[Point]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:  # no epoch is finished yet
        return
    for row in csv.DictReader(text.splitlines()):
        yield point_of(row, part)


@dataclass(frozen=True, eq=False)
class Examples:
    """What a network says to a few patches.

    Attributes
    ----------
    image, prediction : ndarray of uint8, shape (patch, y, x)
        Grey values, and the probability of solid times 255.
    truth : ndarray of int8, same shape
        1 solid, 0 pore, -1 where nobody has said which.
    epoch : int
        After which it said so.
    """

    image: Array
    truth: Array
    prediction: Array
    epoch: int


def examples_of(folder: Path, part: str = "") -> Examples | None:
    """The newest examples of a training, or of one network of several; None if there are none yet.

    Raises
    ------
    ReadError
        If the file is damaged.
    """
    file = (folder if part in ("", "ensemble") else folder / _BRANCHES / part) / EXAMPLES
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as found:
            return Examples(found["image"], found["truth"], found["prediction"], int(found["epoch"]))
    except FileNotFoundError:
        return None
    except Exception as error:  # zipfile, zlib and numpy raise their own kinds for damaged bytes
        raise ReadError(f"cannot read {file}", got=str(error)[:200]) from error
