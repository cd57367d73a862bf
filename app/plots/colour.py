"""Grey values to colours: look-up tables, contrast, label colours. Plain arrays, no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

from core.volume import Array, Content

Pixels = npt.NDArray[np.uint8]

COLOUR_MAPS = {
    "Grey": "",
    "Grey, inverted": "",
    "Viridis": "viridis",
    "Inferno": "inferno",
    "Cividis": "cividis",
    "Diverging": "CET-D1",
}
CHANNEL_MAPS = {  # black to one colour: what is added up to colours of several channels
    "Magenta": (255, 0, 255),
    "Green": (0, 255, 0),
    "Red": (255, 0, 0),
    "Blue": (60, 60, 255),
}
SOLID_COLOUR = (255, 140, 0)
EXACT = 1000.0  # widths of a contrast from 0, up to which single precision is enough
CLEAR = 32  # of 256 colours over a grey picture: so many come in gradually
_TABLE_SIZE = 1024  # entries for types that are too wide for one entry per value


@lru_cache(maxsize=16)
def ramp(name: str) -> Pixels:
    """256 colours of a colour map, shape (256, 3)."""
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    if name == "Grey":
        return grey
    if name == "Grey, inverted":
        return grey[::-1].copy()
    if name in CHANNEL_MAPS:
        pure: Pixels = (grey * (np.array(CHANNEL_MAPS[name]) / 255)).astype(np.uint8)
        return pure
    table = pg.colormap.get(COLOUR_MAPS[name]).getLookupTable(0.0, 1.0, 256)
    colours: Pixels = np.array(table, dtype=np.uint8)[:, :3]
    return colours


@lru_cache(maxsize=1)
def label_colours() -> Pixels:
    """Colours of labels, shape (1024, 3): neighbouring numbers look different; label 0 is black."""
    numbers = np.arange(_TABLE_SIZE)
    hue = (numbers * 0.61803398875) % 1.0  # golden ratio: consecutive hues lie far apart
    value = 0.75 + 0.25 * ((numbers * 7) % 3) / 2
    channel = np.stack([(hue + shift) % 1.0 for shift in (0.0, 2 / 3, 1 / 3)], axis=1)
    intensity = np.clip(np.abs(channel * 6 - 3) - 1, 0.15, 1)
    colours: Pixels = (255 * intensity * value[:, None]).astype(np.uint8)
    colours[0] = 0
    return colours


def packed(colours: Pixels, alpha: Pixels | int = 255) -> npt.NDArray[np.uint32]:
    """Colours (n, 3) with opacity as one number each, so that a picture is one table look-up."""
    table = np.empty((len(colours), 4), np.uint8)
    table[:, :3] = colours
    table[:, 3] = alpha
    return table.view(np.uint32)[:, 0]


@dataclass(frozen=True)
class Contrast:
    """Which grey values become the first and the last colour of the map."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Window."""
        return self.high - self.low

    def moved(self, level: float, window: float) -> Contrast:
        """Shifted by `level` and widened by the factor `window`, never inverted or empty."""
        centre = (self.low + self.high) / 2 + level
        half = max(self.width * window, 1e-6 * max(1.0, abs(centre))) / 2
        return Contrast(centre - half, centre + half)


def auto_contrast(data: Array, content: Content, *, share: float = 0.002) -> Contrast:
    """Contrast that leaves `share` of the pixels darker than black and as many brighter than white."""
    if content == "binary":
        return Contrast(0.0, 255.0)
    if content == "probability":
        return Contrast(0.0, float(np.iinfo(data.dtype).max))
    step = max(1, int(np.sqrt(data.size / 250_000)))
    sample = data[::step, ::step]
    if np.issubdtype(sample.dtype, np.floating):
        sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return Contrast(0.0, 1.0)
    low, high = (float(value) for value in np.quantile(sample, (share, 1 - share)))
    if high <= low:
        low, high = float(sample.min()), float(sample.max())
    return Contrast(low, high if high > low else low + 1.0)


