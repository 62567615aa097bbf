"""Compile one Triton kernel, described on standard input, and print the result as JSON.

`triton_kernel` runs this as a program of its own where its own process interprets Triton.
"""

import importlib
import json
import runpy
import sys

from .triton_kernel import translate


def main() -> None:
    """Read one request, write one answer."""
    import triton.language as tl

    task = json.load(sys.stdin)
    names = {
        name: importlib.import_module(value["module"])
        if "module" in value
        else tl.constexpr(value["constexpr"])
        for name, value in task["names"].items()
    }
    kernel = runpy.run_path(task["path"], init_globals=names)[task["kernel"]]
    print(json.dumps(translate(kernel, task["request"])))


if __name__ == "__main__":
    main()
