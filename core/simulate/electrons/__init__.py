"""Monte Carlo transport of beam electrons through voxels: materials, physics, tables, kernels, images."""
