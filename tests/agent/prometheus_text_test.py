import unittest

from tests.agent.prometheus_text import parse

_GOOD = """\
# HELP a_total Counts, with "quotes"
# TYPE a_total counter
a_total{x="1",y="a\\"b\\\\c\\n"} 7
a_total{x="2"} 1e+06
# HELP b A gauge
# TYPE b gauge
b -0.5
"""


class ParseTest(unittest.TestCase):
    def test_good_text(self) -> None:
        self.assertEqual(
            parse(_GOOD),
            {'a_total{x="1",y="a\\"b\\\\c\\n"}': 7, 'a_total{x="2"}': 1e6, "b": -0.5},
        )

    def test_bad_text(self) -> None:
        begin = "# HELP a_total A\n# TYPE a_total counter\n"
        for description, text in (
            ("no end of line", "# HELP a A"),
            ("no HELP", "# TYPE a gauge\na 1\n"),
            ("no TYPE", "# HELP a A\na 1\n"),
            ("an unknown type", "# HELP a A\n# TYPE a number\na 1\n"),
            ("two types", "# HELP a A\n# TYPE a gauge\n# TYPE a gauge\n"),
            ("a counter by another name", "# HELP a A\n# TYPE a counter\n"),
            ("a gauge called total", "# HELP a_total A\n# TYPE a_total gauge\n"),
            ("a metric in two places", f"{begin}# HELP b B\n{begin}"),
            ("a sample of another metric", f"{begin}b 1\n"),
            ("a sample twice", f"{begin}a_total 1\na_total 2\n"),
            ("a negative counter", f"{begin}a_total -1\n"),
            ("no value", f"{begin}a_total\n"),
            ("a value that is no number", f"{begin}a_total one\n"),
            ("a label that is not quoted", f"{begin}a_total{{x=1}} 1\n"),
            ("a quote in a label", f'{begin}a_total{{x="""}} 1\n'),
            ("a label that does not end", f'{begin}a_total{{x="1" 1\n'),
            ("an empty line", f"{begin}\na_total 1\n"),
        ):
            with self.subTest(description), self.assertRaises(ValueError):
                parse(text)


if __name__ == "__main__":
    unittest.main()
