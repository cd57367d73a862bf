"""Image size against the size a sidecar describes: data bars, and images resized since."""

from __future__ import annotations

from core.io.vendor.settings import Settings


def fitting_pixel(
    pixel_nm: float | None, scan_xy: tuple[int, int] | None, shape_yx: tuple[int, int], given: Settings
) -> float | None:
    """Pixel size, or None with a note where the image has another width than the one described."""
    if pixel_nm is None or scan_xy is None or scan_xy[0] == shape_yx[1]:
        return pixel_nm
    given.note(
        f"{given.label} describes an image {scan_xy[0]} pixels wide ({pixel_nm:.4g} nm each), this one has"
        f" {shape_yx[1]}: it was resized or cropped, and its pixel size is not known."
    )
    return None


def rows_without_bar(scan_xy: tuple[int, int] | None, shape_yx: tuple[int, int]) -> int | None:
    """Rows of the scan; the image is taller where a data bar is burnt in."""
    if scan_xy is None or scan_xy[0] != shape_yx[1] or not 1 <= scan_xy[1] <= shape_yx[0]:
        return None
    return scan_xy[1]
