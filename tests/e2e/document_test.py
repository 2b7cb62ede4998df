"""Sealed documents through the `passerelle` command line, over mutual TLS.

What is put arrives as it was, also when the line is cut at any byte, both ways;
the ciphertext opens with the reference `age`; what must not be written over is
not.

    document_test.py BIN_DIR
"""

import base64
import json
import os
import pathlib
import random
import socket
import stat
import subprocess
import sys
import threading

from passerelle_platform import Platform

OK, SERVER_ERROR, USAGE, UNAVAILABLE, NOT_FOUND, CONFLICT = 0, 1, 2, 3, 4, 5
CHUNK = 256 * 1024


class CutLine:
    """Forwards one port to another, and dies after so many bytes."""

    def __init__(self, port, limit):
        self.port = port
        self.left = limit
        self.lock = threading.Lock()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.left <= 0:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.port))
                self.sockets += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(a, b),
                                 daemon=True).start()

    def _copy(self, source, sink):
        try:
            while data := source.recv(16384):
                with self.lock:
                    self.left -= len(data)
                    if self.left <= 0:
                        break
                sink.sendall(data)
        except OSError:
            pass
        if self.left <= 0:
            self.close()

    def close(self):
        for each in [self.listener, *self.sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()


class Test:
    def __init__(self, platform, seed):
        self.platform = platform
        self.random = random.Random(seed)
        self.dir = platform.dir / "documents"
        self.dir.mkdir()

    def run(self, profile, *words, status=OK):
        done = self.platform.cli(profile, *words, "--output", "json")
        assert done.returncode == status, (
            words, done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if status == OK and done.stdout else done

    def plain(self, name, size):
        path = self.dir / name
        path.write_bytes(self.random.randbytes(size))
        return path

    def put(self, path, *words, status=OK):
        return self.run(
            "iom-tn-cm", "document", "put", path, "--case", self.file,
            "--to", "iom-ma", "--class", "document", "--consent", self.consent,
            "--media-type", "application/pdf", *words, status=status)

    def get(self, name, out, *words, status=OK, keys="ma.key"):
        return self.run(
            "iom-ma-fp", "document", "get", name, "--out", out, "--key-file",
            self.dir / keys, *words, status=status)

    def begin(self):
        self.file = self.run(
            "iom-tn-cm", "case", "create", "--direction", "inbound",
            "--origin-mission", "missions/iom-ma",
            "--principal.given-name", "Salma",
            "--principal.family-name", "Essai", "--principal.sex", "female",
            "--principal.birth-date", "1994-03-09",
            "--principal.nationality", "MA")["name"]
        self.consent = self.run(
            "iom-tn-cm", "consent", "create", self.file,
            "--scope", "share-with-origin-mission",
            "--recipient", "missions/iom-ma", "--language", "ar",
            "--form", "written")["name"]
        self.run("iom-tn-cm", "case", "propose", self.file,
                 "--consent", self.consent)

    def keys(self):
        key = self.dir / "ma.key"
        failed = self.put(self.plain("early", 10), status=CONFLICT)
        assert "DOCUMENT_KEY_MISSING" in failed.stderr, failed.stderr
        made = self.platform.cli("iom-ma-fp", "document-key", "make",
                                 "--to", key)
        assert made.returncode == OK, made.stderr
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        before = key.read_text()
        again = self.platform.cli("iom-ma-fp", "document-key", "make",
                                  "--to", key)
        assert again.returncode != OK and key.read_text() == before
        published = self.run("iom-ma-fp", "document-key", "publish",
                             "--key-file", key)
        assert published["publicKey"] == made.stdout.strip()
        # Others may not read it: refused before anything is called.
        key.chmod(0o644)
        self.run("iom-ma-fp", "document-key", "publish", "--key-file", key,
                 status=USAGE)
        key.chmod(0o600)

    def round_trip(self):
        plain = self.plain("report.pdf", 3 * CHUNK + 5)
        name = self.put(plain)["name"]
        assert not list(self.dir.glob("*.sealed*"))
        out = self.dir / "out"
        self.get(name, out)
        assert out.read_bytes() == plain.read_bytes()
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        out.write_text("mine")
        failed = self.get(name, out, status=CONFLICT)
        assert "FILE_EXISTS" in failed.stderr
        assert out.read_text() == "mine"
        self.get(name, out, "--overwrite")
        assert out.read_bytes() == plain.read_bytes()
        # The call shows what the platform knows: nothing of the content, and
        # no name of a file.
        shown = self.run("iom-ma-fp", "document", "get", name)
        assert shown["contentClass"] == "DOCUMENT", shown
        assert "report" not in json.dumps(shown)
        # The ciphertext is what the reference implementation opens.
        sealed = self.dir / "sealed.age"
        with sealed.open("wb") as file:
            for index in range(len(shown["chunkDigests"])):
                chunk = self.run("iom-ma-fp", "document", "get-chunk", name,
                                 "--index", str(index))
                file.write(base64.b64decode(chunk["data"]))
        opened = subprocess.run(
            ["age", "--decrypt", "-i", self.dir / "ma.key", sealed],
            capture_output=True, check=True)
        assert opened.stdout == plain.read_bytes()
        # Nobody else gets it.
        self.run("iom-es-fp", "document", "get", name, status=NOT_FOUND)
        self.platform.cli("iom-es-fp", "document-key", "make", "--to",
                          self.dir / "es.key")
        wrong = self.get(name, self.dir / "none", status=CONFLICT,
                         keys="es.key")
        assert "DOCUMENT_KEY_MISSING" in wrong.stderr
        assert not (self.dir / "none").exists()

    def cut(self, limit):
        line = CutLine(self.platform.port, limit)
        return line, ("--address", f"localhost:{line.own_port}", "--deadline",
                      "3s")

    def cuts(self):
        plain = self.plain("long", 8 * CHUNK)
        size = plain.stat().st_size  # two cuts leave a third to go
        for _ in range(2):
            line, words = self.cut(self.random.randrange(20_000, size // 3))
            failed = self.put(plain, *words, status=UNAVAILABLE)
            line.close()
            assert not failed.stdout
            # Asked for something else, it does not go on with this.
            if (self.dir / "long.sealed.request").exists():
                self.put(plain, "--person", f"{self.file}/persons/h0",
                         status=CONFLICT)
        name = self.put(plain)["name"]
        everything = self.run("iom-tn-cm", "document", "list", self.file)
        # However often it was cut, it is one document.
        assert len(everything["documents"]) == 2, everything
        out = self.dir / "long.out"
        for _ in range(2):
            line, words = self.cut(self.random.randrange(20_000, size // 3))
            self.get(name, out, *words, status=UNAVAILABLE)
            line.close()
            assert not out.exists()
        partial = self.dir / "long.out.partial"
        assert not partial.exists() or stat.S_IMODE(
            partial.stat().st_mode) == 0o600
        self.get(name, out)
        assert out.read_bytes() == plain.read_bytes()
        assert not partial.exists()

    def withdrawal(self):
        name = self.put(self.plain("last", 100))["name"]
        self.run("iom-tn-cm", "consent", "withdraw", self.consent)
        self.get(name, self.dir / "late", status=NOT_FOUND)
        assert not (self.dir / "late").exists()


def main():
    seed = int(os.environ.get("PASSERELLE_TEST_SEED") or
               random.SystemRandom().randrange(1 << 32))
    print(f"PASSERELLE_TEST_SEED={seed}")
    with Platform(pathlib.Path(sys.argv[1])) as platform:
        test = Test(platform, seed)
        test.begin()
        test.keys()
        test.round_trip()
        test.cuts()
        test.withdrawal()


if __name__ == "__main__":
    main()
