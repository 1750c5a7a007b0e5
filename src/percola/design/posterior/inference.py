"""The posterior of the reduced model's parameters: likelihood in JAX, sampled by NUTS (numpyro).

y = g(theta, delta) + scatter, with delta ~ Gaussian process over recipes, one for each quantity, entering where its quantity
is made (:mod:`percola.design.reduced.chain`). g is linear in delta to a good approximation, so delta is integrated out in closed
form (Kennedy and O'Hagan, J. R. Stat. Soc. B 63 (2001) 425): what is left is a normal distribution of all readings together.
Classes enter by probit: open or closed voids, ratio above or below two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm

from percola.design.posterior.priors import priors, scales
from percola.design.reduced.chain import QUANTITIES, Made, finished, inputs, physical
from percola.design.reduced.features import Features
from percola.design.reduced.march import march, melting_K
from percola.design.reduced.nearness import square_distance

if TYPE_CHECKING:
    from percola.design.posterior.observations import Observations

Array = jax.Array
Draw = Mapping[str, Any]

RATIO, OPEN_WIDTH = 2, 0.25
"""Index of the ratio's departure; width of the transition from closed to open in ln(lean share): the scatter of the share of
through-going voids among runs in three dimensions (docs/theory/master_curves.md)."""
SLIP = 0.005
"""Probability that a class is reported wrongly, whatever the model says: keeps one word from ruling everything."""
JITTER = 1e-8
GONE = 1e6
"""Variance of a reading that is left out: what it still says is 1e-6 of what another one does."""
MOST_DOUBLINGS = 6  # of a trajectory: 63 gradients


@partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "table", "square", "specimen", "quantity", "value", "error", "doubt", "weight", "gone", "open_known",
        "closed_known", "fine_known", "reference",
    ],
    meta_fields=["solvents"],
)  # fmt: skip
@dataclass(frozen=True, eq=False)
class Problem:
    """Observations as the likelihood takes them; arrays only, so that one compiled function serves every leave-out.

    Attributes:
        table: features of the n specimens.
        square: squared distances between them, shape (n, n).
        specimen, quantity, value, error, doubt: of the m readings.
        weight: of each specimen's class.
        gone: readings that are left out, shape (m,).
        open_known, closed_known, fine_known: what classes say, shape (n,).
        reference: index of the recipe with most readings, about which coordinates are made straight.
        solvents: number of solvents.
    """

    table: dict[str, Array]
    square: Array
    specimen: Any
    quantity: Any
    value: Array
    error: Array
    doubt: Array
    weight: Array
    gone: Any
    open_known: Any
    closed_known: Any
    fine_known: Any
    reference: Any
    solvents: int

    @property
    def size(self) -> int:
        return int(self.square.shape[0])

    def without(self, i: int) -> Problem:
        """The same with one specimen's readings and class left out; shapes stay."""
        return replace(
            self,
            gone=np.asarray(self.gone) | (np.asarray(self.specimen) == i),
            weight=jnp.asarray(self.weight).at[i].set(0.0),
        )


def problem(observations: Observations) -> Problem:
    """What the likelihood needs of observations."""
    o = observations
    f = o.features
    n = len(f)
    counts = np.bincount(o.cluster, minlength=int(o.cluster.max()) + 1 if n else 1)
    classes = np.array([c or "" for c in o.classes])
    impermeable = np.asarray(o.impermeable)
    has_ratio = np.zeros(n, bool)
    has_ratio[o.specimen[o.quantity == RATIO]] = True
    return Problem(
        table={k: jnp.asarray(v) for k, v in f.arrays().items()},
        square=jnp.asarray(square_distance(f, f)),
        specimen=np.asarray(o.specimen),
        quantity=np.asarray(o.quantity),
        value=jnp.asarray(o.value),
        error=jnp.asarray(np.hypot(o.digit_sd, o.stated_sd)),
        doubt=jnp.asarray(o.doubt),
        weight=jnp.asarray(1.0 / counts[o.cluster]),
        gone=np.zeros(o.value.size, bool),
        open_known=np.isin(classes, ("percolation", "coarse")),
        closed_known=(classes == "non_porous") | impermeable,
        fine_known=np.asarray(o.ratio_at_most_two) & ~has_ratio,
        reference=np.asarray(int(np.argmax(np.bincount(o.specimen, minlength=n)))),
        solvents=len(f.solvents),
    )


