"""Settings of the documentation: `make docs` writes it into build/docs.

The source folder is the project, so that a link between README and docs is the same here and in a repository's viewer. The pages named
README.md in docs are the tables of contents: the links of each of their sections become a part of the navigation.
"""

from __future__ import annotations

import re
from importlib.metadata import version as version_of

from sphinx.application import Sphinx

import wssure

project = "wssure"
author = "The wssure authors"
release = version_of("wssure")
root_doc = "docs/README"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = ["build", "node_modules", "src", "tests", "benchmarks", "fuzz", "mbedtls", "tools", ".*"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"wssure {release}"
html_extra_path = ["_root"]
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}

nitpicky = True
# Types of the standard library, and annotations that stand for several types: not pages of ours.
_FOREIGN = r"(_?asyncio|collections|enum|logging|os|re|socket|ssl|typing|uuid)\..*|[A-Z][A-Z]?|"
_ANNOTATIONS = r"Backend|Close|Connecting|EngineInfo|Handler|Logger|OriginsLike|ProcessRequest|SelectSubprotocol|Serving|StrictSNI|Target"
nitpick_ignore_regex = [("py:(class|exc|obj)", rf"(wssure\.[\w.]+\.)?({_FOREIGN}{_ANNOTATIONS})")]
default_role = "literal"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
napoleon_use_ivar = True
for name in wssure.__all__:
    # Documented and linked under the name that users import.
    if hasattr(thing := getattr(wssure, name), "__qualname__"):
        thing.__module__ = "wssure"

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+\.(?:md|rst))\)")


def _add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Add to a table of contents the hidden toctrees of its sections."""
    if not page.endswith("/README"):
        return
    parts = re.split(r"^## (.*)\n", source[0], flags=re.MULTILINE)
    for number in range(0, len(parts), 2):
        # A title in the navigation is plain text.
        if links := {link: text.replace("`", "") for text, link in _LINK.findall(parts[number])}:
            caption = f":caption: {parts[number - 1]}\n" if number and page == root_doc else ""
            entries = "\n".join(f"{text} <{link}>" for link, text in links.items())
            parts[number] += f"\n```{{toctree}}\n:hidden:\n{caption}\n{entries}\n```\n\n"
    heads = ["## " + part + "\n" if number % 2 else part for number, part in enumerate(parts)]
    source[0] = "".join(heads)


def _leave_out_private_bases(app: Sphinx, name: str, thing: type, options: object, bases: list[type]) -> None:
    bases[:] = [public for base in bases for public in (base.__bases__ if base.__name__.startswith("_") else (base,))]


def setup(app: Sphinx) -> None:
    """Connect the two functions above."""
    app.connect("autodoc-process-bases", _leave_out_private_bases)
    app.connect("source-read", _add_navigation)
