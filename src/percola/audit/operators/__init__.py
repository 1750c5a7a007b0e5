"""Generic operators: a rule and a case -> findings. What they compare stands in ``data/rules.toml``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from percola.audit.findings import Case, Finding, Rule
from percola.audit.operators.sayings import (
    citation_differs,
    comparison,
    definition_differs,
    derived,
    effect,
    field_of_view,
    figures_without_counterpart,
    mass_as_force,
    method_without_value,
    mixture_out_of_range,
    not_a_quantity,
    pressure_basis,
    range_left,
    ranges_meet,
    relation,
    said_otherwise,
    stands_for,
    two_names,
    unit_of_nothing,
    window,
)
from percola.audit.operators.several import (
    composition_moves,
    figure_twice,
    gap_in_numbering,
    interior_follows_medium,
    not_stated,
    outlier,
    repeated_row,
    same_recipe_other_results,
    trend_break,
    unknown_reference,
)
from percola.audit.operators.single import (
    agree,
    at_least,
    at_most,
    comparative_meets_definition,
    flux_at_most,
    plausible,
    pores_without_flux,
    ratio_agrees,
    stretching_without_result,
    unknown_substance,
    words_exclude,
    zero,
)

Operator = Callable[[Rule, Case], Iterator[Finding]]

OPERATORS: dict[str, Operator] = {
    f.__name__: f
    for f in (
        at_most, at_least, agree, ratio_agrees, flux_at_most, plausible, pores_without_flux, unknown_substance, comparative_meets_definition, words_exclude, zero, stretching_without_result, repeated_row,
        same_recipe_other_results, trend_break, outlier, interior_follows_medium, composition_moves, not_stated,
        gap_in_numbering, unknown_reference, figure_twice, said_otherwise, window, definition_differs, stands_for,
        derived, citation_differs, two_names, unit_of_nothing, mass_as_force, pressure_basis, method_without_value,
        field_of_view, ranges_meet, mixture_out_of_range, range_left, comparison, effect, relation,
        figures_without_counterpart, not_a_quantity,
    )
}  # fmt: skip
