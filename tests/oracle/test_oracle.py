#!/usr/bin/env python3
"""Small cases for the oracle, with expected values worked out by hand.

run: python3 tests/oracle/test_oracle.py
"""

import contextlib
import io
import json
import math
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import compare                                            # noqa: E402
from columns import COLUMNS                               # noqa: E402
from distinct import distinct_count, estimate             # noqa: E402
from oracle import (Run, canonical_json, format_real, format_row,  # noqa: E402
                    parse_offset)
from scalars import created_at_ms, format_time            # noqa: E402
from xxh3 import xxh3_64, xxh3_128                        # noqa: E402

# Ids below 29,700,859,247 carry no time, so timestamp_ms is the event time.
MONDAY = 1586736000000          # 2020-04-13T00:00:00.000Z, a Monday
SECOND, HOUR, DAY = 1000, 3600000, 86400000
PLUS_8 = 8 * HOUR


def status(post_id, time, account=7, user=None, **more):
    author = {"id": account, "id_str": str(account), **(user or {})}
    return {"id": post_id, "id_str": str(post_id), "text": "x",
            "timestamp_ms": str(time), "user": author, **more}


def at_times(times, **more):
    return [status(i + 1, t, **more) for i, t in enumerate(times)]


def run_of(records):
    run = Run()
    for record in records:
        run.add_text(json.dumps(record).encode())
    return run


def printed(records, offset_ms=PLUS_8):
    """{account id: row as printed}, reals as the texts in the output."""
    rows = run_of(records).rows(offset_ms)
    parsed = [json.loads(format_row(row), parse_float=str) for row in rows]
    return {row["account_id"]: row for row in parsed}


def row_of(records, account="7", **more):
    return printed(records, **more)[account]


def g9(x):
    """A real as it is parsed back: text, or an integer if so printed."""
    text = "%.9g" % x
    return text if set(text) & set(".e") else int(text)


class Case(unittest.TestCase):
    def check(self, row, **expected):
        for name, value in expected.items():
            if isinstance(value, float):
                value = g9(value)
            self.assertEqual(row[name], value, name)


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
        run = Run(line_bytes_max=4000)
        for line in lines:
            run.add_text(line)
        run.rows()
        return run.ledger()

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
        run = Run(line_bytes_max)
        with tempfile.NamedTemporaryFile(suffix=".json") as stream:
            stream.write(data)
            stream.flush()
            run.add_shard(stream.name)
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
        for bad in ("Wed Sep 31 02:35:11 +0000 2011", "", None, 5,
                    "2011-09-28T02:35:11Z"):
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


class Profile(Case):
    def test_first_and_last(self):
        # At equal time the outer author outranks the embedded one (9 < 50);
        # at equal rank the greater value stays.
        retweet = status(2, 100, account=8, retweeted_status=status(
            1, 50, user={"followers_count": 50, "screen_name": "Zed"}))
        posts = [status(1, 100, user={"followers_count": 9}), retweet,
                 status(3, 100, user={"followers_count": "8"}),
                 status(4, 20, user={"followers_count": -1})]
        self.check(row_of(posts), followers_first=9, followers_last=9,
                   followers_min=8, followers_max=50, screen_name="Zed",
                   first_observed="1970-01-01T00:00:00.020Z",
                   last_observed="1970-01-01T00:00:00.100Z",
                   zero_followers=0, zero_followers_always=0,
                   friends_last=None, reputation=None)

    def test_counts(self):
        for written, want in ((5, 5), ("5", 5), ("5.0", 5), ("100+", 100),
                              ("5.5", None), (-1, None), (True, None),
                              ("", None), (2**70, 2**70)):
            row = row_of([status(1, 5, user={"listed_count": written})])
            self.check(row, listed_last=want)

    def test_growth(self):
        # created 1970-01-01, seen 10 h later: 30 followers = 3 an hour
        user = {"created_at": "Thu Jan 01 00:00:00 +0000 1970",
                "followers_count": 30, "friends_count": 0,
                "statuses_count": 1}
        self.check(row_of([status(1, 10 * HOUR, user=user)]),
                   age_hours=10, followers_per_hour=3, friends_per_hour=0,
                   statuses_per_hour=0.1, favourites_per_hour=None,
                   followers_friends_ratio=30, reputation=1,
                   age_at_first_post_days=10 / 24)

    def test_names(self):
        row = row_of([status(1, 5, user={
            "screen_name": "AbC_12345678", "name": "\ud83d9\u0663",
            "description": None})])
        # the lone surrogate is one code point; an Arabic digit is no ASCII
        self.check(row, handle_template="AaA_d8", auto_suffix8=1,
                   screen_name_length=12, screen_name_digits=8,
                   display_name="\ufffd9\u0663", display_name_length=3,
                   display_name_digits=1, description_length=0,
                   descriptions=1, locations=None)

    def test_auto_suffix8(self):
        for name, want in (("a12345678", 1), ("12345678", 0),
                           ("abcdefg12345678", 1), ("abcdefgh12345678", 0),
                           ("a123456789", 0), ("a1b2345678", 0)):
            row = row_of([status(1, 5, user={"screen_name": name})])
            self.check(row, auto_suffix8=want)

    def test_emptiness(self):
        user = {"description": None, "url": None, "location": "",
                "followers_count": 0}
        self.check(row_of([status(1, 5, user=user)]),
                   persona_emptiness_4=4, persona_emptiness=None)
        user.update(default_profile=True, default_profile_image=False,
                    listed_count=0)
        self.check(row_of([status(1, 5, user=user)]), persona_emptiness=6)

    def test_screen_names_differ_beyond_ascii_case(self):
        posts = [status(i, 5, user={"screen_name": n})
                 for i, n in ((1, "Ann"), (2, "aNN"), (3, "Bob"))]
        self.check(row_of(posts), screen_names=2)


