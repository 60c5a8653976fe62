#!/usr/bin/env python3
"""Small cases for the oracle, with expected values worked out by hand.

run: python3 tests/oracle/test_oracle.py

Here: hashes, what is accepted, times, comparing. The other examples stand in
the test_*.py beside this file, and run with it.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import compare                                            # noqa: E402
from columns import COLUMNS                               # noqa: E402
from distinct import distinct_count, estimate             # noqa: E402
from helpers import (MONDAY, Case, at_times, ledger_of, run_of,  # noqa: E402
                     row_of, status)
from oracle import (Run, Settings, format_real, format_row,  # noqa: E402
                    parse_offset, write_results, write_table)
from scalars import created_at_ms, format_time            # noqa: E402
from xxh3 import xxh3_64, xxh3_128                        # noqa: E402


class Hashes(unittest.TestCase):
    # data[i] = (31 i^2 + 7 i + 13) mod 251, first n bytes; from xxhsum 0.8.1
    KNOWN = (
        (0, 0x2d06800538d394c2, 0x99aa06d3014798d86001c324468d497f),
        (1, 0x8a21d78b1538b1c0, 0x79d2c79e874f72cd8a21d78b1538b1c0),
        (3, 0x5e9146ec277d0470, 0x78b75db2656d1cd25e9146ec277d0470),
        (4, 0xac19edee9ad4d668, 0x6e467070e955b4f091ea3c1cf6a71414),
        (8, 0xafec0faec93cfb0f, 0xf2ed9d634cd73b786401d2ff99e5eb59),
        (9, 0xb59bb97402e12cfa, 0x06ef46ab7542444ad29a4d1b6b435b16),
        (16, 0x5c107622db9a8a8d, 0xabf3f2586c428bf32e552d8ef5ffad6d),
        (17, 0x3e9c6979d84654ae, 0xa338993dae1022757f6f50cd47b7ab92),
        (128, 0xac10ffe4cb8a8d43, 0xda5ad73cd7eb26ea8ae07470832d4fb4),
        (129, 0xfe0533d5a35557c0, 0xa37a85b8c87797ebef7814c5c56e2970),
        (240, 0x5cbeddf97e13c8e4, 0xe3b5f21da35595b1dee0517eb55cfe44),
        (241, 0xdcd0f85c9c75ace2, 0x4aad58ac26b3aaf8dcd0f85c9c75ace2),
        (1000, 0xeff83fbcda477226, 0xf89409f1b7788530eff83fbcda477226),
        (1024, 0xc982577333e9669b, 0x0dede88f27d9527bc982577333e9669b),
        (1025, 0x1492e99cdae6335f, 0x92bbc7c6f569a56a1492e99cdae6335f),
        (2049, 0x5e152e4122e98ffe, 0x090742faa609af0f5e152e4122e98ffe))

    def test_xxh3_known_answers(self):
        data = bytes((i * i * 31 + i * 7 + 13) % 251 for i in range(2049))
        for n, short, long in self.KNOWN:
            self.assertEqual(xxh3_64(data[:n]), short, n)
            self.assertEqual(xxh3_128(data[:n]), long, n)

    def test_distinct_is_exact_to_eight(self):
        self.assertEqual(distinct_count(list("abcdefgh") * 3), 8)

    def test_distinct_of_twenty_is_linear_counting(self):
        # 20 registers set: 4096 ln(4096/4076) = 20.05 -> 20
        self.assertEqual(distinct_count("n%d" % i for i in range(20)), 20)

    def test_estimate_with_every_register_at_rank_3(self):
        # 0.7213/(1+1.079/4096) 4096^2 / (4096/8) = 0.72111 * 32768
        # = 23629.3; above 2.5 * 4096, so no linear counting
        self.assertEqual(estimate([3] * 4096), 23629)


class Accepting(unittest.TestCase):
    def ledger(self, *lines):
        run = Run()
        for line in lines:
            run.add_line(line)
        return ledger_of(run)

    def test_rejects_have_reasons(self):
        user = b'"user":{"id_str":"7"}'
        got = self.ledger(
            b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":01}', b'{"a":"\t"}',
            b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'{}', b'5',
            b'{"id":1,"text":"","user":{}}',
            b'{"id":9.4e17,"text":"",' + user + b'}',
            b'{"id":0,"id_str":"","text":"",' + user + b'}',
            b'{"id":1,"text":"",' + user + b'}',
            b'{"id":1,"user":null,"text":""}')
        self.assertEqual(got["lines_rejected"], {
            "bad_json": 4, "bad_utf8": 2, "unknown_record": 3,
            "missing_key": 3, "bad_time": 1})

    def test_odd_texts_are_accepted(self):
        head = b'{"id":4,"timestamp_ms":"5","user":{"id":7},"text":'
        got = self.ledger(head + b'"\\ud83d"}', head + b'"\\u0000\x7f"}',
                          b'[' + head + b'"1e400","n":[1e400,' + b"9" * 5000
                          + b']}]')
        self.assertEqual(got["lines_accepted"], 3)
        self.assertEqual((got["posts"], got["duplicates"]), (1, 2))

    def test_control_comes_before_status_unless_there_is_text(self):
        got = self.ledger(
            b'{"delete":{"status":{"id":5,"user_id":7}}}',
            b'{"limit":{"track":3}}', b'{"errors":[]}',
            b'{"warning":1,"id":4,"timestamp_ms":5,"text":"",'
            b'"user":{"id":7}}')
        self.assertEqual(got["lines_control"],
                         {"delete": 1, "limit": 1, "errors": 1})
        self.assertEqual(got["posts"], 1)
        self.assertEqual(got["deletes"], 1)

    def test_the_last_duplicate_key_wins(self):
        run = Run()
        run.add_text(b'{"id_str":"1","user":{"id":7},"text":"",'
                     b'"timestamp_ms":"5","id\\u005fstr":"2"}')
        self.assertEqual(list(run.copies), [("twitter", "7", "2")])

    def test_jsonlite_scalars_are_unwrapped(self):
        run = Run()
        run.add_text(b'{"id":[9.4e17],"id_str":["2"],"text":["a"],'
                     b'"timestamp_ms":["5"],"user":{"id_str":["7"]},'
                     b'"in_reply_to_user_id":{},"lang":["en"],"source":[]}')
        post, = run.copies["twitter", "7", "2"]
        self.assertEqual((post.kind, post.lang, post.client, post.time),
                         ("original", "en", None, 5))
        self.assertEqual(run.counts["id_mismatch"], 1)

    def shard(self, data, line_bytes_max=4000):
        run = Run(Settings(line_bytes_max))
        with tempfile.NamedTemporaryFile(suffix=".json") as stream:
            stream.write(data)
            stream.flush()
            run.add_file(stream.name)
        return run

    def test_lines_bom_crlf_blank_and_no_final_newline(self):
        one, two = (json.dumps(status(i, 5)).encode() for i in (1, 2))
        run = self.shard(b"\xef\xbb\xbf" + one + b"\r\n\r\n\n" + two)
        self.assertEqual(len(run.copies), 2)
        self.assertEqual(run.lines["blank"], 2)

    def test_a_line_of_the_limit_is_read_and_one_more_is_not(self):
        one = json.dumps(status(1, 5)).encode()
        self.assertEqual(len(self.shard(one + b"\r\n", len(one)).copies), 1)
        run = self.shard(one + b" \n", len(one))
        self.assertEqual(run.line_rejected["line_too_long"], 1)

    def test_a_pretty_printed_shard_is_one_document(self):
        posts = at_times([5, 6, 7])
        for value in (posts, {"statuses": posts, "meta": 1}):
            data = json.dumps(value, indent=2).encode()
            self.assertEqual(len(self.shard(data).copies), 3)

    def test_a_line_may_hold_an_array_or_statuses(self):
        posts = at_times([5, 6])
        data = (json.dumps(posts) + "\n" + json.dumps({"statuses": posts}))
        run = self.shard(data.encode())
        self.assertEqual(sorted(map(len, run.copies.values())), [2, 2])
        self.assertEqual(run.lines["accepted"], 2)


class Times(Case):
    def test_created_at(self):
        # 2011-09-28 is 15245 days after 1970-01-01; 02:35:11 is 9311 s
        ms = (15245 * 86400 + 9311) * 1000
        self.assertEqual(created_at_ms("Wed Sep 28 02:35:11 +0000 2011"), ms)
        self.assertEqual(created_at_ms("Wed Sep 28 10:35:11 +0800 2011"), ms)
        for iso in ("2011-09-28T02:35:11.000Z", "2011-09-28 02:35:11",
                    "2011-09-28T10:35:11.0009+08:00"):
            self.assertEqual(created_at_ms(iso), ms)
        for bad in ("Wed Sep 31 02:35:11 +0000 2011", "", None, 5,
                    "2011-09-28", "2011-09-28T02:35:60Z"):
            self.assertIsNone(created_at_ms(bad))

    def test_the_id_gives_the_time_unless_it_is_a_minute_off(self):
        # (1146305069987618817 >> 22) + 1288834974657 = 1562135400660
        post, at = 1146305069987618817, 1562135400660
        for stamp, want, odd in ((at + 60000, at, 0), (at - 60000, at, 0),
                                 (at + 60001, at + 60001, 1)):
            run = run_of([status(post, stamp)])
            run.rows()
            kept, = run.copies["twitter", "7", str(post)]
            self.assertEqual(kept.time, want)
            self.assertEqual(run.counts["time_anomalies"], odd)

    def test_created_at_wins_over_an_id_that_disagrees(self):
        post = status(1146305069987618817, 5,
                      created_at="Wed Sep 28 02:35:11 +0000 2011")
        self.check(row_of([post]), first_post="2011-09-28T02:35:11.000Z")

    def test_format(self):
        self.assertEqual(format_time(MONDAY + 7), "2020-04-13T00:00:00.007Z")
        self.assertEqual(format_real(-1e-400), "0")
        self.assertEqual(format_real(2 / 3), "0.666666667")
        self.assertEqual(parse_offset("-03:30"), -12600000)


class Comparing(unittest.TestCase):
    def compare(self, ours, theirs, *options, suffix=".jsonl"):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, text in (("a" + suffix, ours), ("b.jsonl", theirs)):
                paths.append(os.path.join(folder, name))
                with open(paths[-1], "w", encoding="utf-8") as stream:
                    stream.write(text)
            return self.compare_paths([*options, *paths])

    def compare_paths(self, arguments):
        out = io.StringIO()
        with mock.patch.object(sys, "argv", ["compare", *arguments]):
            with contextlib.redirect_stdout(out):
                return compare.main(), out.getvalue()

    def rows(self):
        records = at_times([0, 1000, 3000, 6000]) + [status(9, 1, account=8)]
        return [format_row(r) + "\n" for r in run_of(records).rows()]

    def test_equal_and_near(self):
        rows = self.rows()
        text = "".join(rows)
        self.assertEqual(self.compare(text, text)[0], 0)
        # gap_cv is a root over a mean: sqrt(2/3) / 2
        self.assertIn('"gap_cv":0.40824829,', text)
        near = text.replace("0.40824829,", "0.408248291,")
        code, out = self.compare(near, text)
        self.assertEqual(code, 0)
        self.assertIn("near 1", out)

    def test_differences(self):
        rows = self.rows()
        text = "".join(rows)
        # gap_variance_s2 is a quotient of integers: no digit may differ
        for ours in (text.replace("0.666666667", "0.666666666"),
                     text.replace("0.40824829,", "0.4082483,"),
                     text.replace('"posts":4', '"posts":5'),
                     text.replace('"posts":4,', ""), rows[0],
                     rows[1] + rows[0], text + rows[0], "",
                     text.replace('"posts":4', '"posts":null'),
                     text.replace('"posts":4', '"posts":"4"')):
            self.assertEqual(self.compare(ours, text)[0], 1)
        self.assertEqual(self.compare("", "")[0], 1)

    def test_the_hour_of_the_clock_counts_around(self):
        self.assertTrue(compare.close("clock_mean_hour", "24", "0"))
        self.assertFalse(compare.close("clock_mean_hour", "24", "1"))
        self.assertTrue(compare.close("memory", "-1.5e-17", "0"))
        self.assertFalse(compare.close("second_p", "1.5e-17", "0"))
        self.assertFalse(compare.close("work_share", "0.1", "0.100000001"))

    def test_an_empty_cell_is_null_and_quotes_are_a_text(self):
        rows = list(compare.csv_records('a,b,c\r\n"",,"x""\n,"\n', "t"))
        self.assertEqual(rows, [["a", "b", "c"], ["", None, 'x"\n,']])
        same = compare.compare_cells
        self.assertEqual(same("day", None, None, True), "same")
        self.assertEqual(same("day", "", None, True), "different")
        self.assertEqual(same("day", None, "", True), "different")

    def test_directories(self):
        run = run_of(at_times([MONDAY, MONDAY + 1000]))
        tables = run.tables()
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = (os.path.join(folder, name) for name in "ab")
            for path in (ours, theirs):
                write_results(path, tables, tables, run.ledger())
            options = [ours, theirs]
            self.assertEqual(self.compare_paths(options)[0], 0)
            os.remove(os.path.join(ours, "days.jsonl"))
            code, out = self.compare_paths(options)
            self.assertEqual(code, 1)
            self.assertIn("not in the program: table days", out)
            self.assertEqual(self.compare_paths(["--common"] + options)[0],
                             0)
            path = os.path.join(ours, "posts.jsonl")
            write_table(path, "posts", tables["posts"][:1])
            code, out = self.compare_paths(options)
            self.assertIn("posts.jsonl: row only in the oracle: "
                          "twitter 7 2", out)

    def test_csv(self):
        text = "".join(self.rows())
        names = [name for name, _ in COLUMNS]
        cells = [[("" if v is None else str(v)) for v in
                  json.loads(line, parse_float=str).values()]
                 for line in text.splitlines()]
        ours = "\r\n".join(",".join(c) for c in [names] + cells) + "\r\n"
        self.assertEqual(self.compare(ours, text, suffix=".csv")[0], 0)
        wrong = ours.replace("0.666666667", "0.7")
        self.assertEqual(self.compare(wrong, text, suffix=".csv")[0], 1)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.discover(HERE, "test_*.py")
    result = unittest.TextTestRunner().run(suite)
    sys.exit(not result.wasSuccessful())
