"""Hitachi ``.txt`` beside an image: INI with one section, ``[SemImageFile]``.

PixelSize is in nm. Where it is missing, the field is 127 mm wide (a 5 inch print) at magnification 1.
"""

from __future__ import annotations

import re

from core.io.vendor.report import VendorReport
from core.io.vendor.settings import Settings
from core.io.vendor.shapes import fitting_pixel, rows_without_bar
from core.io.vendor.text import flat_ini
from core.io.vendor.times import iso
from core.metadata import Metadata

_PRINT_WIDTH_NM = 127e6
_CONDITION_KV = re.compile(r"Vacc\s*=\s*(\d{1,4}(?:\.\d{1,6})?\s*k?V)", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})", re.IGNORECASE)


def from_text(text: str, label: str, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read a Hitachi sidecar; None where it is none."""
    if "[SemImageFile]" not in text:
        return None
    notes: list[str] = []
    texts = {key.removeprefix("SemImageFile/"): value for key, value in flat_ini(text).items()}
    if match := _CONDITION_KV.search(texts.get("Condition", "")):
        texts["Condition Vacc"] = match[1]
    given = Settings(texts, label, notes)
    match = _SIZE.fullmatch(given.text("DataSize") or "")
    scan_xy = None if match is None else (int(match[1]), int(match[2]))
    pixel_nm = fitting_pixel(_pixel_nm(given, scan_xy), scan_xy, shape_yx, given)
    metadata = Metadata(
        vendor="Hitachi",
        instrument=given.name("InstructName"),
        detector=given.name("SignalName"),
        voltage_kv=given.positive("AcceleratingVoltage", "Condition Vacc", unit="kV"),
        pixel_nm_yx=(pixel_nm, pixel_nm),
        acquired=_date(given),
        image_rows=rows_without_bar(scan_xy, shape_yx),
        sources=(label,),
    )
    return VendorReport(metadata, tuple(notes))


def _pixel_nm(given: Settings, scan_xy: tuple[int, int] | None) -> float | None:
    stated_nm = given.size("PixelSize")
    magnification = given.size("Magnification")
    if stated_nm is not None or magnification is None or scan_xy is None or scan_xy[0] < 1:
        return stated_nm
    given.note(
        "No pixel size is stated; it was derived from the magnification on a 127 mm wide print"
        f" (127 mm / {magnification:g} / {scan_xy[0]}). Check it against the scale bar."
    )
    return _PRINT_WIDTH_NM / magnification / scan_xy[0]


def _date(given: Settings) -> str | None:
    stated = " ".join(filter(None, (given.name("Date"), given.name("Time"))))
    # Month and day change places with the computer's locale; only year first is unambiguous.
    return iso(stated, "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S") or stated or None
