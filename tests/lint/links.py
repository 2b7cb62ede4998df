"""Every relative link of a Markdown page leads to a file that exists, and every
anchor to a heading.

    links.py ROOT
"""

import pathlib
import re
import sys
import urllib.parse

SKIPPED = {"build", ".git", "node_modules", ".venv"}
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def pages(root):
    for page in sorted(root.rglob("*.md")):
        if not SKIPPED.intersection(page.relative_to(root).parts):
            yield page


def anchors(text):
    """Anchors as GitHub makes them of headings."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        name = anchor
        while name in found:
            number += 1
            name = f"{anchor}-{number}"
        found.add(name)
    return found


def check_tree(root):
    """Returns one line for each link that leads nowhere."""
    root = pathlib.Path(root)
    problems = []
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        for link in LINK.findall(CODE.sub("", FENCE.sub("", text))):
            if re.match(r"[a-z][a-z+.-]*:", link):
                continue
            path, _, anchor = link.partition("#")
            target = page
            if path:
                base = root if path.startswith("/") else page.parent
                target = base / urllib.parse.unquote(path).lstrip("/")
            where = page.relative_to(root)
            if not target.exists():
                problems.append(f"{where}: {link}: no such file")
            elif (anchor and target.suffix == ".md" and
                  anchor not in anchors(target.read_text(encoding="utf-8"))):
                problems.append(f"{where}: {link}: no such heading")
    return problems


if __name__ == "__main__":
    faults = check_tree(sys.argv[1])
    print("\n".join(faults) if faults else "every link leads somewhere")
    sys.exit(1 if faults else 0)
