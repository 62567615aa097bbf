"""What a checker says of an answer, and which hint the reader gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .carried import TYPE

NOT_ATTEMPTED = "not attempted"
CORRECT = "correct"
WRONG = "not yet"

#: Failures whose message names the line or the cure: they get a hint only if one is tied to them.
PLAIN = {
    *("type", "nothing", "decorator", "limit"),
    *("race", "uninitialised", "out of bounds", "barrier", "refused"),
}

# How each exercise was answered wrongly in this session: hints come one at a time.
_wrong_answers: dict[tuple, list[str]] = {}


@dataclass(frozen=True)
class Problem:
    """What is wrong with an answer.

    Attributes:
        text: the sentence for the reader.
        kinds: what failed, from the special to the general; a hint may be tied to any of them.
        hint: one that this very mistake earns.
    """

    text: str
    kinds: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a checker found. `status` is "correct", "not yet" or "not attempted".

    `carried` is the exercise with what the page measured, for the site, which shows the outputs.
    """

    exercise: str
    status: str
    message: str
    hint: str = ""
    carried: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        text = f"{self.exercise}: {self.status}. {self.message}".rstrip()
        return f"{text}\nHint: {self.hint}" if self.hint else text

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {TYPE: {"carried": self.carried}} if self.carried else {}


def verdict_on(name: str, asked, problem: Problem | None) -> Verdict:
    """Return the verdict: correct without a problem, else the problem with one hint."""
    if problem is None:
        forget(name)
        reasons = getattr(asked, "reasons", None)
        reason = reasons[asked.correct] if reasons else getattr(asked, "reason", "")
        return Verdict(name, CORRECT, reason)
    return Verdict(name, WRONG, problem.text, _hint(name, asked.hints, problem))


def forget(name: str | None = None) -> None:
    """Begin with the first hints again, for one exercise or for all."""
    for key in [key for key in _wrong_answers if name in (None, key[0])]:
        del _wrong_answers[key]


def _hint(name: str, hints, problem: Problem) -> str:
    if problem.hint:
        return problem.hint
    tied = hints if isinstance(hints, Mapping) else {"else": hints}
    kind = next((kind for kind in problem.kinds if kind in tied), "else")
    if kind == "else" and PLAIN & set(problem.kinds):
        return ""
    staged = tied.get(kind, ())
    staged = (staged,) if isinstance(staged, str) else staged
    seen = _wrong_answers.setdefault((name, kind), [])
    if problem.text not in seen:  # running the same answer again earns no further hint
        seen.append(problem.text)
    return staged[min(len(seen), len(staged)) - 1] if staged else ""
