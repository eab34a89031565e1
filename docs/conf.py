"""Configuration of the documentation: `./dev docs` builds it."""

from importlib.metadata import version as version_of

project = "boto3-client-cache"
release = version = version_of(project)

autodoc_mock_imports = ["aiobotocore"]  # of an environment of its own
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_copy_source = html_show_sphinx = html_show_copyright = False
add_module_names = False
highlight_language = "text"  # of what does not say
pygments_style = "friendly"
pygments_dark_style = "github-dark"

myst_heading_anchors = 3

autodoc_typehints = "none"  # compiled types have none; the stubs are for type checkers
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

nitpicky = True
# What other projects document, and what has no page anywhere.
nitpick_ignore_regex = [
    ("py:.*", r"(boto3|botocore)\..*"),
    ("py:class", r"int|str|tuple"),
    ("py:exc", r"Exception|KeyError|TypeError|UnknownServiceError"),
    ("cpp:identifier", r"DestroyRemoved|ItemType|Key|State|Value|iterator|kForever"),  # without an entry of their own
]
