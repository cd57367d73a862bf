"""The manual as it ships: pages, their headings, and what is found in them. Knows nothing of widgets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import resources
from core.errors import ReadError
from core.job import Job

# First what a user reads first; pages that are not named here come after these.
ORDER = (
    "guide.md", "window.md", "steps.md", "registration.md", "thickness.md", "segmentation.md", "rebuild.md",
    "measures.md", "report.md", "export.md", "simulation.md", "training.md", "models.md", "metadata.md",
    "image-formation.md", "physics.md", "gold.md", "gpu.md", "architecture.md",
)  # fmt: skip
MOST_FOUND = 60
AROUND = 42  # letters shown on each side of what was found
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A page by its file name, and a heading of it; an empty one is the top."""

    page: str
    heading: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it, up to the next heading; the heading is part of the text."""

    heading: str
    level: int
    text: str


@dataclass(frozen=True)
class Page:
    """One file, cut at its headings."""

    name: str
    title: str
    sections: tuple[Section, ...]

    def has(self, heading: str) -> bool:
        """Whether there is such a heading; the top is always there."""
        return not heading or any(section.heading == heading for section in self.sections)


@dataclass(frozen=True)
class Hit:
    """Where something was found, and the words around it."""

    place: Place
    title: str
    excerpt: str


@dataclass(frozen=True)
class Manual:
    """All pages by file name, in order."""

    folder: Path
    pages: Mapping[str, Page]

    def has(self, place: Place) -> bool:
        """Whether page and heading exist."""
        page = self.pages.get(place.page)
        return page is not None and page.has(place.heading)

    def first_of(self, places: Sequence[Place]) -> Place:
        """The first of several places that exists; else the beginning of the manual."""
        beginning = Place(next(iter(self.pages), ""))
        return next((place for place in places if self.has(place)), beginning)

    def place_of(self, link: str, page: str) -> Place | None:
        """Where a link on a page leads; None for what is no page of the manual."""
        name, _, anchor = link.partition("#")
        name = name.removeprefix("./") or page
        target = self.pages.get(name)
        if target is None or _ADDRESS.match(link):
            return None
        headings = (section.heading for section in target.sections)
        return Place(name, next((heading for heading in headings if anchor in (slug(heading), heading)), ""))

    def found(self, words: str) -> tuple[Hit, ...]:
        """Sections that hold all the words, those with a word in their heading first."""
        wanted = [word.casefold() for word in words.split()]
        hits: list[tuple[bool, Hit]] = []
        for page in self.pages.values() if wanted else ():
            for section in page.sections:
                text = plain(section.text)
                folded = text.casefold()
                if all(word in folded for word in wanted):
                    heading = section.heading.casefold()
                    title = (
                        page.title if section.heading == page.title else f"{page.title}: {section.heading}"
                    )
                    hit = Hit(
                        Place(page.name, section.heading), title, excerpt(text, wanted[0], section.heading)
                    )
                    hits.append((not any(word in heading for word in wanted), hit))
        return tuple(hit for _, hit in sorted(hits, key=lambda one: one[0]))[:MOST_FOUND]


def folder() -> Path:
    """Where the pages are: in the installed program, else beside the sources.

    Raises
    ------
    ReadError
        If they are in neither place.
    """
    inside = Path(str(resources.path("__init__.py"))).parent
    for place in (inside / "docs", inside.parent / "docs"):
        if (place / "window.md").is_file():
            return place
    raise ReadError(
        "the manual is not part of this installation",
        remedy="install the program again, or read docs/ online",
    )


def read(job: Job) -> Manual:
    """Read all pages; in a worker thread.

    Raises
    ------
    ReadError
        If there are none, or one cannot be read.
    """
    place = folder()
    files = {file.name: file for file in sorted(place.glob("*.md"))}
    names = [name for name in ORDER if name in files] + [name for name in files if name not in ORDER]
    pages = {}
    for name in names:
        job.check()
        try:
            pages[name] = page_of(name, files[name].read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ReadError(f"the page {name} of the manual cannot be read", got=str(error)) from error
    return Manual(place, pages)


def page_of(name: str, text: str) -> Page:
    """Cut a page at its headings."""
    sections = tuple(_sections(text))
    return Page(name, sections[0].heading if sections else name, sections)


def _sections(text: str) -> Iterator[Section]:
    lines: list[str] = []
    heading, level, fenced = "", 0, False
    for line in text.splitlines():
        fenced ^= _FENCE.match(line) is not None
        found = None if fenced else _HEADING.match(line)
        if found is not None:
            if any(lines):
                yield Section(heading, level, "\n".join(lines))
            lines, heading, level = [], plain(found[2]), len(found[1])
        lines.append(line)
    if any(lines):
        yield Section(heading, level, "\n".join(lines))


def plain(text: str) -> str:
    """Markdown without its marks, as it is read."""
    text = _LINK.sub(r"\1", text)
    return re.sub(r"[`*]|^#+ |^\|[-:| ]+\|$", "", text, flags=re.MULTILINE).strip()


def slug(heading: str) -> str:
    """How links name a heading: ``What stays true`` is ``what-stays-true``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def excerpt(text: str, word: str, heading: str) -> str:
    """The words around the first place of `word` below the heading, in one line."""
    body = " ".join(text.removeprefix(heading).replace("|", " ").split())
    at = max(0, body.casefold().find(word))
    begin, end = max(0, at - AROUND), at + len(word) + AROUND
    return f"{'… ' if begin else ''}{body[begin:end].strip()}{' …' if end < len(body) else ''}"


def pictures(page: Page) -> tuple[str, ...]:
    """Names of the pictures of a page, relative to the folder of the manual."""
    names = (name for section in page.sections for name in PICTURE.findall(section.text))
    return tuple(dict.fromkeys(name for name in names if not _ADDRESS.match(name) and ".." not in name))
