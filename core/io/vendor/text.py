"""Vendor text into values: encodings, numbers, INI, XML. Nothing here trusts its input."""

from __future__ import annotations

import codecs
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BYTES = 8 * 2**20  # a hundred times the longest metadata seen; anything above is damage or an attack
MAX_XML_BYTES = 2 * 2**20  # elements take fifty times their text in memory
_MAX_DEPTH = 32

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(raw: str | bytes) -> str:
    """Text of a tag or sidecar: UTF-8, UTF-16 (with or without a mark) or Windows-1252, without NULs."""
    if isinstance(raw, str):
        return raw.replace("\0", "")
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace").replace("\0", "")
    sample = raw[:512]
    # Mostly ASCII in UTF-16 has a zero in every second place.
    if len(sample) >= 8 and sample[1::2].count(0) > len(sample) // 3:
        return raw.decode("utf-16-le", "replace").replace("\0", "")
    if len(sample) >= 8 and sample[0::2].count(0) > len(sample) // 3:
        return raw.decode("utf-16-be", "replace").replace("\0", "")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.replace("\0", "")


def shortened(text: str, length: int = 60) -> str:
    """Printable start of a text that may be anything."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text[: length + 1])
    return clean if len(clean) <= length else clean[:length] + "…"


def flat_ini(text: str) -> dict[str, str]:
    """INI text as ``Section/Key`` -> value; the first of repeated keys counts, other lines are skipped.

    The standard library's parser refuses repeated sections and interpolates per cent signs; vendors use both.
    """
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip() + "/"
        elif "=" in line:
            key, value = line.split("=", 1)
            found.setdefault(section + key.strip(), value.strip())
    return found


def xml_root(raw: str | bytes, label: str, notes: list[str]) -> Element | None:
    """Root of an XML text, or None and a note. Entities and document types are refused."""
    if len(raw) > MAX_XML_BYTES:
        notes.append(f"{label} holds {len(raw) / 2**20:.0f} MiB of XML: no metadata; it was not read.")
        return None
    data = raw.strip("\0 \r\n\t\ufeff") if isinstance(raw, str) else raw.strip(b"\0 \r\n\t")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        notes.append(f"{label} holds XML with entity or document type declarations; it was not read.")
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        notes.append(f"{label} holds damaged XML ({shortened(str(error))}); it was not read.")
    else:
        return root
    return None


def flat_xml(root: Element) -> dict[str, str]:
    """Paths below the root (``Optics/BeamCurrent``) with their texts; the first of repeats counts."""
    found: dict[str, str] = {}
    pending = [(child, child.tag, 1) for child in reversed(root)]
    while pending:
        element, path, depth = pending.pop()
        if element.text and element.text.strip():
            found.setdefault(path, element.text.strip())
        if depth < _MAX_DEPTH:
            pending += [(child, f"{path}/{child.tag}", depth + 1) for child in reversed(element)]
    return found
