"""How far two segmentations agree when neither is the truth, such as those of two detectors."""

from __future__ import annotations

from dataclasses import dataclass

from core.measure.confusion import Confusion


@dataclass(frozen=True)
class Agreement:
    """Voxels of two segmentations of the same place; swapping the two changes no percentage or score.

    Attributes
    ----------
    both_solid, only_first, only_second, both_pore : int
        Voxels.
    """

    both_solid: int
    only_first: int
    only_second: int
    both_pore: int

    @property
    def disagreement_percent(self) -> float:
        """Percentage of voxels that are not segmented identically.

        References
        ----------
        Article I of the thesis, eq. 3: ``MP = (TP - IP) / TP * 100`` with TP all and IP the identical pixels
        of the images of an in-lens and an in-column detector.
        """
        return self._confusion.mp

    @property
    def dice_solid(self) -> float:
        """Dice score of the solid; 1 if it is empty in both."""
        return self._confusion.dice_solid

    @property
    def dice_pore(self) -> float:
        """Dice score of the pores; 1 if they are empty in both."""
        return self._confusion.dice_pore

    @property
    def iou(self) -> float:
        """Intersection over union of the solid; 1 if it is empty in both."""
        return self._confusion.iou

    @property
    def _confusion(self) -> Confusion:
        return Confusion(self.both_solid, self.only_first, self.only_second, self.both_pore)


def agreement_of(counts: Confusion) -> Agreement:
    """Read counts in which the second segmentation stood for the truth."""
    return Agreement(counts.tp, counts.fp, counts.fn, counts.tn)
