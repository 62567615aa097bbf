"""Colours by meaning, each with one value for light pages and one for dark ones."""

PALETTE = {
    "light": {
        "paper": "#fffffe",
        "ink": "#1c2321",
        "muted": "#56615c",
        "line": "#d5dbd4",
        "cpu": "#9a4f0a",
        "gpu": "#3b7800",
        "memory": "#6d3fa6",
        "compute": "#0a67a3",
        "good": "#1c7540",
        "warn": "#855600",
        "bad": "#b3261e",
    },
    "dark": {
        "paper": "#14191a",
        "ink": "#e7ebe6",
        "muted": "#a8b3ad",
        "line": "#3a4446",
        "cpu": "#f2a65a",
        "gpu": "#a9d95f",
        "memory": "#c6a6f2",
        "compute": "#77c3f2",
        "good": "#7fd696",
        "warn": "#e8bb52",
        "bad": "#ff8d83",
    },
}


def colour(role: str) -> str:
    """Return the CSS value of `role`: the page's own where it has one, else the light one."""
    return f"var(--gpu-{role},{PALETTE['light'][role]})"


#: How the pages that show a notebook's outputs say that they are dark.
DARK_PAGES = (
    "html[data-theme=dark]",  # a site
    "html[theme=dark]",  # Colab
    "body[data-jp-theme-light=false]",  # JupyterLab and the notebook
    "body.vscode-dark",
    "body.vscode-high-contrast:not(.vscode-high-contrast-light)",
)


def css_variables(palette=PALETTE) -> str:
    """Return CSS that defines `--gpu-<role>` for light pages and for dark ones (`DARK_PAGES`)."""
    light, dark = (
        ";".join(f"--gpu-{role}:{value}" for role, value in palette[mode].items())
        for mode in ("light", "dark")
    )
    return f":root{{{light}}}{','.join(DARK_PAGES)}{{{dark}}}"
