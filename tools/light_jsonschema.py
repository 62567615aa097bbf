"""Imported before jsonschema, it spares the seconds that this spends on grammars for addresses.

Nothing here asks a schema whether an address is one. nbformat brings jsonschema, and so it is in
every process of a test run and of an execution; to pytest this module is a plugin like any other.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
