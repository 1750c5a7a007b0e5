"""Recipe to run directory: the stages in their order, each recorded when it is whole, resumed where it stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from percola.errors import PercolaError, ResourceError, SolveError
from percola.grid import Grid
from percola.measurement import Check, CheckStatus, Measurement
from percola.membrane import Draw, Membrane, Structure, dried, membrane, stretched, stretched_gel
from percola.pipeline import physics as bridge
from percola.pipeline.plan import (
    DEFAULT_SIZE,
    PORES_ACROSS,
    Estimate,
    Settings,
    cell_size_m,
    core_grid,
    estimate,
    require_memory,
    surface_grid,
)
from percola.store import RunDirectory, run_id

FloatArray = npt.NDArray[np.float64]
_CHECKPOINT_EVERY_S = 8.0
MIN_PORES_ACROSS = 6.0
FLOW_WARNS = 0.1
"""Share of its own length by which flow would move the structure from which on a run warns: with a viscosity known within a
factor of ten, it may be all of it."""
FLOW_FAILS = 1.0
"""Share from which on flow rivals diffusion: what it does to the widest pores is not in the box, so no pore size ratio of
the wall is decided."""
MIN_CRYSTALS = 8.0
"""Crystals that the boxes of the core must hold together: two along each edge, the fewest between which a structure can be
seen to vary."""
LEAST_SET = 0.3
"""Crystallized share of the polymer below which a solution that is one liquid is no gel but a suspension: crystals at random
places join at 0.29 of the volume (Lorenz and Ziff, J. Chem. Phys. 114, 3659 (2001))."""
FEWEST_ACROSS = 4.0
"""Structure lengths across the box below which no reading of it is decided: from box to box they then differ by several of the
standard deviations that its octants give."""
FEWEST_CRYSTALS_ACROSS = 3.0
"""The same in distances of nuclei, where crystals alone make the structure."""
DEMIXED_CONTRAST = 0.02
"""Standard deviation of the polymer fraction from which on a gel counts as demixed."""
MAX_STEPS = 4000
"""Step trials for one box; a gel that has not set by then is taken as it stands, and the run says so."""
HOLD_S = 7200.0
"""Time between cooling and extraction [s]; the patent does not say. It matters only where the gel has not set by then."""
_CITATIONS = (
    "ep1063256",
    "flory1953",
    "desouza2024",
    "hansen2007",
    "cahnhilliard1958",
    "degennes1980",
    "ascher1995",
    "wangruuth2008",
    "cook1970",
    "yasuda1968",
    "avrami1939",
    "nakamura1972",
    "hoffman1976",
    "siggia1979",
    "rubinsteincolby2003",
    "muthukumar2016",
    "koscher2002",
    "fox1956",
    "kauzmann1948",
    "gibsonashby1997",
    "astmf316",
)


@dataclass(frozen=True)
class Event:
    """Progress of a run: which stage, what share of it is done (None: not known), and words."""

    stage: str
    fraction: float | None
    message: str


@dataclass(frozen=True)
class RunResult:
    """Where a run lies and what it found.

    Attributes:
        path: run directory.
        opened: "new", "resumed" or "finished" before.
        measurements: all measurements.
        verdicts: the verdicts.
        notes: validity notes.
    """

    path: Path
    opened: str
    measurements: tuple[Measurement, ...]
    verdicts: tuple[Any, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Region:
    """One box to solve."""

    name: str  # "core", "outer_surface", "inner_surface"
    realization: int
    time_s: FloatArray
    temperature_K: FloatArray
    wall_potential: tuple[float, float]

    @property
    def stage(self) -> str:
        return f"gel-{self.name}-{self.realization}"


def run(
    recipe_source: str,
    *,
    out: Path | None = None,
    size: int | None = None,
    seed: int = 0,
    dtype: str = "float32",
    dims: int = 3,
    realizations: int | None = None,
    progress: Callable[[Event], None] | None = None,
    resume: bool = True,
    deviations: Mapping[str, float] | None = None,
) -> RunResult:
    """Run a recipe from solution to report.

    Args:
        recipe_source: a file, or a specimen such as "patent:Ex7".
        out: directory that holds the runs; ``runs`` by default.
        size: cells along an edge of the core's box; None: the default.
        seed: of noise and nuclei.
        dtype: "float32" or "float64".
        dims: 3; 2 for teaching and quick looks.
        realizations: independent boxes of the core; None: 1.
        progress: called with events.
        resume: go on with what an earlier, interrupted run of the same id has finished.
        deviations: physical parameters moved from the tables (:mod:`percola.thermo.varied`), as a calibration finds them; part
            of the run's id.

    Raises:
        PercolaError: bad input, too little memory or disk, or a solve that failed (with its remedy).
    """
    from percola import recipe as recipes

    def tell(stage: str, fraction: float | None, message: str) -> None:
        if progress is not None:
            progress(Event(stage, fraction, message))

    settings = Settings(
        DEFAULT_SIZE if size is None else size, seed, dtype, dims, 1 if realizations is None else realizations
    )
    tell("recipe", None, f"reading {recipe_source}")
    recipe, reported = recipes.resolve(recipe_source)
    need = estimate(settings)
    require_memory(settings, need)
    moved = {k: float(v) for k, v in sorted((deviations or {}).items()) if v}
    setting = settings.to_dict() | ({"deviations": moved} if moved else {})
    identity = run_id(recipes.canonical_data(recipe), setting, settings.seed, _tables_digest())
    with RunDirectory.open(
        out or Path("runs"), identity, need_bytes=need.disk_bytes, fresh=not resume
    ) as directory:
        worker = _Worker(directory, recipe, reported, recipe_source, settings, need, tell, moved)
        try:
            return worker.run()
        except PercolaError as error:
            directory.update_manifest(status="failed", failures={worker.stage: str(error)})
            raise
        except MemoryError as error:
            raise ResourceError(
                f"stage '{worker.stage}'",
                "the system ran out of memory",
                "",
                "run again with a smaller --size",
            ) from error


def _tables_digest() -> str:
    """Hash of the property tables' files and of this package's version."""
    from percola import __version__

    digest = hashlib.blake2b(__version__.encode(), digest_size=16)
    for entry in sorted(resources.files("percola.tables").joinpath("data").iterdir(), key=lambda e: e.name):
        if entry.is_file():
            digest.update(entry.name.encode())
            digest.update(entry.read_bytes())
    return digest.hexdigest()


class _Worker:
    """The state of one run under way; its methods are the stages."""

    def __init__(
        self,
        directory: RunDirectory,
        recipe: Any,
        reported: Any,
        source: str,
        settings: Settings,
        need: Estimate,
        tell: Callable[[str, float | None, str], None],
        deviations: Mapping[str, float],
    ) -> None:
        self.directory = directory
        self.deviations = deviations
        self.recipe = recipe
        self.reported = reported
        self.source = source
        self.settings = settings
        self.need = need
        self.tell = tell
        self.stage = "recipe"
        self.notes: list[str] = []
        self.stripped = ""
        self.gel_record: dict[str, Any] = {}
        self.draws, self.draw_results = bridge.draws(recipe)

    # -- the row of stages -------------------------------------------------------------------------

    def run(self) -> RunResult:
        directory = self.directory
        opened = directory.opened
        needs = "" if directory.opened == "finished" else f" {self.need.words}"
        self.tell("recipe", 1.0, f"{directory.opening}{needs}")
        solution, polymer = self.describe()
        history, wall = self.cool(solution)
        structures = self.gelate(solution, polymer, history, wall)
        body = self.shape(solution, polymer, wall, structures)
        found = self.measure(solution, body)
        verdicts = self.judge(found)
        self.report()
        return RunResult(directory.path, opened, tuple(found), tuple(verdicts), tuple(self.notes))

    def describe(self) -> tuple[Any, Any]:
        """Recipe, findings, solution, phase diagram."""
        from percola import recipe as recipes
        from percola.recipe import assumptions, context_of, solution_from
        from percola.thermo import phase_diagram
        from percola.thermo.varied import varied_solution

        self.stage = "thermo"
        self.tell("thermo", None, "phase diagram and crystallization")
        recipe, directory = self.recipe, self.directory
        solution = varied_solution(solution_from(recipe), self.deviations)
        if self.deviations:
            moved = ", ".join(f"{k} {v:+.3g}" for k, v in self.deviations.items())
            self.notes.append(f"Physical parameters moved from the tables: {moved}.")
        context = context_of(recipe, solution)
        findings = recipes.require_sound(recipe, context, self.source)
        self.stripped = next((f.found for f in findings if f.rule == "solvent_stripped"), "")
        for assumption in assumptions(recipe):
            self.notes.append(f"Assumed: {assumption.text} ({assumption.paragraph}).")
        self.notes += [n.text for n in getattr(recipe, "notes", ())]
        self.notes += list(solution.system.solvent_notes)
        self.notes.append(solution.hold_words)
        polymer = bridge.main_polymer(recipe)
        if not directory.has("thermo"):
            files = [
                directory.write_text("recipe.toml", recipes.dumps(recipe)),
                directory.write_json("findings.json", [f.to_dict() for f in findings]),
                directory.write_json("solution.json", {q.name: q.to_dict() for q in solution.quantities()}),
                directory.write_json(
                    "phase_diagram.json",
                    phase_diagram(
                        solution.system, recipe=(solution.weight_fraction, solution.dissolution_temperature_K)
                    ).to_dict(),
                ),
            ]
            self._manifest("running")
            directory.finish("thermo", files=files)
        self.tell("thermo", 1.0, "phase diagram and crystallization")
        return solution, polymer

    def cool(self, solution: Any) -> tuple[Any, Any]:
        """Temperature histories through the wall."""
        self.stage = "quench"
        self.tell("quench", None, "heat through the wall")
        history, wall = bridge.cooled(self.recipe, solution)
        if not self.directory.has("quench"):
            file = self.directory.write_json("thermal.json", history.to_dict())
            self.directory.finish("quench", files=[file])
        self.notes += list(wall.notes) + list(history.notes)
        self.tell("quench", 1.0, "heat through the wall")
        return history, wall

    # -- gel -----------------------------------------------------------------------------------------

    def _regions(self, history: Any, wall: Any, solution: Any) -> list[_Region]:
        t, T = _held(*history.core())
        out = [_Region("core", i, t, T, (0.0, 0.0)) for i in range(self.settings.realizations)]
        self.notes.append(
            f"Assumed: the gel stays {HOLD_S / 60:.0f} min at its final temperature before its solvent is extracted."
        )

        def potential(face: Any) -> tuple[float, float]:
            return (bridge.wall_potential_m(self.recipe, solution, face.media, face.kind), 0.0)

        out.append(_Region("outer_surface", 0, *_held(*history.outer()), potential(wall.final_medium)))
        symmetric = history.to_dict()["traces"]["inner_surface"] is None
        if symmetric:
            self.notes.append("Both faces are cooled alike: the inner surface is that of the outer one.")
        else:
            inner = wall.stages[-1].inner
            out.append(_Region("inner_surface", 0, *_held(*history.inner()), potential(inner)))
        return out

    def gelate(self, solution: Any, polymer: Any, history: Any, wall: Any) -> list[Structure]:
        """The gel of the core and of both surface layers, and their dry structures."""
        from percola.gel.problem import forecast

        law = bridge.drying_law(self.recipe, solution, polymer)
        structures = []
        regions = self._regions(history, wall, solution)
        weights = [1.0 if r.name == "core" else 0.125 for r in regions]
        done = 0.0
        for region, weight in zip(regions, weights, strict=True):
            self.stage = region.stage
            gel = bridge.gel_physics(solution, polymer, region.time_s, region.temperature_K)
            expected = forecast(gel, region.time_s, region.temperature_K)
            grid_of = core_grid if region.name == "core" else surface_grid
            h = cell_size_m(gel, expected, self.settings.size, wall.thickness_m)
            grid = grid_of(self.settings, h)
            label = f"gel of the {region.name.replace('_', ' ')}"
            if region.name == "core" and self.settings.realizations > 1:
                label += f", box {region.realization + 1} of {self.settings.realizations}"
            share = (done / sum(weights), weight / sum(weights))
            if not self.directory.has(region.stage):
                self._solve(region, gel, expected, grid, law, label, share)
            structures.append(self._structure(region))
            record = self.directory.payload(region.stage)
            self.gel_record.setdefault(region.name, record["history"])
            if region.realization == 0:
                self.notes += record["notes"]
            done += weight
        if not self.directory.has("gel"):
            file = self.directory.write_json("gel.json", self.gel_record)
            self.directory.finish("gel", files=[file], seconds=0.0)
        return structures

    def _solve(
        self,
        region: _Region,
        gel: Any,
        expected: Any,
        grid: Grid,
        law: Any,
        label: str,
        share: tuple[float, float],
    ) -> None:
        from percola.gel.problem import gel_problem
        from percola.gel.solve import Checkpoint, Sample, solve

        directory = self.directory
        self.tell("gel", share[0], f"{label}: setting up {' x '.join(map(str, grid.shape))} cells")
        problem = gel_problem(
            gel,
            region.time_s,
            region.temperature_K,
            grid,
            reference_chi=expected.reference_chi,
            seed=self.settings.seed + 1000 * region.realization + _REGION_SEED[region.name],
            dtype=self.settings.dtype,
            wall_potential=region.wall_potential,
        )
        resume = None
        saved = directory.load_checkpoint(region.stage)
        if saved is not None:
            arrays, meta = saved
            resume = Checkpoint(
                arrays,
                tuple(Sample(**s) for s in meta["samples"]),
                meta["seeded"],
                meta["noisy"],
                meta["chunk_index"],
            )
            self.tell("gel", share[0], f"{label}: resuming at {resume.samples[-1].time_s:.3g} s")
        last = [time.monotonic()]

        def keep(point: Checkpoint) -> None:
            if time.monotonic() - last[0] >= _CHECKPOINT_EVERY_S:
                meta = {
                    "samples": [dataclasses.asdict(s) for s in point.samples],
                    "seeded": point.seeded,
                    "noisy": point.noisy,
                    "chunk_index": point.chunk_index,
                }
                directory.checkpoint(region.stage, point.arrays, meta)
                last[0] = time.monotonic()

        def show(part: float, sample: Any) -> bool:
            words = (
                f"{label}: {sample.temperature_K - 273.15:.0f} degC, "
                f"{100 * sample.crystallinity:.0f} % crystallized, {sample.structure_length_m * 1e6:.2f} um"
                if sample.contrast > 0.01
                else f"{label}: {sample.temperature_K - 273.15:.0f} degC, "
                f"{100 * sample.crystallinity:.0f} % crystallized, not demixed"
            )
            self.tell("gel", share[0] + share[1] * part, words)
            return True

        result = solve(problem, progress=show, checkpoint=keep, resume=resume, max_steps=MAX_STEPS)
        if not (result.solved or result.outcome == "too_many_steps"):
            raise SolveError(
                f"stage '{region.stage}'", f"the phase field stopped: {result.outcome}", "", result.remedy
            )
        last_sample = result.samples[-1]
        one_liquid = last_sample.contrast <= DEMIXED_CONTRAST or problem.model.rejecting
        if one_liquid and last_sample.crystallinity < LEAST_SET:
            raise _still_liquid(region, last_sample, gel, problem, result)
        phi = np.asarray(result.polymer_fraction, np.float32)
        psi = np.asarray(result.crystallized, np.float32)
        if phi.ndim == 2:  # a quick look: the picture stands for a column of eight equal cells
            phi = np.repeat(phi[:, None, :], 8, axis=1)
            psi = np.repeat(psi[:, None, :], 8, axis=1)
        periodic = (True, True, region.name == "core")
        for draw in self._draws("gel"):
            phi = stretched_gel(phi, periodic, draw)
            psi = np.minimum(stretched_gel(psi, periodic, draw), np.float32(1.0))
        crystals = psi if problem.model.rejecting else None
        structure = dried(phi, grid.spacing_m, periodic, law, region.name, crystals)
        record = _record(result, expected, gel, structure, problem, region)
        file = directory.write_fields(
            region.name,
            region.realization,
            {"phi": phi, "psi": psi, "void": structure.void, "level": structure.level},
            spacing_m=structure.spacing_m,
            periodic=periodic,
            gel_spacing_m=grid.spacing_m,
            **{k: getattr(structure, k) for k in _STRUCTURE_NUMBERS},
        )
        directory.finish(region.stage, record, files=[file])
        directory.drop_checkpoint(region.stage)

    def _structure(self, region: _Region) -> Structure:
        arrays, attributes = self.directory.read_fields(region.name, region.realization, ("void", "level"))
        return Structure(
            void=arrays["void"],
            level=arrays["level"],
            spacing_m=float(attributes["spacing_m"]),
            periodic=tuple(attributes["periodic"]),
            region=region.name,
            **{k: float(attributes[k]) for k in _STRUCTURE_NUMBERS},
        )

    # -- membrane ------------------------------------------------------------------------------------

    def _draws(self, stage: str) -> tuple[Draw, ...]:
        return tuple(draw for draw in self.draws if draw.stage == stage)

    def shape(self, solution: Any, polymer: Any, wall: Any, structures: list[Structure]) -> Membrane:
        """Stretching of the dry membrane, and the sizes of the dry wall; a gel was stretched before it dried."""
        self.stage = "membrane"
        for draw in self._draws("membrane"):
            structures = [stretched(s, draw) for s in structures]
        if self.draws:
            self.notes.append("Stretching is affine: pores torn open by it (para. 69) are not modelled.")
        if self._draws("gel"):
            self.notes.append("The gel is stretched at constant volume, then extracted and dried.")
        if self.recipe.extraction is None:
            self.notes.append(
                "The recipe has no extraction: what is measured is the gel with its lean phase emptied and no capillary collapse."
            )
        _, cooling = bridge.volumes(solution, polymer)
        return membrane(
            tuple(structures),
            wall.geometry,
            wall.thickness_m,
            wall.inner_radius_m,
            wall.outer_radius_m,
            cooling,
            self.draws,
        )

    # -- measurements ----------------------------------------------------------------------------------

    def measure(self, solution: Any, body: Membrane) -> list[Measurement]:
        from percola.judge import structure_class
        from percola.measure import (
            Box,
            WallGeometry,
            layer_permeability,
            measure_realizations,
            measure_surface,
            wall_through_porosity,
        )
        from percola.pipeline.mechanics import mechanics

        self.stage = "measure"
        directory = self.directory
        if directory.has("measure"):
            return [
                Measurement.from_dict(m) for m in directory.read_json("measurements.json")["measurements"]
            ]
        geometry = WallGeometry(
            body.thickness_m, body.geometry, body.inside_diameter_m, body.outside_diameter_m
        )
        core = body.region("core")
        flat = self.settings.dims == 2
        which = ("porosity", "sem_average_pore_size", "thickness") if flat else None
        layers = []
        if not flat:
            sides: tuple[tuple[str, Literal["outer", "inner"]], ...] = (
                ("outer_surface", "outer"),
                ("inner_surface", "inner"),
            )
            for region, side in sides:
                for s in body.region(region):
                    thickness = min(s.void.shape[2] * s.spacing_m, 0.2 * body.thickness_m)
                    layers.append(
                        layer_permeability(s.void, s.spacing_m, s.periodic, thickness, side, level=s.level)
                    )
            if not body.region("inner_surface"):  # both faces are cooled alike
                layers += [dataclasses.replace(layer, side="inner") for layer in layers]

        def show(words: str, part: float) -> None:
            self.tell("measure", 0.1 + 0.8 * part, words)

        boxes = [Box(s.void, s.spacing_m, s.periodic, s.level) for s in core]
        found = measure_realizations(boxes, geometry, which, show, layers=layers)
        section = next((m for m in found if m.name == "sem_average_pore_size"), None)
        for region in ("outer_surface", "inner_surface"):
            for s in body.region(region):
                self.tell("measure", 0.92, f"{region.replace('_', ' ')}")
                if not flat:
                    found += measure_surface(
                        s.void, s.spacing_m, s.periodic, s.level, region=region, section=section
                    )
        found = [self._exchange_checked(m) for m in found]
        if not flat:
            found.append(
                wall_through_porosity(
                    found,
                    geometry.thickness_m,
                    {f"{layer.side}_surface": layer.thickness_m for layer in layers},
                    alike=not body.region("inner_surface"),
                )
            )
            records = [self.directory.payload(f"gel-core-{i}")["history"] for i in range(len(core))]
            found = _wall_checked(found, records)
            self.tell("measure", 0.95, "strength of the network")
            polymer = bridge.main_polymer(self.recipe)
            found += mechanics(core, self.recipe, polymer, self.draws, self.draw_results, found)
        found += _sizes(body)
        found += self.draw_results
        found += _declared(self.recipe, solution)
        box = self._box_checks(core)
        if self.stripped:
            box += (
                Check(
                    "bath",
                    "fail",
                    f"{self.stripped}: a bath that takes out the solvent (para. 27) is another process",
                ),
            )
        found = [
            dataclasses.replace(m, checks=(*m.checks, *box)) if m.region in _OF_BOX else m for m in found
        ]
        if not flat:
            found.append(structure_class(found))
        else:
            self.notes.append(
                "Two dimensions: for teaching and quick looks only; networks of 3D fall apart in 2D."
            )
        file = directory.write_json("measurements.json", {"measurements": [m.to_dict() for m in found]})
        directory.finish("measure", files=[file])
        self.tell("measure", 1.0, "measured")
        return found

    def _exchange_checked(self, m: Measurement) -> Measurement:
        """A liquid bath may exchange solvent at the surface, which is not modelled: what rests on it is not decided."""
        if m.name != "surface_to_internal_pore_ratio" or self.recipe.cooling.method != "liquid":
            return m
        check = Check(
            "exchange with the bath",
            "fail",
            "exchange of solvent with the liquid medium, which shapes this surface (para. 77 to 79), is not modelled",
        )
        return dataclasses.replace(m, checks=(*m.checks, check))

    def _box_checks(self, core: tuple[Structure, ...]) -> tuple[Check, ...]:
        record = self.directory.payload("gel-core-0")
        across = float(record["lengths_across"])
        if not math.isfinite(across) or across <= 0.0:
            return (
                Check(
                    "box",
                    "warn",
                    "the gel did not demix: there is no structure length to hold against the box",
                ),
            )
        least, unit = (
            float(record.get("least_across", FEWEST_ACROSS)),
            record.get("across_in", "structure lengths"),
        )
        status: CheckStatus = (
            "pass" if across >= MIN_PORES_ACROSS - 0.05 else "warn" if across >= least else "fail"
        )
        words = f"the box is {across:.1f} {unit} across (6 are wanted, {PORES_ACROSS} were planned)"
        if status == "fail":
            words += f"; below {least:g} it decides nothing: use a larger --size"
        return (Check("box", status, words),)

    # -- verdict and report ------------------------------------------------------------------------------

    def judge(self, found: list[Measurement]) -> tuple[Any, ...]:
        from percola.judge import judge

        self.stage = "judge"
        self.tell("judge", None, "definition (A)")
        verdicts = judge(found)
        if not self.directory.has("judge"):
            file = self.directory.write_json("verdicts.json", {"verdicts": [v.to_dict() for v in verdicts]})
            self.directory.finish("judge", files=[file])
        self.tell("judge", 1.0, "definition (A)")
        return verdicts

    def report(self) -> None:
        from percola.report import build

        self.stage = "report"
        self.tell("report", None, "report.html")
        self._manifest("finished")
        if not self.directory.has("report"):
            build(self.directory.path)
            self.directory.finish("report", files=["report.html"])
        self._manifest("finished")
        self.tell("report", 1.0, "report.html")

    def _manifest(self, status: str) -> None:
        import jax

        reported = self.reported.to_dict() if self.reported is not None else None
        self.directory.update_manifest(
            status=status,
            failures={},
            specimen=self.source if self.reported is not None else None,
            reported=reported,
            source=self.source,
            seed=self.settings.seed,
            size=self.settings.size,
            dims=self.settings.dims,
            realizations=self.settings.realizations,
            dtype=self.settings.dtype,
            device=str(jax.devices()[0]),
            citations=list(_CITATIONS),
            notes=_unique(self.notes),
            tables=_tables_digest(),
            estimate=dataclasses.asdict(self.need),
            deviations=dict(self.deviations),
        )


_REGION_SEED = {"core": 0, "outer_surface": 501, "inner_surface": 502}
_STRUCTURE_NUMBERS = ("gel_to_membrane", "lean_share", "rich_fraction", "closed_share")
_OF_BOX = ("core", "section", "wall", "interface", "void", "polymer")


def _still_liquid(region: _Region, last: Any, gel: Any, problem: Any, result: Any) -> SolveError:
    """The refusal of a solution that neither demixes nor crystallizes before it would be extracted."""
    where = f"the {region.name.replace('_', ' ')}"
    if result.seeds == 0:
        return SolveError(
            where,
            f"its box of {problem.grid.edges_m[0] * 1e6:.2g} um holds no crystal nucleus ({problem.expected_seeds:.2g} expected), so "
            "nothing in it can set",
            "a box with a few nuclei",
            "run again with a larger --size, or another --seed",
        )
    if result.outcome == "too_many_steps":
        return SolveError(
            where,
            f"{100 * last.crystallinity:.0f} % of the polymer had crystallized when the budget of {MAX_STEPS} steps ran out, "
            f"{last.time_s:.0f} s after the die",
            "a solution that sets within the budget",
            "run again with a smaller --size",
        )
    return SolveError(
        where,
        f"no gel: {100 * last.crystallinity:.0f} % of the polymer has crystallized {last.time_s / 60:.0f} min after the die, at "
        f"{last.temperature_K - 273.15:.0f} degC, and the solution has not demixed ({gel.nuclei_density_m3:.1g} nuclei per m3)",
        f"a solution of which {100 * LEAST_SET:.0f} % sets before it is extracted",
        "more polymer, a poorer solvent, or a lower dissolution temperature (more nuclei stay); colder only where it is not frozen in",
    )


def _held(time_s: FloatArray, temperature_K: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The history, then :data:`HOLD_S` at its last temperature."""
    return np.append(time_s, time_s[-1] + HOLD_S), np.append(temperature_K, temperature_K[-1])


