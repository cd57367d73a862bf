"""Positions of slices that nobody measured: one thickness for all, or what the files state."""

from __future__ import annotations

from core.errors import MissingMetadataError
from core.thickness.assemble import estimate_of, require_slices
from core.thickness.results import ThicknessEstimate
from core.volume import Volume, VolumeInfo

CONSTANT, METADATA = "constant", "metadata"


def constant_thickness(volume: Volume, thickness_nm: float | None) -> ThicknessEstimate:
    """The same thickness for all slices; slices that are missing leave the others in place.

    Parameters
    ----------
    volume : Volume
        At least two slices.
    thickness_nm : float or None
        In nm; None for the one that the files state.

    Raises
    ------
    MissingMetadataError
        If none is given and the files state none.
    ParameterError
        If there is only one slice.
    """
    require_slices(volume.info)
    thickness = thickness_nm or _stated_nm(volume)
    if thickness is None:
        raise MissingMetadataError(
            "thickness: no file states the thickness of slices",
            expected="a thickness in nm",
            remedy="type it in (--constant-nm), or measure it with the ruler",
        )
    source = "typed in" if thickness_nm else "stated by the files: the one that was asked for"
    note = f"every slice is taken to be {thickness:g} nm thick ({source}); nothing was measured."
    places = tuple(number * thickness for number in _numbers(volume.info))
    return estimate_of(places, method=CONSTANT, numbers=volume.info.slice_numbers, notes=(note,))


def stated_thickness(volume: Volume) -> ThicknessEstimate:
    """Positions of slices as the files state them, or else their one nominal thickness.

    Raises
    ------
    MissingMetadataError
        If the files state neither.
    ParameterError
        If there is only one slice.
    """
    require_slices(volume.info)
    if volume.info.z_nm is None:
        found = constant_thickness(volume, None)
        return found.model_copy(update={"method": METADATA})
    note = (
        "the positions are those that the files state; how they were measured, and how well, is not stated."
    )
    numbers = volume.info.slice_numbers
    return estimate_of(volume.info.z_nm, method=METADATA, numbers=numbers, notes=(note,))


def _stated_nm(volume: Volume) -> float | None:
    return volume.info.voxel_nm[0] or volume.metadata.slice_nm


def _numbers(info: VolumeInfo) -> tuple[int, ...]:
    numbers = info.slice_numbers or tuple(range(info.shape[0]))
    return tuple(number - numbers[0] for number in numbers)
