"""Web pages that open offline: everything in one file, nothing from outside."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from core.reports.document import Block, Cell, Code, Drawing, Heading, Note, Paragraph, Table, text_of
from core.reports.pictures import Picture

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1060px; margin: 2rem auto; padding: 0 1rem }
body { color: #1c2430; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #d5dae2 }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem }
figure { display: inline-block; margin: 0 1rem 1rem 0; vertical-align: top }
figcaption { font-size: .85rem; color: #55606e; max-width: 480px }
figure.wide figcaption { max-width: 900px }
table { border-collapse: collapse } td, th { padding: .25rem .9rem .25rem 0; text-align: left }
td, th { vertical-align: top }
thead th { border-bottom: 1px solid #1c2430; font-size: .85rem }
tbody tr.part th { padding-top: .9rem; border-bottom: 1px solid #d5dae2 }
tbody.lined td { border-bottom: 1px solid #eceff3; font-size: .9rem; overflow-wrap: break-word }
data { white-space: nowrap; font-variant-numeric: tabular-nums }
.note { background: #fff5dd; border-left: 4px solid #d9a400; padding: .4rem .8rem; margin: .4rem 0 }
.verdict { background: #e8f1fa; border-left: 4px solid #0072b2; padding: .4rem .8rem; margin: .4rem 0 }
pre { background: #f4f6f9; padding: .8rem; overflow-x: auto } img, svg { max-width: 100%; height: auto }
@page { size: A4; margin: 16mm }
@media print {
  body { font-size: 10pt; margin: 0; padding: 0; max-width: none }
  h1, h2, h3 { break-after: avoid } figure, tr, .note, .verdict { break-inside: avoid }
  thead { display: table-header-group } figure:not(.wide) svg { width: 85mm }
  tbody.lined td, thead th { font-size: 8pt; padding: .5mm 2mm .5mm 0 }
  .note, .verdict { border: 1px solid #9aa3af; border-left-width: 4px }
  pre { font-size: 7.5pt; white-space: pre-wrap; overflow-wrap: anywhere }
}
"""


def page(title: str, parts: Sequence[str]) -> str:
    """One HTML file.

    Parameters
    ----------
    title : str
        Plain text.
    parts : sequence of str
        HTML of the body.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def block_html(block: Block, drawn: Mapping[str, str] | None = None) -> str:
    """One block as HTML; `drawn` holds the SVG of figures that were drawn before, by name."""
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Note(text, good):
            return f'<p class="{"verdict" if good else "note"}">{html.escape(text)}</p>'
        case Code(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Drawing(picture):
            return figure_html(picture, (drawn or {}).get(picture.name, ""))
        case Table():
            return _table(block)


def figure_html(picture: Picture, svg: str = "") -> str:
    """A figure with its caption; `svg` where it was drawn before."""
    from core.reports.drawing import inline_svg

    wide = ' class="wide"' if len(picture.panels) > 1 else ""
    caption = f"<figcaption>{html.escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f"<figure{wide}>{inline_svg(picture, svg)}{caption}</figure>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in table.head)
    start = f"<table><thead><tr>{head}</tr></thead>" if table.head else "<table>"
    columns = len(table.widths)
    rows = "\n".join(_row(row, columns) for row in table.rows)
    return f'{start}<tbody class="lined">\n{rows}\n</tbody></table>'


def _row(row: Sequence[str | Cell], columns: int) -> str:
    if len(row) == 1:
        return f'<tr class="part"><th colspan="{columns}">{html.escape(text_of(row[0]))}</th></tr>'
    return "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"


def _cell(cell: str | Cell) -> str:
    text = html.escape(text_of(cell))
    if isinstance(cell, str) or cell.value is None or isinstance(cell.value, str):
        return text
    return f'<data value="{html.escape(repr(cell.value))}">{text}</data>'
