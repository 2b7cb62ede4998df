"""passerelle-link on the development data, each with a map of its own columns.

    link_data_test.py BIN_DIR DATA_DIR

Skipped (77) where the data is not there. The floors are what a change must not
fall below; what is reached today is printed, and in docs.
"""

import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from linkage_data import Linkage, rows  # noqa: E402

failed = []


def check(what, figures, **floors):
    print(what, " ".join(f"{name}={value:g}"
                         for name, value in figures.items()), flush=True)
    for name, floor in floors.items():
        if figures[name] < floor:
            failed.append(f"{what}: {name} {figures[name]} < {floor}")


def dedupe(linkage, what, table, mapping, truth, **floors):
    out = linkage.work / "pairs.csv"
    linkage.run("dedupe", table, "--map", mapping, "--pairs", out, "--report",
                linkage.work / "report.html", "--truth", truth)
    check(what, linkage.evaluate(out, truth), **floors)


def search(linkage):
    registry, requests, mapping, truth = linkage.tracing()
    out = linkage.work / "found.csv"
    linkage.run("search", registry, requests, "--map", mapping, "--top", "20",
                "--out", out)
    check("tracing", linkage.evaluate(out, truth), recall_at_1=0.93,
          recall_at_10=0.96)


def names(linkage):
    """Matches of name_bench are more alike than the rest: AUC."""
    bench = list(rows(
        linkage.data / "name_bench" / "name_bench_persons_dev.csv"))
    a = linkage.write("a.txt", "".join(row["name1"] + "\n" for row in bench))
    b = linkage.write("b.txt", "".join(row["name2"] + "\n" for row in bench))
    scores = [float(line) for line in linkage.run("names", a, b).splitlines()]
    same = [s for s, row in zip(scores, bench) if row["is_match"] == "true"]
    other = [s for s, row in zip(scores, bench) if row["is_match"] != "true"]
    wins = sum((s > o) + (s == o) / 2 for s in same for o in other)
    check("name_bench", {"lines": len(scores),
                         "auc": wins / (len(same) * len(other))},
          lines=len(bench), auc=0.8)


def main():
    data = pathlib.Path(sys.argv[2])
    if not (data / "febrl").is_dir():
        print("no development data in", data)
        return 77
    with tempfile.TemporaryDirectory(prefix="passerelle-link.") as work:
        linkage = Linkage(sys.argv[1], data, work)
        dedupe(linkage, "febrl 1", *linkage.febrl(1), f1=0.998)
        dedupe(linkage, "febrl 2", *linkage.febrl(2), f1=0.998)
        dedupe(linkage, "fake_1000", *linkage.fake(), f1=0.9)
        # Some of the people, so that the test stays short.
        dedupe(linkage, "historical_50k, 200 people", *linkage.historical(200),
               f1=0.87)
        search(linkage)
        names(linkage)
    print("\n".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
