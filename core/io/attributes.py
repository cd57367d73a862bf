"""Voxel sizes in the attributes of HDF5 and Zarr containers, under the names that are in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from core.io.calibration import positive, unit_nm
from core.volume import VoxelSize

# Attribute, and length of its unit in nm (None: as another attribute states): this program; Fiji and ilastik;
# CREMI and N5; others.
_KNOWN: Final = (("voxel_nm", 1.0), ("element_size_um", 1e3), ("resolution", None), ("voxel_size", None))


def stated_voxel(*places: Mapping[str, Any]) -> tuple[VoxelSize, tuple[str, ...]]:
    """Voxel size (z, y, x) of the first place that states one with a known unit, and sentences.

    Parameters
    ----------
    *places : mapping
        Attributes of the array, then of the groups around it.
    """
    for attributes in places:
        for name, scale in _KNOWN:
            if name not in attributes:
                continue
            unit = attributes.get("unit", attributes.get("units"))
            factor = unit_nm(_text(unit)) if scale is None else scale
            sizes = _sizes(attributes[name])
            if sizes is None or factor is None:
                return (None, None, None), (f"the attribute {name} states no size with a unit: ignored.",)
            z, y, x = (None if size is None else size * factor for size in sizes)
            return (z, y, x), ()
    return (None, None, None), ()


def _sizes(value: Any) -> VoxelSize | None:
    values = np.ravel(np.asarray(value, dtype=object)).tolist()
    if len(values) != 3:
        return None
    z, y, x = (positive(size) for size in values)
    return z, y, x


def _text(unit: Any) -> str | None:
    if isinstance(unit, bytes):
        return unit.decode("utf-8", "replace")
    if isinstance(unit, str):
        return unit
    words = {str(word) for word in np.ravel(unit).tolist()} if unit is not None else set()
    return words.pop() if len(words) == 1 else None
