"""What each hardening of encodings costs in accuracy, on the development data.

    encodings.py BIN_DIR DATA_DIR [KEYS]

DATA_DIR is ../shared/data/linkage. Prints the table of
server/matching/link/ENCODINGS.md: best F1 of each set found within itself, mean
of KEYS fresh keys (3), and the ranks of tracing_composed.
"""

import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from linkage_data import Linkage, rows  # noqa: E402

HARDENINGS = (("none", ["--no-fold", "--flip", "0"]),
              ("fold", ["--flip", "0"]),
              ("flip 2 %", ["--no-fold", "--flip", "2"]),
              ("fold, flip 2 % (default)", []),
              ("fold, flip 5 %", ["--flip", "5"]),
              ("fold, flip 10 %", ["--flip", "10"]),
              ("fold, flip 2 %, salt", ["--salt"]))


def new_key(linkage, options):
    path = linkage.work / "key"
    path.unlink(missing_ok=True)
    linkage.run("key", "--purpose", "bench", "--out", path, *options)
    return path


def encode(linkage, table, mapping, key, name):
    out = linkage.work / name
    linkage.run("encode", table, "--map", mapping, "--key", key, "--out", out)
    return out


def best_f1(linkage, table, mapping, truth, options):
    encoded = encode(linkage, table, mapping, new_key(linkage, options),
                     "self.enc")
    pairs = linkage.work / "pairs.csv"
    linkage.run("compare", encoded, encoded, "--pairs", pairs, "--min", "0.1")
    return linkage.evaluate(pairs, truth)["best_f1"]


def ranks(linkage, options):
    """Right person first, among ten, and first for Arabic requests."""
    registry, requests, mapping, truth = linkage.tracing()
    key = new_key(linkage, options)
    pairs = linkage.work / "pairs.csv"
    linkage.run("compare", encode(linkage, requests, mapping, key, "q.enc"),
                encode(linkage, registry, mapping, key, "r.enc"),
                "--pairs", pairs, "--min", "0")
    found = {}
    for row in rows(pairs):
        found.setdefault(row["id_a"], []).append(
            (-float(row["likeness"]), row["id_b"]))
    names = {row["request_id"]: row["full_name"] for row in rows(requests)}
    first, ten, arabic = [], [], []
    for row in rows(truth):
        if not row["reg_id"]:
            continue
        listed = [person
                  for _, person in sorted(found.get(row["request_id"], []))]
        first.append(listed[:1] == [row["reg_id"]])
        ten.append(row["reg_id"] in listed[:10])
        if not names[row["request_id"]].isascii():
            arabic.append(first[-1])
    return [sum(hits) / len(hits) for hits in (first, ten, arabic)]


def main():
    keys = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as work:
        linkage = Linkage(sys.argv[1], sys.argv[2], work)
        sets = [linkage.febrl(1), linkage.febrl(2), linkage.fake(),
                linkage.historical()]
        print("| Hardening | FEBRL 1 | FEBRL 2 | fake_1000 | historical_50k |")
        print("|---|--:|--:|--:|--:|")
        for name, options in HARDENINGS:
            means = [sum(best_f1(linkage, *one, options)
                         for _ in range(keys)) / keys for one in sets]
            print(f"| {name} | " + " | ".join(f"{mean:.4f}" for mean in means)
                  + " |", flush=True)
        for name, options in HARDENINGS[:1] + HARDENINGS[3:4]:
            first, ten, arabic = ranks(linkage, options)
            print(f"tracing_composed, {name}: first {first:.3f}, among ten "
                  f"{ten:.3f}; Arabic requests first {arabic:.3f}", flush=True)


if __name__ == "__main__":
    main()
