"""A contract with a mistake does not build, and the message names the culprit.

    plugin_test.py PROTOC PLUGIN PROTOS GOOGLE_PROTOS
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROTOC, PLUGIN, PROTOS, GOOGLE_PROTOS = sys.argv[1:5]

# A small exchange without a mistake. Each test spoils one place.
GOOD = """
syntax = "proto3";
package passerelle.v1;
import "google/api/resource.proto";
import "google/protobuf/timestamp.proto";
import "passerelle/options/v1/options.proto";
import "passerelle/v1/exchange.proto";

service ProbeService {
  rpc GetProbe(GetProbeRequest) returns (Probe) {
    option (passerelle.options.v1.access) = {
      effect: READ purpose: MONITORING
    };
  }
  rpc CreateProbe(CreateProbeRequest) returns (Probe) {
    option (passerelle.options.v1.access) = {
      effect: CHANGE purpose: MONITORING
    };
    option (passerelle.options.v1.transition) = {
      to: [ "DRAFTED" ]
    };
  }
  rpc SendProbe(SendProbeRequest) returns (Probe) {
    option (passerelle.options.v1.access) = {
      effect: CHANGE purpose: MONITORING
    };
    option (passerelle.options.v1.transition) = {
      from: [ "DRAFTED" ] to: [ "SENT" ]
    };
  }
}

message Probe {
  option (google.api.resource) = {
    type: "passerelle/Probe" pattern: "cases/{case}/probes/{probe}"
  };
  option (passerelle.options.v1.resource) = {
    letter: "x" state_field: "state"
  };
  option (passerelle.options.v1.exchange_kind) = {
    version: 1
    administrative: [ { verb: CLOSE from: [ "SENT" ] to: "DRAFTED" } ]
    timed: [ { from: [ "SENT" ] to: "DRAFTED" base: DUE_TIME } ]
  };
  string name = 1 [(passerelle.options.v1.privacy) = ROUTINE];
  Exchange exchange = 2 [(passerelle.options.v1.privacy) = ROUTINE];
  State state = 3 [(passerelle.options.v1.privacy) = ROUTINE];
  string secret = 4 [(passerelle.options.v1.privacy) = MEDICAL];
  Finding finding = 5 [(passerelle.options.v1.privacy) = MEDICAL];

  enum State {
    STATE_UNSPECIFIED = 0;
    DRAFTED = 1 [(passerelle.options.v1.phase) = DRAFT];
    SENT = 2 [(passerelle.options.v1.phase) = OPEN];
  }
}

message Finding {
  string text = 1;
}

message GetProbeRequest {
  string name = 1;
}

message CreateProbeRequest {
  string parent = 1;
  Probe probe = 2;
  string request_id = 3;
}

message SendProbeRequest {
  string name = 1;
  string request_id = 2;
  google.protobuf.Timestamp begin = 3;
  google.protobuf.Timestamp end = 4
      [(passerelle.options.v1.rules) = { not_before: "begin" }];
  Details details = 5;
}

message Details {
  google.protobuf.Timestamp first = 1;
  google.protobuf.Timestamp last = 2
      [(passerelle.options.v1.rules) = { not_before: "first" }];
  repeated string notes = 3
      [(passerelle.options.v1.rules) = { max_items: 3 max_length: 9 }];
}
"""


# A resource with two lives, a covered state, a timer and an automatic move.
LIVES = """
syntax = "proto3";
package passerelle.v1;
import "google/api/resource.proto";
import "google/protobuf/timestamp.proto";
import "passerelle/options/v1/options.proto";

service BoxService {
  rpc FillBox(FillBoxRequest) returns (Box) {
    option (passerelle.options.v1.access) = {
      effect: CHANGE purpose: MONITORING
    };
    option (passerelle.options.v1.transition) = {
      from: [ "OPEN" ] to: [ "FULL" ] variants: [ "OUT" ]
    };
  }
}

