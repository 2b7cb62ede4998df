"""passerelle-link on the development data, each with a map of its own columns.

    link_data_test.py BIN_DIR DATA_DIR

Skipped (77) where the data is not there. The floors are what a change must not
fall below; what is reached today is printed, and in docs.
"""

import csv
import gzip
import pathlib
import subprocess
import sys
import tempfile

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
HISTORICAL = """[columns]
id = "unique_id"
given = "first_name"
family = "surname"
full_name = "full_name"
birth_date = "dob"
sex = "gender"
place = "birth_place"
postcode = "postcode_fake"
occupation = "occupation"
"""
FAKE = """[columns]
id = "unique_id"
given = "first_name"
family = "surname"
birth_date = "dob"
place = "city"
identifier = "email"
"""
TRACING = """[columns]
id = ["reg_id", "request_id"]
full_name = "full_name"
birth_date = "dob"
sex = "sex"
place = "place_of_origin"
mother = "mother_name"
phone = "phone"
[formats]
birth_date = "%Y-%m-%d"
"""


class Tool:
    def __init__(self, binary, work):
        self.binary = pathlib.Path(binary) / "passerelle-link"
        self.work = pathlib.Path(work)
        self.failed = []

    def run(self, *words):
        return subprocess.run([self.binary, *map(str, words)], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True).stdout

    def write(self, name, text):
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return path

    def evaluate(self, results, truth):
        printed = self.run("evaluate", results, "--truth", truth)
        return {name: float(value) for name, value in
                (line.split() for line in printed.splitlines())}

    def check(self, what, figures, **floors):
        print(what, " ".join(f"{name}={value:g}"
                             for name, value in figures.items()), flush=True)
        for name, floor in floors.items():
            if figures[name] < floor:
                self.failed.append(f"{what}: {name} {figures[name]} < {floor}")

    def dedupe(self, what, table, mapping, truth, **floors):
        out = self.work / "pairs.csv"
        self.run("dedupe", table, "--map", self.write("map.toml", mapping),
                 "--pairs", out, "--report", self.work / "report.html",
                 "--truth", truth)
        self.check(what, self.evaluate(out, truth), **floors)


def febrl(tool, data):
    for number in (1, 2):
        table = data / "febrl" / f"dataset{number}.csv"
        with open(table, encoding="utf-8") as file:
            ids = [line.split(",")[0] for line in file][1:]
        truth = tool.write("truth.csv", "id,cluster\n" + "".join(
            f"{rec},{rec.split('-')[1]}\n" for rec in ids))
        tool.dedupe(f"febrl {number}", table, FEBRL, truth, f1=0.998)


def fake(tool, data):
    table = data / "fake_1000" / "fake_1000.csv"
    tool.dedupe("fake_1000", table, FAKE, table, f1=0.9)


def historical(tool, data):
    """A tenth of the people, so that the test stays short."""
    packed = data / "historical_50k" / "historical_50k_dev.csv.gz"
    with gzip.open(packed, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    cluster = rows[0].index("cluster")
    kept = {name: None for name in (row[cluster] for row in rows[1:])}
    kept = set(list(kept)[:200])
    table = tool.work / "historical.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [rows[0]] + [row for row in rows[1:] if row[cluster] in kept])
    tool.dedupe("historical_50k, 200 people", table, HISTORICAL, table, f1=0.87)


def tracing(tool, data):
    folder = data / "tracing_composed"
    out = tool.work / "found.csv"
    tool.run("search", folder / "registry.csv", folder / "requests.csv",
             "--map", tool.write("map.toml", TRACING), "--top", "20",
             "--out", out)
    tool.check("tracing", tool.evaluate(out, folder / "truth.csv"),
               recall_at_1=0.93, recall_at_10=0.96)


def names(tool, data):
    """Matches of name_bench are more alike than the rest: AUC."""
    with open(data / "name_bench" / "name_bench_persons_dev.csv", newline="",
              encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    a = tool.write("a.txt", "".join(row["name1"] + "\n" for row in rows))
    b = tool.write("b.txt", "".join(row["name2"] + "\n" for row in rows))
    scores = [float(line) for line in tool.run("names", a, b).splitlines()]
    same = [s for s, row in zip(scores, rows) if row["is_match"] == "true"]
    other = [s for s, row in zip(scores, rows) if row["is_match"] != "true"]
    wins = sum((s > o) + (s == o) / 2 for s in same for o in other)
    tool.check("name_bench", {"lines": len(scores),
                              "auc": wins / (len(same) * len(other))},
               lines=len(rows), auc=0.8)


def main():
    data = pathlib.Path(sys.argv[2])
    if not (data / "febrl").is_dir():
        print("no development data in", data)
        return 77
    with tempfile.TemporaryDirectory(prefix="passerelle-link.") as work:
        tool = Tool(sys.argv[1], work)
        for step in (febrl, fake, historical, tracing, names):
            step(tool, data)
    print("\n".join(tool.failed))
    return 1 if tool.failed else 0


if __name__ == "__main__":
    sys.exit(main())
