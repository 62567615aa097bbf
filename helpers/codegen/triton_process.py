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

    asked = json.load(sys.stdin)
    names = {
        name: importlib.import_module(told["module"])
        if "module" in told
        else tl.constexpr(told["constexpr"])
        for name, told in asked["names"].items()
    }
    kernel = runpy.run_path(asked["path"], init_globals=names)[asked["kernel"]]
    print(json.dumps(translate(kernel, asked["order"])))


if __name__ == "__main__":
    main()
