"""The library of ONNX models: what they say of themselves, running them, and how far to trust them here."""
