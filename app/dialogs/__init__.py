"""Windows in front of the window; all are opened without waiting (`open`), answers come as signals."""