class Activity(Case):
    def test_kinds(self):
        posts = [
            status(1, 1, text="RT @a: b"),
            status(2, 2, text="RT @a", in_reply_to_user_id=7),
            status(3, 3, quoted_status=status(30, 1, account=9)),
            status(4, 4, is_quote_status=True, quoted_status_id=30),
            status(5, 5, is_quote_status=True),
            status(6, 6, text="RT @a", retweeted_status=status(30, 1)),
            status(7, 7, in_reply_to_status_id_str="30",
                   quoted_status=status(30, 1))]
        # 1, 5 original; 2, 7 reply; 3, 4 quote; 6 retweet.  Of itself:
        # the reply 2 and the retweet 6 (the reply 7 has no known target).
        self.check(row_of(posts), posts=7, originals=2, replies=2, quotes=2,
                   retweets=1, retweet_share=1 / 7, reply_share=2 / 7,
                   quote_share=2 / 7, manual_retweets=2,
                   self_interactions=2)

    def test_days(self):
        # 23:59:59.999 and 00:00:00.000 are two UTC days and two hours
        row = row_of(at_times([MONDAY - 1, MONDAY, MONDAY + 5,
                               MONDAY + 2 * DAY - 1]))
        self.check(row, active_days=3, posts_per_active_day=4 / 3,
                   max_posts_per_day=2, max_posts_per_hour=2, span_days=2)

    def test_coverage(self):
        # 3 posts while statuses_count went from 10 to 15: 3/6
        posts = [status(i, i, user={"statuses_count": c})
                 for i, c in ((1, 10), (2, None), (3, 15))]
        self.check(row_of(posts), coverage=0.5)
        self.check(row_of(posts[:1]), coverage=None)

    def test_duplicates(self):
        a = status(5, 1300000000000, user={"statuses_count": 10},
                   lang="en", source="web")
        b = status(5, 1300000000000, user={"statuses_count": 20},
                   lang="en", source="web")
        run = run_of([b, a, b, a])
        text = canonical_json(run.copies["twitter", "7", "5"][1])
        self.assertEqual(
            text, '{"account":"7","client":"web","id":"5","kind":"original",'
            '"lang":"en","manual":false,"original_time":null,"statuses":10,'
            '"target":null,"target_post":null,"time":1300000000000}')
        # xxhsum -H2: f5e8b1ef.. with statuses 10, 1062d3b7.. with 20
        survivor, = run.survivors()["twitter", "7"]
        self.assertEqual(survivor.statuses, 10)
        self.assertEqual(run.counts["duplicates"], 3)
        self.assertEqual(run.counts["conflicting_duplicates"], 1)


