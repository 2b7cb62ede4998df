"""The platform's journal, verified without a line of the platform's own code.

Extract, checkpoint and cosignatures come through the command line and are
checked here with hashlib and an Ed25519 of this file. Standard library only.

    evidence_test.py BIN_DIR
"""

import base64
import hashlib
import json
import sqlite3
import stat
import subprocess
import sys

from passerelle_platform import Platform


# Ed25519 after RFC 8032, section 5.1: verification only, slow, plain.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1


def point(y, sign):
    """The affine point with this y; None when there is none."""
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, P - 2, P) % P
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, P - 2, P) % P
    return x, y


def multiply(scalar, a):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, a)
        a = add(a, a)
        scalar >>= 1
    return result


BASE = point(4 * pow(5, P - 2, P) % P, 0)


def decode(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    return point(y, sign) if y < P else None


def ed25519_verifies(key, message, signature):
    a, r = decode(key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = hashlib.sha512(signature[:32] + key + message).digest()
    return multiply(s, BASE) == add(
        r, multiply(int.from_bytes(k, "little") % L, a))


# Signed notes after C2SP.

class Key:
    def __init__(self, text):
        self.name, key_id, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
        self.type, self.key = data[0], data[1:]
        self.id = hashlib.sha256(
            self.name.encode() + b"\n" + data).digest()[:4]
        assert key_id == self.id.hex(), text

    def verifies(self, text, line):
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if (dash, name, blob[:4]) != ("\u2014", self.name, self.id):
            return False
        if self.type == 1:
            return ed25519_verifies(self.key, text.encode(), blob[4:])
        time = int.from_bytes(blob[4:12], "big")
        return self.type == 4 and ed25519_verifies(
            self.key, f"cosignature/v1\ntime {time}\n{text}".encode(),
            blob[12:])


def split_note(note):
    end = note.rindex("\n\n")
    return note[:end + 1], note[end + 2:].splitlines()


def open_checkpoint(note, key):
    """Size and root that the key signed."""
    text, lines = split_note(note)
    assert any(key.verifies(text, line) for line in lines), note
    origin, size, root = text.splitlines()
    assert origin == key.name, origin
    return int(size), base64.b64decode(root, validate=True)


# The tree after RFC 6962, by the recursion of section 2.1.

def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(size):
    return 1 << (size - 1).bit_length() - 1


def root_by_inclusion(index, size, leaf, path):
    if size == 1:
        assert not path
        return leaf
    k = split(size)
    if index < k:
        return node_hash(root_by_inclusion(index, k, leaf, path[:-1]), path[-1])
    return node_hash(
        path[-1], root_by_inclusion(index - k, size - k, leaf, path[:-1]))


def roots_by_consistency(first, second, first_root, path, known):
    """Roots of the smaller and the larger tree, as the proof implies them."""
    if first == second:
        if known:
            assert not path
            return first_root, first_root
        assert len(path) == 1
        return path[0], path[0]
    k = split(second)
    if first <= k:
        small, large = roots_by_consistency(
            first, k, first_root, path[:-1], known)
        return small, node_hash(large, path[-1])
    small, large = roots_by_consistency(
        first - k, second - k, first_root, path[:-1], False)
    return node_hash(path[-1], small), node_hash(path[-1], large)


def hashes(proof):
    return [base64.b64decode(h) for h in proof.get("hashes", [])]


class Check:
    def __init__(self, platform):
        self.platform = platform

    def cli(self, profile, *words):
        done = self.platform.cli(profile, *words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def json(self, profile, *words):
        return json.loads(self.cli(profile, *words, "--output", "json"))

    def refused(self, reason, profile, *words):
        done = self.platform.cli(profile, *words)
        assert done.returncode != 0 and reason in done.stderr, (
            words, done.stdout, done.stderr)

    def restart(self):
        """A stop signs what was written."""
        assert self.platform.stop() == 0
        self.platform.start()


def open_file(check):
    return check.json(
        "iom-tn-cm", "case", "create", "--direction", "inbound",
        "--origin-mission", "missions/iom-ma",
        "--principal.given-name", "Salma", "--principal.family-name", "Essai",
        "--principal.sex", "female", "--principal.birth-date", "1994-03-09",
        "--principal.nationality", "MA")["name"]


def test_known_answer():
    # RFC 8032, section 7.1, test 2.
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc"
                        "9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    assert ed25519_verifies(key, b"\x72", signature)
    assert not ed25519_verifies(key, b"\x73", signature)


def test_extract(check, scratch):
    file = open_file(check)
    for _ in range(5):
        check.cli("iom-tn-cm", "case", "get", file)
    check.refused("NOT_VISIBLE", "iom-ma-cm", "case", "get", file)
    check.restart()
    extract = scratch / "extract.json"
    check.refused("NOT_VISIBLE", "iom-ma-fp", "audit", "export", file, "--to",
                  str(extract))
    check.cli("iom-tn-fp", "audit", "export", file, "--to", str(extract))
    assert stat.S_IMODE(extract.stat().st_mode) == 0o600
    pages = [json.loads(line) for line in extract.read_text().splitlines()]
    key = Key(pages[0]["checkpoint"]["publicKey"])
    assert key.name == "passerelle.test/journal", key.name
    proven = []
    for page in pages:
        size, root = open_checkpoint(page["checkpoint"]["note"], key)
        for line in page["accesses"]:
            index = int(line["access"].get("leafIndex", 0))
            if index >= size:
                continue
            leaf = base64.b64decode(line["leaf"])
            assert root_by_inclusion(
                index, size, leaf_hash(leaf), hashes(line)) == root
            assert file.encode() in leaf
            proven.append(line["access"])
    methods = [access["method"].split("/")[1] for access in proven]
    assert methods.count("CreateCase") == 1, methods
    assert methods.count("GetCase") == 6, methods
    refusals = [a for a in proven if a.get("refusal")]
    assert [a["mission"] for a in refusals] == ["missions/iom-ma"], refusals

    # Our own program says the same, with nothing but the key.
    public = pages[0]["checkpoint"]["publicKey"]
    said = check.cli("iom-tn-fp", "audit", "verify", str(extract),
                     "--platform-key", public)
    assert f"{len(proven)} lines of {file} proven" in said, said
    altered = scratch / "altered.json"
    altered.write_text(extract.read_text().replace("iom-ma", "iom-es"))
    check.refused("EVIDENCE_INCONSISTENT", "iom-tn-fp", "audit", "verify",
                  str(altered), "--platform-key", public)


def test_consistency(check, scratch):
    kept = scratch / "kept"
    check.cli("iom-ma-fp", "audit", "check", "--checkpoint-file", str(kept))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    public, note = kept.read_text().split("\n", 1)
    first_size, first_root = open_checkpoint(note, Key(public))
    open_file(check)
    check.restart()
    proof = check.json("iom-ma-fp", "evidence", "get-consistency-proof",
                       "--first-size", str(first_size))
    second_size, second_root = open_checkpoint(
        proof["checkpoint"]["note"], Key(public))
    assert second_size > first_size
    small, large = roots_by_consistency(
        first_size, second_size, first_root, hashes(proof), True)
    assert (small, large) == (first_root, second_root)
    check.cli("iom-ma-fp", "audit", "check", "--checkpoint-file", str(kept))


def test_cosignatures(check, scratch):
    public = {}
    for mission in ("iom-ma", "iom-tn"):
        key = scratch / f"{mission}.key"
        public[mission] = check.cli(
            f"{mission}-fp", "audit", "key",
            f"passerelle.test/missions/{mission}", "--to", str(key)).strip()
        check.cli(f"{mission}-fp", "audit", "cosign", "--witness-key", str(key),
                  "--checkpoint-file", str(scratch / f"{mission}.kept"))
    check.refused("COSIGNATURE_INVALID", "iom-es-fp", "audit", "cosign",
                  "--witness-key", str(scratch / "iom-ma.key"),
                  "--checkpoint-file", str(scratch / "iom-es.kept"))
    checkpoint = check.json("iom-es-fp", "evidence", "get-latest-checkpoint",
                            "--min-cosignatures", "2")
    text, lines = split_note(checkpoint["note"])
    for mission, text_of_key in public.items():
        assert sum(Key(text_of_key).verifies(text, line)
                   for line in lines) == 1, mission


def test_operator_verifies_the_journal(check):
    platform = check.platform
    assert platform.stop() == 0
    command = [platform.bin / "passerelled", "--verify_journal", "--config",
               platform.dir / "server.toml"]
    sound = subprocess.run(command, text=True, capture_output=True)
    assert sound.returncode == 0 and "lines" in sound.stdout, sound
    store = platform.dir / "store.db"
    before = store.read_bytes()
    database = sqlite3.connect(store)
    row, leaves = database.execute(
        "SELECT first_sequence, leaves FROM journal "
        "ORDER BY first_sequence LIMIT 1 OFFSET 3").fetchone()
    database.execute("UPDATE journal SET leaves = ? WHERE first_sequence = ?",
                     (leaves[:-1] + bytes([leaves[-1] ^ 1]), row))
    database.commit()
    database.close()
    altered = subprocess.run(command, text=True, capture_output=True)
    assert altered.returncode == 1 and not altered.stdout, altered
    for name in ("store.db-wal", "store.db-shm"):
        (platform.dir / name).unlink(missing_ok=True)
    store.write_bytes(before)
    platform.start()


def test_profile_that_keeps_a_checkpoint(check, scratch):
    """A client refuses a platform that was set back, before it sends."""
    platform = check.platform
    text = platform.config.read_text()
    kept = scratch / "profile.kept"
    platform.config.write_text(text.replace(
        "[profiles.iom-es-cm]",
        f"[profiles.iom-es-cm]\ncheckpoint_file = \"{kept}\""))
    assert platform.stop() == 0
    backup = (platform.dir / "store.db").read_bytes()
    platform.start()
    check.cli("iom-es-cm", "mission", "get", "missions/iom-ma")
    open_file(check)
    check.restart()
    check.cli("iom-es-cm", "mission", "get", "missions/iom-ma")
    assert platform.stop() == 0
    for name in ("store.db-wal", "store.db-shm"):
        (platform.dir / name).unlink(missing_ok=True)
    (platform.dir / "store.db").write_bytes(backup)
    platform.start()
    check.refused("EVIDENCE_INCONSISTENT", "iom-es-cm", "mission", "get",
                  "missions/iom-ma")


def main():
    test_known_answer()
    with Platform(sys.argv[1]) as platform:
        check = Check(platform)
        test_extract(check, platform.dir)
        test_consistency(check, platform.dir)
        test_cosignatures(check, platform.dir)
        test_operator_verifies_the_journal(check)
        test_profile_that_keeps_a_checkpoint(check, platform.dir)


if __name__ == "__main__":
    main()
