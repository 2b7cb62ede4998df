"""What each hardening of encodings costs in accuracy, on the development data.

    encodings.py BIN_DIR DATA_DIR [KEYS]

DATA_DIR is ../shared/data/linkage. Prints the table of
server/matching/link/ENCODINGS.md: best F1 of each set found within itself, mean
of KEYS fresh keys (3), and the ranks of tracing_composed.
"""

import csv
import gzip
import pathlib
import subprocess
import sys
import tempfile

HARDENINGS = (("none", ["--no-fold", "--flip", "0"]),
              ("fold", ["--flip", "0"]),
              ("flip 2 %", ["--no-fold", "--flip", "2"]),
              ("fold, flip 2 % (default)", []),
              ("fold, flip 5 %", ["--flip", "5"]),
              ("fold, flip 10 %", ["--flip", "10"]),
              ("fold, flip 2 %, salt", ["--salt"]))

FEBRL = """[columns]
id = "rec_id"
given = "given_name"
family = "surname"
birth_date = "date_of_birth"
place = "suburb"
postcode = "postcode"
address = ["street_number", "address_1", "address_2"]
identifier = "soc_sec_id"
[formats]
birth_date = "%Y%m%d"
"""
FAKE = """[columns]
id = "unique_id"
given = "first_name"
family = "surname"
birth_date = "dob"
place = "city"
identifier = "email"
"""
HISTORICAL = """[columns]
id = "unique_id"
given = "first_name"
family = "surname"
full_name = "full_name"
birth_date = "dob"
place = "birth_place"
postcode = "postcode_fake"
sex = "gender"
occupation = "occupation"
"""
TRACING = """[columns]
id = ["reg_id", "request_id"]
full_name = "full_name"
birth_date = "dob"
sex = "sex"
place = "place_of_origin"
phone = "phone"
"""


class Bench:
    def __init__(self, binary, data, work):
        self.binary = pathlib.Path(binary) / "passerelle-link"
        self.data = pathlib.Path(data)
        self.work = pathlib.Path(work)

    def run(self, *words):
        return subprocess.run([self.binary, *map(str, words)], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True).stdout

    def write(self, name, text):
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return path

    def encode(self, table, mapping, key, name):
        out = self.work / name
        self.run("encode", table, "--map", mapping, "--key", key, "--out", out)
        return out

    def key(self, options):
        path = self.work / "key"
        path.unlink(missing_ok=True)
        self.run("key", "--purpose", "bench", "--out", path, *options)
        return path

    def best_f1(self, table, mapping, truth, options):
        encoded = self.encode(table, mapping, self.key(options), "self.enc")
        pairs = self.work / "pairs.csv"
        self.run("compare", encoded, encoded, "--pairs", pairs, "--min", "0.1")
        printed = self.run("evaluate", pairs, "--truth", truth)
        return float(dict(line.split() for line in printed.splitlines())
                     ["best_f1"])

    def ranks(self, options):
        """Right answer first, among ten, and first for Arabic requests."""
        folder = self.data / "tracing_composed"
        mapping = self.write("tracing.toml", TRACING)
        key = self.key(options)
        requests = self.encode(folder / "requests.csv", mapping, key, "q.enc")
        registry = self.encode(folder / "registry.csv", mapping, key, "r.enc")
        pairs = self.work / "pairs.csv"
        self.run("compare", requests, registry, "--pairs", pairs, "--min", "0")
        found = {}
        for row in read(pairs):
            found.setdefault(row["id_a"], []).append(
                (-float(row["likeness"]), row["id_b"]))
        names = {row["request_id"]: row["full_name"]
                 for row in read(folder / "requests.csv")}
        first, ten, arabic = [], [], []
        for row in read(folder / "truth.csv"):
            if not row["reg_id"]:
                continue
            listed = [person for _, person in
                      sorted(found.get(row["request_id"], []))]
            first.append(listed[:1] == [row["reg_id"]])
            ten.append(row["reg_id"] in listed[:10])
            if not names[row["request_id"]].isascii():
                arabic.append(first[-1])
        return [sum(hits) / len(hits) for hits in (first, ten, arabic)]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def main():
    keys = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(sys.argv[1], sys.argv[2], work)
        sets = []
        for number in (1, 2):
            table = bench.data / "febrl" / f"dataset{number}.csv"
            with open(table, encoding="utf-8") as file:
                ids = [line.split(",")[0] for line in file][1:]
            truth = bench.write(
                f"febrl{number}.csv", "id,cluster\n" + "".join(
                    f"{rec},{rec.split('-')[1]}\n" for rec in ids))
            sets.append((table, bench.write("febrl.toml", FEBRL), truth))
        fake = bench.data / "fake_1000" / "fake_1000.csv"
        sets.append((fake, bench.write("fake.toml", FAKE), fake))
        packed = bench.data / "historical_50k" / "historical_50k_dev.csv.gz"
        historical = bench.write(
            "historical.csv", gzip.open(packed, "rt", encoding="utf-8").read())
        sets.append((historical, bench.write("historical.toml", HISTORICAL),
                     historical))
        print("| Hardening | FEBRL 1 | FEBRL 2 | fake_1000 | historical_50k |")
        print("|---|--:|--:|--:|--:|")
        for name, options in HARDENINGS:
            means = [sum(bench.best_f1(*one, options) for _ in range(keys)) / keys
                     for one in sets]
            print(f"| {name} | " + " | ".join(f"{mean:.4f}" for mean in means)
                  + " |", flush=True)
        for name, options in HARDENINGS[:1] + HARDENINGS[3:4]:
            first, ten, arabic = bench.ranks(options)
            print(f"tracing_composed, {name}: first {first:.3f}, among ten "
                  f"{ten:.3f}; Arabic requests first {arabic:.3f}", flush=True)


if __name__ == "__main__":
    main()
