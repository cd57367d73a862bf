"""Where a segmentation is right and where it is wrong, in colour.

The colours are those named in the caption of Fig. 3 of npj Comput. Mater. 10 (2024),
doi 10.1038/s41524-024-01226-5: pale blue, aqua, yellow and brown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.volume import Array


@dataclass(frozen=True)
class Entry:
    """One line of the legend.

    Attributes
    ----------
    name : str
        Name of the colour.
    rgb : tuple of int
        Red, green, blue, 0-255.
    meaning : str
        What has this colour.
    """

    name: str
    rgb: tuple[int, int, int]
    meaning: str


LEGEND: Mapping[str, Entry] = {
    "tp": Entry("pale blue", (173, 208, 238), "true positive: solid in both"),
    "fp": Entry("aqua", (0, 255, 255), "false positive: predicted solid, truly pore"),
    "fn": Entry("yellow", (255, 230, 0), "false negative: predicted pore, truly solid"),
    "tn": Entry("brown", (122, 72, 28), "true negative: pore in both"),
}
AGREEMENT_MEANINGS: Mapping[str, str] = {
    "tp": "solid in both",
    "fp": "solid in the first only",
    "fn": "solid in the second only",
    "tn": "pore in both",
}
# Place of a pixel: 2 * predicted + true.
_COLOURS = np.array([LEGEND[key].rgb for key in ("tn", "fn", "fp", "tp")], dtype=np.uint8)


def overlay(prediction: Array, truth: Array) -> Array:
    """Colour every pixel by whether it is right.

    Parameters
    ----------
    prediction, truth : ndarray of bool, shape (y, x)
        True where solid.

    Returns
    -------
    ndarray of uint8, shape (y, x, 3)
        Red, green, blue; see `LEGEND`.

    Raises
    ------
    ParameterError
        If the shapes differ.
    """
    if prediction.shape != truth.shape:
        raise ParameterError(
            "prediction and truth must have the same shape", expected=truth.shape, got=prediction.shape
        )
    places = prediction.astype(np.uint8) << 1
    places |= truth.astype(np.uint8)
    coloured: Array = _COLOURS[places]
    return coloured