def parameters(z: Draw) -> dict[str, Any]:
    """Named parameters from standardized ones."""
    out: dict[str, Any] = {p.name: p.mean + p.sd * z[p.name] for p in priors()}
    out["chi_A"] = z["chi_A"]
    return out


def hyper(z: Draw) -> tuple[Array, Array, Array, Array]:
    """(departure sd (6,), scatter sd (6,), reach, share of the departure that is a recipe's own)."""
    s = scales()

    def spread(name: str) -> Array:
        scale = s[name]
        return jnp.asarray(scale.quantities) * jnp.exp(scale.sd * z[name])

    return spread("departure"), spread("scatter"), spread("reach")[0], jnp.asarray(z["own"])


def response(table: Mapping[str, Any], theta: Mapping[str, Any]) -> tuple[Made, Array]:
    """What a table of recipes gives, and the slopes of its readings with the departures, shape (n, 6 readings, 6 departures)."""
    table = inputs(dict(table), theta)
    m = march(table, physical(theta, table))
    base = finished(table, theta, m)
    zero = jnp.zeros_like(base.scale)

    def readings(d: Array) -> Array:
        return finished(table, theta, m, d).scale

    directions = jnp.broadcast_to(jnp.eye(len(QUANTITIES))[:, None, :], (len(QUANTITIES), *zero.shape))
    slopes = jax.vmap(lambda e: jax.jvp(readings, (zero,), (e,))[1])(directions)  # (departure, n, reading)
    return base, jnp.moveaxis(slopes, 0, -1)


def covariance(p: Problem, slopes: Array, z: Draw) -> Array:
    """Covariance of all readings with the departures integrated out."""
    departure, scatter, reach, own = hyper(z)
    together = (1.0 - own) * jnp.exp(-0.5 * p.square / reach**2) + own * jnp.eye(p.size)
    loaded = slopes[p.specimen, p.quantity] * departure
    c = (loaded @ loaded.T) * together[p.specimen][:, p.specimen]
    noise = (scatter[p.quantity] * p.doubt) ** 2 + p.error**2 + jnp.where(jnp.asarray(p.gone), GONE, 0.0)
    return jnp.asarray(c + jnp.diag(noise + JITTER))


def log_likelihood(p: Problem, z: Draw) -> Array:
    """ln of the likelihood of readings and classes for standardized parameters."""
    base, slopes = response(p.table, parameters(z))
    c = covariance(p, slopes, z)
    residual = p.value - base.scale[p.specimen, p.quantity]
    root = jnp.linalg.cholesky(c)
    white = jax.scipy.linalg.solve_triangular(root, residual, lower=True)
    readings = -0.5 * white @ white - jnp.sum(jnp.log(jnp.diag(root)))
    return readings + log_classes(p, base, z)


def log_class_terms(p: Problem, base: Made, z: Draw) -> Array:
    """ln of the likelihood of each specimen's structure class, shape (n,); specimens of one gel share their weight."""
    departure, _, _, _ = hyper(z)
    is_open = norm.cdf(base.open / OPEN_WIDTH) * norm.cdf(base.wide / OPEN_WIDTH)
    ln_excess = jnp.log(jnp.maximum(base.ratio - 1.0, 1e-9))
    is_fine = norm.cdf(-ln_excess / departure[RATIO])

    def told(probability: Array) -> Array:
        return jnp.log(SLIP + (1.0 - 2.0 * SLIP) * probability)

    total = jnp.where(p.open_known, told(is_open), 0.0)
    total = total + jnp.where(p.closed_known, told(1.0 - is_open), 0.0)
    return jnp.asarray(p.weight) * (total + jnp.where(p.fine_known, told(is_fine), 0.0))


def log_classes(p: Problem, base: Made, z: Draw) -> Array:
    """ln of the likelihood of all structure classes."""
    return jnp.sum(log_class_terms(p, base, z))


def sample_sites(solvents: int) -> dict[str, Any]:
    """Names and shapes of the standardized parameters: all standard normal but ``own``, which is Beta(2, 6)."""
    sites: dict[str, Any] = {p.name: () for p in priors()}
    sites["chi_A"] = (solvents,)
    for scale in scales().values():
        sites[scale.name] = (len(scale.quantities),)
    return sites


