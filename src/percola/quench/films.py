"""How fast cooling media take heat: film coefficients from published correlations, and contact conductances.

Every function returns a :class:`Film`: the coefficient with its uncertainty, the dimensionless numbers it
came from, and whether the correlation was inside the range it was published for. Media come in as
:class:`MediumProperties` at the film temperature (the mean of surface and medium), because the viscosity of a
bath oil changes tenfold across its own film.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from percola.errors import InputError
from percola.quench.model import Face, StillLayer, positive, temperature

STANDARD_GRAVITY_m_s2 = 9.80665  # by definition (CGPM 1901)
GAS_CONSTANT_J_molK = 8.314462618  # exact to the digits shown, SI 2019
OUTSIDE_VALIDITY = 2.0  # factor on the uncertainty of a correlation used outside its range; a judgement
LOWEST_BATH_PRANDTL = 3.0  # where the shear near a moving surface lowers conduction by 13 %, see below


@dataclass(frozen=True)
class MediumProperties:
    """What a correlation needs to know of a gas or liquid, all at one temperature.

    Attributes:
        density_kg_m3, heat_capacity_J_kgK, conductivity_W_mK, viscosity_Pa_s: in the units of their names.
        thermal_expansion_1_K: volume expansivity [1/K].
        name, source: in words.
        relative_uncertainty: of the conductivity, which a film follows most closely (power 2/3).
    """

    density_kg_m3: float
    heat_capacity_J_kgK: float
    conductivity_W_mK: float
    viscosity_Pa_s: float
    thermal_expansion_1_K: float
    name: str = ""
    source: str = ""
    relative_uncertainty: float = 0.0

    def __post_init__(self) -> None:
        positive("medium.density_kg_m3", self.density_kg_m3, "kg/m3")
        positive("medium.heat_capacity_J_kgK", self.heat_capacity_J_kgK, "J/(kg.K)")
        positive("medium.conductivity_W_mK", self.conductivity_W_mK, "W/(m.K)")
        positive("medium.viscosity_Pa_s", self.viscosity_Pa_s, "Pa.s")
        positive("medium.thermal_expansion_1_K", self.thermal_expansion_1_K, "1/K", zero=True)

    @property
    def diffusivity_m2_s(self) -> float:
        """Thermal diffusivity [m2/s]."""
        return self.conductivity_W_mK / (self.density_kg_m3 * self.heat_capacity_J_kgK)

    @property
    def prandtl(self) -> float:
        """Momentum over thermal diffusivity."""
        return self.viscosity_Pa_s * self.heat_capacity_J_kgK / self.conductivity_W_mK

    def reynolds(self, length_m: float, velocity_m_s: float) -> float:
        """``rho v L/mu``."""
        return self.density_kg_m3 * velocity_m_s * length_m / self.viscosity_Pa_s

    def rayleigh(self, length_m: float, difference_K: float) -> float:
        """``g beta dT L^3/(nu alpha)``."""
        nu = self.viscosity_Pa_s / self.density_kg_m3
        lift = STANDARD_GRAVITY_m_s2 * self.thermal_expansion_1_K * abs(difference_K)
        return lift * length_m**3 / (nu * self.diffusivity_m2_s)


def properties_of(substance: Any, temperature_K: float) -> MediumProperties:
    """Properties of a liquid or gas of the tables at a film temperature.

    Outside the range of a table the property at its nearest end is taken; the name then says so.
    """
    temperature("temperature_K", temperature_K)
    moved: list[str] = []

    def entry(method: str, quantity: str) -> Any:
        low, high = substance.temperature_range_K(quantity)
        inside = min(max(temperature_K, low), high)
        if inside != temperature_K:
            moved.append(f"{quantity} at {inside:.1f} K")
        return getattr(substance, method)(inside)

    conductivity = entry("thermal_conductivity_W_mK", "thermal_conductivity")
    k = float(conductivity.value)
    spread = float(conductivity.uncertainty or 0.0) / k
    return MediumProperties(
        float(entry("density_kg_m3", "density").value),
        float(entry("heat_capacity_J_kgK", "heat_capacity").value),
        k,
        float(entry("viscosity_Pa_s", "viscosity").value),
        max(0.0, float(entry("expansion_coefficient_1_K", "density").value)),
        substance.name + (f" ({', '.join(dict.fromkeys(moved))})" if moved else ""),
        "tables",
        spread,
    )


def air(temperature_K: float, pressure_Pa: float = 101325.0) -> MediumProperties:
    """Dry air: ideal gas, Sutherland's viscosity and conductivity.

    ``mu = 1.716e-5 (T/273)^1.5 (273 + 111)/(T + 111)``, ``k = 0.0241 (T/273)^1.5 (273 + 194)/(T + 194)``, c =
    1007 J/(kg.K).

    Validity: 250 to 600 K; 2 % (viscosity) and 3 % (conductivity), heat capacity 2 %.
    Reference: White, Viscous Fluid Flow, 3rd ed. (2006), tables 1-2 and 1-3.
    """
    temperature("temperature_K", temperature_K)
    positive("pressure_Pa", pressure_Pa, "Pa")
    T = temperature_K
    return MediumProperties(
        density_kg_m3=pressure_Pa * 0.0289647 / (GAS_CONSTANT_J_molK * T),
        heat_capacity_J_kgK=1007.0,
        conductivity_W_mK=0.0241 * (T / 273.0) ** 1.5 * (273.0 + 194.0) / (T + 194.0),
        viscosity_Pa_s=1.716e-5 * (T / 273.0) ** 1.5 * (273.0 + 111.0) / (T + 111.0),
        thermal_expansion_1_K=1.0 / T,
        name="air",
        source="white2006",
    )


@dataclass(frozen=True)
class Film:
    """A film coefficient with where it came from.

    Attributes:
        coefficient_W_m2K: [W/(m2.K)]; with ``still`` that of the layer once it is warmed through.
        relative_uncertainty: one standard deviation, as a factor ``1 + u`` up and down.
        correlation: in words; ``citations``: keys of the bibliography.
        numbers: the dimensionless numbers.
        within_validity: whether they lie in the published range; ``note`` says what does not.
        still: the layer of liquid that makes the film and has to be warmed first.
    """

    coefficient_W_m2K: float
    relative_uncertainty: float
    correlation: str
    citations: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    within_validity: bool = True
    note: str = ""
    still: StillLayer | None = None

    def face(self, medium_temperature_K: float, *, emissivity: float = 0.0, label: str = "") -> Face:
        """The boundary condition with this film and a medium at a temperature [K]."""
        words = label or self.correlation
        return Face(
            medium_temperature_K,
            self.coefficient_W_m2K,
            emissivity,
            self.relative_uncertainty,
            words,
            self.still,
        )


def _film(
    nusselt: float,
    medium: MediumProperties,
    length_m: float,
    spread: float,
    words: str,
    cite: tuple[str, ...],
    numbers: dict[str, float],
    limits: Mapping[str, tuple[float, float]],
) -> Film:
    outside = [
        f"{name} = {numbers[name]:.3g}, published for {low:.3g} to {high:.3g}"
        for name, (low, high) in limits.items()
        if not low <= numbers[name] <= high
    ]
    factor = OUTSIDE_VALIDITY if outside else 1.0
    return Film(
        nusselt * medium.conductivity_W_mK / length_m,
        math.hypot(spread * factor, 0.67 * medium.relative_uncertainty),
        words,
        cite,
        {**numbers, "Nu": nusselt},
        not outside,
        "; ".join(outside),
    )


def _flow(diameter_m: float, velocity_m_s: float) -> None:
    positive("diameter_m", diameter_m, "metres")
    positive("velocity_m_s", velocity_m_s, "m/s", zero=True)


def cylinder_in_cross_flow(medium: MediumProperties, diameter_m: float, velocity_m_s: float) -> Film:
    """Mean film around a cylinder in cross flow (Churchill and Bernstein 1977).

    ``Nu = 0.3 + 0.62 Re^1/2 Pr^1/3 [1 + (0.4/Pr)^2/3]^-1/4 [1 + (Re/282000)^5/8]^4/5``

    Validity: Re Pr > 0.2, Re up to 1e7; about 30 % (the data it unites scatter so).
    Limitations: along a fibre the film is thinner at its start and thicker later: see
    :func:`running_fibre_in_bath`.
    Reference: J. Heat Transfer 99 (1977) 300; Incropera et al. (2007), equation 7.54.
    """
    _flow(diameter_m, velocity_m_s)
    Re, Pr = medium.reynolds(diameter_m, velocity_m_s), medium.prandtl
    Nu = (
        0.3
        + 0.62
        * math.sqrt(Re)
        * Pr ** (1 / 3)
        / (1 + (0.4 / Pr) ** (2 / 3)) ** 0.25
        * (1 + (Re / 282000.0) ** 0.625) ** 0.8
    )
    return _film(
        Nu,
        medium,
        diameter_m,
        0.30,
        "cylinder in cross flow, Churchill-Bernstein",
        ("churchillbernstein1977", "incropera2007"),
        {"Re": Re, "Pr": Pr, "Pe": Re * Pr},
        {"Pe": (0.2, math.inf), "Re": (0.0, 1e7)},
    )


def cylinder_natural_convection(medium: MediumProperties, diameter_m: float, difference_K: float) -> Film:
    """Mean film around a horizontal cylinder in still fluid (Churchill and Chu 1975).

    ``Nu = {0.60 + 0.387 Ra^1/6 [1 + (0.559/Pr)^9/16]^-8/27}^2``

    Validity: 1e-5 < Ra < 1e12, any Pr; about 20 %.
    Reference: Int. J. Heat Mass Transfer 18 (1975) 1049; Incropera et al. (2007), equation 9.34.
    """
    positive("diameter_m", diameter_m, "metres")
    Ra, Pr = medium.rayleigh(diameter_m, difference_K), medium.prandtl
    Nu = (0.60 + 0.387 * Ra ** (1 / 6) / (1 + (0.559 / Pr) ** (9 / 16)) ** (8 / 27)) ** 2
    return _film(
        Nu,
        medium,
        diameter_m,
        0.20,
        "natural convection, horizontal cylinder, Churchill-Chu",
        ("churchillchu1975", "incropera2007"),
        {"Ra": Ra, "Pr": Pr},
        {"Ra": (1e-5, 1e12)},
    )


def vertical_plate_natural_convection(medium: MediumProperties, height_m: float, difference_K: float) -> Film:
    """Mean film on a vertical plate in still fluid (Churchill and Chu 1975).

    ``Nu = {0.825 + 0.387 Ra^1/6 [1 + (0.492/Pr)^9/16]^-8/27}^2``; below Ra = 1e9 the laminar form
    ``Nu = 0.68 + 0.670 Ra^1/4 [1 + (0.492/Pr)^9/16]^-4/9``.

    Validity: 0.1 < Ra < 1e12, any Pr; about 20 %.
    Reference: Int. J. Heat Mass Transfer 18 (1975) 1323; Incropera et al. (2007), equations 9.26 and 9.27.
    """
    positive("height_m", height_m, "metres")
    Ra, Pr = medium.rayleigh(height_m, difference_K), medium.prandtl
    x = 1 + (0.492 / Pr) ** (9 / 16)
    Nu = (
        0.68 + 0.670 * Ra**0.25 / x ** (4 / 9)
        if Ra <= 1e9
        else (0.825 + 0.387 * Ra ** (1 / 6) / x ** (8 / 27)) ** 2
    )
    return _film(
        Nu,
        medium,
        height_m,
        0.20,
        "natural convection, vertical plate, Churchill-Chu",
        ("churchillchu1975plate", "incropera2007"),
        {"Ra": Ra, "Pr": Pr},
        {"Ra": (0.1, 1e12)},
    )


def horizontal_plate_natural_convection(
    medium: MediumProperties, area_over_perimeter_m: float, difference_K: float, side: Literal["up", "down"]
) -> Film:
    """Mean film on a hot horizontal plate in still fluid, its face up or down.

    Up: ``0.54 Ra^1/4`` (1e4 to 1e7), ``0.15 Ra^1/3`` (to 1e11). Down: ``0.52 Ra^1/5`` (1e4 to 1e9). Length:
    area/perimeter.

    Validity: as given; Pr above 0.7; about 20 %.
    Reference: Lloyd and Moran, J. Heat Transfer 96 (1974) 443; Radziemska and Lewandowski, Appl. Energy 68
    (2001) 347; Incropera et al. (2007), equations 9.30 to 9.32.
    """
    positive("area_over_perimeter_m", area_over_perimeter_m, "metres")
    Ra, Pr = medium.rayleigh(area_over_perimeter_m, difference_K), medium.prandtl
    if side == "up":
        Nu = 0.54 * Ra**0.25 if Ra < 1e7 else 0.15 * Ra ** (1 / 3)
        limit, cite = (1e4, 1e11), "lloydmoran1974"
    elif side == "down":
        Nu, limit, cite = 0.52 * Ra**0.2, (1e4, 1e9), "radziemska2001"
    else:
        raise InputError("side", repr(side), "'up' or 'down'")
    Nu = max(Nu, 1.0)  # a film is never thicker than the plate is wide
    return _film(
        Nu,
        medium,
        area_over_perimeter_m,
        0.20,
        f"natural convection, hot plate facing {side}",
        (cite, "incropera2007"),
        {"Ra": Ra, "Pr": Pr},
        {"Ra": limit, "Pr": (0.7, math.inf)},
    )


def plate_in_parallel_flow(medium: MediumProperties, length_m: float, velocity_m_s: float) -> Film:
    """Mean film along a plate in parallel flow: laminar for all Pr (Churchill and Ozoe 1973), then mixed.

    Laminar ``Nu = 0.6774 Re^1/2 Pr^1/3 [1 + (0.0468/Pr)^2/3]^-1/4``; mixed
    ``Nu = (0.037 Re^4/5 - 871) Pr^1/3``.

    Validity: laminar Re < 5e5 and Re Pr > 100; mixed Re < 1e8 and 0.6 < Pr < 60; 15 % and 25 %.
    Reference: J. Heat Transfer 95 (1973) 416; Incropera et al. (2007), equations 7.33 and 7.38.
    """
    _flow(length_m, velocity_m_s)
    Re, Pr = medium.reynolds(length_m, velocity_m_s), medium.prandtl
    numbers = {"Re": Re, "Pr": Pr, "Pe": Re * Pr}
    if Re <= 5e5:
        Nu = 0.6774 * math.sqrt(Re) * Pr ** (1 / 3) / (1 + (0.0468 / Pr) ** (2 / 3)) ** 0.25
        return _film(
            Nu,
            medium,
            length_m,
            0.15,
            "laminar parallel flow along a plate, Churchill-Ozoe",
            ("churchillozoe1973", "incropera2007"),
            numbers,
            {"Pe": (100.0, math.inf)},
        )
    return _film(
        (0.037 * Re**0.8 - 871.0) * Pr ** (1 / 3),
        medium,
        length_m,
        0.25,
        "mixed parallel flow along a plate",
        ("incropera2007",),
        numbers,
        {"Re": (5e5, 1e8), "Pr": (0.6, 60.0)},
    )


def fibre_in_air(
    diameter_m: float, speed_m_s: float, film_temperature_K: float, cross_velocity_m_s: float = 0.0
) -> Film:
    """Film around a fibre that runs through air, with or without a cross draught (Kase and Matsuo 1965).

    ``Nu = 0.42 Re^0.334 [1 + (8 v_cross/v)^2]^0.167``, Re with the speed of the fibre.

    Validity: air, melt spinning, Re 0.5 to 50; about 30 %. The range is taken from the speeds and diameters
    of melt spinning, not from the paper.
    Reference: J. Polym. Sci. A 3 (1965) 2541.
    """
    _flow(diameter_m, speed_m_s)
    positive("cross_velocity_m_s", cross_velocity_m_s, "m/s", zero=True)
    medium = air(film_temperature_K)
    Re = medium.reynolds(diameter_m, speed_m_s)
    across = 8.0 * medium.reynolds(diameter_m, cross_velocity_m_s)
    # (v^2 + (8 v_c)^2)^0.167 is the published form, written so that a fibre at rest in a draught has a value
    # too
    Nu = 0.42 * math.hypot(Re, across) ** 0.334
    return _film(
        Nu,
        medium,
        diameter_m,
        0.30,
        "fibre running through air, Kase-Matsuo",
        ("kasematsuo1965",),
        {"Re": Re, "Re_cross": across / 8.0},
        {"Re": (0.5, 50.0)},
    )


def round_air_jet(
    nozzle_diameter_m: float,
    distance_m: float,
    radius_m: float,
    velocity_m_s: float,
    film_temperature_K: float,
) -> Film:
    """Mean film within a radius of the foot of one round air jet that hits a plate (Martin 1977).

    ``Nu/Pr^0.42 = G F``, ``G = 2 a (1 - 2.2 a)/(1 + 0.2 (H/D - 6) a)``, ``a = D/(2r)``,
    ``F = 2 Re^1/2 (1 + 0.005 Re^0.55)^1/2``.

    Validity: 2000 < Re < 4e5, 2 < H/D < 12, 0.004 < a^2 < 0.04; 25 %.
    Reference: Adv. Heat Transfer 13 (1977) 1; Incropera et al. (2007), equations 7.71 to 7.73.
    """
    for name, value in (
        ("nozzle_diameter_m", nozzle_diameter_m),
        ("distance_m", distance_m),
        ("radius_m", radius_m),
    ):
        positive(name, value, "metres")
    positive("velocity_m_s", velocity_m_s, "m/s")
    medium = air(film_temperature_K)
    Re = medium.reynolds(nozzle_diameter_m, velocity_m_s)
    a, ratio = nozzle_diameter_m / (2 * radius_m), distance_m / nozzle_diameter_m
    numbers = {"Re": Re, "Pr": medium.prandtl, "H_over_D": ratio, "area_ratio": a * a}
    if a > 0.4:
        raise InputError(
            "radius_m", repr(radius_m), "at least 2.5 nozzle diameters, the range of the correlation"
        )
    G = 2 * a * (1 - 2.2 * a) / (1 + 0.2 * (ratio - 6) * a)
    F = 2 * math.sqrt(Re) * math.sqrt(1 + 0.005 * Re**0.55)
    return _film(
        G * F * medium.prandtl**0.42,
        medium,
        nozzle_diameter_m,
        0.25,
        "round air jet on a plate, Martin",
        ("martin1977", "incropera2007"),
        numbers,
        {"Re": (2000.0, 4e5), "H_over_D": (2.0, 12.0), "area_ratio": (0.004, 0.04)},
    )


def running_fibre_in_bath(
    medium: MediumProperties,
    diameter_m: float,
    difference_K: float,
    relative_velocity_m_s: float = 0.0,
) -> Film:
    """Film around a fibre that runs into still liquid and drags its neighbourhood along.

    In the frame of the fibre the liquid next to it stands still and takes up heat by conduction (a
    :class:`StillLayer`), until natural convection (Churchill-Chu) and any flow across the fibre
    (Churchill-Bernstein) keep it from thickening further: ``h^3 = h_natural^3 + h_cross^3``.

    Args:
        medium: at the film temperature.
        diameter_m: outside diameter [m].
        difference_K: surface minus bath, typical of the time while the core cools [K].
        relative_velocity_m_s: of liquid across the fibre [m/s], 0 where unknown; not the speed of the fibre.

    Validity: Prandtl number above 3, as the sheared layer is then thicker than the heated one (against the
    laminar solution for a moving surface conduction is 6 % high at Pr = 10, 13 % at 3, 27 % at 1).
    Uncertainty 30 %.
    Limitations: the layer does not slide along the fibre; natural convection keeps the strength it has at
    ``difference_K``.
    References: Carslaw and Jaeger (1959) section 13.5; Tsou, Sparrow and Goldstein, Int. J. Heat Mass
    Transfer 10 (1967) 219.
    """
    natural = cylinder_natural_convection(medium, diameter_m, difference_K)
    cross = None
    if relative_velocity_m_s != 0:
        cross = cylinder_in_cross_flow(medium, diameter_m, relative_velocity_m_s)
    return _bath_film("fibre running through still liquid", medium, natural, cross)


def sheet_in_bath(
    medium: MediumProperties, length_m: float, difference_K: float, velocity_m_s: float = 0.0
) -> Film:
    """Film on the face of a sheet that is dipped into, or runs through, a liquid bath.

    As :func:`running_fibre_in_bath`, with natural convection on a vertical plate (Churchill-Chu) and, where
    the liquid moves along the sheet, parallel flow (Churchill-Ozoe). A thin sheet is cold before convection
    begins, so that conduction into the liquid decides.

    Args:
        medium: at the film temperature.
        length_m: height of the sheet, or its length in the bath [m].
        difference_K: surface minus bath while the core cools [K].
        velocity_m_s: of the liquid past the sheet [m/s].

    Validity: Prandtl number above 3. Uncertainty 30 %.
    """
    natural = vertical_plate_natural_convection(medium, length_m, difference_K)
    flow = plate_in_parallel_flow(medium, length_m, velocity_m_s) if velocity_m_s != 0 else None
    return _bath_film("sheet in still liquid", medium, natural, flow)


def _bath_film(words: str, medium: MediumProperties, natural: Film, flow: Film | None) -> Film:
    film = natural if flow is None else combined(flow, natural)
    Pr = medium.prandtl
    good = Pr >= LOWEST_BATH_PRANDTL
    notes = [film.note] if film.note else []
    if not good:
        notes.append(f"Pr = {Pr:.2g}, meant for {LOWEST_BATH_PRANDTL:g} and more")
    return replace(
        film,
        relative_uncertainty=max(film.relative_uncertainty, 0.30 if good else 0.60),
        correlation=f"{words}: conduction into it, then {film.correlation}",
        citations=("carslawjaeger1959", "tsou1967", *film.citations),
        within_validity=film.within_validity and good,
        note="; ".join(notes),
        still=StillLayer(medium.conductivity_W_mK, medium.density_kg_m3 * medium.heat_capacity_J_kgK),
    )


def contact(gap_m: float, gas_conductivity_W_mK: float = 0.026, relative_uncertainty: float = 2.0) -> Film:
    """Conductance of a contact whose two faces are a mean gap of gas apart: ``h = k_gas/gap``.

    Validity: gaps above the mean free path (0.07 um) and so thin that the gas does not move. Solid spots in
    contact add to it, so it is a lower bound for a given gap; the gap itself is known to a factor of three at
    best.
    Reference: Incropera et al. (2007), section 3.1.4: aluminium of 10 um roughness in air at 1 bar, 2.75e-4
    m2.K/W.
    """
    positive("gap_m", gap_m, "metres")
    positive("gas_conductivity_W_mK", gas_conductivity_W_mK, "W/(m.K)")
    return Film(
        gas_conductivity_W_mK / gap_m,
        relative_uncertainty,
        f"contact with a mean gap of {1e6 * gap_m:.3g} um",
        ("incropera2007",),
        {"gap_m": gap_m},
        gap_m > 1e-7,
        "" if gap_m > 1e-7 else "gap below 0.1 um",
    )


def press_contact() -> Film:
    """A sheet between the plates of a press: mean gap 10 um, 2600 W/(m2.K) up or down by a factor of three.

    Gap: the roughness of ground plates or of the foil between. Thermal resistances measured at the
    polymer-mould interface lie in the same 1e-4 to 1e-3 m2.K/W (Yu, Sunderland and Poli 1990; Delaunay et al.
    2000; range from memory, unverified), hence the wide uncertainty.
    """
    film = contact(10e-6)
    return replace(
        film,
        correlation="press contact, mean gap 10 um",
        citations=("incropera2007", "yu1990", "delaunay2000"),
    )


def roll_contact() -> Film:
    """A sheet laid on a roll without pressure: mean gap 30 um with entrained air, 870 W/(m2.K) up or down
    threefold.

    Limitations: the entrained layer depends on speed and on air knife or pinning, which the recipe does not
    give.
    """
    return replace(contact(30e-6), correlation="roll contact, mean gap 30 um")


def combined(forced: Film, natural: Film) -> Film:
    """Forced and natural convection together, aiding: ``h^3 = h_forced^3 + h_natural^3``.

    Reference: Incropera et al. (2007), section 9.9; exponent 3 for most geometries.
    """
    h = (forced.coefficient_W_m2K**3 + natural.coefficient_W_m2K**3) ** (1 / 3)
    return Film(
        h,
        max(forced.relative_uncertainty, natural.relative_uncertainty),
        f"{forced.correlation} with {natural.correlation}",
        tuple(dict.fromkeys((*forced.citations, *natural.citations))),
        {**natural.numbers, **forced.numbers},
        forced.within_validity and natural.within_validity,
        "; ".join(n for n in (forced.note, natural.note) if n),
    )


def fibre_speed_from_bore_air_m_s(flow_m3_s: float, inside_diameter_m: float) -> float:
    """Speed at which a fibre carries off the air that fills it: ``v = 4 Q/(pi d^2)`` [m/s].

    The bore is closed at the far end by the take-up, so air leaves only with the fibre. Flow taken at the
    temperature and pressure of the bore; measured cold it is larger by the ratio of temperatures.
    """
    positive("flow_m3_s", flow_m3_s, "m3/s")
    positive("inside_diameter_m", inside_diameter_m, "metres")
    return 4.0 * flow_m3_s / (math.pi * inside_diameter_m**2)


def film_coefficient(
    medium_name: str,
    medium_temperature_K: float,
    surface_temperature_K: float,
    geometry: Literal["fibre", "sheet"],
    *,
    size_m: float,
    velocity_m_s: float = 0.0,
    pressed: bool = False,
) -> Film:
    """Film of a medium of the tables on a fibre or sheet.

    ========  =====================================
    ========================================================== medium    fibre
     sheet ========  =====================================
     ==========================================================
    liquid    :func:`running_fibre_in_bath`          :func:`sheet_in_bath`
    gas       :func:`fibre_in_air` (in motion) with  :func:`plate_in_parallel_flow` (in motion) with natural
              natural convection                     convection
    solid     :func:`press_contact` where pressed, else :func:`roll_contact`
    ========  =====================================
    ==========================================================

    Args:
        medium_name: any name that ``tables.medium`` knows.
        medium_temperature_K: of the medium [K].
        surface_temperature_K: typical of the surface while the wall cools [K]; properties are those at the
            mean of the two.
        geometry: ``"fibre"`` or ``"sheet"``.
        size_m: outside diameter of the fibre; height or length of the sheet [m].
        velocity_m_s: speed of a fibre through a gas, else of the medium past the surface [m/s]; 0 where
            unknown.
        pressed: a solid is pressed on.
    """
    from percola import tables

    temperature("medium_temperature_K", medium_temperature_K)
    temperature("surface_temperature_K", surface_temperature_K)
    positive("size_m", size_m, "metres")
    positive("velocity_m_s", velocity_m_s, "m/s", zero=True)
    if geometry not in ("fibre", "sheet"):
        raise InputError("geometry", repr(geometry), "'fibre' or 'sheet'")
    substance = tables.medium(medium_name)
    if substance.kind == "solid":
        return press_contact() if pressed else roll_contact()
    film_K = 0.5 * (medium_temperature_K + surface_temperature_K)
    medium = properties_of(substance, film_K)
    difference = surface_temperature_K - medium_temperature_K
    if substance.kind == "liquid":
        bath = running_fibre_in_bath if geometry == "fibre" else sheet_in_bath
        film = bath(medium, size_m, difference, velocity_m_s)
    elif geometry == "fibre":
        film = cylinder_natural_convection(medium, size_m, difference)
        if velocity_m_s > 0:
            film = combined(fibre_in_air(size_m, velocity_m_s, film_K), film)
    else:
        film = vertical_plate_natural_convection(medium, size_m, difference)
        if velocity_m_s > 0:
            film = combined(plate_in_parallel_flow(medium, size_m, velocity_m_s), film)
    return replace(film, correlation=f"{medium.name}: {film.correlation}")
