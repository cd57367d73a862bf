"""Everything drawn with OpenGL; the only place that knows vispy."""
