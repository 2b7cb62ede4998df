"""The feasibility exchange through the `passerelle` command line.

Profiles, JSON output, waiting by the mailbox, and the exit statuses that
scripts rely on.

    cli_test.py BIN_DIR
"""

import json
import subprocess
import sys
import threading

from passerelle_platform import Platform

OK, USAGE, UNAVAILABLE, NOT_FOUND, CONFLICT, DENIED = 0, 2, 3, 4, 5, 6


class Cli:
    def __init__(self, platform):
        self.platform = platform

    def expect(self, status, profile, *words):
        done = self.platform.cli(profile, *words, "--output", "json")
        assert done.returncode == status, (
            words, done.returncode, done.stdout, done.stderr)
        return done

    def ok(self, profile, *words):
        return json.loads(self.expect(OK, profile, *words).stdout)

    def fails(self, status, reason, profile, *words):
        done = self.expect(status, profile, *words)
        assert not done.stdout, done.stdout
        assert reason in done.stderr, done.stderr


def open_study(cli):
    file = cli.ok("iom-tn-cm", "case", "create", "--direction", "inbound",
                  "--origin-mission", "missions/iom-ma",
                  "--principal.given-name", "Salma",
                  "--principal.family-name", "Essai",
                  "--principal.sex", "female",
                  "--principal.birth-date", "1994-03-09",
                  "--principal.nationality", "MA")["name"]
    consent = cli.ok("iom-tn-cm", "consent", "create", file,
                     "--scope", "share-with-origin-mission",
                     "--recipient", "missions/iom-ma",
                     "--language", "ar", "--form", "written")["name"]
    plan = cli.ok("iom-tn-cm", "plan", "create", file, "--outline", "A bakery",
                  "--ceiling.currency", "MAD",
                  "--ceiling.hundredths", "3000000",
                  "--lines", json.dumps({
                      "category": "INCOME_GENERATING_ACTIVITY",
                      "amount": {"currency": "MAD",
                                 "hundredths": "2200000"}}))["name"]
    # Nothing can be requested of a mission that has not been shown the file.
    proposed = cli.ok("iom-tn-cm", "case", "propose", file,
                      "--consent", consent)
    assert proposed["stage"] == "PROPOSED", proposed
    study = cli.ok("iom-tn-cm", "feasibility-study", "create", file,
                   "--plan", plan)["name"]
    return file, consent, study


def request_and_wait(cli, study, consent):
    """Requests and waits, while the origin mission answers beside it."""
    waiting = subprocess.Popen(
        [cli.platform.bin / "passerelle", "feasibility-study", "request", study,
         "--consent", consent, "--wait", "--wait-timeout", "60s",
         "--output", "json", "--config", cli.platform.config,
         "--profile", "iom-tn-cm"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # Long polls, not sleeps: the mailbox says when it is our turn.
        after = 0
        events = []
        while "RequestFeasibilityStudy" not in events:
            fetched = cli.ok("iom-ma-ro", "mailbox", "fetch", "--wait", "30s",
                             "--after-sequence", str(after))
            for entry in fetched["entries"]:
                after = int(entry["sequence"])
                events.append(entry["event"])
        cli.ok("iom-ma-ro", "feasibility-study", "assign", study)
        cli.ok("iom-ma-ro", "exchange", "ask-clarification", study,
               "--question", "Does she hold a food licence?")
        cli.ok("iom-tn-cm", "exchange", "answer-clarification", study,
               "--answer", "Yes, since 2019.")
        cli.ok("iom-ma-ro", "feasibility-study", "submit-opinion", study,
               "--outcome", "feasible", "--scores.market", "4")
        assert waiting.poll() is None, "the wait ended before the decision"
        cli.ok("iom-ma-fp", "feasibility-study", "validate-opinion", study)
        out, err = waiting.communicate(timeout=60)
    except BaseException:
        waiting.kill()
        waiting.wait()
        raise
    assert waiting.returncode == OK, err
    decided = json.loads(out)
    assert decided["state"] == "OPINION", decided
    assert decided["opinion"]["outcome"] == "FEASIBLE", decided
    cli.ok("iom-ma-ro", "mailbox", "acknowledge",
           "--up-to-sequence", str(after))


def exit_statuses(cli, file, consent, study):
    # The state forbids it; what another mission may not see is not found.
    cli.fails(CONFLICT, "STATE_FORBIDS", "iom-tn-cm", "feasibility-study",
              "request", study, "--consent", consent)
    cli.fails(CONFLICT, "ETAG_MISMATCH", "iom-tn-cm", "case", "update", file,
              "--etag", '"999"', "--external-reference", "MA-1")
    cli.fails(NOT_FOUND, "NOT_VISIBLE", "iom-es-cm", "case", "get", file)
    cli.fails(NOT_FOUND, "NOT_VISIBLE", "iom-tn-cm", "case", "get",
              "cases/c0000000000000000000000000")
    cli.fails(DENIED, "OFFICER_NOT_AUTHORIZED", "iom-tn-ro", "case", "create",
              "--direction", "inbound", "--origin-mission", "missions/iom-ma")
    cli.fails(USAGE, "FIELD_INVALID", "iom-tn-cm", "case", "create",
              "--direction", "inbound")
    cli.fails(USAGE, "", "iom-tn-cm", "case", "fly", file)
    cli.fails(USAGE, "PROFILE_INVALID", "nobody", "case", "get", file)
    # Officers of one mission do not act for another: not even tried.
    cli.fails(USAGE, "PROFILE_INVALID", "iom-tn-cm", "case", "get",
              file, "--officer", "missions/iom-ma/officers/fp")


def server_away(cli, file):
    assert cli.platform.stop() == 0
    cli.fails(UNAVAILABLE, "SERVER_NOT_REACHABLE", "iom-tn-cm", "case", "get",
              file, "--deadline", "2s")
    # A command that waits longer goes on once the server is back.
    late = []
    thread = threading.Thread(target=lambda: late.append(
        cli.platform.cli("iom-tn-cm", "case", "get", file)))
    thread.start()
    cli.platform.start()
    thread.join()
    assert late[0].returncode == OK, late[0].stderr


def main():
    with Platform(sys.argv[1]) as platform:
        cli = Cli(platform)
        cli.expect(OK, "iom-tn-cm", "profile", "check")
        cli.expect(OK, "iom-tn-cm", "health")
        file, consent, study = open_study(cli)
        request_and_wait(cli, study, consent)
        acknowledged = cli.ok("iom-tn-cm", "feasibility-study",
                              "acknowledge-opinion", study)
        assert acknowledged["state"] == "ACKNOWLEDGED", acknowledged
        listed = cli.ok("iom-tn-cm", "feasibility-study", "list", file)
        assert [s["name"] for s in listed["feasibilityStudies"]] == [study]
        exit_statuses(cli, file, consent, study)
        server_away(cli, file)
    print("the command line completed", study)


if __name__ == "__main__":
    main()
