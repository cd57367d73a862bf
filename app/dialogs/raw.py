"""Asks what a file without a header holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import create_model
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.forms import build_form
from app.widgets import button, column, flush, label, row
from core.io import ReadOptions
from core.params import Params

FIELDS = ("raw_shape_zyx", "raw_dtype", "raw_offset", "raw_order")
WIDTH_PX = 460


def raw_params() -> type[Params]:
    """The options of reading that describe bare values, as a class of their own."""
    fields: dict[str, Any] = {}
    for name in FIELDS:
        field = ReadOptions.model_fields[name]
        fields[name] = (field.annotation, field)
    return create_model("RawParams", __base__=Params, **fields)


class RawDialog(QDialog):
    """Shape, type, offset and byte order of a file; `described` carries them for `core.io.ReadOptions`."""

    described = Signal(object)

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self._bytes = path.stat().st_size
        self.form = build_form(raw_params())
        flush(self.form)
        self.verdict = label("", "quiet")
        self.open_button = button("Open", self._answer, kind="primary")
        text = f"{path.name} has no header ({self._bytes:,} bytes). What does it hold?"
        buttons = row(None, button("Cancel", self.reject), self.open_button, gap=8)
        parts = (label("A file without header", "title"), label(text), self.form, self.verdict, buttons)
        self.setLayout(column(*parts, margin=24, gap=14))
        self.form.value_changed.connect(lambda _value: self._judge())
        self.form.validity_changed.connect(lambda _valid: self._judge())
        self._judge()

    def needed_bytes(self) -> int | None:
        """Size a file of this description has at least; None while it is incomplete."""
        if not self.form.is_valid():
            return None
        values = self.form.value().model_dump()
        if values["raw_shape_zyx"] is None or values["raw_dtype"] is None:
            return None
        itemsize = np.dtype(values["raw_dtype"]).itemsize
        return int(values["raw_offset"] + math.prod(values["raw_shape_zyx"]) * itemsize)

    def _judge(self) -> None:
        """Compare with the size of the file: the one check there is."""
        needed = self.needed_bytes()
        self.open_button.setEnabled(needed is not None and needed <= self._bytes)
        if needed is None:
            self.verdict.setText("Shape and type are needed.")
        elif needed == self._bytes:
            self.verdict.setText("That is exactly the size of the file.")
        elif needed < self._bytes:
            self.verdict.setText(
                f"{self._bytes - needed:,} bytes of the file would be left over: is that right?"
            )
        else:
            self.verdict.setText(f"The file is {needed - self._bytes:,} bytes too short for that.")

    def _answer(self) -> None:
        values = self.form.value().model_dump()
        self.accept()
        self.described.emit(values)
