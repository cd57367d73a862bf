"""JEOL ``.txt`` beside an image: one ``$CM_KEY value`` or ``$$SM_KEY value`` per line.

The scale is the length of the drawn bar: $$SM_MICRON_BAR pixels are $$SM_MICRON_MARKER long. The resolution
of the TIFF itself (pixels per inch) belongs to a screen.
"""

from __future__ import annotations

from core.io.vendor.report import VendorReport
from core.io.vendor.settings import PA_PER_A, Settings
from core.io.vendor.shapes import fitting_pixel, rows_without_bar
from core.io.vendor.times import iso
from core.metadata import Metadata

_NM_PER_UM = 1e3


def from_text(text: str, label: str, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read a JEOL sidecar; None where it is none."""
    if "$CM_" not in text:
        return None
    notes: list[str] = []
    given = Settings(_texts(text), label, notes)
    scan_xy = _scan_xy(given)
    pixel_nm = fitting_pixel(_pixel_nm(given), scan_xy, shape_yx, given)
    metadata = Metadata(
        vendor="JEOL",
        instrument=given.name("$CM_INSTRUMENT"),
        detector=given.name("$CM_DETECTOR_NAME", "$CM_DETECTOR", "$CM_SIGNAL_NAME", "$CM_SIGNAL"),
        voltage_kv=given.size("$CM_ACCEL_VOLT"),
        current_pa=given.size("$$SM_PROBE_CURRENT", "$CM_PROBE_CURRENT", scale=PA_PER_A),
        pixel_nm_yx=(pixel_nm, pixel_nm),
        acquired=_date(given),
        image_rows=rows_without_bar(scan_xy, shape_yx),
        sources=(label,),
    )
    return VendorReport(metadata, tuple(notes))


def _texts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key.startswith("$"):
            found.setdefault(key, value.strip())
    return found


def _scan_xy(given: Settings) -> tuple[int, int] | None:
    words = (given.text("$CM_FULL_SIZE", "$CM_IMAGE_SIZE") or "").replace("x", " ").split()
    if len(words) == 2 and all(word.isdecimal() and len(word) < 7 for word in words):
        return int(words[0]), int(words[1])
    return None


def _pixel_nm(given: Settings) -> float | None:
    stated_nm = given.size("$CM_PIXEL_SIZE", scale=_NM_PER_UM)
    bar_px = given.size("$$SM_MICRON_BAR", "$CM_MICRON_BAR")
    bar_nm = given.positive("$$SM_MICRON_MARKER", "$CM_MICRON_MARKER", unit="nm")
    if stated_nm is not None or bar_px is None or bar_nm is None:
        return stated_nm
    given.note(
        f"The pixel size was derived from the scale bar ({bar_nm / 1000:g} µm on {bar_px:g} pixels), so it is"
        f" good to about {50 / bar_px:.1g} %."
    )
    return bar_nm / bar_px


def _date(given: Settings) -> str | None:
    stated = " ".join(filter(None, (given.name("$CM_DATE"), given.name("$CM_TIME"))))
    return iso(stated, "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S") or stated or None
