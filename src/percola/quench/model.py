"""What a quench is made of: the wall, what fills it, what touches it and when."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError

Array = NDArray[np.float64]
TemperatureFunction = Callable[[Array], Array]
"""A property of temperature [K]; called with an array, or with single numbers if it takes only those."""

FilmLaw = Callable[[float, float], float]
"""Film coefficient [W/(m2.K)] of the time since the stage began [s] and the temperature of the surface
[K]."""

LOWEST_TEMPERATURE_K = 60.0  # below liquid nitrogen: degrees Celsius of a cooling bath, taken for kelvins


def positive(where: str, value: float, unit: str, *, zero: bool = False, infinite: bool = False) -> None:
    """Refuse a number that is not positive (or zero or infinite where that is allowed)."""
    ok = isinstance(value, (int, float, np.floating, np.integer)) and not math.isnan(value)
    ok = ok and (value > 0 or (zero and value == 0)) and (infinite or not math.isinf(value))
    if not ok:
        words = (
            ("zero or " if zero else "")
            + f"a positive number of {unit}"
            + (" or infinity" if infinite else "")
        )
        raise InputError(where, repr(value), words)


def temperature(where: str, value: float) -> None:
    """Refuse a temperature that is not a finite number of kelvins above absolute zero."""
    positive(where, value, "kelvins")
    if value < LOWEST_TEMPERATURE_K or value > 3000.0:
        raise InputError(
            where, f"{value!r} K", f"{LOWEST_TEMPERATURE_K:g} to 3000 K", "give kelvins, not degrees Celsius"
        )


@dataclass(frozen=True)
class Bore:
    """The fluid inside a hollow fibre: a well-mixed core with its own heat, joined to the wall by conduction.

    The fluid travels with the fibre, so in the fibre's frame it stands still and is cooled by radial
    conduction. The slowest mode of a cylinder with its wall at one temperature decays as
    ``exp(-j01^2 alpha t/a^2)``; written with the mean temperature that is a film of
    ``Nu = h d/k = j01^2 = 5.783``, which is also the Nusselt number of slug flow.

    Attributes:
        density_kg_m3, heat_capacity_J_kgK, conductivity_W_mK: of the fluid.
        nusselt: ``h d/k`` at the inner wall, on the mean temperature of the fluid.

    Validity: conduction only, i.e. Rayleigh number of the bore below about 1000 (0.9 mm of air and 100 K:
    about 3).
    Limitations: no axial conduction, no evaporation of solvent into the bore.
    Reference: Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed. (1959), section 7.6.
    """

    density_kg_m3: float
    heat_capacity_J_kgK: float
    conductivity_W_mK: float
    nusselt: float = 5.783

    def __post_init__(self) -> None:
        positive("bore.density_kg_m3", self.density_kg_m3, "kg/m3")
        positive("bore.heat_capacity_J_kgK", self.heat_capacity_J_kgK, "J/(kg.K)")
        positive("bore.conductivity_W_mK", self.conductivity_W_mK, "W/(m.K)")
        positive("bore.nusselt", self.nusselt, "1", zero=True)

    @staticmethod
    def air() -> Bore:
        """Dry air at 350 K and 1 atm (Incropera et al., Fundamentals of Heat and Mass Transfer, 6th ed.,
        table A.4)."""
        # Within 15 % from 300 to 420 K; all the heat of the bore air is below 0.1 % of that of the wall.
        return Bore(density_kg_m3=0.995, heat_capacity_J_kgK=1009.0, conductivity_W_mK=0.0300)


@dataclass(frozen=True)
class Wall:
    """A sheet, or the wall of a hollow fibre; depth runs from the outer surface inwards.

    Attributes:
        geometry: ``"sheet"`` or ``"fibre"``.
        thickness_m: of the sheet or of the wall [m].
        inner_radius_m: of the fibre [m]; None for a sheet.
        bore: what fills the fibre; None where a :class:`Face` is given for the inner surface (or it is
            insulated).
    """

    geometry: Literal["sheet", "fibre"]
    thickness_m: float
    inner_radius_m: float | None = None
    bore: Bore | None = None

    def __post_init__(self) -> None:
        if self.geometry not in ("sheet", "fibre"):
            raise InputError("wall.geometry", repr(self.geometry), "'sheet' or 'fibre'")
        positive("wall.thickness_m", self.thickness_m, "metres")
        if self.geometry == "fibre":
            if self.inner_radius_m is None:
                raise InputError("wall.inner_radius_m", "None", "a positive number of metres for a fibre")
            positive("wall.inner_radius_m", self.inner_radius_m, "metres")
        elif self.inner_radius_m is not None or self.bore is not None:
            raise InputError("wall", "a sheet with an inner radius or a bore", "neither", "use Wall.fibre")

    @staticmethod
    def sheet(thickness_m: float) -> Wall:
        """A flat sheet of this thickness."""
        return Wall("sheet", thickness_m)

    @staticmethod
    def fibre(inside_diameter_m: float, outside_diameter_m: float, bore: Bore | None = None) -> Wall:
        """A hollow fibre (or hollow die) of these diameters; ``bore=None`` leaves the inner surface to the
        schedule."""
        positive("wall.inside_diameter_m", inside_diameter_m, "metres")
        positive("wall.outside_diameter_m", outside_diameter_m, "metres")
        if inside_diameter_m >= outside_diameter_m:
            raise InputError(
                "wall.inside_diameter_m",
                f"{inside_diameter_m!r} m, with an outside diameter of {outside_diameter_m!r} m",
                "less than the outside diameter",
                "check that the two are not exchanged",
            )
        return Wall("fibre", 0.5 * (outside_diameter_m - inside_diameter_m), 0.5 * inside_diameter_m, bore)

    @property
    def outer_radius_m(self) -> float | None:
        """Outer radius [m] of a fibre; None for a sheet."""
        return None if self.inner_radius_m is None else self.inner_radius_m + self.thickness_m


@dataclass(frozen=True)
class StillLayer:
    """The medium next to a surface, where it stands still (or moves with the wall) and has to be warmed
    itself.

    The resistance of the film is laid out as a layer of the medium, of thickness ``k/h`` on a sheet and
    ``b (exp(k/(h b)) - 1)`` around a fibre of radius b, at the temperature of the medium when the stage
    begins and always at its far edge. At first the layer takes heat like a body without end; once it is
    warmed through exactly ``h (T_surface - T_medium)`` flows.

    Attributes:
        conductivity_W_mK: of the medium [W/(m.K)].
        heat_capacity_J_m3K: per volume [J/(m3.K)].
    """

    conductivity_W_mK: float
    heat_capacity_J_m3K: float

    def __post_init__(self) -> None:
        positive("still.conductivity_W_mK", self.conductivity_W_mK, "W/(m.K)")
        positive("still.heat_capacity_J_m3K", self.heat_capacity_J_m3K, "J/(m3.K)")


@dataclass(frozen=True)
class Face:
    """A boundary condition: heat leaves a surface as ``q = (h + h_r) (T_surface - T_medium)`` (Robin).

    ``h_r = emissivity * sigma * (T_s^2 + T_m^2)(T_s + T_m)`` is grey radiation to surroundings at the
    temperature of the medium; it counts in air, where it is as large as natural convection.

    Attributes:
        medium_temperature_K: temperature of the medium far from the surface [K].
        film_W_m2K: film coefficient or contact conductance [W/(m2.K)]: a number >= 0, ``math.inf`` for ideal
            contact, or a
            law ``h(time in stage [s], surface temperature [K])``.
        emissivity: 0 to 1; 0 for liquids and contact.
        relative_uncertainty: one standard deviation of the film coefficient as a fraction of it.
        label: in words, for reports.
        still: the layer that makes the film, where its own heat counts (liquids); the film coefficient is
            then a
            number above zero.
    """

    medium_temperature_K: float
    film_W_m2K: float | FilmLaw
    emissivity: float = 0.0
    relative_uncertainty: float = 0.0
    label: str = ""
    still: StillLayer | None = None

    def __post_init__(self) -> None:
        temperature("face.medium_temperature_K", self.medium_temperature_K)
        if not callable(self.film_W_m2K):
            positive("face.film_W_m2K", self.film_W_m2K, "W/(m2.K)", zero=True, infinite=True)
        if not 0.0 <= self.emissivity <= 1.0:
            raise InputError("face.emissivity", repr(self.emissivity), "0 to 1")
        if not 0.0 <= self.relative_uncertainty < math.inf:
            raise InputError("face.relative_uncertainty", repr(self.relative_uncertainty), "0 or more")
        if self.still is not None and (
            callable(self.film_W_m2K) or not 0 < self.film_W_m2K < math.inf or self.emissivity
        ):
            raise InputError(
                "face.still",
                f"a layer with the film {self.film_W_m2K!r} and emissivity {self.emissivity!r}",
                "a film that is a number above zero, and no radiation",
                "leave out the layer, or give the film it ends in",
            )

    @staticmethod
    def insulated() -> Face:
        """A face that no heat crosses."""
        return Face(300.0, 0.0, label="insulated")

    def scaled(self, factor: float) -> Face:
        """The same face with its film coefficient multiplied by ``factor``."""
        film = self.film_W_m2K
        if callable(film):

            def law(time_s: float, surface_K: float) -> float:
                return factor * film(time_s, surface_K)

            return replace(self, film_W_m2K=law)
        return replace(self, film_W_m2K=factor * film)


@dataclass(frozen=True)
class Stage:
    """One part of the way through the process: what touches both faces, and for how long.

    Attributes:
        outer: boundary condition at the outer surface (sheet: the upper face).
        inner: at the inner surface (sheet: the other face). None: a sheet takes ``outer`` for both faces, a
            fibre is
            joined to its bore, or insulated where the wall has none.
        duration_s: length of the stage [s]; infinite for the last (until the wall has the temperature of the
            medium).
        label: in words, e.g. ``"air gap"``.
    """

    outer: Face
    inner: Face | None = None
    duration_s: float = math.inf
    label: str = ""

    def __post_init__(self) -> None:
        positive("stage.duration_s", self.duration_s, "seconds", infinite=True)


@dataclass(frozen=True)
class Schedule:
    """The stages of a quench, in order; only the last may be endless."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "stages", tuple(self.stages))
        if not self.stages:
            raise InputError("schedule.stages", "no stage", "one or more")
        for i, stage in enumerate(self.stages[:-1]):
            if math.isinf(stage.duration_s):
                raise InputError(
                    f"schedule.stages[{i}].duration_s",
                    "infinite",
                    "finite, as another stage follows",
                    "give its length",
                )

    @staticmethod
    def of(stages: Stage | Sequence[Stage] | Schedule) -> Schedule:
        """A schedule of one stage, several, or the schedule itself."""
        if isinstance(stages, Schedule):
            return stages
        return Schedule((stages,) if isinstance(stages, Stage) else tuple(stages))


