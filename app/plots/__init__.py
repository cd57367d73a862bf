"""Everything drawn in two dimensions; the only place that knows pyqtgraph."""