def _record(
    result: Any, expected: Any, gel: Any, structure: Structure, problem: Any, region: _Region
) -> dict[str, Any]:
    """What is kept of a gel beside its fields."""
    samples = result.samples
    last = samples[-1]
    demixed = last.contrast > DEMIXED_CONTRAST
    edge = min(problem.grid.edges_m)
    across = edge / last.structure_length_m if demixed and last.structure_length_m > 0 else 0.0
    where = region.name.replace("_", " ")
    unit = "structure lengths"
    by_crystals = problem.model.rejecting  # nothing but crystals collects the polymer
    if by_crystals:
        across, unit = edge * gel.nuclei_density_m3 ** (1.0 / 3.0), "distances between nuclei"
    flow = _flow(gel, samples, problem) if demixed and not by_crystals else None
    notes = []
    if region.name == "core":
        if demixed:
            enough = "" if across >= MIN_PORES_ACROSS - 0.05 else "; fewer than 6: use a larger --size"
            notes.append(f"The box of the core is {across:.1f} {unit} across{enough}.")
            ratio = last.structure_length_m / problem.scales.wavelength_m
            if ratio < 1.2 and not by_crystals:
                notes.append(
                    f"The core set at {ratio:.1f} times the finest wavelength that the grid resolves "
                    f"({problem.scales.wavelength_m * 1e6:.2f} um): its true structure may be finer; a larger --size tells."
                )
            if expected.length_m > 0.0:
                notes.append(
                    f"Between crystals the last solution to set is forecast {expected.late_length_m / expected.length_m:.2f} times "
                    "as coarse as the middle: what the model has to widen the pores of a wall with."
                )
        else:
            notes.append("The core set before it demixed: a uniform gel, which dries to a dense film.")
        if problem.expected_seeds < MIN_CRYSTALS:
            notes.append(
                f"The box holds {result.seeds} crystal nuclei ({problem.expected_seeds:.1f} expected): how the structure "
                "varies between nuclei is hardly sampled; use --realizations or a larger --size."
            )
        if result.outcome in ("end_of_history", "too_many_steps"):
            notes.append(
                f"{100 * (1 - last.crystallinity):.0f} % of the core had not crystallized at the end of the solve "
                f"({last.time_s:.0f} s): "
                + (
                    "it is taken to be laid down on the crystals, where an extraction liquid would meet a solution."
                    if by_crystals
                    else "it would go on coarsening until it is extracted."
                )
            )
        if flow is not None:
            notes.append(_flow_note(*flow))
    if structure.closed_share > 0.02:
        notes.append(
            f"{100 * structure.closed_share:.0f} % of the pore volume of the {where} closes by capillary pressure on drying."
        )
    columns = {
        "time_s": "time_s",
        "temperature_K": "temperature_K",
        "energy": "energy",
        "structure_length_m": "structure_length_m",
        "crystallinity": "crystallinity",
        "contrast": "contrast",
        "mean_fraction": "mean_fraction",
        "dt_s": "dt_s",
    }
    history: dict[str, Any] = {
        name: [getattr(s, attribute) for s in samples] for name, attribute in columns.items()
    }
    history["structure_length_m"] = [
        v if s.contrast > 0.01 else None for v, s in zip(history["structure_length_m"], samples, strict=True)
    ]
    history |= {
        "outcome": result.outcome,
        "steps": result.steps,
        "rejected": result.rejected,
        "seeds": result.seeds,
        "shape": list(problem.grid.shape),
        "spacing_m": problem.grid.spacing_m,
        "widening": problem.scales.widening,
        "onset_speed": float(np.asarray(problem.model.onset_speed)),
        "widened_interface_m": problem.scales.interface_m,
        "finest_wavelength_m": problem.scales.wavelength_m,
        "expected_seeds": problem.expected_seeds,
        "flow_share": None if flow is None else flow[0],
        "rich_viscosity_Pa_s": None if flow is None else flow[1],
        "forecast": dataclasses.asdict(expected),
    }
    return {
        "history": history,
        "notes": notes,
        "lengths_across": across,
        "least_across": FEWEST_CRYSTALS_ACROSS if by_crystals else FEWEST_ACROSS,
        "across_in": unit,
    }


