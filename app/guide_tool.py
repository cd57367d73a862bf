"""The manual as a page of the window: F1 opens it where the user is, and closes it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QApplication

from app.helping import places_of, where_is
from app.latest import Latest
from app.manual import Manual, Page, Place, pictures, read
from app.tool import Tool
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.manual import ManualPage

ADDRESSES = ("http", "https")
MOST_KEPT = 100


@dataclass
class Visit:
    """A place that was shown, and how far it was scrolled when it was left."""

    place: Place
    scroll: int = 0


class GuideTool(Tool):
    """Connects the page of the manual with the program."""

    name = "guide"
    page: ManualPage | None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.manual: Manual | None = None
        self._wanted: tuple[Place, ...] = ()
        self._before: Tool | None = None  # the page that was shown when the manual was opened
        self._visits: list[Visit] = []
        self._at = -1
        self._anew = False
        self.reading = Latest("Read the manual", self.program.quick, self, pause_ms=0)
        self.turning = Latest("Show a page of the manual", self.program.quick, self, pause_ms=0)
        self.program.asides += [self.reading, self.turning]
        self.reading.ready.connect(self._read)
        for latest in (self.reading, self.turning):
            latest.failed.connect(lambda error: self.program.problems.report(error, "opening the manual"))
        self.turning.ready.connect(self._turned)
        window.theme.changed.connect(self._repaint)
        self._page_last = True  # whether the page on the right was chosen after a part got the keyboard
        self._in_slices = False
        window.inspector.stage_shown.connect(lambda _stage: self._note(True))
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    @property
    def place(self) -> Place | None:
        """What is shown."""
        return self._visits[self._at].place if self._visits else None

    # ---- coming and going
    def switch(self, on: bool) -> None:
        """F1: open the manual where the user is, or go back there."""
        if on:
            self._before = next((tool for tool in self.window.tools.values() if tool.shown), None)
            self._in_slices = self.window.views.slices.hasFocus()
            self.open_at(*places_of(where_is(self.window, page_last=self._page_last)))
        else:
            self.go_back()

    def open_at(self, *places: Place) -> None:
        """Open the manual at the first of some places that exists."""
        self._wanted = places
        self.show(True)

    def go_back(self) -> None:
        """Go back to where the manual was opened."""
        before, self._before = self._before, None
        page_last = self._page_last
        if before is None:
            self.leave()
        else:
            before.show(True)
        if self._in_slices and before is None:
            self.window.views.slices.setFocus(Qt.FocusReason.OtherFocusReason)
        self._page_last = page_last

    def enter(self) -> None:
        """Make the page, read the manual if that was not done, and go where it was opened."""
        if self.page is None:
            self._made_page()
        if self.manual is None:
            self.reading.ask(read)
        elif self._wanted:
            self.go(self.manual.first_of(self._wanted))
        if self.page is not None:
            self.page.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def left(self) -> None:
        """Nobody waits for the page any more."""
        self.turning.drop()

    def _made_page(self) -> None:
        from app.panels.manual import ManualPage

        page = ManualPage(self.window.theme, self.window.centre)
        page.wanted.connect(self.go)
        page.followed.connect(self.follow)
        page.back.connect(partial(self._step, -1))
        page.forward.connect(partial(self._step, 1))
        page.leave.connect(self.go_back)
        self.add_page(page)

    def _focus_moved(self, _before: object, _now: object) -> None:
        self._note(False)

    def _note(self, page_last: bool) -> None:
        """Remember which the user has turned to last: the page on the right, or a part with the keyboard."""
        if not self.shown:
            self._page_last = page_last

    # ---- going about
    def go(self, place: Place) -> None:
        """Show a place, and remember where the user came from."""
        self._keep_scroll()
        if place != self.place:
            self._visits = [*self._visits[: self._at + 1], Visit(place)][-MOST_KEPT:]
            self._at = len(self._visits) - 1
        else:
            self._visits[self._at].scroll = 0
        self._turn()

    def follow(self, link: str) -> None:
        """Follow a link: to a page here, or, outside, with the desktop's own browser."""
        place = (
            None if self.manual is None else self.manual.place_of(link, self.place.page if self.place else "")
        )
        if place is not None:
            self.go(place)
        elif QUrl(link).scheme() in ADDRESSES:
            QDesktopServices.openUrl(QUrl(link))
        elif self.page is not None:
            self.page.said.setText("This page is not part of the manual.")

    def _step(self, by: int) -> None:
        if 0 <= self._at + by < len(self._visits):
            self._keep_scroll()
            self._at += by
            self._turn()

    def _keep_scroll(self) -> None:
        if self.page is not None and self._visits and self.page.text.settled:
            self._visits[self._at].scroll = self.page.text.verticalScrollBar().value()

    # ---- showing
    def _read(self, manual: Manual) -> None:
        self.manual = manual
        if self.page is not None:
            self.page.set_manual(manual)
            self.go(manual.first_of(self._wanted))

    def _turn(self) -> None:
        page, place = self.page, self.place
        if page is None or place is None or self.manual is None:
            return
        page.said.setText("")
        page.allow(back=self._at > 0, forward=self._at < len(self._visits) - 1)
        width, ratio = page.text.picture_px(), page.devicePixelRatioF()
        self.turning.ask(partial(loaded, self.manual, self.manual.pages[place.page], width, ratio))

    def _turned(self, images: Mapping[str, QImage]) -> None:
        if self.page is not None and self._visits:
            visit = self._visits[self._at]
            self.page.show_place(visit.place, images, scroll=visit.scroll, anew=self._anew)
            self._anew = False

    def _repaint(self) -> None:
        """The colours have changed: lay the page out anew."""
        self._anew = True
        if self.page is not None and self.shown:
            self._keep_scroll()
            self._turn()


def loaded(manual: Manual, page: Page, width: int, ratio: float, job: Job) -> dict[str, QImage]:
    """The pictures of a page, as wide as there is room for; in a worker thread."""
    images = {}
    for name in pictures(page):
        job.check()
        image = QImage(str(manual.folder / name))
        if image.isNull():
            continue  # the text says what it would show
        if image.width() > width * ratio:
            image = image.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
        image.setDevicePixelRatio(max(1.0, min(ratio, image.width() / width)))
        images[name] = image
    return images
