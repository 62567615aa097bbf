"""A value or a choice as text, by which the site's pages judge answers without Python."""

import base64
import json
from collections.abc import Mapping

from .exercises import Exercise, Value

#: Under which a verdict carries it beside its own text. Notebooks show nothing of this type.
TYPE = "application/vnd.gpus-and-ai.exercise+json"


def carried(asked: Exercise) -> str | None:
    """Return the exercise, coded so that a glance shows no answer; None if it is not plain data."""
    tied = asked.hints if isinstance(asked.hints, Mapping) else {"else": asked.hints}
    told = {"kind": type(asked).__name__.lower(), **vars(asked)}
    told["hints"] = {kind: [h] if isinstance(h, str) else list(h) for kind, h in tied.items()}
    try:
        if isinstance(asked, Value):
            told["many"] = many = isinstance(asked.expected, (tuple, list))
            told["expected"] = [_part(p) for p in (asked.expected if many else [asked.expected])]
            told["mistakes"] = [[_part(wrong), hint] for wrong, hint in asked.mistakes.items()]
        else:
            told["reasons"] = list(asked.reasons.items())
        return base64.b64encode(json.dumps(told).encode()).decode()
    except (AttributeError, TypeError, ValueError):
        return None


def _part(thing) -> list:
    """Return a word, a truth, a whole or another number as its kind and its text."""
    kind = {str: "word", bool: "truth", int: "whole"}.get(type(thing))
    return [kind, str(thing)] if kind else ["number", repr(float(thing))]
