"""The report: whole, self-contained, from a run directory alone, and honest about what is missing."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import field, make

from percola.errors import InputError
from percola.measurement import Measurement
from percola.report import build
from percola.report.mesh import plotly_figure, polymer_mesh


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / finished.name
    shutil.copytree(finished, copy)
    return copy


class Page(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that do not close in order."""

    VOID = frozenset({"meta", "img", "br", "link", "input", "hr"})

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


def page_of(run: Path, three_d: bool = False) -> Page:
    out = build(run, three_d=three_d)
    assert out == run / "report.html"
    return Page(out.read_text("utf-8"))


def test_a_finished_run_is_told_whole(run: Path) -> None:
    page = page_of(run)
    text = page.text
    for words in (
        "Example 7 of EP 1 063 256",
        "Percolation structure",
        "6 of 6 conditions hold",
        "0.225 ± 0.011 µm",  # maximum pore size in the unit and with the digits of the field
        "314 ± 18 L/m²·h·atm",
        "3.98 ± 0.10 kgf/cm² (0.39 MPa)",
        "145 °C",
        "46.6 wt% of polymer",  # the finding
        "Claim 1",
        "Hydrodynamic coarsening is left out.",
        "not computed yet",
        "Flory",
    ):
        assert words in text.replace("\u00a0", " ").replace("\u202f", " "), words
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) >= 11
    assert all((a["alt"] or "") and (a["src"] or "").startswith("data:image/") for a in images)
    assert "missing" not in {a.get("class") for _, a in page.tags}
    assert {p.suffix for p in (run / "figures").iterdir()} == {".svg", ".png"}


def test_nothing_is_fetched_from_a_network(run: Path) -> None:
    page = page_of(run, three_d=True)
    for tag, attributes in page.tags:
        for name in ("src", "href", "data", "srcset"):
            value = attributes.get(name)
            assert not value or value.startswith(("data:", "#")), (tag, name, value)
    css = (run / "report.html").read_text("utf-8").split("<style>")[1].split("</style>")[0]
    assert "@import" not in css
    assert "url(" not in css


def test_the_turning_view_is_there_once_and_the_file_stays_small(run: Path) -> None:
    text = build(run).read_text("utf-8")
    scene = json.loads(text.split('id="scene-data">')[1].split("</script>")[0])
    assert [t["type"] for t in scene["data"]] == ["mesh3d", "mesh3d"]
    assert text.count("plotly.js v") == 1
    assert len(text) < 8e6  # what a mail server lets through


