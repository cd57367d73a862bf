"""Sections of dense ceramics as a microscope sees them obliquely: images with their truth, to train with."""