def _wall_checked(found: list[Measurement], records: list[dict[str, Any]]) -> list[Measurement]:
    """Pore sizes of the wall with what the boxes cannot know: flow of the rich phase, crystals too few, closed faces.

    Args:
        found: all measurements, the wall's `through_porosity` among them.
        records: the gel's record of each box of the core.
    """
    flow = _flow_checks([r["flow_share"] for r in records if r.get("flow_share") is not None])
    crystals = _crystal_checks([r["expected_seeds"] for r in records if "expected_seeds" in r])
    opened = next(m for m in found if m.name == "through_porosity" and m.region == "wall")
    closed = opened.evidence["closed"]
    skin: tuple[Check, ...] = ()
    if closed and "core" not in closed:
        skin = (
            Check(
                "surface layers",
                "warn",
                f"of the inside, as after taking off the closed {' and '.join(closed)} (para. 101): nothing passes the "
                "membrane as a whole",
            ),
        )
    added = {
        "pore_size_ratio": (*flow, *crystals, *skin),
        "maximum_pore_size": (*flow, *skin),
        "bubble_point_pressure": (*flow, *skin),
        "average_pore_size": skin,
    }
    return [
        dataclasses.replace(m, checks=(*m.checks, *added[m.name]))
        if m.region == "wall" and m.name in added
        else m
        for m in found
    ]


