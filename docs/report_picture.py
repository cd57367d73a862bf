"""Draw docs/pictures/report.png: the first pages of a report of the bundled sample's truth.

Run with ``python -m docs.report_picture`` from the root of the repository.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

import resources
from core.io import ReadOptions, open_stack
from core.job import Job
from core.reports.contents import report_blocks
from core.reports.drawing import drawing_style, size_mm
from core.reports.layout import pages_of
from core.reports.paper import page_figure, text_width_mm
from core.reports.sources import ReportInput
from core.steps.measure import MeasureParams, measured

PICTURE = Path(__file__).parent / "pictures" / "report.png"
PAGES = 3


def main() -> None:
    """Measure, lay out, draw, and paste beside each other."""
    volume = open_stack(resources.path("sample/truth.tif"), ReadOptions(voxel_nm_zyx=(10.0, 5.0, 5.0)))
    found = measured(volume, MeasureParams(thickness=True, transport=True), Job()).measured
    assert found is not None
    blocks = report_blocks("Bundled sample", [ReportInput("Bundled sample", found)])
    images = []
    with drawing_style("docs"):
        for items in pages_of(blocks, text_width_mm, size_mm)[:PAGES]:
            stream = io.BytesIO()
            page_figure(items, Job()).savefig(stream, format="png", dpi=144)
            image = Image.open(stream).convert("RGB")
            images.append(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))
    width, height = images[0].size
    whole = Image.new("RGB", (len(images) * (width + 4) - 4, height), "#d5dae2")
    for number, image in enumerate(images):
        whole.paste(image, (number * (width + 4), 0))
    whole.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
