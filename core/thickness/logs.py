"""What acquisition programs wrote down about every slice.

What is known of their files:

- Auto Slice & View 4 (Thermo Fisher): ``ProjectData.dat`` is XML; below ``Results`` stands one ``Slice`` per
  cut, with the attributes ``TargetThickness`` and ``MeasuredThickness`` in metres, the latter ``NaN`` where
  the program could not tell. That a thickness is what was cut away before the image of its slice was taken is
  an assumption; no public description says so.
- Auto Slice & View projects (``.emxml``): the distance that was asked for, nothing measured.
- Other XML: elements of one name that repeat, with attributes or children; these are read as a table, and
  nothing is guessed about units.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from typing import Final
from xml.etree.ElementTree import Element

from core.errors import DamagedFileError, MissingMetadataError
from core.io.vendor.auto_slice_view import from_bytes
from core.thickness.assemble import estimate_of
from core.thickness.positions import matched, rising, rows_of_thicknesses
from core.thickness.results import ThicknessEstimate
from core.thickness.table import METHOD, estimate_from_columns
from core.thickness.table_columns import TableOptions
from core.thickness.table_text import NM_PER, Column, column_from
from core.volume import VolumeInfo

PROJECT_SUFFIX: Final = ".emxml"
MEASURED, TARGET = "MeasuredThickness", "TargetThickness"
_MAX_XML_SIGNS: Final = 2**24
_DEFAULT: Final = TableOptions()


def estimate_from_log(
    text: str, label: str, info: VolumeInfo, options: TableOptions = _DEFAULT
) -> ThicknessEstimate:
    """Thickness of slices from an XML log or project.

    Parameters
    ----------
    text : str
        Content of the file.
    label : str
        Its name, for notes; the ending ``.emxml`` tells a project.
    info : VolumeInfo
        The stack that it belongs to.
    options : TableOptions
        What the file does not say.

    Raises
    ------
    ReadError
        If it cannot be read: `DamagedFileError`; or `AmbiguousInputError` if several columns could be meant.
    MissingMetadataError
        If it says nothing of thickness.
    ParameterError
        If it does not fit the stack.
    """
    if label.lower().endswith(PROJECT_SUFFIX):
        return _nominal(text, label, info)
    root = _root(text)
    cuts = [cut for results in root.iter("Results") for cut in results.findall("Slice")]
    if any(MEASURED in cut.attrib for cut in cuts) and not options.column:
        return _auto_slice_and_view(cuts, info)
    return estimate_from_columns(_repeated(root), info, options)


def _nominal(text: str, label: str, info: VolumeInfo) -> ThicknessEstimate:
    report = from_bytes(_without_declaration(text).encode(), label, "")
    spacing_nm = report.metadata.slice_nm
    if spacing_nm is None:
        raise MissingMetadataError(
            f"{label} states no distance of cuts",
            remedy="type the thickness in, or measure it with the ruler",
        )
    numbers = info.slice_numbers or tuple(range(info.shape[0]))
    places = [(number - numbers[0]) * spacing_nm for number in numbers]
    return estimate_of(places, method=METHOD, numbers=info.slice_numbers, notes=report.notes)


def _root(text: str) -> Element:
    """Root of an XML text without name spaces; entities and document types are refused."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(text) > _MAX_XML_SIGNS:  # elements take fifty times their text in memory
        raise DamagedFileError(
            "the log is too long",
            expected=f"at most {_MAX_XML_SIGNS >> 20} MiB",
            got=f"{len(text) >> 20} MiB",
        )
    try:
        root: Element = fromstring(_without_declaration(text), forbid_dtd=True)
    except DefusedXmlException as error:
        raise DamagedFileError(
            "XML with entity or document type declarations is not read", got=type(error).__name__
        ) from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _without_declaration(text: str) -> str:
    """The text without ``<?xml ... ?>``: the encoding it states is that of bytes that are text by now."""
    start = text.lstrip("\ufeff \t\r\n")
    return start.partition("?>")[2] if start.startswith("<?xml") else start


def _auto_slice_and_view(cuts: list[Element], info: VolumeInfo) -> ThicknessEstimate:
    values = [_metres_nm(cut.get(MEASURED)) for cut in cuts]
    asked = {nm for cut in cuts if (nm := _metres_nm(cut.get(TARGET))) is not None}
    if all(value is None for value in values):
        raise MissingMetadataError(
            "the log holds no measured thickness: all are NaN",
            got=f"{len(cuts)} slices; asked for: {_listed(asked) or 'not stated'}",
            remedy="use a constant thickness, or measure it with the ruler",
        )
    rows = rows_of_thicknesses(values, [0.0] * len(values), info.shape[0], "before")
    fitted = matched(rows, info)
    z_nm, moved, notes = rising(fitted.z_nm)
    target = f" (asked for: {_listed(asked)})" if asked else ""
    return estimate_of(
        z_nm,
        method=METHOD,
        unmeasured=sorted({*fitted.unmeasured, *moved}),
        numbers=info.slice_numbers,
        notes=(
            f"thicknesses as Auto Slice & View has measured them while cutting{target}; it states no error. "
            "Such values have been found far from those of a ruler.",
            *fitted.notes,
            *notes,
        ),
    )


def _listed(lengths_nm: Collection[float]) -> str:
    return ", ".join(f"{length:g} nm" for length in sorted(lengths_nm)[:5])


def _metres_nm(text: str | None) -> float | None:
    try:
        value = float(text) * NM_PER["m"] if text is not None else math.nan
    except ValueError:
        raise DamagedFileError(f"{MEASURED} is no number", got=f"{text!r:.40}") from None
    return value if math.isfinite(value) else None


def _repeated(root: Element) -> tuple[Column, ...]:
    """The elements that repeat most often, as a table of their attributes and plain children."""
    groups = [
        (tag, parent)
        for parent in root.iter()
        for tag, count in Counter(child.tag for child in parent).items()
        if count > 1
    ]
    tables = [[_cells(child) for child in parent if child.tag == tag] for tag, parent in groups]
    full = [table for table in tables if table[0]]
    if not full:
        raise DamagedFileError("the file holds no list of slices", expected="one element per slice")
    rows = max(full, key=len)
    heads = [head for head in rows[0] if all(head in row for row in rows)]
    return tuple(column_from(head, [row[head] for row in rows]) for head in heads)


def _cells(element: Element) -> dict[str, str]:
    children = {child.tag: (child.text or "").strip() for child in element if len(child) == 0}
    return children | dict(element.attrib)
