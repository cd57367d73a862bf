"""The parts around the views, one file each."""