@dataclass(frozen=True)
class HeatProperties:
    """Heat properties of the solution or gel; density is that of the wall as shaped and does not change.

    Attributes:
        density_kg_m3: [kg/m3].
        heat_capacity_J_kgK: [J/(kg.K)] a number or a function of temperature [K], without the latent heat.
        conductivity_W_mK: [W/(m.K)] a number or a function of temperature [K].

    Limitations: the wall does not shrink while it cools (about 5 % in volume over 125 K).
    """

    density_kg_m3: float
    heat_capacity_J_kgK: float | TemperatureFunction
    conductivity_W_mK: float | TemperatureFunction

    def __post_init__(self) -> None:
        positive("properties.density_kg_m3", self.density_kg_m3, "kg/m3")
        if not callable(self.heat_capacity_J_kgK):
            positive("properties.heat_capacity_J_kgK", self.heat_capacity_J_kgK, "J/(kg.K)")
        if not callable(self.conductivity_W_mK):
            positive("properties.conductivity_W_mK", self.conductivity_W_mK, "W/(m.K)")


@dataclass(frozen=True)
class CrystallizationHeat:
    """Crystals that grow from nuclei already present and give off latent heat, at each depth with its own
    history.

    ``X = 1 - exp(-(4 pi/3) N R^3)``, ``dR/dt = G(T)``; heat source ``L dX/dt`` (Kolmogorov's exact result for
    spheres from randomly placed preset nuclei; the same as Nakamura's form of the JMAK equation for a growth
    rate that follows T).

    Attributes:
        latent_heat_J_m3: ``L``, heat given off per volume of solution when conversion goes from 0 to 1
            [J/m3].
        nuclei_density_m3: ``N``, nuclei per volume [1/m3].
        growth_rate_m_s: ``G(T)`` [m/s] of temperature [K]; zero where nothing grows.
        initial_radius_m: ``R`` when cooling begins [m]: what the nuclei grew to while the solution was held at
            the dissolution temperature.

    Limitations: spheres; no nucleation during cooling; crystals larger than the wall are not cut by its
    faces.
    References: Kolmogorov (1937); Nakamura et al., J. Appl. Polym. Sci. 16 (1972) 1077.
    """

    latent_heat_J_m3: float
    nuclei_density_m3: float
    growth_rate_m_s: TemperatureFunction
    initial_radius_m: float = 0.0

    def __post_init__(self) -> None:
        positive("crystallization.initial_radius_m", self.initial_radius_m, "metres", zero=True)
        positive("crystallization.latent_heat_J_m3", self.latent_heat_J_m3, "J/m3", zero=True)
        positive("crystallization.nuclei_density_m3", self.nuclei_density_m3, "nuclei per m3", zero=True)
        if not callable(self.growth_rate_m_s):
            raise InputError(
                "crystallization.growth_rate_m_s", repr(self.growth_rate_m_s), "a function of T [K]"
            )


def sampled(where: str, function: TemperatureFunction, temperature_K: Array, *, zero: bool = False) -> Array:
    """Values of a property at these temperatures, refused unless all are finite and positive (or zero)."""
    try:
        values = np.asarray(function(temperature_K), dtype=float)
    except (TypeError, ValueError):  # a function that takes only single numbers
        values = np.array([float(np.asarray(function(t)).item()) for t in temperature_K])
    if values.shape != temperature_K.shape:
        values = np.broadcast_to(values, temperature_K.shape).astype(float)
    bad = ~np.isfinite(values) | (values < 0) | ((values == 0) & (not zero))
    if bad.any():
        i = int(np.argmax(bad))
        allowed = "finite and " + ("not negative" if zero else "positive") + " over the whole quench"
        raise InputError(where, f"{values[i]!r} at {temperature_K[i]:.2f} K", allowed)
    return values
