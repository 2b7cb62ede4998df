import pathlib
import tempfile
import unittest

import links


class LinksTest(unittest.TestCase):

    def problems(self, text):
        with tempfile.TemporaryDirectory() as root:
            base = pathlib.Path(root)
            (base / "docs").mkdir()
            (base / "docs/other.md").write_text("# A title: two\n")
            (base / "README.md").write_text(text)
            return links.check_tree(root)

    def test_dead_links_are_caught(self):
        for text in ("[x](docs/none.md)", "[x](docs/other.md#nothing)",
                     "[x](#nothing)", "![x](docs/none.png)"):
            with self.subTest(text=text):
                self.assertEqual(len(self.problems(text)), 1)

    def test_good_links_pass(self):
        for text in ("[x](docs/other.md)", "[x](docs/other.md#a-title-two)",
                     "[x](docs)", "[x](https://example.org/none)",
                     "# Here\n[x](#here)", "`[x](docs/none.md)`",
                     "```\n[x](docs/none.md)\n```"):
            with self.subTest(text=text):
                self.assertEqual(self.problems(text), [])


if __name__ == "__main__":
    unittest.main()
