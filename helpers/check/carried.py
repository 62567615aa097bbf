"""A value or a choice as text, by which the site's pages judge answers without Python."""

import base64
import json
from collections.abc import Mapping

from .exercises import Choice, Exercise, Value

#: Under which a verdict carries it beside its own text. Notebooks show nothing of this type.
TYPE = "application/vnd.gpus-and-ai.exercise+json"


def carried(asked: Exercise) -> str | None:
    """Return the exercise, coded so that a glance shows no answer; None if it is not plain data."""
    try:
        told = {Value: _value, Choice: _choice}[type(asked)](asked)
        tied = asked.hints if isinstance(asked.hints, Mapping) else {"else": asked.hints}
        staged = {k: [h] if isinstance(h, str) else list(h) for k, h in tied.items()}
        return base64.b64encode(json.dumps(told | {"hints": staged}).encode()).decode()
    except (KeyError, TypeError, ValueError):
        return None


def _value(asked: Value) -> dict:
    many = isinstance(asked.expected, (tuple, list))
    expected = asked.expected if many else [asked.expected]
    mistakes = [[_part(wrong), hint] for wrong, hint in asked.mistakes.items()]
    rest = {"tolerance": asked.tolerance, "unit": asked.unit, "reason": asked.reason}
    parts = {"names": list(asked.names), "many": many, "expected": list(map(_part, expected))}
    return {"kind": "value", **parts, "mistakes": mistakes, **rest}


def _choice(asked: Choice) -> dict:
    return {"kind": "choice", "correct": asked.correct, "reasons": list(asked.reasons.items())}


def _part(thing) -> list:
    """Return a word, a truth, a whole or another number as its kind and its text."""
    kinds = {str: "word", bool: "truth", int: "whole"}
    if kind := kinds.get(type(thing)):
        return [kind, str(thing)]
    return ["number", repr(float(thing))]