def flat_sites(solvents: int) -> tuple[list[tuple[str, Any, int]], int]:
    """(name, shape, offset) of the standardized parameters in one vector, with the logit of ``own`` last; its length."""
    out, at = [], 0
    for name, shape in sample_sites(solvents).items():
        out.append((name, shape, at))
        at += int(np.prod(shape)) if shape else 1
    return out, at + 1


def unflat(p: Problem, x: Any) -> dict[str, Any]:
    """The sites of a vector."""
    sites, n = flat_sites(p.solvents)
    z = {name: x[at] if shape == () else x[at : at + shape[0]] for name, shape, at in sites}
    z["own"] = jax.nn.sigmoid(x[n - 1])
    return _sheared(p, z, -1.0)


def _at_reference(p: Problem, z: Mapping[str, Any]) -> tuple[Array, Array]:
    """(exponent of crystal growth, exponent of surviving nuclei) of the reference recipe at its dissolution temperature."""
    r = p.reference
    f = {k: v[r][None] for k, v in p.table.items()}
    theta = parameters(z)
    melting = melting_K(
        f, {"chi_A": theta["chi_A"][f["solvent"]] * f["chi_spread"], "Tm0_K": theta["Tm0_K"]}
    )[0]
    t = f["dissolution_K"][0]
    under = 5.0 + jax.nn.softplus(melting - t - 5.0)
    growth = -f["growth_Kg_K2"][0] * jnp.exp(theta["ln_Kg"]) / (t * under * 2.0 * t / (melting + t))
    thickness = 2.0 * f["fold_energy_J_m2"][0] * melting / (f["heat_of_fusion_J_m3"][0] * under)
    nuclei = -thickness / (f["mean_thickness_m"][0] * jnp.exp(theta["ln_l_mean"]))
    return growth, nuclei


def _sheared(p: Problem, z: Mapping[str, Any], sign: float) -> dict[str, Any]:
    """Prefactors of growth and nuclei against what they give at the reference recipe: a shear, which keeps volume.

    The data know growth and nuclei at temperatures of dissolution, of which prefactor and exponent are a curved valley; along
    the sheared coordinates it is straight.
    """
    sd = {q.name: q.sd for q in priors()}
    nought = {k: jnp.zeros_like(jnp.asarray(v, float)) for k, v in z.items()}
    growth, nuclei = _at_reference(p, z)
    growth0, nuclei0 = _at_reference(p, nought)
    return {
        **z,
        "ln_G0": z["ln_G0"] + sign * (growth - growth0) / sd["ln_G0"],
        "ln_N_tot": z["ln_N_tot"] + sign * (nuclei - nuclei0) / sd["ln_N_tot"],
    }


def flattened(p: Problem, z: Mapping[str, Any]) -> np.ndarray:
    """The vector of sites; inverse of :func:`unflat`."""
    sites, n = flat_sites(p.solvents)
    x = np.zeros(n)
    z = _sheared(p, {k: jnp.asarray(v) for k, v in z.items()}, 1.0)
    for name, shape, at in sites:
        x[at : at + (shape[0] if shape else 1)] = np.asarray(z[name]).ravel()
    own = float(np.clip(z["own"], 1e-6, 1.0 - 1e-6))
    x[n - 1] = np.log(own) - np.log1p(-own)
    return x


def minus_log_posterior(p: Problem) -> Callable[[Array], Array]:
    """-ln of the posterior density of the vector of :func:`unflat`, up to a constant."""
    _, n = flat_sites(p.solvents)

    def minus(x: Array) -> Array:
        logit = x[n - 1]
        # Beta(2, 6) with the Jacobian of its logit
        own = 2.0 * jax.nn.log_sigmoid(logit) + 6.0 * jax.nn.log_sigmoid(-logit)
        z = unflat(p, x)
        prior = sum(jnp.sum(v**2) for name, v in z.items() if name != "own")
        return 0.5 * prior - own - log_likelihood(p, z)

    return minus


