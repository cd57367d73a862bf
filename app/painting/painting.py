"""Labels of the stack that is shown: read, painted, taken back, saved after every stroke; no widgets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import JobQueue
from app.painting.brush import Brush
from app.painting.disk import Disk, Where, folder_of, geometry_of, moved_into, name_of, opened
from app.painting.pages import Edit, History, Page, Pages
from app.session import Session
from core.labels import CLASSES, LabelClass, LabelledStack, LabelStore
from core.recipe import RecipeStep
from core.volume import Array, Volume

SAVE_MS = 300


class Painting(QObject):
    """What is painted on the slices that are shown.

    Signals: `changed` when there is something else to say, `redrawn` when labels look different, `failed`
    (exception, what was done), `told` (str), `slice_wanted` (int) when another slice was changed.
    """

    changed = Signal()
    redrawn = Signal()
    failed = Signal(object, str)
    told = Signal(str)
    slice_wanted = Signal(int)

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.disk = Disk(queue, self)
        self.on = False
        self.brush = Brush()
        self.volume: Volume | None = None
        self.stack: LabelledStack | None = None
        self._where: Where | None = None
        self._asked: LabelStore | None = None  # where the labels were looked for
        self.slices: tuple[int, ...] = ()
        self.z = 0
        self.history = History()
        self.pages = Pages()
        self._steps: tuple[RecipeStep, ...] = ()
        self._geometry: tuple[dict[str, Any], ...] = ()
        self.edit: Edit | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(lambda: self.flush(again=True))
        self.disk.failed.connect(self.failed)
        session.project_changed.connect(self.move_home)

    # ------------------------------------------------------------------ which stack
    @property
    def store(self) -> LabelStore | None:
        """Where the labels are kept."""
        return None if self._where is None else self._where.store

    def set_on(self, on: bool) -> None:
        """Begin or end painting."""
        if on != self.on:
            self.on = on
            if on:
                self._open()
            else:
                self.flush()
            self.changed.emit()
            self.redrawn.emit()

    def set_base(self, volume: Volume | None, steps: Sequence[RecipeStep]) -> None:
        """Say what the slices show, and the steps that led to it."""
        self.commit()  # a stroke under way belongs to what was shown
        self.flush()
        self.volume, self._steps = volume, tuple(steps)
        if self.on:
            self._open()

    def show_slice(self, z: int) -> None:
        """Say which slice is shown."""
        if z != self.z:
            self.z = z
            if self.on:
                self.page()
                self.changed.emit()

    def _open(self) -> None:
        """Find the labels of what is shown; the same ones stay."""
        volume, paths = self.volume, self._paths()
        if volume is None or not paths:
            self._forget()
            return
        geometry = geometry_of(self._steps)
        store = LabelStore(folder_of(self._home(), paths) / name_of(geometry))
        same = self.stack is not None and self.stack.shape == volume.info.shape and geometry == self._geometry
        if same and store == self._asked:
            return
        self._forget()
        self._where, self._asked, self._geometry = Where(store), store, geometry
        self.disk.add("opening the labels", lambda: opened(store), lambda found: self._opened(store, *found))

    def _opened(self, store: LabelStore, header: LabelledStack | None, slices: tuple[int, ...]) -> None:
        volume = self.volume
        if store != self.store or volume is None:
            return
        info = volume.info
        fresh = LabelledStack(
            shape=info.shape, dtype=str(info.dtype), voxel_nm=info.voxel_nm, channel=self._session.channel,
            paths=tuple(Path(os.path.abspath(path)) for path in self._paths()), steps=self._geometry,
        )  # fmt: skip
        if header is not None and header.shape == info.shape:
            fresh = fresh.model_copy(update={"classes": header.classes})
        elif header is not None:
            other = LabelStore(store.folder.with_name(f"{store.name}-{'x'.join(map(str, info.shape))}"))
            self._where = Where(other)  # cropped by other amounts, or read in another way
            self.disk.add("opening the labels", lambda: opened(other), lambda it: self._opened(other, *it))
            return
        self.stack, self.slices = fresh, slices
        self._fit_brush()
        self.page()
        self.changed.emit()
        self.redrawn.emit()

    def _fit_brush(self) -> None:
        """Paint with a class there is: those of another stack may have been more."""
        if self.brush.value not in {one.value for one in self.classes}:
            self.brush = replace(self.brush, value=self.classes[0].value)

    def _forget(self) -> None:
        self.flush()
        self.stack, self._where, self.slices = None, None, ()
        self._fit_brush()
        self.history.clear()
        self.pages = Pages()
        self.edit = None
        self.changed.emit()
        self.redrawn.emit()

    def folder(self) -> Path | None:
        """Where the labels of what is open are, with or without a project."""
        home, paths = self._home(), self._paths()
        return None if home is None and not paths else folder_of(home, paths)

    def _paths(self) -> tuple[Path, ...]:
        opened_first = next(iter(self._session.inputs.values()), None)
        return () if opened_first is None else opened_first.spec.paths

    def _home(self) -> Path | None:
        project = self._session.project
        return self._session.home if project is None else project.folder

    def move_home(self) -> None:
        """There is a project now, or another one: labels go with it."""
        home, paths = self._home(), self._paths()
        if home is None or not paths:
            return
        self.flush()
        self.disk.add("moving the labels into the project", lambda: moved_into(home, paths), self._has_moved)

    def _has_moved(self, moved: dict[Path, Path]) -> None:
        if self._where is not None and self._where.store.folder in moved:
            self._where.store = self._asked = LabelStore(moved[self._where.store.folder])
            self.changed.emit()
        elif self.on:
            self._open()

    # ------------------------------------------------------------------ pages
    @property
    def classes(self) -> tuple[LabelClass, ...]:
        """What can be painted."""
        return CLASSES if self.stack is None else self.stack.classes

    def page(self) -> Page | None:
        """Labels of the slice that is shown; what is on disk arrives later."""
        stack, store, z = self.stack, self.store, self.z
        if stack is None or store is None or not 0 <= z < stack.shape[0]:
            return None
        if z not in self.pages:
            page = Page(z, np.zeros(stack.shape[1:], np.uint8), ready=z not in self.slices)
            self.pages.add(page, {*self.history.pages, z})
            if not page.ready:
                self.disk.add(
                    "reading labels",
                    lambda: counted(store, z, stack),
                    lambda read: self._read(page, *read),
                )
        return self.pages[z]

    def _read(self, page: Page, labels: Array, painted: int) -> None:
        page.labels, page.painted, page.ready = labels, painted, True
        self.redrawn.emit()
        self.changed.emit()

    def ready_page(self) -> Page | None:
        """The same, once it can be painted on."""
        page = self.page()
        return page if page is not None and page.ready else None

    # ------------------------------------------------------------------ changing
    def begin(self, text: str) -> Edit | None:
        """Begin a change of the slice that is shown, and end another; None where nothing can be painted."""
        self.commit()
        page = self.ready_page()
        self.edit = None if page is None else Edit(page, text)
        return self.edit

    def commit(self) -> None:
        """End it: from now on it can be taken back, and it is saved."""
        edit, self.edit = self.edit, None
        if edit is not None and self.history.add(edit):
            self._touched(edit.page)

    def cancel(self) -> None:
        """Take back what was begun."""
        edit, self.edit = self.edit, None
        if edit is not None:
            edit.swap()
            edit.page.changes -= 1
            self.redrawn.emit()

    def undo(self) -> None:
        """Take the last stroke back, on whichever slice it was."""
        if self.edit is None:
            self._moved(self.history.undo())

    def redo(self) -> None:
        """Make it again."""
        if self.edit is None:
            self._moved(self.history.redo())

    def _moved(self, page: Page | None) -> None:
        if page is None:
            return
        self.pages.add(page, self.history.pages)
        if page.z != self.z:
            self.slice_wanted.emit(page.z)
        self._touched(page)

    def _touched(self, page: Page) -> None:
        painted = page.painted > 0
        if painted != (page.z in self.slices):
            others = {z for z in self.slices if z != page.z}
            self.slices = tuple(sorted(others | {page.z} if painted else others))
        self._timer.start()
        self.redrawn.emit()
        self.changed.emit()

    def set_brush(self, **changes: Any) -> None:
        """Choose other settings of the tools."""
        self.brush = replace(self.brush, **changes)
        self.changed.emit()
        self.redrawn.emit()

    def add_class(self, name: str) -> None:
        """One more class, which is then painted with."""
        if self.stack is not None and self.store is not None:
            self.stack = self.stack.with_class(name)
            self._save_header()
            self.set_brush(value=self.stack.classes[-1].value)

    def _save_header(self) -> None:
        where, stack = self._where, self.stack
        if where is not None and stack is not None and self.slices:
            self.disk.add("saving the labels", lambda: where.store.write_header(stack), lambda _none: None)

    # ------------------------------------------------------------------ keeping
    def flush(self, *, again: bool = False) -> None:
        """Save now, in the background, what is not saved yet, and `again` what could not be."""
        self._timer.stop()
        where, stack, volume = self._where, self.stack, self.volume
        if where is None or stack is None or volume is None:
            return
        for page in self.pages:
            if page.dirty or (again and page.refused):
                self._save(page, where, stack, volume)

    def _save(self, page: Page, where: Where, stack: LabelledStack, volume: Volume) -> None:
        def save() -> None:
            store = where.store
            labels = page.labels.copy()  # painting goes on meanwhile; then it is saved again
            has_grey = store.grey_path(page.z).is_file() or not labels.any()
            store.write(page.z, labels, stack, None if has_grey else volume.slice(page.z))

        def refused(error: object) -> None:
            page.refused = True
            self.failed.emit(error, "saving the labels")

        page.saved, page.refused = page.changes, False
        self.disk.add("saving the labels", save, lambda _none: None, refused)


def counted(store: LabelStore, z: int, stack: LabelledStack) -> tuple[Array, int]:
    """Labels of a slice, and how many of its pixels are labelled; in a worker thread."""
    labels = store.labels(z, stack)
    return labels, int(np.count_nonzero(labels))
