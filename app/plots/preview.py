"""What a live preview last brought, and which answers come too late."""

from __future__ import annotations

from dataclasses import dataclass

from app.plots.planes import Plane
from app.quantities import Quantity
from core.volume import Content


@dataclass
class Preview:
    """The result of a step on one slice.

    Attributes
    ----------
    generation : int
        Number of the newest request that was answered.
    plane : Plane or None
        The picture; its `index` is the slice it belongs to.
    before : Plane or None
        The slice as it enters the step, where that is not the slice of the shown stack.
    meaning : Quantity or None
        What it holds, where that is neither grey values nor phases.
    """

    generation: int = -1
    plane: Plane | None = None
    before: Plane | None = None
    content: Content = "grey"
    offset_yx: tuple[int, int] = (0, 0)
    note: str = ""
    meaning: Quantity | None = None

    def accepts(self, generation: int) -> bool:
        """Whether an answer is as new as the newest seen; it then becomes the newest."""
        if generation < self.generation:
            return False
        self.generation = generation
        return True

    def take(
        self,
        plane: Plane,
        before: Plane | None,
        content: Content,
        offset_yx: tuple[int, int],
        note: str,
    ) -> None:
        """Keep a picture."""
        self.plane, self.before, self.content = plane, before, content
        self.offset_yx, self.note = offset_yx, note

    def clear(self) -> None:
        """Forget the picture, not the generation."""
        self.plane, self.before, self.note = None, None, ""

    def for_slice(self, index: int) -> Plane | None:
        """The picture, if it belongs to this slice."""
        return self.plane if self.plane is not None and self.plane.index == index else None

    def before_for_slice(self, index: int) -> Plane | None:
        """What stands before the step on this slice, if that is known to differ from the stack."""
        return self.before if self.for_slice(index) is not None else None
