"""What electron microscopes write about a picture: pixel size, size of the scan, information bar.

FEI and Thermo (TIFF tags 34680 and 34682, sections of ``name=value``), Phenom (tag 34683, XML), Zeiss SmartSEM (tag
34118, pairs of lines), and the text files that JEOL, Hitachi and Tescan put beside the picture.
"""

from __future__ import annotations

import contextlib
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from percola.scan.formats._common import lines_of, numbers, unit_m


@dataclass
class Micrograph:
    """Facts from a microscope about one picture of ``rows`` x ``columns`` pixels.

    Attributes:
        pixel_m: width and height of a pixel [m]; () where not said or not to be trusted.
        source: where it comes from, in words.
        bar_rows: rows of the information bar below the scanned picture, as far as the file says.
        notes: for the person.
        metadata: instrument and settings, JSON-like.
    """

    source: str
    pixel_m: tuple[float, ...] = ()
    bar_rows: int = 0
    notes: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    def fit(self, scan: tuple[int, int] | None, bar: int, rows: int, columns: int) -> Micrograph:
        """Compare the size of the scan (columns, rows) with the picture: the bar, or a picture changed since."""
        if scan is None:
            if 0 < bar < rows // 2:
                self.bar_rows = bar
        elif scan[0] != columns or scan[1] > rows:
            self.notes.append(
                f"{self.source} speaks of {scan[0]} x {scan[1]} pixels, the picture has {columns} x {rows}: it was "
                "scaled or cropped since, so its pixel size is not used; give it with spacing_m="
            )
            self.pixel_m = ()
        elif scan[1] < rows:
            self.bar_rows = rows - scan[1]
        if self.bar_rows >= rows:
            self.bar_rows = 0
        return self


def of_tags(tags: Mapping[int, Any], rows: int, columns: int) -> Micrograph | None:
    """Facts in the private TIFF tags of a microscope (values as tifffile gives them, or text), or None."""
    for code in (34682, 34680):
        if code in tags:
            sections = tags[code]
            if not isinstance(sections, Mapping):
                sections = _sections(_text(sections).splitlines())
            return _fei(sections, code, rows, columns)
    if 34683 in tags:
        found = _phenom(_text(tags[34683]), rows, columns)
        if found is not None:
            return found
    if 34118 in tags:
        return _zeiss(tags[34118], rows, columns)
    return None


def _text(value: Any) -> str:
    return value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value)


def _sections(lines: Sequence[str]) -> dict[str, dict[str, Any]]:
    """``[section]`` and ``name=value`` lines."""
    out: dict[str, dict[str, Any]] = {"": {}}
    section = out[""]
    for line in lines:
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = out.setdefault(line[1:-1], {})
        elif "=" in line:
            name, _, value = line.partition("=")
            section[name.strip()] = value.strip()
    return out


def _number(value: Any) -> float | None:
    found = numbers(value)
    return found[0] if len(found) == 1 else None


def _whole(value: Any) -> int | None:
    found = _number(value)
    return int(found) if found is not None and found == int(found) and found >= 0 else None


def _fei(sections: Mapping[str, Any], code: int, rows: int, columns: int) -> Micrograph:
    def get(section: str, name: str) -> Any:
        part = sections.get(section)
        return part.get(name) if isinstance(part, Mapping) else None

    # [Scan] holds the pixel of the beam in use; [EScan] and [IScan] the electron and the ion beam.
    beam = str(get("Scan", "InternalScan") or get("Beam", "Scan") or "EScan")
    pixel: tuple[float, ...] = ()
    for section in ("Scan", beam, "EScan"):
        found = (_number(get(section, "PixelWidth")), _number(get(section, "PixelHeight")))
        if found[0] is not None and found[0] > 0:
            pixel = (found[0], found[1] if found[1] is not None and found[1] > 0 else found[0])
            break
    out = Micrograph(f"FEI/Thermo metadata (tag {code}, PixelWidth)", pixel)
    size = (_whole(get("Image", "ResolutionX")), _whole(get("Image", "ResolutionY")))
    scan = (size[0], size[1]) if size[0] and size[1] else None
    bar = _whole(get("PrivateFei", "DatabarHeight")) or 0
    out.metadata = {
        "instrument": get("System", "SystemType") or get("System", "Type"),
        "beam": get("Beam", "Beam"),
        "high_voltage_V": _number(get("Beam", "HV")),
        "detector": get("Detectors", "Name"),
        "scan_pixels": list(scan) if scan else None,
        "databar_rows": bar or None,
        "horizontal_field_m": _number(get("EScan", "HorFieldsize") or get("Scan", "HorFieldsize")),
    }
    tilt = _number(get("Stage", "StageT"))
    if tilt is not None and abs(tilt) > 0.02:
        out.metadata["stage_tilt_deg"] = tilt * 57.29577951308232
        out.notes.append(
            f"The stage was tilted by {tilt * 57.2957795:.1f} degrees: unless the microscope corrected for it, "
            "lengths across the tilt axis are shortened."
        )
    return out.fit(scan, bar, rows, columns)