def test_every_anchor_leads_somewhere(run: Path) -> None:
    page = page_of(run)
    ids = [str(a["id"]) for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        href = attributes.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids, href


@pytest.mark.parametrize(
    "gone",
    [
        ("recipe.toml", "findings.json", "solution.json"),
        ("phase_diagram.json", "thermal.json", "gel.json"),
        ("measurements.json",),
        ("verdicts.json",),
        ("fields.zarr",),
    ],
    ids=lambda names: names[0],
)
def test_missing_pieces_are_shown_as_missing(run: Path, gone: tuple[str, ...]) -> None:
    for name in gone:
        target = run / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    page = page_of(run)
    for name in gone:
        assert name in page.text  # in the list of missing pieces


def test_a_failed_stage_gives_its_reason(run: Path) -> None:
    for name in ("gel.json", "measurements.json", "verdicts.json"):
        (run / name).unlink()
    shutil.rmtree(run / "fields.zarr")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["status"] = "failed"
    manifest["failures"] = {"gel-core-0": "a field became NaN; run again with dtype float64"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    text = page_of(run).text
    assert "The run failed" in text
    assert text.count("a field became NaN") >= 2
    # What could not be reached says so, what was finished before is there.
    assert "not reached, stage 'gel-core-0' failed" in text
    assert "the stage 'gel-core-0' failed" in text
    assert "Temperature histories" in text


def test_damaged_files_do_not_stop_the_report(run: Path) -> None:
    (run / "thermal.json").write_text('{"time_s": [0, 1')
    (run / "manifest.json").write_text("")
    for chunk in (run / "fields.zarr" / "core" / "0" / "level").rglob("c/*/*/*"):
        chunk.write_bytes(chunk.read_bytes()[:40])
    text = page_of(run).text
    assert "thermal.json cannot be read" in text
    assert "the fields of core cannot be read" in text


def test_measurements_of_another_shape_are_told_as_damaged(run: Path) -> None:
    (run / "measurements.json").write_text('{"measurements": 5}')
    (run / "verdicts.json").write_text('{"verdicts": "all"}')
    assert "a list of measurements was expected, int found" in page_of(run).text


def test_markup_in_a_recipe_stays_text(run: Path) -> None:
    recipe = (run / "recipe.toml").read_text()
    (run / "recipe.toml").write_text(recipe.replace("Example 7", "<script>alert(1)</script>"))
    page = page_of(run)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script>alert(1)</script>" in page.text


def test_not_a_run_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        build(tmp_path)
    with pytest.raises(InputError, match="not a directory"):
        build(tmp_path / "none")


def test_the_same_run_gives_the_same_figures(run: Path) -> None:
    build(run, three_d=False)
    first = {p.name: p.read_bytes() for p in (run / "figures").iterdir()}
    build(run, three_d=False)
    assert first == {p.name: p.read_bytes() for p in (run / "figures").iterdir()}


@pytest.mark.parametrize(
    ("ratio", "status", "words"),
    [(2.9, "fail", "Coarse structure"), (2.0, "undecided", "Structure undecided")],
)
def test_head_of_the_page_follows_the_verdict(tmp_path: Path, ratio: float, status: str, words: str) -> None:
    page = page_of(make(tmp_path, n=16, ratio=ratio, specimen=None))
    assert words in page.text
    assert [
        a
        for _, a in page.tags
        if status in (a.get("class") or "") and "verdict-head" in (a.get("class") or "")
    ]
    assert "patent 0.14" not in page.text  # no specimen, nothing reported


def test_evidence_of_the_measure_room_fits_the_figures(run: Path) -> None:
    """The curves that the porometer and the wall's extrapolation really give are those that the figures
    take."""
    from percola.measure import measure_structure
    from percola.measure.flow.permeability import WallGeometry
    from percola.measure.phantoms import gaussian_field
    from percola.report import evidence
    from percola.report.data import read

    p = gaussian_field(32, 10.0, 0.6, seed=2)
    wanted = ("maximum_pore_size", "average_pore_size", "pore_size_ratio")
    found = measure_structure(p.void, p.spacing_m, p.periodic, p.level, WallGeometry(1e-4), wanted)
    (run / "measurements.json").write_text(json.dumps({"measurements": [m.to_dict() for m in found]}))
    data = read(run)
    curves = evidence.flow_curves(data)
    assert curves is not None
    assert all(w <= d * (1 + 1e-9) for w, d in zip(curves["wet"], curves["dry"], strict=True))
    assert evidence.distribution(data) is not None
    effect = evidence.size_effect(data)
    wall = next((m for m in found if m.name == "maximum_pore_size" and m.region == "wall"), None)
    assert isinstance(wall, Measurement)
    assert (effect is not None) == wall.defined
    page_of(run)


def test_mesh_is_closed_and_holds_the_polymer() -> None:
    """Volume by the divergence theorem: equal to the polymer fraction, so no triangle is missing or
    turned."""
    level = field(24, 12.0, 4)
    mesh = polymer_mesh(level, triangles=10**7)
    assert mesh is not None
    triangles = np.concatenate([mesh.surface, mesh.caps])
    edges = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1
    )
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts % 2 == 0).all()
    a, b, c = (mesh.vertices[triangles[:, i]].astype(float) for i in range(3))
    volume = abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6))
    # Linear interpolation against counting voxels: a voxel-thin shell's worth of curvature, below 1 %.
    assert volume == pytest.approx(float((level > 0).mean()), abs=0.01)
    coarse = polymer_mesh(level, triangles=2000)
    assert coarse is not None
    assert len(coarse.surface) + len(coarse.caps) < 4000
    assert polymer_mesh(np.ones((8, 8, 8))) is None


def test_scene_keeps_the_shape_of_the_box() -> None:
    mesh = polymer_mesh(np.concatenate([field(16, 8.0, 1)] * 2, axis=2))
    assert mesh is not None
    scene = plotly_figure(mesh, (1e-6, 1e-6, 2e-6))["layout"]["scene"]
    spans = [scene[f"{a}axis"]["range"][1] for a in "xyz"]
    assert spans[2] == pytest.approx(2 * spans[0])
    assert scene["zaxis"]["ticktext"][-1] in ("2", "1.5")


def test_keys_of_sources_become_author_and_year() -> None:
    from percola.report.rows import cited_text

    assert cited_text("nishiwang1975;flory1953;nishiwang1975") == "Nishi and Wang 1975; Flory 1953"
    text = cited_text("fitted at 82 °C (ep1063256;no-such-key)")
    assert text == "fitted at 82 °C (Matsuda et al. 2000; no-such-key)"
    assert cited_text("mean solvent molecule at 150 °C") == "mean solvent molecule at 150 °C"
