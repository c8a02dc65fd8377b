"""Jupyter servers of instructors: pages that show students' work ask no other host for anything.

But for the library that typesets formulas in formgrader, which names its host itself.
"""

c = get_config()  # noqa: F821

_FORMULAS = "https://cdnjs.cloudflare.com"
_POLICY = (
    "frame-ancestors 'none'",  # as JupyterHub has it
    f"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: {_FORMULAS}",
    "form-action 'self'",
    "base-uri 'self'",
)
c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "; ".join(_POLICY)}}
