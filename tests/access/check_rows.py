#!/usr/bin/env python3
"""Fails the build when a method of the contract has no row in the access table.

usage: check_rows.py EXPECTED_TOML PROTOS_DIR STAMP
"""

import pathlib
import re
import sys


def main() -> int:
    table, protos, stamp = (pathlib.Path(a) for a in sys.argv[1:])
    declared = set()
    for proto in sorted(protos.glob("*.proto")):
        declared.update(re.findall(r"^  rpc (\w+)\(", proto.read_text(), re.M))
    rows = re.findall(
        r'^names = (?:"""(.*?)"""|"(.*?)")', table.read_text(), re.M | re.S
    )
    named = {name for row in rows for name in "".join(row).split()}
    missing, unknown = sorted(declared - named), sorted(named - declared)
    for name in missing:
        print(f"{table}: no [[rpc]] row for {name}", file=sys.stderr)
    for name in unknown:
        print(f"{table}: no method {name}", file=sys.stderr)
    if not declared or missing or unknown:
        return 1
    stamp.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