message Box {
  option (google.api.resource) = {
    type: "passerelle/Box" pattern: "cases/{case}/boxes/{box}"
  };
  option (passerelle.options.v1.resource) = {
    letter: "x" state_field: "state" variant_field: "way"
    cover_field: "stop" covered_state: "STOPPED"
    timed: [ { from: [ "OPEN" ] to: "LATE" calendar_days: 7 } ]
    automatic: [ { from: [ "OPEN" ] to: "FULL" when: "it is full" } ]
  };
  option (passerelle.options.v1.default_privacy) = ROUTINE;
  string name = 1;
  Way way = 2;
  State state = 3;
  Stop stop = 4 [(passerelle.options.v1.privacy) = ROUTINE, (passerelle.options.v1.audience) = OWNER_ONLY];
  google.protobuf.Timestamp due_time = 5;

  enum Way {
    WAY_UNSPECIFIED = 0;
    IN = 1;
    OUT = 2;
  }
  enum State {
    STATE_UNSPECIFIED = 0;
    // It can be filled.
    OPEN = 1;
    // Nothing more goes in.
    FULL = 2;
    // Nobody came.
    LATE = 3 [(passerelle.options.v1.state_variants) = "IN"];
    // Its owner stopped it.
    STOPPED = 4;
  }
}

message Stop {
  string why = 1;
}

message FillBoxRequest {
  string name = 1;
  string request_id = 2;
}
"""


class PluginTest(unittest.TestCase):

    def protoc(self, text, mode="docs", out=None):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "probe.proto"
            file.write_text(text, encoding="utf-8")
            return subprocess.run(
                [PROTOC, "-I", folder, "-I", PROTOS, "-I", GOOGLE_PROTOS,
                 f"--plugin=protoc-gen-passerelle={PLUGIN}",
                 f"--passerelle_out={out or folder}",
                 f"--passerelle_opt={mode}",
                 str(file)], capture_output=True, text=True, check=False)

    def made(self, text, mode, name):
        with tempfile.TemporaryDirectory() as folder:
            result = self.protoc(text, mode, folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            return pathlib.Path(folder, name).read_text(encoding="utf-8")

    def refused(self, old, new, *named):
        self.assertIn(old, GOOD)
        result = self.protoc(GOOD.replace(old, new, 1))
        self.assertNotEqual(result.returncode, 0)
        for name in named:
            self.assertIn(name, result.stderr)

    def test_a_good_contract_builds_in_every_mode(self):
        for mode in ("docs", "verbs", "glue"):
            with self.subTest(mode=mode):
                result = self.protoc(GOOD, mode)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_kind_that_is_reopened_has_a_guard_for_it(self):
        reopened = GOOD.replace("verb: CLOSE", "verb: REOPEN")
        for text, has in ((GOOD, False), (reopened, True)):
            header = self.made(text, "verbs", "generated/probe.verbs.h")
            self.assertEqual("ReopenProbe" in header, has)

    def test_an_unknown_mode_is_refused(self):
        self.assertNotEqual(self.protoc(GOOD, "poetry").returncode, 0)

    def test_a_method_without_access(self):
        self.refused("""    option (passerelle.options.v1.access) = {
      effect: READ purpose: MONITORING
    };
""", "", "ProbeService.GetProbe", "no access option")

    def test_an_access_without_purpose(self):
        self.refused("effect: READ purpose: MONITORING", "effect: READ",
                     "ProbeService.GetProbe", "effect and purpose")

    def test_a_state_that_does_not_exist(self):
        self.refused('from: [ "DRAFTED" ] to: [ "SENT" ]',
                     'from: [ "DRAFTED" ] to: [ "SNET" ]',
                     "ProbeService.SendProbe", "SNET is not a state of Probe")
        self.refused('from: [ "DRAFTED" ] to: [ "SENT" ]',
                     'from: [ "DARFTED" ] to: [ "SENT" ]', "DARFTED")

    def test_an_administrative_or_timed_move_to_nowhere(self):
        self.refused('verb: CLOSE from: [ "SENT" ] to: "DRAFTED"',
                     'verb: CLOSE from: [ "SENT" ] to: "GONE"',
                     "passerelle.v1.Probe", "GONE")
        self.refused('timed: [ { from: [ "SENT" ] to: "DRAFTED"',
                     'timed: [ { from: [ "LOST" ] to: "DRAFTED"', "LOST")

    def test_a_method_that_begins_an_exchange_in_no_state(self):
        transition = """    option (passerelle.options.v1.transition) = {
      to: [ "DRAFTED" ]
    };
