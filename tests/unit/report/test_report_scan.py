"""The page of a measured scan: whole for any structure, nothing empty, from the directory alone."""

from __future__ import annotations

import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.flow.liquids import wetting_liquid
from percola.measure.survey import GROUPS, Options
from percola.pipeline.scan import ScanResult, ScanSettings, measure_file
from percola.report import build, numbers
from percola.report.scan import build_scan

EDGE = 20
FIELD = phantoms.gaussian_field(EDGE, wavelength_voxels=9, porosity=0.6, seed=4)
GREY = np.clip(
    120 + 60 * np.tanh(1.5 * FIELD.level) + np.random.default_rng(0).normal(0, 4, FIELD.level.shape), 0, 255
).astype(np.uint8)
BOX = np.zeros((12, 12, 12), bool)
BOX[4:8, 4:8, 4:8] = True


class Page(HTMLParser):
    """Tags, attributes and words of a page; tags must close in order."""

    VOID = frozenset({"meta", "img", "br", "link", "input", "hr", "col"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> out of order"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def measured(folder: Path, values: np.ndarray, name: str = "scan", **more: Any) -> ScanResult:
    np.save(folder / f"{name}.npy", values)
    given: dict[str, Any] = {"spacing_m": (2e-8,), "influence": False, **more}
    return measure_file(folder / f"{name}.npy", ScanSettings(**given), out=folder / "out")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grey volume with the measurements that have figures, most of them."""
    only = (
        "openness",
        "chords",
        "correlation",
        "shape",
        "pores",
        "porometer",
        "permeability",
        "conductivity",
    )
    return measured(tmp_path_factory.mktemp("scan"), GREY, only=only).path


@pytest.fixture
def directory(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / finished.name
    shutil.copytree(finished, copy)
    return copy


def sound(path: Path) -> Page:
    """A page that stands on its own: all links lead somewhere, all pictures are inside, no place is empty."""
    text = (path / "report.html").read_text("utf-8")
    page = Page(re.sub(r"<script.*?</script>", "", text, flags=re.S))
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert str(link["href"]).startswith("#")
        assert str(link["href"])[1:] in ids, link
    for picture in page.all("img"):
        assert str(picture["src"]).startswith("data:image/")
        assert picture["alt"]
    for emptiness in (
        r"<div class=\"(pair|triple)[^>]*>\s*</div>",
        r"<figure[^>]*>\s*</figure>",
        r"<tbody>\s*</tbody>",
    ):
        assert not re.search(emptiness, text), emptiness
    for word in (r"\bNone\b", r"\bnan\b", r"\bNaN\b", r"\binf\b", "Traceback", "{{", "}}"):
        assert not re.search(word, page.text), word
    return page


def test_a_volume_has_all_its_sections(finished: Path) -> None:
    page = sound(finished)
    for words in ("20 × 20 × 20 voxels of 20 nm", "Porometry", "Widths and access", "Form of the structure"):
        assert words in page.text
    for words in (
        "Porosity",
        "Darcy permeability",
        "Tortuosity",
        "Mean chord of the voids",
        "Methods and sources",
    ):
        assert words in page.text
    assert {
        "fig-slices",
        "fig-histogram",
        "fig-porometry",
        "fig-chords",
        "fig-correlation",
        "fig-curvature",
    } <= {a.get("id") for a in page.all("figure")}
    files = {p.stem for p in (finished / "figures").iterdir()}
    assert {"slices", "chords", "porometry", "sem-view", "box"} <= files
    # Every measurement stands in the table with its label.
    for m in json.loads((finished / "measurements.json").read_text("utf-8"))["measurements"]:
        assert numbers.label(m["name"]) in page.text


def test_the_page_is_built_from_the_directory_alone(directory: Path) -> None:
    before = sound(directory)
    (directory / "report.html").unlink()
    shutil.rmtree(directory / "figures")
    assert build(directory) == directory / "report.html"  # the one entrance for both kinds of directory
    after = sound(directory)
    # The manifest at the end tells times, which the first page could not know yet.
    assert before.text.partition("Time by group")[0] == after.text.partition("Time by group")[0]
    flat = build_scan(directory, three_d=False).stat().st_size
    assert flat < 2_000_000
    assert sound(directory).all("figure")


@pytest.mark.parametrize(
    "lost",
    [("measurements.json",), ("preview.json", "verdicts.json"), ("scan.json", "fields.zarr")],
    ids=" ".join,
)
def test_what_is_lost_leaves_a_page(directory: Path, lost: tuple[str, ...]) -> None:
    for name in lost:
        target = directory / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    build_scan(directory, three_d=False)
    page = sound(directory)
    assert ("Missing" in page.text) == ("measurements.json" in lost)


def test_no_directory_of_a_measurement(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        build_scan(tmp_path / "nothing")
    with pytest.raises(InputError):
        build_scan(tmp_path)


@pytest.mark.parametrize(
    ("void", "words"),
    [
        (np.ones((12, 12, 12), bool), "there is no polymer"),
        (np.zeros((12, 12, 12), bool), "there is no void"),
        (BOX, "no void reaches from side to side"),
    ],
    ids=["void", "solid", "closed"],
)
def test_degenerate_volumes(tmp_path: Path, void: np.ndarray, words: str) -> None:
    # The groups that solve nothing on so small a box; what they cannot give they say.
    only = ("openness", "sections", "chords", "correlation", "isotropy", "topology", "pores", "porometer")
    result = measured(tmp_path, void, void="bright", only=only)
    page = sound(result.path)
    assert words in page.text
    assert "fig-porometry" not in {a.get("id") for a in page.all("figure")}
    assert "fig-histogram" not in {a.get("id") for a in page.all("figure")}  # of two values: says nothing


def test_an_image_has_no_places_for_what_images_lack(tmp_path: Path) -> None:
    result = measured(tmp_path, GREY[:, :, 0], influence=True)
    page = sound(result.path)
    assert "Measurement of a picture" in page.text
    assert "20 × 20 pixels of 20 nm" in page.text
    assert "an image holds no third dimension" in page.text
    figures = {a.get("id") for a in page.all("figure")}
    assert {"fig-slices", "fig-histogram", "fig-influence"} <= figures
    assert not figures & {"fig-box", "fig-sem-view", "fig-porometry"}
    for words in ("voxel faces", "flow along", "Verdict", "Porometry", "–"):
        assert words not in page.text.partition("Validity")[0].replace("1–", ""), words


def test_voxels_that_are_no_cubes_are_drawn_in_form(tmp_path: Path) -> None:
    result = measured(
        tmp_path,
        GREY,
        spacing_m=(2e-8, 2e-8, 4e-8),
        crop="2:18,:,:",
        only=("openness", "sections", "chords", "shape"),
    )
    page = sound(result.path)
    assert "16 × 20 × 20 voxels of 20 × 20 × 40 nm: 0.32 × 0.4 × 0.8 µm" in page.text
    assert "The middle of the volume, 0.32 × 0.4 × 0.8" in page.text
    assert "resample the volume first (--cubic)" in page.text
    assert "Cropped to voxels x 2 to 18" in page.text


def test_the_liquid_of_the_bubble_point_is_named(tmp_path: Path) -> None:
    water = Options(liquid=wetting_liquid("water", 298.15, math.radians(20)))
    result = measured(tmp_path, FIELD.void, void="1", only=("porometer",), options=water)
    text = sound(result.path).text
    assert "Bubble point (water)" in text
    assert "Bubble point (ethanol)" not in text


# -- words and units -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({n for g in GROUPS for n in g.names}))
def test_every_measurement_has_a_label(name: str) -> None:
    assert name in numbers.LABELS
    assert "_" not in numbers.label(name)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("name", "value", "unit", "sigma", "text"),
    [
        ("elastic_modulus", 1.5e9, "Pa", 1e8, "1500 ± 100 MPa"),
        ("residual_saturation", 0.153, "1", 0.03, "15 ± 3 %"),
        ("pore_density", 2.3e19, "1/m^3", 0.7e19, "23 ± 7 µm⁻³"),
        ("branch_point_density", 6.2e19, "1/m3", None, "62 µm⁻³"),
        ("mean_void_chord", 2.86e-7, "m", 1.9e-8, "0.286 ± 0.019 µm"),
        ("ionic_conductivity", 0.187, "S/m", 0.016, "1.87 ± 0.16 mS/cm"),
        ("permeability_tensor", 4.2e-16, "m^2", 0.5e-16, "(4.2 ± 0.5)×10⁻⁴ µm²"),
        ("permeability", 0.0, "m^2", None, "0 µm²"),
        # What rounding leaves of nought is nought.
        ("degree_of_anisotropy", 4.4e-16, "1", None, "0"),
        ("degree_of_anisotropy", 0.0, "1", 1.7e-16, "0"),
        ("euler_number", -30.0, "1", None, "−30"),
        ("lrv", 4.2, "1", 0.3, "4.2 ± 0.3"),
    ],
)
def test_units_of_the_measurements_of_a_scan(
    name: str, value: float, unit: str, sigma: float | None, text: str
) -> None:
    assert plain(numbers.shown(name, value, unit, sigma)) == text


def test_numbers_apart_from_their_unit() -> None:
    assert numbers.split("permeability", 4.2e-16, "m^2", 0.5e-16) == ("4.2", "± 0.5", "×10⁻⁴ µm²")
    assert numbers.split("porosity", 0.59, "1", 0.02) == ("59", "± 2", "%")
    assert numbers.split("euler_number", 0.0, "1") == ("0", "", "")


def test_where_a_representative_volume_is_of() -> None:
    assert numbers.place("porosity", {"of": "porosity", "of_region": "core"}) == "porosity"
    assert (
        numbers.place("x", {"of": "degree_of_anisotropy", "of_region": "void"})
        == "degree of anisotropy, void"
    )
    assert numbers.place("outer_surface", {}) == "outer surface"
