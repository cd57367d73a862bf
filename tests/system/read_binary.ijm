// Opens a file and prints its size, its scale, and how many voxels are 0, 255 and anything else.
setBatchMode(true);
open(getArgument());
getDimensions(width, height, channels, slices, frames);
getVoxelSize(pixelWidth, pixelHeight, pixelDepth, unit);
low = 0; high = 0; other = 0;
for (slice = 1; slice <= nSlices; slice++) {
  setSlice(slice);
  getHistogram(values, counts, 256);
  low += counts[0];
  high += counts[255];
  for (value = 1; value < 255; value++) other += counts[value];
}
print("read\t" + width + "\t" + height + "\t" + slices + "\t" + bitDepth() + "\t" + d2s(pixelWidth, -9) + "\t" + d2s(pixelHeight, -9) + "\t" + d2s(pixelDepth, -9) + "\t" + unit + "\t" + low + "\t" + high + "\t" + other);
