"""The manual: pages cut at their headings, links, search, and that every place F1 leads to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.helping import TABLE, places_of
from app.manual import Manual, Page, Place, excerpt, folder, page_of, pictures, plain, read, slug
from core.errors import ReadError
from core.job import Job
from core.step import Stage
from core.steps import STEPS

TEXT = """# A page

First words about `code` and *more*.

```
# no heading
```

## What stays true
Slices keep their **place**. See [steps](steps.md#denoise) and ![a picture](pictures/a.png).

### Deeper
| a | b |
|---|---|
| grey | 5 nm |
"""


@pytest.fixture(scope="module")
def manual() -> Manual:
    """The real one."""
    return read(Job())


@pytest.fixture
def small() -> Manual:
    """Two pages."""
    pages = {
        "a.md": page_of("a.md", TEXT),
        "steps.md": page_of("steps.md", "# Steps\n\n## denoise\n\nLess noise.\n"),
    }
    return Manual(folder(), pages)


def test_a_page_is_cut_at_its_headings() -> None:
    page = page_of("a.md", TEXT)
    assert [(one.heading, one.level) for one in page.sections] == [
        ("A page", 1), ("What stays true", 2), ("Deeper", 3)
    ]  # fmt: skip
    assert page.title == "A page"
    assert "# no heading" in page.sections[0].text
    assert "".join(one.text for one in page.sections).count("\n") + len(page.sections) == TEXT.count("\n")
    assert pictures(page) == ("pictures/a.png",)


def test_pictures_outside_the_manual_are_none_of_it() -> None:
    text = "![a](http://example.org/a.png) ![b](../secret.png) ![c](pictures/c.png)"
    assert pictures(page_of("a.md", text)) == ("pictures/c.png",)


def test_links_lead_to_pages_and_headings(small: Manual) -> None:
    assert small.place_of("steps.md#denoise", "a.md") == Place("steps.md", "denoise")
    assert small.place_of("#what-stays-true", "a.md") == Place("a.md", "What stays true")
    assert small.place_of("steps.md#gone", "a.md") == Place("steps.md")
    for other in ("https://example.org/steps.md", "decisions/0001.md", "file:///etc/passwd", "../a.md"):
        assert small.place_of(other, "a.md") is None


def test_search_finds_sections_with_all_words(small: Manual) -> None:
    assert [hit.place for hit in small.found("GREY 5")] == [Place("a.md", "Deeper")]
    assert [hit.place.heading for hit in small.found("noise")] == ["denoise"]
    assert small.found("grey noise") == small.found("  ") == ()


def test_what_is_found_is_shown_without_marks() -> None:
    assert plain("## `x` and **y** [there](z.md)") == "x and y there"
    assert slug("What `stays` true: 2 kV") == "what-stays-true-2-kv"
    long = "Heading " + "before " * 30 + "needle" + " after" * 30
    shown = excerpt(long, "needle", "Heading")
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "needle" in shown
    assert len(shown) < 120


def test_all_pages_of_the_manual_have_a_title_and_their_pictures(manual: Manual) -> None:
    assert len(manual.pages) > 10
    for page in manual.pages.values():
        assert page.sections[0].level == 1, page.name
        for name in pictures(page):
            assert (manual.folder / name).is_file(), f"{page.name} shows {name}, which is not there"


def test_links_between_pages_are_whole(manual: Manual) -> None:
    for page in manual.pages.values():
        for link in re.findall(
            r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", "\n".join(one.text for one in page.sections)
        ):
            if ".md" in link and ":" not in link and not link.startswith(("decisions", "..")):
                place = manual.place_of(link, page.name)
                assert place is not None, f"{page.name} links to {link}"
                assert place.heading or "#" not in link, f"{page.name} links to {link}"


WHERE = [*TABLE, *(f"step {step.name}" for step in STEPS), *(f"stage {stage.value}" for stage in Stage)]


@pytest.mark.parametrize("where", dict.fromkeys(WHERE))
def test_f1_leads_to_a_place_that_exists(manual: Manual, where: str) -> None:
    assert any(manual.has(place) for place in places_of(where)), f"nothing of {places_of(where)} exists"


def test_steps_have_their_own_headings(manual: Manual) -> None:
    for step in STEPS:
        assert manual.first_of(places_of(f"step {step.name}")) == Place("steps.md", step.name)


def test_what_does_not_exist_leads_to_the_beginning(small: Manual) -> None:
    assert small.first_of((Place("gone.md"), Place("steps.md", "gone"))) == Place("a.md")
    assert small.first_of((Place("gone.md"), Place("steps.md"))) == Place("steps.md")


def test_an_installation_without_manual_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.manual.resources.path", lambda _name: tmp_path / "resources" / "__init__.py")
    with pytest.raises(ReadError, match="not part of this installation"):
        folder()


def test_an_installed_manual_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for place in ("docs", "resources/docs"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "window.md").touch()
    monkeypatch.setattr("app.manual.resources.path", lambda _name: tmp_path / "resources" / "__init__.py")
    assert folder() == tmp_path / "resources" / "docs"


def test_an_empty_page_is_a_page() -> None:
    assert page_of("a.md", "") == Page("a.md", "a.md", ())
