"""A Passerelle platform for one test, built as an operator builds it.

Certificates come from certs/passerelle-certs, the server is a process on a free
loopback port, missions and officers are registered through the command line.
Standard library only.

    with Platform(bin_dir) as platform:
        ...

As a program it runs another one beside a platform:

    passerelle_platform.py BIN_DIR COMMAND [ARGUMENT...]

with PASSERELLE_ADDRESS, PASSERELLE_PKI and PASSERELLE_CONFIG in its
environment, and ends with its exit status.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
MISSIONS = {"iom-tn": "TN", "iom-ma": "MA", "iom-es": "ES"}
OFFICERS = {
    "cm": "CASE_MANAGER",
    "fp": "FOCAL_POINT",
    "ro": "REINTEGRATION_OFFICER",
}


class Platform:
    def __init__(self, bin_dir):
        self.bin = pathlib.Path(bin_dir).resolve()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="passerelle-e2e."))
        self.pki = self.dir / "pki"
        self.config = self.dir / "profiles.toml"
        self.port = 0
        self.process = None
        self.log = []

    def __enter__(self):
        try:
            self._make_certificates()
            self.start()
            self._write_profiles()
            self._register()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc):
        if exc[0] is not None:
            sys.stderr.write("".join(self.log[-50:]))
        self.close()

    @property
    def address(self):
        return f"localhost:{self.port}"

    def _make_certificates(self):
        def certs(command, *arguments):
            subprocess.run(
                [ROOT / "certs/passerelle-certs", command, self.pki, *arguments],
                check=True, stdout=subprocess.DEVNULL)

        certs("init", "--trust-domain", "passerelle.test")
        certs("vault-key")
        certs("server", "--dns", "localhost", "--ip", "127.0.0.1")
        for mission in ["platform", *MISSIONS]:
            certs("mission", mission, "batch")

    def start(self):
        """Starts the server, again on the port it had, and waits for it."""
        (self.dir / "server.toml").write_text(f"""
[listen]
port = {self.port}
[tls]
certificate = "{self.pki}/server/cert.pem"
key = "{self.pki}/server/key.pem"
client_ca = "{self.pki}/ca.pem"
staging_dir = "{self.dir}/tls"
[store]
path = "{self.dir}/store.db"
[vault]
key_file = "{self.pki}/vault.key"
key_store = "{self.dir}/keys.db"
erasure_ledger = "{self.dir}/erasures.log"
[limits]
new_connections_per_second_per_source = 1000
connections_per_source = 1000
""")
        self.process = subprocess.Popen(
            [self.bin / "passerelled", "--config", self.dir / "server.toml"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "serving":
                self.port = event["port"]
                break
        else:
            raise RuntimeError("the server did not start: " + "".join(self.log))
        threading.Thread(target=self.log.extend, args=[self.process.stderr],
                         daemon=True).start()

    def stop(self):
        """Ends the server in haste but in order. Returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _write_profiles(self):
        text = ""
        people = [("platform", "operator")]
        people += [(m, o) for m in MISSIONS for o in OFFICERS]
        for mission, officer in people:
            folder = f"{self.pki}/missions/{mission}/batch"
            text += f"""
[profiles.{mission}-{officer}]
address = "{self.address}"
certificate = "{folder}/cert.pem"
key = "{folder}/key.pem"
ca = "{self.pki}/ca.pem"
officer = "missions/{mission}/officers/{officer}"
trust_domain = "passerelle.test"
"""
        self.config.write_text(text)

    def cli(self, profile, *words, **options):
        """Runs `passerelle` as a profile. Returns the completed process."""
        return subprocess.run(
            [self.bin / "passerelle", *words, "--config", self.config,
             "--profile", profile],
            text=True, capture_output=True, timeout=90, **options)

    def _register(self):
        def run(*words):
            done = self.cli("platform-operator", *words)
            if done.returncode != 0:
                raise RuntimeError(f"{words}: {done.stderr}")

        for mission, country in MISSIONS.items():
            run("mission", "create", "--mission-id", mission,
                "--display-name", f"IOM {country}", "--kind", "iom-mission",
                "--country", country, "--accredited")
            for officer, role in OFFICERS.items():
                run("officer", "create", f"missions/{mission}", "--officer-id",
                    officer, "--display-name", officer, "--roles", role)


def main():
    with Platform(sys.argv[1]) as platform:
        environment = dict(
            os.environ, PASSERELLE_ADDRESS=platform.address,
            PASSERELLE_PKI=str(platform.pki),
            PASSERELLE_CONFIG=str(platform.config))
        return subprocess.run(sys.argv[2:], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