def _phenom(text: str, rows: int, columns: int) -> Micrograph | None:
    with contextlib.suppress(ElementTree.ParseError):
        root = ElementTree.fromstring(text[text.index("<") :].rstrip("\0\r\n ") if "<" in text else text)
        pixel = []
        for name in ("pixelWidth", "pixelHeight"):
            node = root.find(name)
            number = None if node is None else _number(node.text or "")
            factor = None if node is None else unit_m(node.get("unit", ""))
            if number and factor:
                pixel.append(number * factor)
        out = Micrograph("Phenom metadata (tag 34683, pixelWidth)", tuple(pixel) if len(pixel) == 2 else ())
        bar = _whole(root.findtext("databarHeight") or "") or 0
        out.metadata = {"instrument": "Phenom", "databar_rows": bar or None}
        return out.fit(None, bar, rows, columns)
    return None


_ZEISS_PIXEL = re.compile(r"=\s*([0-9.,eE+-]+)\s*(\S+)")


def _zeiss(value: Any, rows: int, columns: int) -> Micrograph:
    if isinstance(value, Mapping):
        entries = {str(k).lower(): v for k, v in value.items()}
    else:  # pairs of lines: the name in capitals, then "label = value unit"
        entries = {}
        name = ""
        for line in _text(value).splitlines():
            if line.isupper() and "=" not in line:
                name = line.strip().lower()
            elif name:
                label, _, rest = line.partition("=")
                entries[name] = (label.strip(), *rest.split())
                name = ""

    def get(name: str) -> tuple[Any, ...]:
        found = entries.get(name, ())
        return tuple(found) if isinstance(found, (tuple, list)) else ()

    out = Micrograph("Zeiss metadata (tag 34118)")
    # The image pixel size belongs to the stored picture; the older name is used where there is no other.
    for name in ("ap_image_pixel_size", "ap_pixel_size"):
        entry = get(name)
        number = _number(entry[1]) if len(entry) >= 3 else None
        factor = unit_m(entry[2]) if len(entry) >= 3 else None
        if number and factor and number > 0:
            out.pixel_m = (number * factor, number * factor)
            out.source = f"Zeiss metadata (tag 34118, {name})"
            break
    store = " ".join(str(v) for v in get("dp_image_store")[1:])
    size = [int(v) for v in re.findall(r"\d+", store)]
    scan = (size[0], size[1]) if len(size) >= 2 else None

    def words(name: str) -> str | None:
        entry = get(name)
        return " ".join(str(v) for v in entry[1:]) if len(entry) > 1 else None

    out.metadata = {
        "instrument": words("sv_serial_number") or "Zeiss",
        "high_voltage": words("ap_actualkv") or words("ap_manualkv"),
        "detector": words("dp_detector_channel") or words("dp_detector_type"),
        "magnification": words("ap_mag"),
        "working_distance": words("ap_wd"),
        "scan_pixels": list(scan) if scan else None,
    }
    out.fit(scan, 0, rows, columns)
    if not out.bar_rows:
        out.notes.append(
            "Zeiss microscopes draw their information bar into the picture and do not say where: look, and crop it."
        )
    return out


