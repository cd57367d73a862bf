"""Slices labelled by hand: classes, the folder they are kept in, strokes and fills; arrays in, arrays out."""

from core.labels.classes import CLASSES, LabelClass, LabelledStack
from core.labels.store import LabelStore, stores_in

__all__ = ["CLASSES", "LabelClass", "LabelStore", "LabelledStack", "stores_in"]
