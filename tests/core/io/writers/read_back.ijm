// Opens each file or folder named in the list and prints what ImageJ makes of it, one line each.
setBatchMode(true);
lines = split(File.openAsString(getArgument()), "\n");
for (i = 0; i < lines.length; i++) {
  fields = split(lines[i], "\t");
  if (fields[0] == "file") open(fields[1]);
  else run("Image Sequence...", "open=[" + fields[1] + "] sort");
  getDimensions(width, height, channels, slices, frames);
  getVoxelSize(pixelWidth, pixelHeight, pixelDepth, unit);
  getMinAndMax(low, high);
  setSlice(nSlices);
  value = getPixel(width - 1, height - 2);
  print(fields[2] + "\t" + width + "\t" + height + "\t" + slices + "\t" + (channels * frames) + "\t" + bitDepth() + "\t" + d2s(pixelWidth, -9) + "\t" + d2s(pixelHeight, -9) + "\t" + d2s(pixelDepth, -9) + "\t" + unit + "\t" + d2s(low, 4) + "\t" + d2s(high, 4) + "\t" + d2s(calibrate(value), 4));
  close();
}
