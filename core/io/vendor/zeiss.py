"""Zeiss SmartSEM images: tag 34118, and its UTF-16 copy in tag 34119.

The text is a row of unnamed numbers (not used) followed by pairs of lines: a key such as AP_IMAGE_PIXEL_SIZE
and ``Image Pixel Size = 12.33 nm``. AP_PIXEL_SIZE belongs to the screen, not to the stored image.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from core.io.vendor.report import ION_NOTE, VendorReport, settled_tilt
from core.io.vendor.settings import Settings
from core.io.vendor.text import decoded, shortened
from core.io.vendor.times import iso_of_english
from core.metadata import Metadata

TAGS = (34118, 34119)

_KEY = re.compile(r"(?:AP|DP|SV)_[A-Z0-9_]+")
_MOST_PROBE_PA = 1e5  # 100 nA; 200 nA is a placeholder in files of columns that never deliver it
_STORE_WIDTHS = (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32)  # stored image against screen


def from_tags(tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read tag 34118, or 34119 where the first holds nothing; None without either."""
    notes: list[str] = []
    for tag in TAGS:
        if tag in tags:
            text = decoded(tags[tag])
            pairs = _pairs(text)
            if pairs:
                metadata = _metadata(Settings(pairs, f"TIFF tag {tag}", notes), shape_yx)
                return VendorReport(settled_tilt(metadata, notes), tuple(notes))
            notes.append(
                f'TIFF tag {tag} holds no SmartSEM settings ("{shortened(text, 30)}"); it was not read.'
            )
    if not notes:
        return None
    return VendorReport(Metadata(vendor="Zeiss"), tuple(notes))


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = [line.strip() for line in text.splitlines()]
    for key, line in itertools.pairwise(lines):
        if _KEY.fullmatch(key.upper()):
            # "EHT =  5.00 kV", "Time :18:23:36"; a label may hold no "=", a date no second colon.
            mark = "=" if "=" in line else ":"
            label, _, value = line.partition(mark)
            # Some versions file the pixel of the image under the key of the screen's; the label tells.
            renamed = label.strip().lower() == "image pixel size"
            found.setdefault("AP_IMAGE_PIXEL_SIZE" if renamed else key.upper(), value.strip())
    return found


def _metadata(given: Settings, shape_yx: tuple[int, int]) -> Metadata:
    ion = (given.text("DP_FIB_IMAGING") or "").upper() == "FIB"
    if ion:
        given.note(ION_NOTE)
    pixel_nm = _pixel_nm(given, shape_yx[1])
    stated = given.text("DP_FIB_IMAGING")
    return Metadata(
        vendor="Zeiss",
        instrument=given.name("DP_SEM", "SV_SERIAL_NUMBER"),
        beam=None if stated is None else "ion" if ion else "electron",
        detector=given.name("DP_DETECTOR_TYPE", "DP_DETECTOR_CHANNEL"),
        voltage_kv=given.positive("AP_FIB_EHT_ACTUAL", unit="kV") if ion else _voltage_kv(given),
        current_pa=None if ion else _current_pa(given),
        dwell_us=_dwell_us(given, shape_yx[1]),
        pixel_nm_yx=(pixel_nm, pixel_nm),
        stage_tilt_deg=given.quantity("AP_STAGE_AT_T", unit="deg"),
        stage_rotation_deg=given.quantity("AP_STAGE_AT_R", unit="deg"),
        tilt_correction_on=given.flag("DP_TILT_CORRECTION"),
        tilt_correction_angle_deg=given.quantity("AP_TILT_ANGLE", unit="deg"),
        acquired=_date(given),
        sources=(given.label,),
    )


def _pixel_nm(given: Settings, width: int) -> float | None:
    image_nm = given.positive("AP_IMAGE_PIXEL_SIZE", unit="nm")
    field_nm = given.positive("AP_WIDTH", unit="nm")
    if image_nm is not None:
        if field_nm is not None and abs(image_nm * width - field_nm) > 0.02 * field_nm:
            given.note(
                f"{width} pixels of {image_nm:g} nm do not make the stated field width of"
                f" {field_nm / 1000:g} µm: the image was cropped or resized after recording."
            )
        return image_nm
    screen_nm = given.positive("AP_PIXEL_SIZE", unit="nm")
    if screen_nm is None or field_nm is None:
        if screen_nm is not None:
            given.note(f"Only the pixel size of the screen is stated ({screen_nm:g} nm); it was not used.")
        return None
    ratio = width * screen_nm / field_nm
    if not any(abs(ratio - known) < 0.01 * known for known in _STORE_WIDTHS):
        given.note(
            f"{width} pixels do not fit the stated field width ({field_nm / 1000:g} µm) and screen pixel"
            f" ({screen_nm:g} nm): the image was cropped or resized, and its pixel size is not known."
        )
        return None
    if abs(ratio - 1) < 0.01:
        return screen_nm
    given.note(
        f"The pixel size was derived as field width / image width ({field_nm / 1000:g} µm / {width});"
        f" the stated {screen_nm:g} nm belongs to the screen."
    )
    return field_nm / width


def _voltage_kv(given: Settings) -> float | None:
    actual_kv = given.positive("AP_ACTUALKV", unit="kV")
    if actual_kv is None and (target_kv := given.positive("AP_MANUALKV", unit="kV")) is not None:
        given.note(f"The actual voltage is not stated; the target of {target_kv:g} kV is used.")
        return target_kv
    return actual_kv


def _current_pa(given: Settings) -> float | None:
    current_pa = given.positive("AP_IPROBE", unit="pA")
    if current_pa is not None and current_pa > _MOST_PROBE_PA:
        given.note(
            f"The stated probe current of {current_pa / 1000:g} nA is implausibly high; it was left out."
        )
        return None
    return current_pa


def _dwell_us(given: Settings, width: int) -> float | None:
    """Time per pixel; DP_DWELL_TIME counts only where the line time bears it out."""
    dwell_us, line_us = (given.positive(key, unit="us") for key in ("DP_DWELL_TIME", "AP_LINE_TIME"))
    if line_us is None:
        return dwell_us
    averaged_lines = "line" in (given.text("DP_NOISE_REDUCTION") or "").lower()
    passes = given.size("AP_LINE_AVERAGE_COUNT") if averaged_lines else None
    from_line_us = line_us / max(width, 1) / (passes or 1.0)
    if dwell_us is not None and 0.5 * from_line_us <= dwell_us <= 1.1 * from_line_us:
        return dwell_us
    given.note(
        f"The dwell time of {from_line_us:.3g} µs was derived from the line time (fly-back included)"
        + ("." if dwell_us is None else f"; the stated {dwell_us:g} µs does not fit it.")
    )
    return from_line_us


def _date(given: Settings) -> str | None:
    stated = " ".join(filter(None, (given.name("AP_DATE"), given.name("AP_TIME"))))
    return iso_of_english(stated) or stated or None
