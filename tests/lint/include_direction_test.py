"""A lint that catches nothing is worse than none."""

import pathlib
import tempfile
import unittest

import include_direction


class IncludeDirectionTest(unittest.TestCase):

    def problems(self, path, line):
        with tempfile.TemporaryDirectory() as root:
            file = pathlib.Path(root) / path
            file.parent.mkdir(parents=True)
            file.write_text(line + "\n", encoding="utf-8")
            return include_direction.check_tree(root)

    def test_wrong_includes_are_caught(self):
        for path, line in (
                ("server/domain/plan.cc", '#include "server/engine/core.h"'),
                ("server/domain/plan.cc", '#include "server/storage/store.h"'),
                ("server/domain/plan.cc", "#include <grpcpp/grpcpp.h>"),
                ("server/domain/plan.cc", "#include <sqlite3.h>"),
                ("server/domain/plan.h",
                 '#include "passerelle/v1/plan.grpc.pb.h"'),
                ("server/storage/store.h", '#include "server/engine/core.h"'),
                ("server/storage/memory/memory_store.cc",
                 '#include "server/storage/sqlite/sqlite_store.h"'),
                ("server/journal/chain.cc", '#include "server/vault/vault.h"'),
                ("server/engine/core.cc", '#include "server/rpc/pipeline.h"'),
                ("server/engine/core.cc",
                 '#include "server/storage/sqlite/sqlite_store.h"'),
                ("server/engine/core.cc", '#include "grpcpp/grpcpp.h"'),
                ("server/engine/core.cc",
                 '#include "absl/synchronization/mutex.h"'),
                ("server/engine/core.cc", "absl::Mutex mutex;"),
                ("server/rpc/pipeline.cc", '#include "server/app/listener.h"'),
                ("server/rpc/pipeline.cc", '#include "clients/cpp/client.h"'),
                ("server/rpc/pipeline_test.cc",
                 '#include "clients/cpp/client.h"'),
                ("server/rpc/pipeline.cc", '#include "tests/support/pki.h"'),
                ("server/rpc/pipeline.cc", '#include "../engine/core.h"'),
                ("server/elsewhere/x.cc", '#include "common/clock.h"'),
                ("clients/cpp/client.cc", '#include "server/domain/plan.h"'),
                ("common/clock.cc", '#include "server/domain/plan.h"'),
                ("common/clock.cc", "#include <grpcpp/grpcpp.h>"),
                ("common/clock.cc", '#include "passerelle/v1/case.pb.h"'),
                ("common/clock.cc",
                 '#include "passerelle/probe/v1/probe.pb.h"'),
                ("protoc/main.cc", '#include "common/clock.h"'),
                ("tests/contract/x.cc", "#include <sqlite3.h>"),
                ("tests/contract/x.cc", "std::mutex m; absl::Mutex n;"),
        ):
            with self.subTest(path=path, line=line):
                self.assertEqual(len(self.problems(path, line)), 1)

    def test_right_includes_pass(self):
        for path, line in (
                ("server/domain/plan.cc", '#include "generated/plan.verbs.h"'),
                ("server/domain/plan.cc", '#include "common/resource_name.h"'),
                ("server/engine/core.cc", '#include "server/storage/store.h"'),
                ("server/engine/core_test.cc",
                 '#include "server/storage/memory/memory_store.h"'),
                ("server/engine/core_test.cc", '#include "tests/support/x.h"'),
                ("server/storage/sqlite/reader.cc", "#include <sqlite3.h>"),
                ("server/rpc/pipeline.cc", '#include "server/engine/core.h"'),
                ("server/app/main.cc",
                 '#include "server/storage/sqlite/sqlite_store.h"'),
                ("clients/cpp/client.cc",
                 '#include "passerelle/v1/case.grpc.pb.h"'),
                ("common/grpc_status.h", '#include "grpcpp/support/status.h"'),
                ("common/validate_test.cc",
                 '#include "passerelle/probe/v1/probe.pb.h"'),
                ("common/mutex.h", "// absl::Mutex is not used:"),
                ("tests/scenario/x.cc", '#include "clients/cpp/client.h"'),
        ):
            with self.subTest(path=path, line=line):
                self.assertEqual(self.problems(path, line), [])


if __name__ == "__main__":
    unittest.main()