def rich_viscosity_Pa_s(gel: Any, temperature_K: float, rich: float) -> float:
    """Viscosity of the entangled polymer-rich phase by scaling, good to a factor of ten [Pa s].

    15 eta_s (phi/phi_e)^3.9 with phi_e ten times the overlap N^(-4/5) (Rubinstein and Colby, Polymer Physics, ch. 9).
    """
    diffusivity = float(gel.bare_diffusivity_m2_s(np.array([temperature_K]))[0])
    # k T/(6 pi r D0) is the solvent's viscosity when r is the blob size of 1 nm
    solvent = bridge.BOLTZMANN_J_K * temperature_K / (6 * math.pi * 1e-9 * diffusivity)
    entangled = 10.0 * gel.segments ** (-0.8)
    return float(solvent * 15.0 * max(rich / entangled, 1.0) ** 3.9)


def _flow(gel: Any, samples: Any, problem: Any) -> tuple[float, float]:
    """(share of its own length by which flow would move the structure before half of it set, viscosity of the rich phase
    [Pa s]): where the diffusive model ends.

    Siggia, Phys. Rev. A 20, 595 (1979): flow driven by tension coarsens at 0.1 sigma/eta.
    """
    from percola.thermo.flory_huggins import interfacial_tension

    half = next((s for s in samples if s.crystallinity >= 0.5), samples[-1])
    T = half.temperature_K
    viscosity = rich_viscosity_Pa_s(gel, T, half.phi_high)
    chi = max(problem.scales.reference_chi, 0.6)
    tension = float(interfacial_tension(gel.segments, chi, gel.gradient_coefficient_m2))
    start = float(np.asarray(problem.model.schedule.time_s)[0])
    moved = 0.1 * tension * bridge.BOLTZMANN_J_K * T / gel.site_volume_m3 / viscosity * (half.time_s - start)
    return max(moved, 0.0) / max(half.structure_length_m, 1e-12), viscosity


