"""Training of the network that makes grey planes between slices; its images are drawn, not simulated."""
