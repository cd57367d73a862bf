"""The XML block of OME-TIFF: sizes, order of planes, voxel size, channel names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from core.errors import AmbiguousInputError, DamagedFileError
from core.io.calibration import Calibration, positive, unit_nm


@dataclass(frozen=True)
class OmeImage:
    """One image of an OME block; `order` is the order of its planes, fastest first, such as ``ZCT``."""

    sizes: dict[str, int]
    order: str
    calibration: Calibration
    channels: tuple[str, ...]
    other_files: tuple[str, ...]


def is_ome(description: str) -> bool:
    """Whether an image description is an OME block."""
    start = description.lstrip()[:400]
    return start.startswith("<") and ("<OME" in start or ":OME" in start)


def parse_ome(description: str, path: Path, image: int = 0) -> OmeImage:
    """Read the block.

    Raises
    ------
    DamagedFileError
        If it is no proper OME block.
    """
    from defusedxml.ElementTree import fromstring

    root: Element = fromstring(description)
    pixels = [node for node in root.iter() if _plain(node.tag) == "Pixels"]
    if not pixels:
        raise DamagedFileError(f"{path.name}: the OME block describes no image")
    if len(pixels) > 1 and image >= len(pixels):
        raise AmbiguousInputError(
            f"{path.name} holds {len(pixels)} images",
            choices=[str(number) for number in range(len(pixels))],
            option="dataset",
        )
    chosen = pixels[image]
    sizes = {axis: int(chosen.get(f"Size{axis}", "1")) for axis in "XYZCT"}
    if min(sizes.values()) < 1:
        raise DamagedFileError(f"{path.name}: the OME block states an impossible size", got=sizes)
    order = chosen.get("DimensionOrder", "XYZCT")
    if sorted(order) != sorted("XYZCT") or not order.startswith("XY"):
        raise DamagedFileError(f"{path.name}: the OME block states an impossible order", got=order)
    nodes = [node for node in chosen.iter() if _plain(node.tag) == "Channel"]
    names = tuple(node.get("Name") or str(number) for number, node in enumerate(nodes))
    return OmeImage(sizes, order[2:], _calibration(chosen), names, _other_files(chosen, path))


def _calibration(pixels: Element) -> Calibration:
    sizes: list[float | None] = []
    notes: list[str] = []
    for axis in "ZYX":
        value, unit = positive(pixels.get(f"PhysicalSize{axis}")), pixels.get(f"PhysicalSize{axis}Unit", "µm")
        scale = unit_nm(unit)
        if value is not None and scale is None:
            notes.append(f"the OME block states {axis.lower()} in '{unit}', which is no unit of length.")
        sizes.append(None if value is None or scale is None else value * scale)
    z, y, x = sizes
    return Calibration((z, y, x), tuple(notes), "OME block")


def _other_files(pixels: Element, path: Path) -> tuple[str, ...]:
    named = {node.get("FileName", "") for node in pixels.iter() if _plain(node.tag) == "UUID"}
    return tuple(sorted(named - {"", path.name}))


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]
