"""Closed forms for modulus, breaking strength and breaking extension of a porous polymer, with their priors.

Every function is written with operators, so that it takes numbers, arrays and traced arrays alike; where a function of
an array module is needed it is an argument, ``xp`` (numpy or jax.numpy). Nothing here is fitted to a membrane: the numbers
are priors, each with its source, for a calibration to start from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class MechanicalPrior:
    """What is known of one parameter before any membrane has been tested.

    Attributes:
        name: of the parameter, as the functions call it.
        mean: expectation.
        sd: one standard deviation.
        unit: SI, ``"1"`` for a pure number.
        low, high: what physics allows.
        source: keys of ``references.bib``; "percola" for results of this code.
        why: where the two numbers come from, in words.
    """

    name: str
    mean: float
    sd: float
    unit: str
    low: float
    high: float
    source: tuple[str, ...]
    why: str


_INF = float("inf")

PRIORS: tuple[MechanicalPrior, ...] = (
    MechanicalPrior(
        "solid_strength_Pa",
        55e6,
        8e6,
        "Pa",
        0.0,
        _INF,
        ("solef2014",),
        "yield stress of PVDF, 50 to 60 MPa by its vendor, times break over yield, 1.0 with 0.13",
    ),
    MechanicalPrior(
        "break_over_yield",
        1.0,
        0.13,
        "1",
        0.0,
        _INF,
        ("percola",),
        "estimate: nominal stress at break of a drawn solid lies from some 20 % below its yield stress (drawing in a neck) "
        "to 20 % above (hardening)",
    ),
    MechanicalPrior(
        "solid_modulus_Pa",
        2.1e9,
        2.5e8,
        "Pa",
        0.0,
        _INF,
        ("solef2014",),
        "1.7 to 2.5 GPa by its vendor",
    ),
    MechanicalPrior(
        "exponent_m",
        1.5,
        0.35,
        "1",
        1.0,
        3.0,
        ("gibsonashby1997", "percola"),
        "1 where struts are stretched or drawn into line, 1.5 where they bend plastically (open cells); the measurement gives "
        "1.53 +- 0.27 and 1.55 for two simulated gels at porosities of 0.54 and 0.57. Not blind: the first choice, 1.75 +- 0.25 "
        "from the limit load alone, was replaced after it had been held against the patent's specimens",
    ),
    MechanicalPrior(
        "exponent_n",
        2.1,
        0.3,
        "1",
        1.0,
        4.0,
        ("gibsonashby1997", "percola"),
        "stiffness: 1 stretched, 2 bent; 2.0 and 2.1 for two simulated gels, 2.2 to 2.5 for Gaussian random fields of "
        "porosities of 0.2 to 0.55",
    ),
    MechanicalPrior(
        "flaw_exponent",
        0.5,
        0.15,
        "1",
        0.0,
        1.0,
        ("griffith1921",),
        "1/2 for a crack, K_c/sqrt(pi a); less where the flaw is blunt or the tip yields far ahead of it",
    ),
    MechanicalPrior(
        "solid_extension",
        3.0,
        1.0,
        "1",
        0.2,
        8.0,
        ("solef2014", "salimiyousefi2003"),
        "up to 300 % by its vendor (20 to 300 %, the early breaks being flaws); film draws 4.5 to 5 fold in its neck",
    ),
    MechanicalPrior(
        "extension_exponent",
        1.0,
        0.5,
        "1",
        0.0,
        3.0,
        ("rivlinthomas1953",),
        "1 at a tearing energy that is constant, reached at a draw stress that is constant; 1/2 for an elastic network; "
        "above 1 where strain gathers at the flaw",
    ),
    MechanicalPrior(
        "participation_exponent",
        0.5,
        0.3,
        "1",
        0.0,
        1.5,
        ("percola",),
        "between 0 (all of the solid is drawn) and m - 1 (only the share that carries the load is)",
    ),
    MechanicalPrior(
        "alignment",
        0.73,
        0.3,
        "1",
        0.0,
        1.0,
        ("arrudaboyce1993",),
        "sqrt(3) - 1, struts of random directions turned into line; 1 for straight rods of mean cosine 1/2",
    ),
    MechanicalPrior(
        "threshold_molar_mass_kg_mol",
        30.0,
        20.0,
        "kg/mol",
        0.0,
        150.0,
        ("flory1945", "percola"),
        "estimate: chains (weight average, polydispersity of about 2) below which a polymer is brittle, some entanglement "
        "lengths",
    ),
    MechanicalPrior(
        "orientation_exponent",
        0.5,
        0.29,
        "1",
        0.0,
        1.0,
        ("percola",),
        "1 if struts strain as much as the membrane and their load at break stays, 0 if they only turn: uniform between",
    ),
    MechanicalPrior(
        "draw_share",
        0.6,
        0.2,
        "1",
        0.0,
        0.95,
        ("percola",),
        "estimate: stress at which a network begins to draw over its strength without flaws; 0.45 is first yield of 1 % "
        "of the solid over the bound of :mod:`percola.measure.solid.strength` for a simulated gel, 1 no hardening",
    ),
)
"""Priors of all parameters of this module."""

REFERENCE_MOLAR_MASS_KG_MOL = 350.0
"""Weight average of the moulding grade that the strength of the solid was measured on (an estimate; it enters through
:func:`molar_mass_factor`, weakly)."""


def prior(name: str) -> MechanicalPrior:
    """The prior of one parameter."""
    for p in PRIORS:
        if p.name == name:
            return p
    raise KeyError(name)


MEANS = {p.name: p.mean for p in PRIORS}
"""Expectation of each prior by its name."""


def relative_modulus(porosity: Any, exponent_n: Any = MEANS["exponent_n"]) -> Any:
    """Young's modulus of the network over that of the solid.

    E/E_s = (1 - P)^n

    Args:
        porosity: P [1].
        exponent_n: 1 for struts along the load, 2 for struts that bend.

    Validity: 0 <= P < 0.8; networks that fall apart at a finite porosity are weaker.
    Reference: Gibson and Ashby, Cellular Solids (1997), ch. 5.
    """
    return (1.0 - porosity) ** exponent_n


def relative_strength(
    porosity: Any,
    ratio: Any,
    exponent_m: Any = MEANS["exponent_m"],
    q: Any = MEANS["flaw_exponent"],
    xp: Any = np,
) -> Any:
    """Breaking strength of a porous polymer over that of the solid.

    sigma/sigma_s = (1 - P)^m max(r, 1)^(-q)

    The network without defects breaks at (1 - P)^m; its mean pore is the flaw that is inherent to it. A pore r times as
    large is a crack r times as long, K_c/sqrt(pi a), hence q = 1/2.

    Args:
        porosity: P [1].
        ratio: maximum over mean pore size [1]; below 1 it counts as 1.
        exponent_m: of the network.
        q: of the flaw.
        xp: array module.

    Validity: flaws much smaller than the wall; P below about 0.8.
    References: Gibson and Ashby (1997), ch. 5; Griffith (1921).
    """
    return (1.0 - porosity) ** exponent_m * xp.maximum(ratio, 1.0) ** (-q)


def molar_mass_factor(
    molar_mass_kg_mol: Any,
    threshold_kg_mol: Any = MEANS["threshold_molar_mass_kg_mol"],
    reference_kg_mol: float = REFERENCE_MOLAR_MASS_KG_MOL,
    xp: Any = np,
) -> Any:
    """Strength of the solid at a molar mass over that at the reference.

    (1 - M_t/M)/(1 - M_t/M_ref), 0 below M_t

    Args:
        molar_mass_kg_mol: weight average M [kg/mol].
        threshold_kg_mol: M_t [kg/mol].
        reference_kg_mol: M_ref [kg/mol].
        xp: array module.

    Limitation: Flory's law is of the number average; a constant polydispersity is taken.
    Reference: Flory (1945).
    """
    own = xp.maximum(1.0 - threshold_kg_mol / molar_mass_kg_mol, 0.0)
    return own / (1.0 - threshold_kg_mol / reference_kg_mol)


def draw_limit(
    porosity: Any,
    solid_extension: Any = MEANS["solid_extension"],
    participation_exponent: Any = MEANS["participation_exponent"],
    alignment: Any = MEANS["alignment"],
) -> Any:
    """Extension at which a network without defects breaks.

    1 + e_0 = (1 + g P)(1 + e_s (1 - P)^k)

    First struts turn into the direction of draw, as far as there is room for it (none in a solid, a factor 1 + g = sqrt(3)
    in an open network of random struts); what carries load is then drawn to the limit of the solid e_s. Of the solid a
    share (1 - P)^k takes part.

    Args:
        porosity: P [1].
        solid_extension: e_s [1].
        participation_exponent: k.
        alignment: g.

    Limits: the solid's own extension at P = 0; alignment alone at P = 1. Between, the two dependences on porosity nearly
    cancel.
    Reference: Arruda and Boyce (1993), for sqrt(3).
    """
    return (1.0 + alignment * porosity) * (
        1.0 + solid_extension * (1.0 - porosity) ** participation_exponent
    ) - 1.0


def breaking_extension(
    porosity: Any,
    ratio: Any,
    e0: Any = MEANS["solid_extension"],
    q_e: Any = MEANS["extension_exponent"],
    participation_exponent: Any = MEANS["participation_exponent"],
    alignment: Any = MEANS["alignment"],
    xp: Any = np,
) -> Any:
    """Breaking extension of a porous polymer.

    e = e_0(P) max(r, 1)^(-q_e), e_0 of :func:`draw_limit`

    A flaw of size a tears at T = 2 k a W, with W the energy to draw a unit volume. At a draw stress that hardly rises W is
    proportional to the extension, so that e goes as 1/a.

    Args:
        porosity: P [1].
        ratio: maximum over mean pore size [1]; below 1 it counts as 1.
        e0: extension of the solid [1].
        q_e: of the flaw.
        participation_exponent, alignment: of the network.
        xp: array module.

    Validity: ductile networks. Where the flaw breaks them before they draw, :func:`extension_on_flow_curve` falls faster.
    Reference: Rivlin and Thomas (1953).
    """
    whole = draw_limit(porosity, e0, participation_exponent, alignment)
    return whole * xp.maximum(ratio, 1.0) ** (-q_e)


def extension_on_flow_curve(
    limit: Any,
    ratio: Any,
    q: Any = MEANS["flaw_exponent"],
    draw_share: Any = MEANS["draw_share"],
    xp: Any = np,
) -> Any:
    """Breaking extension where a flaw sets the stress at break and a straight flow curve the extension at it.

    e = e_0 (r^(-q) - d)/(1 - d), 0 where r^(-q) < d

    The other closed form: the network begins to draw at d of the strength sigma_0 that it has without flaws and hardens
    linearly up to sigma_0 at e_0; a flaw breaks it at sigma_0 r^(-q). Beyond r = d^(-1/q) it breaks before it draws: a
    transition from tough to brittle. Near r = 1 it falls as r^(-q/(1 - d)).

    Args:
        limit: e_0 [1], of :func:`draw_limit`.
        ratio: maximum over mean pore size [1].
        q: of the flaw.
        draw_share: d.
        xp: array module.

    Limitation: the extension before drawing, some per cent, is left out.
    """
    left = xp.maximum(xp.maximum(ratio, 1.0) ** (-q) - draw_share, 0.0)
    return limit * left / (1.0 - draw_share)


def extension_after_draw(extension: Any, residual_strain: Any, xp: Any = np) -> Any:
    """Extension that a drawn membrane has left, over its length as drawn.

    (1 + e)/(1 + e_r) - 1, not below 0

    Args:
        extension: e of the membrane before it was drawn [1].
        residual_strain: e_r along the same direction [1].
        xp: array module.

    Basis: length at break does not depend on whether the draw was interrupted.
    """
    return xp.maximum((1.0 + extension) / (1.0 + residual_strain) - 1.0, 0.0)


def strength_after_draw(strength: Any, section_ratio: Any) -> Any:
    """Breaking strength of a drawn membrane over its section as drawn, if its load at break stays.

    sigma' = sigma A/A'

    Args:
        strength: before it was drawn.
        section_ratio: A'/A, product of the two lateral stretch ratios.
    """
    return strength / section_ratio
