"""Editor of the structure; those made from a stack can take the segmentation that is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import Signal

from app.forms_nested import KindEditor
from app.widgets import button
from core.params import Params
from core.volume import VoxelSize

FROM_STACK = ("self-similar", "file")


class StructureEditor(KindEditor):
    """`wants_open` asks for the segmentation that is open."""

    wants_open = Signal()

    def __init__(
        self,
        field: str,
        types: Sequence[type[Params]],
        title: str,
        description: str,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(field, types, title, description, names)
        self.open_button = button("Use the open segmentation", self.wants_open.emit)
        self.open_button.setToolTip(
            "Take the last segmented result of the recipe, or the open stack if that is one"
        )
        self.open_button.hide()
        self._whole.addWidget(self.open_button)

    def put_file(self, place: Path, voxel_nm: VoxelSize) -> None:
        """Name the stack, with its voxel size where that is known; of a structure that has one."""
        if str(self.choice.read()) not in FROM_STACK or self.form is None:
            self.choice.write("file")
            self._choose()
        form = self.form
        if form is not None:
            form.put("voxel_nm_zyx", None if None in voxel_nm else voxel_nm)
            form.put("path", str(place))

    def _show(self, kind: str) -> None:
        super()._show(kind)
        self.open_button.setVisible(kind in FROM_STACK)
