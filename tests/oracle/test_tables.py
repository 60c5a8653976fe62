"""The tables beside accounts, lists of accounts and time ranges, by hand."""

import json

from columns import TABLES
from helpers import DAY, HOUR, MONDAY, Case, run_of, status
from oracle import format_row, parse_time

TUESDAY = MONDAY + DAY
BORN = {"created_at": "Mon Apr 13 10:00:00 +0000 2020"}


def tagged(*tags):
    return {"hashtags": [{"text": t} for t in tags],
            "urls": [{"url": "http://%s.org/" % t} for t in tags]}


RECORDS = [
    status(1, MONDAY, user=BORN, lang="en", source="web",
           entities=tagged("A", "a", "b")),
    status(2, TUESDAY, lang="en", in_reply_to_user_id=8),
    status(3, TUESDAY + 5, account=8, lang="th", source="bot", text="RT x",
           retweeted_status=status(1, MONDAY, user=BORN, account=7,
                                   entities=tagged("a"))),
    status(10, TUESDAY + 5, account=8, quoted_status_id=1,
           is_quote_status=True, entities=tagged("c")),
    {"delete": {"status": {"id": 5, "user_id": 7},
                "timestamp_ms": TUESDAY}},
    {"delete": {"status": {"id": 5, "user_id": 7},
                "timestamp_ms": MONDAY + 1}},
    {"delete": {"status": {"id": 6, "user_id": 9},
                "timestamp_ms": TUESDAY}},
    {"delete": {"status": {"id": 7, "user_id": 7}}},
]


def rows_of(name, records=None, **settings):
    """The rows of a table as lists of printed cells."""
    rows = run_of(records or RECORDS, **settings).tables()[name]
    return [list(json.loads(format_row(row, TABLES[name][0])).values())
            for row in rows]


class Tables(Case):
    def test_days(self):
        # 9 has no posts: its delete counts; a delete without time does not
        self.assertEqual(rows_of("days"), [
            ["twitter", "2020-04-13", 1, 1, 0, 0, 0, 1, 1, 1],
            ["twitter", "2020-04-14", 3, 0, 1, 1, 1, 2, 0, 1]])

    def test_created(self):
        self.assertEqual(rows_of("created"),
                         [["twitter", "2020-04-13", 1, 2]])

    def test_hashtags_count_posts(self):
        first, last = "2020-04-13T00:00:00.000Z", "2020-04-14T00:00:00.005Z"
        self.assertEqual(rows_of("hashtags"), [
            ["twitter", "a", 2, 2, first, last],
            ["twitter", "b", 1, 1, first, first],
            ["twitter", "c", 1, 1, last, last]])
        self.assertEqual([row[1:4] for row in rows_of("domains")],
                         [["a.org", 2, 2], ["b.org", 1, 1], ["c.org", 1, 1]])

    def test_hashtag_days(self):
        self.assertEqual(rows_of("hashtag_days"), [
            ["twitter", "a", "2020-04-13", 1, 1],
            ["twitter", "a", "2020-04-14", 1, 1],
            ["twitter", "b", "2020-04-13", 1, 1],
            ["twitter", "c", "2020-04-14", 1, 1]])

    def test_hashtag_days_are_of_the_thousand_commonest(self):
        # 1000 tags with two posts each, and of those with one the first
        tags = ["t%04d" % i for i in range(999)]
        records = [status(1, MONDAY, entities=tagged(*tags)),
                   status(2, MONDAY, entities=tagged(*tags)),
                   status(3, MONDAY, entities=tagged("zb", "za"))]
        got = [row[1] for row in rows_of("hashtag_days", records)]
        self.assertEqual(got, tags + ["za"])

    def test_clients_and_languages(self):
        rows = rows_of("clients", classes={"web": "web",
                                           "bot": "automation"})
        self.assertEqual([row[:5] for row in rows], [
            ["twitter", "bot", "automation", 1, 1],
            ["twitter", "web", "web", 1, 1]])
        self.assertEqual([row[:4] for row in rows_of("languages")], [
            ["twitter", "en", 2, 1], ["twitter", "th", 1, 1]])

    def test_posts(self):
        rows = rows_of("posts")
        self.assertEqual([row[:4] for row in rows], [
            ["twitter", "7", "1", "2020-04-13T00:00:00.000Z"],
            ["twitter", "7", "2", "2020-04-14T00:00:00.000Z"],
            ["twitter", "8", "3", "2020-04-14T00:00:00.005Z"],
            ["twitter", "8", "10", "2020-04-14T00:00:00.005Z"]])
        x = run_of([status(1, 5)]).copies["twitter", "7", "1"][0].text
        self.assertEqual([row[4:] for row in rows], [
            ["original", None, None, "en", "web", "a a b", x],
            ["reply", "8", None, "en", None, None, x],
            ["retweet", "7", "1", "th", "bot", "a", None],
            ["quote", None, "1", None, None, "c", x]])


class Choosing(Case):
    def test_accounts(self):
        settings = dict(accounts="8\n# 7\n")
        self.assertEqual([row[1] for row in rows_of("accounts", **settings)],
                         ["7", "8"])
        self.assertEqual(rows_of("days", **settings), [
            ["twitter", "2020-04-14", 2, 0, 1, 0, 1, 1, 0, 0]])
        self.assertEqual(rows_of("created", **settings), [])
        self.assertEqual([row[1] for row in rows_of("hashtags", **settings)],
                         ["a", "c"])

    def test_accounts_by_handle(self):
        records = RECORDS + [status(30, MONDAY, account=9,
                                    user={"screen_name": "NINE"})]
        rows = rows_of("posts", records, accounts="@nine")
        self.assertEqual([row[2] for row in rows], ["30"])

    def test_min_posts_is_for_accounts_alone(self):
        records = RECORDS + [status(30, MONDAY, account=9, user=BORN)]
        rows = rows_of("accounts", records, min_posts=2)
        self.assertEqual([row[1] for row in rows], ["7", "8"])
        self.assertEqual(rows_of("created", records, min_posts=2),
                         [["twitter", "2020-04-13", 2, 3]])

    def test_a_time_range(self):
        run = run_of(RECORDS, since=TUESDAY, until=TUESDAY + 5)
        row, = run.tables()["accounts"]
        self.assertEqual((row["posts"], row["first_post"], row["created_at"],
                          row["deletes"], run.counts["outside_range"]),
                         (1, TUESDAY, None, 2, 3))
        # the notice at TUESDAY stays, the earlier one is left out; that
        # without a time stays
        self.assertEqual(run.deletes["twitter", "7"], {"5": TUESDAY,
                                                       "7": None})

    def test_times_of_ranges(self):
        self.assertEqual(parse_time("2020-04-13"), MONDAY)
        self.assertEqual(parse_time("2020-04-13T01:00:00+01:00"), MONDAY)
        self.assertEqual(parse_time("2020-04-13T01:00:00Z"), MONDAY + HOUR)