def coloured(
    data: Array, contrast: Contrast, colour_map: str, content: Content, own: Pixels | None = None
) -> Pixels:
    """Picture of a plane, shape (rows, columns, 4); NaN is transparent.

    Integers of up to 16 bits take one table look-up; other types are first scaled to the table. With colours
    of its `own`, shape (n, 3), labels below n have these.
    """
    if own is not None:
        return _picture(packed(own), data)
    if content == "labels":
        return _picture(packed(label_colours()), _label_index(data))
    return _mapped(data, contrast, packed(ramp(colour_map)))


def overlaid(
    data: Array,
    opacity: float,
    content: Content,
    table: Pixels | None = None,
    contrast: Contrast | None = None,
    colour_map: str = "Grey",
) -> Pixels:
    """Transparent picture to lie over a grey one; of a mask or labels, pore and label 0 are clear.

    With a `table`, shape (n, 3), labels below n have these colours. Values that are neither need `contrast`
    and `colour_map`; of probabilities the lowest ones are clear.
    """
    alpha = round(255 * opacity)
    if table is not None:
        clear_first = np.full(len(table), alpha, np.uint8)
        clear_first[0] = 0
        return _picture(packed(table, clear_first), data)
    if content == "labels":
        opacities = np.full(_TABLE_SIZE, alpha, np.uint8)
        opacities[0] = 0
        return _picture(packed(label_colours(), opacities), _label_index(data))
    if contrast is not None and content != "binary":
        shares = np.minimum(np.arange(256) / CLEAR, 1.0) if content == "probability" else np.ones(256)
        return _mapped(data, contrast, packed(ramp(colour_map), (shares * alpha).astype(np.uint8)))
    share = np.clip(data, 0, 255).astype(np.uint8)
    opacities = (np.arange(256) * opacity).astype(np.uint8)
    return _picture(packed(np.tile(np.array(SOLID_COLOUR, np.uint8), (256, 1)), opacities), share)


def colours_of_labels(labels: Array, *, binary: bool = False) -> Pixels:
    """Colours of these labels in the slices, shape (n, 3); of a `binary` volume, that of its solid."""
    if binary:
        return np.where((labels != 0)[:, None], np.array(SOLID_COLOUR, np.uint8), np.uint8(0))
    colours: Pixels = label_colours()[_label_index(labels)]
    return colours


def _label_index(data: Array) -> npt.NDArray[np.int64]:
    """Entry of the label table: 0 for the background; each turn through the table begins elsewhere."""
    entries = _TABLE_SIZE - 1
    turns, rest = np.divmod(data.astype(np.int64), entries)
    index: npt.NDArray[np.int64] = ((rest + turns * turns % entries * 389) % entries + 1) * (data != 0)
    return index


def _mapped(data: Array, contrast: Contrast, colours: npt.NDArray[np.uint32]) -> Pixels:
    """Picture of values by 256 packed colours; NaN is transparent."""
    if data.dtype in (np.uint8, np.uint16, np.int16):
        kind = np.dtype(f"u{data.dtype.itemsize}")
        values = np.arange(np.iinfo(kind).max + 1, dtype=kind).view(data.dtype)
        return _picture(colours[_scaled(values, contrast, 255)], data.view(kind))
    index = _placed(data, contrast)
    if np.issubdtype(data.dtype, np.floating):
        index[~np.isfinite(data)] = len(colours)
    return _picture(np.append(colours, np.uint32(0)), index)


def _placed(data: Array, contrast: Contrast) -> npt.NDArray[np.uint16]:
    """Entry of 256 colours for each of many values, in single precision where that is enough."""
    fine = abs(contrast.low) > EXACT * contrast.width
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.subtract(
            data, contrast.low, dtype=np.float64 if fine else np.float32, casting="same_kind"
        )
        scaled *= 256 / contrast.width
        np.clip(scaled, 0, 255, out=scaled)
        return scaled.astype(np.uint16)


def _scaled(values: Array, contrast: Contrast, last: int) -> npt.NDArray[np.intp]:
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = (values.astype(np.float64) - contrast.low) * ((last + 1) / contrast.width)
        return np.nan_to_num(np.clip(scaled, 0, last), nan=0).astype(np.intp)


def _picture(table: npt.NDArray[np.uint32], index: Array) -> Pixels:
    picture: Pixels = table.take(index).view(np.uint8).reshape(*index.shape, 4)
    return picture