def _flow_note(share: float, viscosity_Pa_s: float) -> str:
    where = "within" if share < FLOW_WARNS else "at the edge of" if share < FLOW_FAILS else "beyond"
    return (
        f"Flow of the polymer-rich phase (viscosity about {viscosity_Pa_s:.1g} Pa s, a factor of ten uncertain) is left out; it "
        f"would move the structure by {share:.2g} of its length before it set: {where} the diffusive model."
    )


def _flow_checks(shares: list[float]) -> tuple[Check, ...]:
    """Whether the flow left out may have made pores wider than the boxes show; the box with the most of it counts."""
    if not shares:
        return ()
    share = max(shares)
    status: CheckStatus = "pass" if share < FLOW_WARNS else "warn" if share < FLOW_FAILS else "fail"
    words = {
        "pass": "within the diffusive model",
        "warn": "at the edge of the diffusive model, the widest pores may be wider",
        "fail": "beyond the diffusive model, the widest pores of a real wall are not in the box",
    }
    return (
        Check(
            "flow of the rich phase",
            status,
            f"flow left out would move the structure by {share:.2g} of its length before it set: {words[status]}",
        ),
    )


def _crystal_checks(expected: list[float]) -> tuple[Check, ...]:
    """Whether the boxes hold enough crystals to show how the structure varies between them."""
    if not expected or sum(expected) >= MIN_CRYSTALS:
        return ()
    return (
        Check(
            "crystals in the core",
            "fail",
            f"heterogeneity between crystals not sampled: {sum(expected):.1f} crystals expected in the core's boxes, "
            f"{MIN_CRYSTALS:.0f} wanted (larger --size or --realizations)",
        ),
    )


