"""BigTIFF with OME metadata: any size and type, read by Bio-Formats (Fiji, Icy, QuPath), tifffile, napari.

Plain ImageJ does not read BigTIFF; Fiji hands it to Bio-Formats, which takes the voxel size from the OME-XML.

References
----------
OME data model 2016-06, https://docs.openmicroscopy.org/ome-model/
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from core.io.writers.calibration import calibration_of, pixels_per
from core.io.writers.delivery import WriteReport
from core.io.writers.request import Request
from core.io.writers.sidecars import add_positions
from core.io.writers.tiff import UNIT_CENTIMETRE, Resolution, TiffLayout, write_tiff
from core.volume import VolumeInfo

OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
OME_TYPES = {"float32": "float", "float64": "double"}


def write_bigtiff(request: Request) -> WriteReport:
    """Write one BigTIFF; 64-bit floating point stays as it is."""
    info = request.volume.info
    calibration = calibration_of(info)
    resolution = None
    if calibration.voxel_nm is not None:
        _, y, x = calibration.voxel_nm
        resolution = Resolution(pixels_per(1e7, x), pixels_per(1e7, y), UNIT_CENTIMETRE)
    text = ome_xml(info, request.stem, calibration.voxel_nm).encode("utf-8")
    layout = TiffLayout(info.shape, info.dtype, text, resolution, big=True)
    with request.delivery(layout.total_bytes) as out:
        path = out.file(request.target.name)
        add_positions(out, request.stem, calibration)
        write_tiff(path, layout, request.planes())
    return out.report(calibration.notes)


def ome_xml(info: VolumeInfo, name: str, voxel_nm: tuple[float, float, float] | None) -> str:
    """Description of one image; where slices are uneven, each plane states its own position.

    Parameters
    ----------
    info : VolumeInfo
        Shape, type, channel and positions.
    name : str
        Name of the image.
    voxel_nm : tuple of float, optional
        (z, y, x); left out where it is not known.
    """
    z, y, x = info.shape
    sizes = ""
    if voxel_nm is not None:
        sizes = "".join(
            f' PhysicalSize{axis}="{size!r}" PhysicalSize{axis}Unit="nm"'
            for axis, size in zip("ZYX", voxel_nm, strict=True)
        )
    channel = f" Name={quoteattr(info.channel)}" if info.channel else ""
    positions = info.positions_nm() if info.z_nm is not None or info.slice_numbers is not None else None
    kind = OME_TYPES.get(info.dtype.name, info.dtype.name)
    planes = "".join(
        f'<Plane TheZ="{index}" TheC="0" TheT="0" PositionZ="{value!r}" PositionZUnit="nm"/>'
        for index, value in enumerate(map(float, positions or ()))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<OME xmlns="{OME}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{OME} {OME}/ome.xsd" Creator="Trueslice">'
        f'<Image ID="Image:0" Name={quoteattr(name)}>'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{kind}"'
        f' SizeX="{x}" SizeY="{y}" SizeZ="{z}" SizeC="1" SizeT="1" BigEndian="false"{sizes}>'
        f'<Channel ID="Channel:0:0"{channel} SamplesPerPixel="1"/>'
        f'<TiffData IFD="0" PlaneCount="{z}"/>{planes}'
        "</Pixels></Image></OME>"
    )