def modes(p: Problem, starts: int, seed: int, best: int = 1) -> list[dict[str, np.ndarray]]:
    """The highest modes of the posterior that quasi-Newton ascents from draws of the prior reach, best first.

    The prior leaves room for physics in which no solution demixes; there the likelihood is flat, and a chain that starts there
    stays. Ascents from many starts find where the specimens can be explained; chains begin there.
    """
    from scipy.optimize import minimize

    def both(x: np.ndarray) -> tuple[float, np.ndarray]:
        v, g = _value_and_slope(p, jnp.asarray(x))
        value, slope = float(v), np.asarray(g, float)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return 1e12, np.zeros_like(slope)
        return value, slope

    rng = np.random.default_rng(seed)
    found = []
    # departures start wide: what the model cannot yet explain they carry, and the ascent is smooth
    for _ in range(starts):
        z: dict[str, Any] = {k: 0.7 * rng.standard_normal(s) for k, s in sample_sites(p.solvents).items()}
        z |= {
            "departure": np.full(len(QUANTITIES), 2.0),
            "scatter": np.full(len(QUANTITIES), 2.0),
            "own": 0.27,
        }
        x = flattened(p, z)
        r = minimize(both, x, jac=True, method="L-BFGS-B", options={"maxiter": 250, "maxfun": 300})
        found.append((float(r.fun), r.x))
    found.sort(key=lambda pair: pair[0])
    return [{k: np.asarray(v) for k, v in unflat(p, jnp.asarray(x)).items()} for _, x in found[:best]]


@jax.jit
def _value_and_slope(p: Problem, x: Array) -> tuple[Array, Array]:
    return jax.value_and_grad(minus_log_posterior(p))(x)


def slope(p: Problem, x: Array) -> Array:
    """Derivative of :func:`minus_log_posterior`, compiled once for a shape of problem."""
    return _value_and_slope(p, x)[1]


def curvature_root(p: Problem, x: np.ndarray) -> np.ndarray:
    """L with L L^T the inverse of the posterior's curvature at a point, eigenvalues held between 1/4 and 10^4.

    In u, x = x0 + L u, the posterior is round where it is normal: trajectories are short.
    """

    step = 1e-4
    # by differences of the slope: the second derivative's own graph takes minutes to compile
    h = np.empty((x.size, x.size))
    for i in range(x.size):
        e = np.zeros_like(x)
        e[i] = step
        h[i] = (np.asarray(slope(p, jnp.asarray(x + e))) - np.asarray(slope(p, jnp.asarray(x - e)))) / (
            2.0 * step
        )
    value, vector = np.linalg.eigh(0.5 * (h + h.T))
    return np.asarray(vector / np.sqrt(np.clip(value, 0.25, 1e4)))


class Sampler:
    """NUTS (Hoffman and Gelman 2014) on the posterior, in coordinates that the curvature at a start makes round.

    Compiled once for a shape of problem: leave-outs of the same specimens cost no compilation.
    """

    def __init__(self, warmup: int, samples: int) -> None:
        import numpyro
        import numpyro.distributions as dist
        from numpyro.infer import MCMC, NUTS

        def model(p: Problem, origin: Array, root: Array) -> None:
            free = dist.ImproperUniform(dist.constraints.real_vector, (), (origin.shape[0],))
            u = numpyro.sample("u", free)
            numpyro.factor("posterior", -minus_log_posterior(p)(origin + root @ u))

        kernel = NUTS(model, max_tree_depth=MOST_DOUBLINGS, target_accept_prob=0.9)
        self._mcmc = MCMC(
            kernel, num_warmup=warmup, num_samples=samples, progress_bar=False, jit_model_args=True
        )

    def __call__(
        self, p: Problem, seed: int, start: Mapping[str, Any]
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """(draws by site, statistics) of one chain."""
        centre = flattened(p, start)
        root = jnp.asarray(curvature_root(p, centre))
        origin = jnp.asarray(centre)
        self._mcmc.run(
            jax.random.PRNGKey(seed),
            p,
            origin,
            root,
            init_params={"u": jnp.zeros(centre.size)},
            extra_fields=("diverging", "num_steps"),
        )
        extra = self._mcmc.get_extra_fields()
        x = origin + jnp.asarray(self._mcmc.get_samples()["u"]) @ root.T
        draws = {k: np.asarray(v) for k, v in jax.vmap(lambda row: unflat(p, row))(x).items()}
        statistics = {
            "divergences": int(np.sum(np.asarray(extra["diverging"]))),
            "steps": float(np.mean(np.asarray(extra["num_steps"]))),
        }
        return draws, statistics


def features_table(f: Features) -> dict[str, Array]:
    """The arrays of features for JAX."""
    return {k: jnp.asarray(v) for k, v in f.arrays().items()}
