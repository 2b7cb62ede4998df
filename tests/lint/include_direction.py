"""Reads every #include and fails on one that goes against the layers.

    include_direction.py ROOT

Debian keeps the headers of gRPC, Protobuf, Abseil and SQLite in one folder, so
a wrong include compiles without a link dependency; and a project include
compiles whatever its direction. The layers are those of ARCHITECTURE.md:

    domain <- storage, journal, vault <- engine <- rpc <- app
"""

import pathlib
import re
import sys

FOLDERS = ("certs", "clients", "common", "protoc", "server", "tests")
SUFFIXES = {".h", ".cc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# What each module may include of ours; the longest matching prefix decides.
# Generated headers are named by where they come from.
OPTIONS = "passerelle/options/"
CONTRACT = ("passerelle/", "generated/")
DOMAIN = ("common/", "server/domain/") + CONTRACT
BELOW_ENGINE = DOMAIN + ("server/storage/", "server/journal/", "server/vault/")
BELOW_RPC = BELOW_ENGINE + (
    "server/engine/", "server/matching/", "server/reports/")
LAYERS = {
    "common/": ("common/", OPTIONS),
    "protoc/": ("protoc/", OPTIONS),
    "server/domain/": DOMAIN,
    "server/storage/": ("common/", "server/domain/", "server/storage/"),
    "server/journal/": DOMAIN + ("server/storage/", "server/journal/"),
    "server/vault/": DOMAIN + ("server/storage/", "server/vault/"),
    "server/matching/": ("server/matching/",),
    "server/matching/link/": ("common/", "server/matching/"),
    "server/reports/": DOMAIN + ("server/storage/", "server/reports/"),
    "server/engine/": BELOW_RPC,
    "server/rpc/": BELOW_RPC + ("server/rpc/",),
    "server/app/": BELOW_RPC + ("server/rpc/", "server/app/"),
    "server/main.cc": BELOW_RPC + ("server/rpc/", "server/app/"),
    "clients/": ("clients/", "common/") + CONTRACT,
    "tests/": ("",),
}
PROJECT = ("certs/", "clients/", "common/", "protoc/", "server/", "tests/",
           "passerelle/", "generated/")

# Where gRPC may appear: the transport part of common, and the edges.
GRPC = re.compile(r"^(grpc|grpcpp)/|\.grpc\.pb\.h$")
GRPC_PLACES = ("common/grpc_status", "common/peer_identity", "common/x509",
               "server/rpc/", "server/app/", "server/main.cc", "clients/",
               "tests/")
SQLITE_PLACES = ("server/storage/sqlite/",)
STORE_CHOICE = ("server/storage/sqlite/", "server/storage/memory/",
                "server/storage/postgres/")
STORE_CHOICE_PLACES = ("server/app/", "server/main.cc", "tests/")
# Where Abseil's own search for deadlocks is switched off, for gRPC's sake.
ABSL_MUTEX_PLACES = ("server/app/process.cc",)
ABSL_MUTEX = re.compile(r"absl::Mutex|absl/synchronization/")


def is_test(path):
    return path.endswith("_test.cc") or "/testing/" in path


def layer_of(path):
    """The longest prefix of LAYERS that `path` begins with; None for none."""
    matching = [prefix for prefix in LAYERS if path.startswith(prefix)]
    return max(matching, key=len) if matching else None


def check_include(path, included):
    """Returns what is wrong with the include; None when nothing."""
    if GRPC.search(included) and not path.startswith(GRPC_PLACES):
        return "gRPC stays in transport, rpc, app and clients"
    if included.endswith("sqlite3.h") and not path.startswith(SQLITE_PLACES):
        return "sqlite3.h stays in server/storage/sqlite"
    if (included.startswith(STORE_CHOICE) and not is_test(path)
            and not path.startswith(STORE_CHOICE_PLACES)
            and not included.startswith(path[:path.rfind("/") + 1])):
        return "only server/app and tests choose a store"
    if included.startswith(".."):
        return "includes begin at the root of the repository"
    if not included.startswith(PROJECT):
        return None
    if included.startswith("tests/"):
        if path.startswith("tests/") or is_test(path):
            return None
        return "only tests include tests"
    if included.startswith("passerelle/probe/"):
        return None if is_test(path) else "probe messages are for tests"
    layer = layer_of(path)
    if layer is None:
        return "the folder is no known layer"
    if is_test(path) and layer.startswith("server/"):
        return (None if not included.startswith("clients/")
                else "the server never includes clients")
    if not included.startswith(LAYERS[layer]):
        return f"{layer} must not include it"
    return None


def check_tree(root):
    """Returns one line for each wrong include below `root`."""
    problems = []
    root = pathlib.Path(root)
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES or "node_modules" in file.parts:
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(
                    file.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                fault = check_include(path, found.group(1)) if found else None
                if fault:
                    problems.append(
                        f"{path}:{number}: {found.group(1)}: {fault}")
                elif (ABSL_MUTEX.search(line.split("//")[0])
                      and path not in ABSL_MUTEX_PLACES):
                    problems.append(
                        f"{path}:{number}: use common/mutex.h, not absl::Mutex")
    return problems


if __name__ == "__main__":
    faults = check_tree(sys.argv[1])
    print("\n".join(faults) if faults else "every include goes downwards")
    sys.exit(1 if faults else 0)
