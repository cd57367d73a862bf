"""Training of the network that fills gaps between slices; its data are structures, which cost little."""
