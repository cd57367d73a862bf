"""The choices a user has when writing, declared once for `write`, the export step, forms and command line."""

from __future__ import annotations

from typing import Literal, TypeAlias

from core.params import Params, param

Preset: TypeAlias = Literal["fiji", "dragonfly", "ome-zarr", "bigtiff", "nrrd", "mhd", "raw", "stl", "ply"]
_SURFACE = {"preset": ("auto", "stl", "ply")}
_FIJI = {"preset": ("auto", "fiji")}


class WriteOptions(Params):
    """How a volume is written; what a preset has no use for is left alone."""

    over_4_gb: Literal["slices", "bigtiff"] = param(
        "slices",
        label="Above 4 GB",
        description=(
            "What to write for Fiji where one TIFF file would be too large: a folder of numbered slices, "
            "each with its calibration, or one BigTIFF that Fiji opens through Bio-Formats."
        ),
        choices={"slices": "Numbered slices", "bigtiff": "BigTIFF"},
        visible_when=_FIJI,
    )
    largest_file_gb: float = param(
        4.0,
        label="Largest TIFF file",
        description="Size in GiB above which a file for Fiji counts as too large; classic TIFF ends at 4.",
        unit="GiB",
        gt=0,
        le=4,
        advanced=True,
        visible_when=_FIJI,
    )
    pyramid: bool = param(
        True,
        label="Smaller copies",
        description="Add copies of half, a quarter ... the size, which viewers show while zoomed out.",
        advanced=True,
        visible_when={"preset": ("auto", "ome-zarr")},
    )
    label: int | None = param(
        None,
        label="Label",
        description="Which label the surface encloses; empty for everything that is not 0.",
        ge=1,
        visible_when=_SURFACE,
    )
    threshold: float | None = param(
        None,
        label="Threshold",
        description="The surface encloses values above this; needed for grey volumes only.",
        unit="grey",
        visible_when=_SURFACE,
    )