class Timing(Case):
    def test_gaps_of_1_2_3_seconds(self):
        # mean 2, variance 2/3; m = 3: burstiness_n = sqrt(2) r - 1
        sigma = math.sqrt(2 / 3)
        self.check(
            row_of(at_times([0, 1000, 3000, 6000])),
            gap_mean_s=2, gap_variance_s2=2 / 3, gap_cv=sigma / 2,
            gap_min_s=1, gap_max_s=3, gap_q05_s=1, gap_q25_s=1, gap_q50_s=2,
            gap_q75_s=3, gap_q95_s=3, burstiness=(sigma - 2) / (sigma + 2),
            burstiness_n=math.sqrt(2) * sigma / 2 - 1, memory=None)

    def test_support(self):
        self.check(row_of(at_times([0])), gap_mean_s=None, dormant_gaps=None)
        self.check(row_of(at_times([0, 5])), gap_mean_s=None, dormant_gaps=0)
        self.check(row_of(at_times([0, 5, 6])), gap_mean_s=0.003,
                   burstiness_n=None)
        self.check(row_of(at_times([5, 5, 5, 5])), gap_mean_s=0,
                   gap_cv=None, burstiness=None, burstiness_n=None)

    def test_memory(self):
        times = [0]
        for i in range(10):
            times.append(times[-1] + (1000 if i % 2 else 2000))
        # each gap is 3 s less the one before: correlation -1
        self.check(row_of(at_times(times)), memory=-1)
        self.check(row_of(at_times(times[:10])), memory=None)
        self.check(row_of(at_times(range(0, 11000, 1000))), memory=None)

    def test_dormancy(self):
        times = [0, 180 * DAY, 360 * DAY, 390 * DAY]
        self.check(row_of(at_times(times)), dormant_gaps=2,
                   dormant_from="1970-01-01T00:00:00.000Z",
                   dormant_to="1970-06-30T00:00:00.000Z",
                   dormant_from_post="1", dormant_to_post="2")
        self.check(row_of(at_times([0, 30 * DAY - 1])), dormant_from=None)
        self.check(row_of(at_times([0, 30 * DAY])), dormant_gaps=0,
                   dormant_to_post="2")

    def test_posts_of_one_time_go_by_id_as_numbers(self):
        posts = [status(10, 0), status(9, 0), status(1, 40 * DAY)]
        self.check(row_of(posts), dormant_from_post="10")


class Clock(Case):
    def test_offset_moves_friday_evening_to_saturday(self):
        friday = MONDAY + 4 * DAY + 16 * HOUR + HOUR // 2
        self.check(row_of([status(1, friday)]), hour_00=1, dow_6=1, dow_5=0,
                   hour_entropy=None, work_share=None)
        self.check(row_of([status(1, friday)], offset_ms=0), hour_16=1,
                   dow_5=1)

    def test_twenty_hours_of_a_monday(self):
        # one post in each local hour 0..19: nine in work hours (9..17),
        # twelve at 08 or later; N = 20 slots, 45/168 of them expected
        row = row_of(at_times([MONDAY - PLUS_8 + h * HOUR
                               for h in range(20)]))
        self.check(row, work_share=0.45, work_share_active=0.45,
                   work_share_waking=0.75,
                   work_excess=(9 - 20 * 45 / 168)
                   / math.sqrt(20 * 45 / 168 * 123 / 168),
                   hour_entropy=math.log(20) / math.log(24),
                   week_entropy=math.log(20) / math.log(168),
                   weekend_ratio=None, quiet_share=None)

    def test_a_burst_is_one_active_slot(self):
        # 20 posts Monday 10:xx, 1 post Sunday 20:00: 20/21, but 1 of 2 slots
        ten = MONDAY - PLUS_8 + 10 * HOUR
        row = row_of(at_times([ten - 14 * HOUR]
                              + [ten + i for i in range(20)]))
        self.check(row, work_share=20 / 21, work_share_active=0.5)

    def test_weekend_ratio(self):
        # noon, Monday 13 April to Saturday 2 May: 5 weekend days, 15 others;
        # then a second post on the last Saturday: (6/5) / (15/15)
        noons = [MONDAY - PLUS_8 + 12 * HOUR + d * DAY for d in range(20)]
        self.check(row_of(at_times(noons)), weekend_ratio=1)
        self.check(row_of(at_times(noons + [noons[-1] + 1])),
                   weekend_ratio=1.2)

    def test_quiet_window(self):
        # 4 posts in every hour, 8 in hour 3: the first window without
        # hour 3 starts at 4, with 24 of 100 posts
        hours = [h for h in range(24) for _ in range(8 if h == 3 else 4)]
        row = row_of(at_times([MONDAY - PLUS_8 + h * HOUR + i
                               for i, h in enumerate(hours)]))
        self.check(row, quiet_start_hour=4, quiet_share=0.24)


