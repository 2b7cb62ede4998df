"""passerelle-link and the development data, for tests and benches in Python.

Each set has the mapping file of its own columns; `Linkage` runs the program in
a folder for what it writes.
"""

import csv
import gzip
import pathlib
import subprocess

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


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


class Linkage:
    def __init__(self, binary, data, work):
        self.binary = pathlib.Path(binary) / "passerelle-link"
        self.data = pathlib.Path(data)
        self.work = pathlib.Path(work)

    def run(self, *words):
        """Returns what it prints; raises where it fails."""
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

    def febrl(self, number):
        """Table, mapping file and truth, which is in the ids."""
        table = self.data / "febrl" / f"dataset{number}.csv"
        with open(table, encoding="utf-8") as file:
            ids = [line.split(",")[0] for line in file][1:]
        truth = self.write(f"febrl{number}.csv", "id,cluster\n" + "".join(
            f"{rec},{rec.split('-')[1]}\n" for rec in ids))
        return table, self.write("febrl.toml", FEBRL), truth

    def fake(self):
        table = self.data / "fake_1000" / "fake_1000.csv"
        return table, self.write("fake.toml", FAKE), table

    def historical(self, people=None):
        """All of it, or the records of the first so many people."""
        packed = self.data / "historical_50k" / "historical_50k_dev.csv.gz"
        with gzip.open(packed, "rt", encoding="utf-8", newline="") as file:
            header, *records = csv.reader(file)
        cluster = header.index("cluster")
        kept = set(list(dict.fromkeys(record[cluster] for record in records))
                   [:people])
        table = self.work / "historical.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [header] + [record for record in records
                            if record[cluster] in kept])
        return table, self.write("historical.toml", HISTORICAL), table

    def tracing(self):
        """Registry, requests, mapping file and truth."""
        folder = self.data / "tracing_composed"
        return (folder / "registry.csv", folder / "requests.csv",
                self.write("tracing.toml", TRACING), folder / "truth.csv")
