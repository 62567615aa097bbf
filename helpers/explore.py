"""Explorables: small pictures to play with, the same on the site, in JupyterLab and in Colab.

A name, an option or a value that does not exist is a ValueError, which names those that do.
"""

import html
import json
import re
from dataclasses import dataclass
from functools import cache
from string import Template

from helpers import resources, style

_BASE = "base"
_ABOUT = re.compile(r"^const ABOUT = (\{.*?^\});", re.MULTILINE | re.DOTALL)
_PAGE = Template(
    '<div class="gpu-explorable"><style>$css</style>'
    '<$element options="$options">$fallback</$element>'
    '<script type="module">$script</script></div>'
)
# Where JavaScript is absent the reader sees the sentence in the language of the page.
_FALLBACK_CSS = (
    ":root:lang(zh) .gpu-fallback>[lang=en],"
    ":root:not(:lang(zh)) .gpu-fallback>[lang=zh-CN]{display:none}"
)


@dataclass(frozen=True)
class Explorable:
    """One explorable with its options, ready to be shown by a notebook.

    A browser shows the element; where JavaScript is absent it shows a sentence and a table, and a
    terminal shows that sentence.
    """

    name: str
    options: dict

    def _repr_html_(self) -> str:
        about = _about(self.name)
        return _PAGE.substitute(
            css=style.css_variables() + _FALLBACK_CSS,
            element=about["element"],
            options=html.escape(json.dumps(self.options, ensure_ascii=False), quote=True),
            fallback=_fallback(about),
            script=_source(_BASE) + _source(self.name),
        )

    def __repr__(self) -> str:
        return f"[explorable {self.name}: {strings(self.name)['en']['fallback']}]"


def explorables() -> tuple[str, ...]:
    """Return the names of all explorables, sorted."""
    found = resources.path("explorables").glob("*.js")
    return tuple(sorted(path.stem for path in found if path.stem != _BASE))


def options(name: str) -> dict:
    """Return what the explorable `name` lets you set: option name to its default and its bounds."""
    return _about(name)["options"]


def strings(name: str) -> dict[str, dict[str, str]]:
    """Return every text that the explorable `name` shows, by language and key."""
    return _about(name)["strings"]


def explorable(name: str, **chosen) -> Explorable:
    """Return the explorable `name`; make the call the last line of a cell.

    Args:
        name: one of `explorables()`.
        chosen: its options; `options(name)` lists them.
    """
    known = options(name)
    for option, value in chosen.items():
        if option not in known:
            raise ValueError(
                f"The explorable {name!r} has no option {option!r}. It has: {', '.join(known)}."
            )
        _check_value(name, option, value, known[option])
    return Explorable(name, dict(chosen))


def _check_value(name: str, option: str, value, rule: dict) -> None:
    if "choices" in rule:
        good, wanted = value in rule["choices"], "one of " + ", ".join(rule["choices"])
    elif "min" in rule:
        whole = isinstance(value, int) and not isinstance(value, bool)
        good = whole and rule["min"] <= value <= rule["max"]
        wanted = f"a whole number from {rule['min']} to {rule['max']}"
    else:
        good, wanted = isinstance(value, str), "a text"
    if not good:
        raise ValueError(f"{name}: {option} must be {wanted}, not {value!r}.")


def _source(name: str) -> str:
    return resources.path(f"explorables/{name}.js").read_text(encoding="utf-8")


@cache
def _about(name: str) -> dict:
    """Read the JSON object with which an element's file describes itself."""
    if name not in explorables():
        raise ValueError(f"There is no explorable {name!r}. There is: {', '.join(explorables())}.")
    found = _ABOUT.search(_source(name))
    if not found:
        raise ValueError(f"explorables/{name}.js has no `const ABOUT = {{…}};` in JSON.")
    return json.loads(found[1])


def _fallback(about: dict) -> str:
    sentences = "".join(
        f'<p lang="{language.replace("_", "-")}">{html.escape(texts["fallback"])}</p>'
        for language, texts in about["strings"].items()
    )
    head, *rows = about["table"]
    return (
        f'<div class="gpu-fallback">{sentences}<table><thead>{_row(head, "th")}</thead>'
        f"<tbody>{''.join(_row(row, 'td') for row in rows)}</tbody></table></div>"
    )


def _row(values: list, tag: str) -> str:
    cells = "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)
    return f"<tr>{cells}</tr>"
