"""Which file name asks for which preset, and which names a preset accepts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.errors import ParameterError
from core.io.writers.options import Preset

FORBIDDEN = frozenset('/\\:*?"<>|')
"""Signs that some file system does not allow in a name."""

# Suffixes that fit a preset; the first is added where there is none.
SUFFIXES: Mapping[Preset, tuple[str, ...]] = {
    "fiji": (".tif", ".tiff"),
    "dragonfly": (),
    "ome-zarr": (".ome.zarr", ".zarr"),
    "bigtiff": (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".btf", ".tf8"),
    "nrrd": (".nrrd",),
    "mhd": (".mhd", ".mha"),
    "raw": (".raw",),
    "stl": (".stl",),
    "ply": (".ply",),
}
# The preset meant by a suffix when nothing else is said; longer suffixes first.
MEANT: Mapping[str, Preset] = {
    ".ome.zarr": "ome-zarr",
    ".ome.tiff": "bigtiff",
    ".ome.tif": "bigtiff",
    ".tiff": "fiji",
    ".zarr": "ome-zarr",
    ".nrrd": "nrrd",
    ".btf": "bigtiff",
    ".tf8": "bigtiff",
    ".tif": "fiji",
    ".mhd": "mhd",
    ".mha": "mhd",
    ".raw": "raw",
    ".stl": "stl",
    ".ply": "ply",
}


def plain_name(text: str) -> str:
    """A text as part of a file name: what no file system allows becomes an underscore."""
    return "".join("_" if sign in FORBIDDEN or ord(sign) < 32 else sign for sign in text)


def split_suffix(name: str) -> tuple[str, str]:
    """Part a file name in stem and suffix; the suffix is empty unless it is one of `MEANT`."""
    for suffix in MEANT:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], name[-len(suffix) :]
    return name, ""


def preset_for(path: Path) -> Preset:
    """Preset that a file name asks for; a folder means numbered slices.

    Raises
    ------
    ParameterError
        If the suffix is not one of those known.
    """
    _, suffix = split_suffix(path.name)
    if suffix:
        return MEANT[suffix.lower()]
    if not path.suffix or os.path.isdir(path):
        return "dragonfly"
    raise ParameterError(
        f"it is not clear what to write as '{path.name}'",
        expected="a name that ends in " + ", ".join(MEANT) + ", or a folder",
        got=path.suffix,
        remedy="change the suffix, or choose a preset",
    )


def fitting_name(name: str, preset: Preset) -> str:
    """Return the name with a suffix that fits the preset.

    Raises
    ------
    ParameterError
        If there is no name, or its suffix belongs to another format.
    """
    stem, suffix = split_suffix(name)
    if not stem or stem.strip(".") == "" or "\0" in name:
        raise ParameterError(
            "the target has no name that a file can have", got=repr(name), remedy="choose a file name"
        )
    fitting = SUFFIXES[preset]
    if suffix.lower() in fitting:
        return name
    if suffix:
        raise ParameterError(
            f"the name '{name}' does not fit the preset {preset}",
            expected=" or ".join(fitting) or "a folder name without a suffix",
            got=suffix,
            remedy="change the suffix, or choose another preset",
        )
    return name + (fitting[0] if fitting else "")
