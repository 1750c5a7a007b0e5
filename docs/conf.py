"""Sphinx: `python -m sphinx -W -b html docs docs/_build/html`."""

from __future__ import annotations

from typing import Any

from percola import __version__

project = "Percola"
author = "The Percola developers"
copyright = "The Percola developers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True

html_theme = "pydata_sphinx_theme"
html_title = f"Percola {version}"
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
}
html_show_sourcelink = False


def without_generated_text(
    _app: Any, what: str, _name: str, obj: Any, _options: Any, lines: list[str]
) -> None:
    """A dataclass without words of its own has its signature as docstring: say it once, not twice."""
    if what == "class" and lines and lines[0].startswith(f"{getattr(obj, '__name__', '')}("):
        lines.clear()


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", without_generated_text)