class Content(Case):
    def test_languages(self):
        # en, id, (und), id: one change; p = 1/3 and 2/3
        posts = [status(i, i, lang=lang) for i, lang in
                 enumerate(("en", "in", "und", "id", None), 1)]
        self.check(row_of(posts), languages=2, top_language="id",
                   top_language_share=2 / 3, language_changes=1,
                   language_entropy=math.log(3) - 2 / 3 * math.log(2))

    def test_no_language_is_null_and_und_alone_is_zero(self):
        self.check(row_of([status(1, 1)]), languages=None,
                   language_changes=None, language_entropy=None)
        self.check(row_of([status(1, 1, lang="und")]), languages=0,
                   top_language=None, language_changes=0)

    def test_clients(self):
        anchor = '<a href="http://x" rel="nofollow">\u3000b > c </a>'
        posts = [status(i, i, source=s) for i, s in
                 enumerate((anchor, "web", " web\u2003", ""), 1)]
        self.check(row_of(posts), clients=2, top_client="web",
                   client_changes=1)
        self.check(row_of(posts[:2]), top_client="b > c",
                   top_client_share=0.5)


class Amplification(Case):
    def retweet(self, post_id, time, target, original_time, **more):
        return status(post_id, time, retweeted_status=status(
            post_id + 100, original_time, account=target), **more)

    def test_targets_and_delays(self):
        posts = [self.retweet(1, 10000, 10, 5000),      # 5 s
                 self.retweet(2, 70000, 10, 10000),     # 60 s
                 self.retweet(3, 80000, 9, 80001),      # negative: left out
                 self.retweet(4, 90000, 9, 90000, account=9),
                 status(5, 1, account=10)]
        rows = printed(posts)
        self.check(rows["7"], retweet_targets=2, top_retweet_target="10",
                   top_retweet_target_share=2 / 3, retweets_received=0,
                   retweet_delay_q50_s=5, retweets_le_10s=1,
                   retweets_le_60s=2)
        # account 9 retweeted itself: received only the one from 7
        self.check(rows["9"], retweets_received=1, retweeters=1)
        self.check(rows["10"], retweets_received=2, retweeters=1,
                   retweet_targets=0, top_retweet_target=None,
                   retweets_le_10s=0)

    def test_ties_of_targets_go_bytewise(self):
        posts = [self.retweet(1, 5, 9, 5), self.retweet(2, 6, 10, 5)]
        self.check(row_of(posts), top_retweet_target="10")

    def test_unknown_targets_are_null(self):
        post = status(1, 1, retweeted_status={"text": "x"})
        self.check(row_of([post]), retweets=1, retweet_targets=None,
                   retweets_le_60s=None)

    def test_deletes(self):
        # the id's own time is 1562135400660; notices 2 s and 1 s later
        post = "1146305069987618817"
        notices = [{"delete": {"status": {"id_str": i, "user_id": 7},
                               "timestamp_ms": str(t)}}
                   for i, t in ((post, 1562135402660), (post, 1562135401660),
                                ("5", 9))]
        other = {"delete": {"status": {"id": 5, "user_id": 8}}}
        records = [status(1, 1)] + notices + [other]
        self.check(row_of(records), deletes=2, delete_latency_q50_s=1)
        run = run_of(records)
        run.rows()
        self.assertEqual(run.ledger()["deletes"], 3)
        self.assertEqual(run.ledger()["deletes_without_account"], 1)


class Comparing(unittest.TestCase):
    def compare(self, ours, theirs, *options, suffix=".jsonl"):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, text in (("a" + suffix, ours), ("b.jsonl", theirs)):
                paths.append(os.path.join(folder, name))
                with open(paths[-1], "w", encoding="utf-8") as stream:
                    stream.write(text)
            with mock.patch.object(sys, "argv", ["compare", *options,
                                                 *paths]):
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    return compare.main(), out.getvalue()

    def rows(self):
        records = at_times([0, 1000, 3000, 6000]) + [status(9, 1, account=8)]
        return [format_row(r) + "\n" for r in run_of(records).rows()]

    def test_equal_and_near(self):
        rows = self.rows()
        text = "".join(rows)
        self.assertEqual(self.compare(text, text)[0], 0)
        near = text.replace("0.666666667", "0.666666666")
        code, out = self.compare(near, text)
        self.assertEqual(code, 0)
        self.assertIn("near 1", out)

    def test_differences(self):
        rows = self.rows()
        text = "".join(rows)
        for ours in (text.replace("0.666666667", "0.666666665"),
                     text.replace('"posts":4', '"posts":5'),
                     text.replace('"posts":4,', ""), rows[0],
                     rows[1] + rows[0], text + rows[0], "",
                     text.replace('"posts":4', '"posts":null'),
                     text.replace('"posts":4', '"posts":"4"')):
            self.assertEqual(self.compare(ours, text)[0], 1)
        self.assertEqual(self.compare("", "")[0], 1)

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
    unittest.main()
