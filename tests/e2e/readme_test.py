"""Runs the commands of README.md as a reader would.

Fenced `sh` blocks right after the comment `<!-- tested -->` run in order in one
shell, in the project's folder, with BIN_DIR first on PATH. Exits with 77, which
ctest counts as skipped, when there is no such block.

    readme_test.py BIN_DIR [README]
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTED = re.compile(r"^<!-- tested -->\s*\n```sh\n(.*?)^```$", re.M | re.S)


def tested_blocks(text):
    return TESTED.findall(text)


def main():
    readme = pathlib.Path(sys.argv[2] if len(sys.argv) > 2
                          else ROOT / "README.md")
    blocks = tested_blocks(readme.read_text()) if readme.exists() else []
    if not blocks:
        print(readme, "has no block marked <!-- tested -->")
        return 77
    # A fresh home: no profile of whoever runs the test plays a part.
    with tempfile.TemporaryDirectory(prefix="passerelle-home.") as home:
        environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home,
                           PATH=f"{pathlib.Path(sys.argv[1]).resolve()}:"
                                f"{os.environ['PATH']}")
        script = "set -euo pipefail\n"
        for number, block in enumerate(blocks, 1):
            script += f"echo '--- block {number}' >&2\n{block}\n"
        # A session of its own, so that what a block left running ends too.
        process = subprocess.Popen(["bash", "-c", script], cwd=ROOT,
                                   env=environment, start_new_session=True)
        try:
            return process.wait(timeout=240)
        finally:
            try:
                os.killpg(process.pid, 15)
            except ProcessLookupError:
                pass


if __name__ == "__main__":
    sys.exit(main())
