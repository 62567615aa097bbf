"""What a page asks of Python: run a launch or judge a kernel, and tell what came of it."""

import json
import traceback

from warptrace import again, faults, views


def answer(asked: str) -> str:
    """Run the launch or judge the answer that `asked` tells; both are JSON, as is what came."""
    told = json.loads(asked)
    try:
        return json.dumps(judged(told) if "held" in told else shown(again.run(told)))
    except MemoryError:
        return json.dumps({"memory": True})
    except Exception as error:
        return json.dumps(problem(error))


def judged(asked: dict) -> dict:
    """Judge an answer; most pages never ask for that, so only now the checker is read."""
    import judging

    return judging.judged(asked)


def shown(trace) -> dict:
    """Return a trace as the page takes it: its view, its summary, and the numbers in it."""
    lines = [[trace.source[line], numbers] for line, numbers in trace.lines.items()]
    return {
        "html": trace.show()._repr_html_(),
        "summary": views.summary(trace),
        "counters": trace.counters,
        "lines": lines,
        "faults": list(map(str, trace.faults)),
    }


def problem(error: Exception) -> dict:
    """Return the message of an error, and the line of the program where it arose, if there."""
    line = getattr(error, "line", None) or getattr(error, "lineno", None)
    if line is None:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == again.FILE), None)
    text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    known = isinstance(error, faults.KernelError)
    named = text if known else f"{type(error).__name__}: {text}"
    return {"error": named, "line": line if isinstance(line, int) else None}