def _sizes(body: Membrane) -> list[Measurement]:
    out = []
    for name in ("inside_diameter", "outside_diameter"):
        value = getattr(body, f"{name}_m")
        if value is not None:
            out.append(
                Measurement(
                    name,
                    value,
                    "m",
                    body.size_uncertainty * value,
                    "die size and volume balance, isotropic shrinkage",
                    "wall",
                    evidence={"volume_ratio": body.volume_ratio},
                    citations=("ep1063256",),
                )
            )
    return out


def _declared(recipe: Any, solution: Any) -> list[Measurement]:
    """Measurements of the solution: molecular weight as given, melting and crystallization temperatures as computed."""
    out = [
        Measurement(
            "weight_average_molecular_weight",
            sum(p.weight_average_molecular_weight.value * p.amount.value for p in recipe.polymers)
            / sum(p.amount.value for p in recipe.polymers),
            "kg/mol",
            None,
            "EP 1063256 para. 89(1): given with the recipe",
            "",
            citations=("ep1063256",),
        )
    ]
    melting = float(solution.melting_temperature_K)
    out.append(
        Measurement(
            "melting_temperature",
            melting,
            "K",
            float(solution.system.melting_uncertainty_K(solution.polymer_volume_fraction)),
            "equilibrium melting point of the solution (Flory); DSC (para. 89(11)) reads lower",
            "",
            citations=("flory1953",),
        )
    )
    peak = solution.crystallization_temperature_K()
    out.append(
        Measurement(
            "crystallization_temperature",
            peak if math.isfinite(peak) else None,
            "K",
            None,
            "EP 1063256 para. 89(12): peak at 2 K/min after 20 min at the dissolution temperature, computed",
            "",
            citations=("ep1063256", "nakamura1972"),
            reason="" if math.isfinite(peak) else "crystallizes while held at the dissolution temperature",
        )
    )
    return out


def _unique(words: list[str]) -> list[str]:
    return list(dict.fromkeys(w for w in words if w))