# -- text files beside the picture -------------------------------------------------------------------------


def beside(path: Path) -> Path | None:
    """The text file of a JEOL, Hitachi or Tescan microscope beside the picture ``path``, if there is one."""
    names = [path.with_suffix(s) for s in (".txt", ".Txt", ".TXT", ".hdr")]
    names.append(path.with_name(f"{path.stem}-{path.suffix[1:].lower()}.hdr"))
    for name in names:
        if name != path and name.is_file() and kind_of(name):
            return name
    return None


def kind_of(path: Path) -> str:
    """ "JEOL", "Hitachi" or "Tescan" for a text file of theirs, "" for anything else."""
    lines = lines_of(path, 1 << 16)
    text = "\n".join(lines)
    if "$CM_" in text or "$SM_MICRON" in text:
        return "JEOL"
    if "[SemImageFile]" in text:
        return "Hitachi"
    if "[MAIN]" in text and "PixelSizeX" in text:
        return "Tescan"
    return ""


_MARKER = re.compile(r"([0-9.]+)\s*(\S+)")


def of_text(path: Path, rows: int, columns: int) -> Micrograph | None:
    """Facts in the text file of a microscope."""
    kind = kind_of(path)
    lines = lines_of(path)
    if kind == "JEOL":
        entries: dict[str, str] = {}
        for line in lines:
            name, _, value = line.strip().partition(" ")
            if name.startswith("$"):
                entries[name.lstrip("$")] = value.strip()
        out = Micrograph(f"JEOL text file {path.name} (micron bar)")
        bar_px = _number(entries.get("SM_MICRON_BAR", ""))
        marker = _MARKER.fullmatch(entries.get("SM_MICRON_MARKER", ""))
        if bar_px and bar_px > 0 and marker:
            number, factor = _number(marker[1]), unit_m(marker[2])
            if number and factor:
                pixel = number * factor / bar_px
                out.pixel_m = (pixel, pixel)
                out.notes.append(
                    f"The pixel size follows from the micron bar, {bar_px:g} pixels long, so it is uncertain by about "
                    f"{100 / bar_px:.1f} %."
                )
        out.metadata = {
            "instrument": entries.get("CM_INSTRUMENT", "JEOL"),
            "high_voltage_kV": _number(entries.get("CM_ACCEL_VOLT", "")),
            "magnification": _number(entries.get("CM_MAG", "")),
        }
        size = numbers(entries.get("CM_FULL_SIZE", ""))
        scan = (int(size[0]), int(size[1])) if len(size) == 2 else None
        return out.fit(scan, 0, rows, columns)
    if kind == "Hitachi":
        entries = {k: str(v) for s in _sections(lines).values() for k, v in s.items()}
        number = _number(entries.get("PixelSize", ""))
        out = Micrograph(f"Hitachi text file {path.name} (PixelSize in nm)")
        if number and number > 0:
            out.pixel_m = (number * 1e-9, number * 1e-9)
        out.metadata = {
            "instrument": entries.get("InstructName", "Hitachi"),
            "magnification": entries.get("Magnification"),
            "high_voltage": entries.get("AcceleratingVoltage"),
        }
        size = tuple(float(v) for v in re.findall(r"\d+", entries.get("DataSize", "")))
        scan = (int(size[0]), int(size[1])) if len(size) == 2 else None
        return out.fit(scan, 0, rows, columns)
    if kind == "Tescan":
        sections = _sections(lines)
        entries = {k: str(v) for s in sections.values() for k, v in s.items()}
        edges = (_number(entries.get("PixelSizeX", "")), _number(entries.get("PixelSizeY", "")))
        out = Micrograph(f"Tescan header {path.name} (PixelSizeX in m)")
        if edges[0] and edges[1] and edges[0] > 0 and edges[1] > 0:
            out.pixel_m = (edges[0], edges[1])
        out.metadata = {
            "instrument": entries.get("Device", "Tescan"),
            "magnification": entries.get("Magnification"),
        }
        bar = _whole(entries.get("ImageStripSize", "")) or 0
        return out.fit(None, bar, rows, columns)
    return None