"""
        named = ("probe.proto", "ProbeService.CreateProbe", "to-state")
        self.refused(transition, "", *named)
        self.refused('      to: [ "DRAFTED" ]\n', '      clock: {}\n', *named)
        self.refused('      to: [ "DRAFTED" ]\n',
                     '      from: [ "SENT" ] to: [ "DRAFTED" ]\n',
                     "probe.proto", "ProbeService.CreateProbe", "no from")
        # Whatever it is called: what it carries makes it a creation.
        result = self.protoc(GOOD.replace("rpc CreateProbe", "rpc LaunchProbe")
                             .replace(transition, ""))
        self.assertIn("ProbeService.LaunchProbe", result.stderr)
        # And whatever it carries, by its name.
        result = self.protoc(
            GOOD.replace("rpc SendProbe", "rpc RequestProbe")
            .replace('from: [ "DRAFTED" ] to: [ "SENT" ]',
                     'from: [ "DRAFTED" ]'))
        self.assertIn("ProbeService.RequestProbe", result.stderr)
        self.assertIn("to-state", result.stderr)

    def test_a_list_that_cannot_say_what_it_leaves_out(self):
        listing = GOOD.replace("service ProbeService {", """service ProbeService {
  rpc ListProbes(ListProbesRequest) returns (ListProbesResponse) {
    option (passerelle.options.v1.access) = {
      effect: READ purpose: MONITORING
    };
  }""") + """
message ListProbesRequest {
  string parent = 1;
}
message ListProbesResponse {
  repeated Probe probes = 1;
  string next_page_token = 2;
  int32 unreadable_count = 3;
}
"""
        self.assertEqual(self.protoc(listing).returncode, 0)
        silent = self.protoc(
            listing.replace("  int32 unreadable_count = 3;\n", ""))
        self.assertNotEqual(silent.returncode, 0)
        self.assertIn("ProbeService.ListProbes", silent.stderr)
        self.assertIn("unreadable_count", silent.stderr)

    def test_a_change_without_request_id(self):
        self.refused("  string request_id = 2;\n", "",
                     "ProbeService.SendProbe", "request_id")

    def test_a_read_with_request_id(self):
        self.refused("message GetProbeRequest {",
                     "message GetProbeRequest {\n  string request_id = 9;",
                     "ProbeService.GetProbe", "request_id")

    def test_a_field_without_privacy_class(self):
        self.refused("[(passerelle.options.v1.privacy) = MEDICAL];\n  Finding",
                     ";\n  Finding", "Probe.secret", "no privacy class")
        self.refused("  Finding finding = 5 "
                     "[(passerelle.options.v1.privacy) = MEDICAL];",
                     "  Finding finding = 5;", "Probe.finding")

    def test_the_default_of_a_message_does_not_reach_below_its_fields(self):
        self.refused(
            "  Finding finding = 5 "
            "[(passerelle.options.v1.privacy) = MEDICAL];",
            "  option (passerelle.options.v1.default_privacy) = ROUTINE;\n"
            "  Finding finding = 5;", "Probe.finding.text", "no privacy class")

    def test_a_letter_used_twice(self):
        self.refused("message Finding {\n  string text = 1;",
                     """message Finding {
  option (google.api.resource) = {
    type: "passerelle/Finding" pattern: "cases/{case}/findings/{finding}"
  };
  option (passerelle.options.v1.resource) = { letter: "x" };
  string text = 1;""", "letter x", "passerelle.v1.Finding",
                     "passerelle.v1.Probe")

    def test_a_date_order_with_a_field_that_does_not_exist(self):
        self.refused('not_before: "begin"', 'not_before: "start"',
                     "SendProbeRequest.end", "unknown field start")

    def test_rules_below_the_request_are_checked_too(self):
        self.refused('not_before: "first"', 'not_before: "frist"',
                     "Details.last", "unknown field frist")
        self.refused("repeated string notes", "string notes",
                     "Details.notes", "max_items is for lists")
        self.refused("repeated string notes", "repeated int32 notes",
                     "Details.notes", "for strings")

    def test_a_date_order_between_different_types(self):
        self.refused("  google.protobuf.Timestamp begin = 3;",
                     "  string begin = 3;", "SendProbeRequest.end",
                     "not_before")

    def test_a_pattern_that_is_no_expression(self):
        self.refused("max_items: 3 max_length: 9",
                     'max_items: 3 pattern: "[a-"', "Details.notes", "pattern")

    def test_an_exchange_without_header_version_or_phase(self):
        self.refused("  Exchange exchange = 2", "  Exchange header = 2",
                     "passerelle.v1.Probe", "field exchange")
        self.refused("    version: 1\n", "", "passerelle.v1.Probe", "version")
        self.refused("SENT = 2 [(passerelle.options.v1.phase) = OPEN]",
                     "SENT = 2", "SENT", "no phase")

    def test_a_resource_with_several_lives(self):
        def built(old="", new=""):
            text = LIVES.replace(old, new, 1) if old else LIVES
            self.assertIn(old, LIVES)
            return self.protoc(text)

        result = built()
        self.assertEqual(result.returncode, 0, result.stderr)
        for old, new, named in (
                ('variant_field: "way"', 'variant_field: "wya"', "wya"),
                ('cover_field: "stop"', 'cover_field: "stpo"', "stpo"),
                (", (passerelle.options.v1.audience) = OWNER_ONLY", "", "stop"),
                ('covered_state: "STOPPED"', 'covered_state: "GONE"', "GONE"),
                ('to: "LATE" calendar_days: 7', 'to: "LAET" calendar_days: 7',
                 "LAET"),
                ("calendar_days: 7", "calendar_days: 0", "either"),
                ("calendar_days: 7", 'calendar_days: 7 time_field: "due_time"',
                 "either"),
                ("calendar_days: 7", 'time_field: "way"', "field way"),
                ("calendar_days: 7 }",
                 'calendar_days: 7 }, { from: [ "OPEN" ] to: "LATE" '
                 'time_field: "due_time" }', "two timers in state OPEN"),
                ("Timestamp due_time", "Timestamp due_tmie", "due_time"),
                ('when: "it is full"', 'when: ""', "does not say when"),
                ('to: "FULL" when', 'to: "FLUL" when', "FLUL"),
                ('variants: [ "OUT" ]', 'variants: [ "AWAY" ]', "AWAY"),
                # A state that only the other life knows.
                ('from: [ "OPEN" ] to: [ "FULL" ] variants: [ "OUT" ]',
                 'from: [ "LATE" ] to: [ "FULL" ] variants: [ "OUT" ]',
                 "leads nowhere from LATE")):
            with self.subTest(named=named):
                result = built(old, new)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(named, result.stderr)

    def test_each_life_has_its_diagram(self):
        pages = {life: self.made(LIVES, "docs", f"states/probe_{life}.md")
                 for life in ("in", "out")}
        for life, text, has in (
                ("in", "OPEN --> LATE: time, 7 days", True),
                ("out", "OPEN --> LATE", False),
                ("out", "OPEN --> FULL: FillBox", True),
                ("in", "FillBox", False),
                ("out", "OPEN --> FULL: it is full", True),
                ("in", "| LATE | Nobody came. |", True),
                ("out", "| LATE |", False)):
            with self.subTest(life=life, text=text):
                self.assertEqual(text in pages[life], has, pages[life])

    def test_a_part_is_of_a_resource_with_states(self):
        part = """
message ProbePiece {
  option (passerelle.options.v1.part) = {
    of: "passerelle/Probe" kept_in: [ "SENT" ]
  };
  string name = 1;
  int32 index = 2;
  bytes data = 3;
}
"""
        self.assertEqual(self.protoc(GOOD + part).returncode, 0)
        for old, new, named in (
                ("passerelle/Probe", "passerelle/Other", "no resource"),
                ('"SENT"', '"SNET"', "SNET is not a state of Probe"),
                ("int32 index", "string index", "int32 index"),
                ("bytes data", "string data", "bytes data"),
                ("string name = 1;\n", "", "string name")):
            with self.subTest(named=named):
                self.assertIn(old, part)
                result = self.protoc(GOOD + part.replace(old, new))
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(named, result.stderr)
        result = self.protoc(GOOD.replace("max_items: 3", "max_bytes: 3"))
        self.assertIn("max_bytes is for bytes", result.stderr)

    def test_every_mistake_is_reported_at_once(self):
        result = self.protoc(
            GOOD.replace("  string request_id = 2;\n", "")
            .replace('to: [ "SENT" ]', 'to: [ "SNET" ]'))
        self.assertIn("request_id", result.stderr)
        self.assertIn("SNET", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
