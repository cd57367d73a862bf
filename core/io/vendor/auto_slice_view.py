"""Thermo Fisher Auto Slice & View project (``.emxml``): the asked-for distance of cuts, in metres."""

from __future__ import annotations

from pathlib import PureWindowsPath

from core.io.vendor.report import VendorReport
from core.io.vendor.settings import NM_PER_M, Settings
from core.io.vendor.text import flat_xml, xml_root
from core.metadata import Metadata

_ROUNDING = 0.01


def from_bytes(data: bytes, label: str, folder_name: str) -> VendorReport:
    """Read a project file.

    Parameters
    ----------
    data : bytes
        Content of the file.
    label : str
        Name of the file, for notes.
    folder_name : str
        Folder of the slices: chooses the data set of that name. Empty where the project alone was asked for.
    """
    notes: list[str] = []
    vendor = "Thermo Fisher / FEI"
    root = xml_root(data, label, notes)
    if root is None:
        return VendorReport(Metadata(vendor=vendor), tuple(notes))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # the default namespace says nothing
    if root.tag != "EMProject":
        notes.append(f"{label} is no Auto Slice & View project; it was not read.")
        return VendorReport(Metadata(vendor=vendor), tuple(notes))
    project = Settings(flat_xml(root), label, notes)
    sets = [Settings(flat_xml(element), label, notes) for element in root.iter("Dataset")]
    spacing_nm = project.size("ZCutSpacing", scale=NM_PER_M)
    chosen = _chosen(project, sets, folder_name)
    cuts = None if chosen is None else chosen.size("NumberOfCuts")
    if chosen is not None:
        _check(chosen, spacing_nm, cuts, notes)
    if spacing_nm is not None:
        notes.append(
            f"The slice thickness of {spacing_nm:g} nm is the one the run was asked for, not measured."
        )
    metadata = Metadata(
        vendor=vendor,
        slice_nm=spacing_nm,
        slice_count=None if cuts is None else int(cuts),
        channels=tuple(name for each in sets if (name := each.name("Name"))),
        sources=(label,),
    )
    return VendorReport(metadata, tuple(notes))


def _chosen(project: Settings, sets: list[Settings], folder_name: str) -> Settings | None:
    """Data set of a folder by its name or images path; the first where none fits and all agree."""
    for each in sets:
        images = PureWindowsPath(each.text("LiveAcquisition/ImagesPath") or "").name
        if folder_name and folder_name in (each.name("Name"), images):
            return each
    if folder_name:
        names = ", ".join(filter(None, (each.name("Name") for each in sets)))
        project.note(
            f'{project.label} lists no images called "{folder_name}" (but {names}):'
            " make sure it belongs to these slices."
        )
    agree = len({(each.text("NumberOfCuts"), each.text("BoxSize/SizeZ")) for each in sets}) == 1
    return sets[0] if agree else None


def _check(chosen: Settings, spacing_nm: float | None, cuts: float | None, notes: list[str]) -> None:
    depth_nm = chosen.size("BoxSize/SizeZ", scale=NM_PER_M)
    if spacing_nm and cuts and depth_nm and abs(depth_nm - cuts * spacing_nm) > _ROUNDING * depth_nm:
        notes.append(
            f"{cuts:.0f} cuts of {spacing_nm:g} nm do not make the stated depth of {depth_nm:g} nm;"
            " the spacing may have been changed during the run."
        )
    energies = chosen.size("EnergyLevels")
    if energies is not None and energies > 1:
        notes.append(f"{energies:.0f} energies were recorded of every slice: these are separate channels.")
