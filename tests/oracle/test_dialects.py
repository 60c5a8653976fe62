"""Every dialect and container, by small records."""

import bz2
import gzip
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
import zipfile

from helpers import (Case, at_times, ledger_of, only_post, printed, row_of,
                     run_of, status)
from ioarchive import archive_id, list_in
from oracle import Run, Settings, with_deep_stack
from texts import hex16

ID, ID_TIME = "1146305069987618817", 1562135400660


def run_of_shard(data, **settings):
    run = Run(Settings(**settings))
    run.add_shard(data.encode() if isinstance(data, str) else data)
    return run


class V2(Case):
    TIME = "2021-12-31T15:30:53.000Z"            # 1640964653000
    MS = 1640964653000

    def tweet(self, post_id="5", author="7", **more):
        return {"id": post_id, "author_id": author, "text": "x",
                "created_at": self.TIME, **more}

    def user(self, account="7", **more):
        return {"id": account, "username": "u" + account, "name": "n",
                "public_metrics": {"followers_count": 1, "following_count": 2,
                                   "tweet_count": 3, "listed_count": 4},
                "url": "", "description": "d", "verified": False,
                "created_at": "2020-01-01T00:00:00.000Z", **more}

    def test_a_page(self):
        page = {"data": [
            self.tweet("5", referenced_tweets=[
                {"type": "quoted", "id": "50"},
                {"type": "retweeted", "id": "51"}], lang="in",
                public_metrics={"retweet_count": 9, "like_count": 9}),
            self.tweet("6", author="9", source="Web")],
            "includes": {"users": [self.user("7"), self.user("8"),
                                   self.user("10")],
                         "tweets": [self.tweet(
                             "51", "8", created_at="2021-12-31T15:30:50.000Z",
                             entities={"hashtags": [{"tag": "Tag"}]},
                             public_metrics={"retweet_count": 6,
                                             "like_count": 5})]},
            "meta": {}, "__twarc": {"retrieved_at":
                                    "2022-01-01T00:00:00+00:00"}}
        run = run_of([page])
        post, = run.copies["twitter", "7", "5"]
        self.assertEqual(
            (post.kind, post.target, post.target_post, post.original_time,
             post.lang, post.hashtags, post.text, post.followers,
             post.statuses, post.time),
            ("retweet", "8", "51", self.MS - 3000, "id", ["tag"], None, 1, 3,
             self.MS))
        self.assertEqual(only_post(run_of([{"data": page["data"][1]}])).client,
                         "Web")
        # 7 wrote, 8 is embedded, 10 stands by; 9 is in nobody's sight
        self.assertEqual({a for _, a in run.observations}, {"7", "8", "10"})
        self.assertEqual({o.time for s in run.observations.values()
                          for o in s}, {1640995200000})
        rows = printed([page])
        self.check(rows["7"], followers_last=1, friends_last=2,
                   statuses_last=3, favourites_last=None, listed_last=4,
                   screen_name="u7", persona_emptiness_4=None, verified=0,
                   max_retweet_count=None, retweet_delay_q50_s=3,
                   first_observed="2022-01-01T00:00:00.000Z",
                   created_at="2020-01-01T00:00:00.000Z", clients=None)
        self.check(rows["9"], first_observed=None, posts=1, top_client="Web")
        self.assertEqual(run.observations["twitter", "8"][0].engagement,
                         (6, 5))
        run.rows()
        self.assertEqual(run.ledger()["records"], 2)
        self.assertEqual(run.ledger()["lines_accepted"], 1)

    def test_a_page_without_retrieved_at(self):
        page = {"data": [self.tweet("5"), self.tweet(
            "6", author="8", created_at="2021-12-31T15:30:59Z")],
            "includes": {"users": [self.user("7"), self.user("8"),
                                   self.user("10")]}}
        run = run_of([page])
        times = {a: s[0].time for (_, a), s in run.observations.items()}
        self.assertEqual(times, {"7": self.MS, "8": self.MS + 6000,
                                 "10": self.MS + 6000})

    def test_a_stream_record(self):
        line = {"data": self.tweet(in_reply_to_user_id="8", referenced_tweets=[
            {"type": "quoted", "id": "50"},
            {"type": "replied_to", "id": "51"}]),
            "includes": {"users": [self.user()]}, "matching_rules": [],
            "__twarc": {"retrieved_at": "2022-01-01T00:00:00+00:00"}}
        run = run_of([line, {"data": {"id": "1"}}, {"errors": []},
                      {"errors": [], "meta": {}},
                      {"data": [], "meta": {"result_count": 0}},
                      {"data": [self.user(), {"tweet_count": 3}]}])
        post = only_post(run)
        self.assertEqual((post.kind, post.target, post.target_post),
                         ("reply", "8", "51"))
        sight, = run.observations["twitter", "7"]
        self.assertEqual(sight.time, self.MS)
        got = ledger_of(run)
        self.assertEqual(got["lines_accepted"], 3)
        self.assertEqual(got["lines_rejected"], {"unknown_record": 2})
        self.assertEqual(got["lines_control"], {"errors": 1})
        self.assertEqual(got["records_rejected"], {"unknown_record": 4})

    def test_entities(self):
        entities = {"urls": [{"start": 2, "end": 5, "url": "https://t.co/a",
                              "expanded_url": "https://x.org/a"}],
                    "mentions": [{"start": 6, "end": 8}]}
        post = only_post(run_of([{"data": self.tweet(
            text="a URL @b &amp;", entities=entities,
            attachments={"media_keys": ["1", "2"]})}]))
        self.assertEqual((post.text, post.text_length, post.urls,
                          post.domains, post.mentions, post.media,
                          post.hashtags),
                         (hex16(b"a &"), 5, 1, ["x.org"], 1, 2, None))

    def test_a_flattened_post(self):
        post = {**self.tweet(), "author": self.user(), "referenced_tweets": [
            {**self.tweet("51", "8"), "type": "retweeted",
             "author": self.user("8"), "referenced_tweets": [
                 {**self.tweet("52", "9"), "type": "quoted",
                  "author": self.user("9")},
                 {**self.tweet("53", "10"), "type": "replied_to",
                  "author": self.user("10")}]}]}
        run = run_of([post])
        read, = run.copies["twitter", "7", "5"]
        self.assertEqual((read.kind, read.target, read.original_time),
                         ("retweet", "8", self.MS))
        self.assertEqual({a for _, a in run.observations}, {"7", "8", "9"})

    def test_an_original_that_is_not_included_has_its_ids_time(self):
        post = only_post(run_of([{"data": self.tweet(referenced_tweets=[
            {"type": "retweeted", "id": ID}])}]))
        self.assertEqual((post.target, post.original_time), (None, ID_TIME))


HEADER = ("tweetid,userid,user_display_name,user_screen_name,"
          "user_reported_location,user_profile_description,user_profile_url,"
          "follower_count,following_count,account_creation_date,tweet_text,"
          "tweet_time,tweet_client_name,in_reply_to_userid,"
          "in_reply_to_tweetid,quoted_tweet_tweetid,is_retweet,"
          "retweet_userid,retweet_tweetid,like_count,retweet_count,hashtags,"
          "urls,user_mentions,tweet_language,unknown")


class Archive(Case):
    NAMES = HEADER.split(",")

    def row(self, **cells):
        row = {"tweetid": "5", "userid": "hash+/=",
               "tweet_time": "2019-07-03 06:30", **cells}
        return ",".join('"%s"' % row.get(n, "").replace('"', '""')
                        for n in self.NAMES)

    def shard(self, *rows, header=HEADER):
        return run_of_shard("\n".join([header, *rows]) + "\n")

    def post(self, **cells):
        return only_post(self.shard(self.row(**cells)))

    def test_newlines_and_quotes_inside_of_quotes(self):
        run = self.shard(self.row(tweet_text='a\n"b",\r\nc'),
                         self.row(tweetid="6"), "", self.row(tweetid="7")
                         + "\r")
        self.assertEqual(len(run.copies), 3)
        post, = run.copies["twitter", "hash+/=", "5"]
        self.assertEqual(post.text, hex16(b'a "b", c'))
        got = ledger_of(run)
        self.assertEqual((got["lines_accepted"], got["lines_blank"],
                          got["lines_control"]), (3, 1, {"csv_header": 1}))

    def test_rows_that_are_none(self):
        run = self.shard("1,2", self.row() + ",x", '"a"b' + self.row(),
                         self.row(tweet_time=""), self.row(tweetid="6")[:-1])
        got = ledger_of(run)
        self.assertEqual(got["lines_rejected"], {"bad_csv": 4, "bad_time": 1})
        run = run_of_shard(HEADER.encode() + b"\n\xff")
        self.assertEqual(run.line_rejected, {"bad_utf8": 1})

    def test_bom_and_another_order_of_columns(self):
        data = b'\xef\xbb\xbf"userid","x","tweetid","tweet_time"\r\n' \
               b'h,\0,5,"2019-07-03 \x0006:30"'
        with tempfile.NamedTemporaryFile(suffix=".csv") as stream:
            stream.write(data)
            stream.flush()
            run = Run()
            run.add_file(stream.name)
        post = only_post(run)
        self.assertEqual((post.account, post.time, post.minute_only,
                          post.text), ("h", 1562135400000, True, None))

    def test_times(self):
        # the id's time is 06:30:00.660; up to 120 s from the minute it holds
        for written, time, odd in (
                ("2019-07-03 06:28", 1562135280000, 1),
                ("2019-07-03 06:29", ID_TIME, 0),
                ("2019-07-03 06:32", ID_TIME, 0),
                ("2019-07-03 06:33", 1562135580000, 1)):
            run = self.shard(self.row(tweetid=ID, tweet_time=written))
            post = only_post(run)
            self.assertEqual((post.time, run.counts["time_anomalies"],
                              post.minute_only), (time, odd, bool(odd)))

    def test_ids(self):
        for given, want in (("1.198473762313818e+18", None), ("12.0", None),
                            ("", None), ("0", None), ("-5", None),
                            ("007", "007"), ("a+/b=", "a+/b="), (12, "12"),
                            ("1e5", None), ("1e5=", "1e5="), (True, None)):
            self.assertEqual(archive_id(given), want, given)

    def test_lists(self):
        for given, want in (
                ("['a', 'b']", ["a", "b"]), ("[123, 456]", ["123", "456"]),
                ("[]", []), ("", None), ("x", None), ("['a,]', \"b'\"]",
                                                      ["a,]", "b'"]),
                ("['it\\'s\\n\\u0e01\\x41\\q']", ["it's\n\u0e01A\\q"]),
                ("[a b, c]", ["a b", "c"]), (["a", 5], ["a", "5"])):
            self.assertEqual(list_in({"l": given}, "l"), want, given)

    def test_kinds(self):
        post = self.post(is_retweet="True", user_mentions="['8', '9']",
                         retweet_tweetid=ID, in_reply_to_userid="9")
        self.assertEqual((post.kind, post.target, post.target_post,
                          post.original_time), ("retweet", "8", ID, ID_TIME))
        post = self.post(is_retweet="true", user_mentions="['8']",
                         retweet_userid="hash=")
        self.assertEqual(post.target, "hash=")
        post = self.post(is_retweet="false", in_reply_to_tweetid="9",
                         quoted_tweet_tweetid="10")
        self.assertEqual((post.kind, post.target, post.target_post),
                         ("reply", None, "9"))
        post = self.post(quoted_tweet_tweetid="1.1e+18")
        self.assertEqual((post.kind, post.target_post), ("quote", None))

    def test_content(self):
        post = self.post(tweet_text="@ab_1 hey https://t.co/x &lt;3",
                         hashtags="['Tag']", urls="['https://www.x.org/a']",
                         user_mentions="[]", tweet_language="und",
                         tweet_client_name=" Web ")
        self.assertEqual((post.text, post.text_length),
                         (hex16(b"hey <3"), 8))
        self.assertEqual((post.hashtags, post.domains, post.urls,
                          post.mentions, post.media), (["tag"], ["x.org"], 1,
                                                       0, None))
        self.assertEqual((post.lang, post.carries_lang, post.client,
                          post.name, post.followers, post.statuses),
                         (None, True, "Web", None, None, None))

    def test_a_snapshot_tells_no_first_least_and_greatest(self):
        run = self.shard(self.row(follower_count="0.0", following_count="3",
                                  account_creation_date="2019-07-01",
                                  user_screen_name="hash+/=", like_count="4",
                                  user_display_name="hash+/="),
                         self.row(tweetid="6", is_retweet="true",
                                  like_count="9"))
        row, = run.rows()
        want = dict(followers_first=None, followers_last=0,
                    followers_max=None, zero_followers=1, friends_last=3,
                    created_at=1561939200000, descriptions=1,
                    persona_emptiness_4=4, persona_emptiness=None,
                    screen_name=None, display_names=None, auto_suffix8=None,
                    max_favorite_count=4, max_retweet_count=None,
                    second_chi2=None)
        for name, value in want.items():
            self.assertEqual(row.get(name), value, name)
        self.assertIsNone(row.get("zero_followers_always"))

    def users(self, *rows):
        names = [n for n in self.NAMES if n.startswith(("user", "follow",
                                                        "account"))]
        lines = [",".join(names)]
        for cells in rows:
            cells = {"userid": "hash+/=", **cells}
            lines.append(",".join(cells.get(n, "") for n in names))
        return "\n".join(lines).encode()

    def test_a_users_file_fills_what_nothing_timed_filled(self):
        run = self.shard(self.row(follower_count="5"))
        run.add_shard(self.users(
            {"follower_count": "7", "following_count": "8",
             "user_screen_name": "b", "account_creation_date": "2010-01-01"},
            {"user_screen_name": "a", "following_count": "3"},
            {"userid": "other"}, {"userid": ""}))
        row, = run.rows()
        want = dict(followers_last=5, friends_last=8, screen_name="b",
                    screen_names=1, created_at=1262304000000,
                    first_observed=1562135400000, friends_min=None)
        for name, value in want.items():
            self.assertEqual(row.get(name), value, name)
        got = run.ledger()
        self.assertEqual((got["profiles"], got["lines_rejected"],
                          got["accounts"]), (3, {"missing_key": 1}, 1))

    def test_json_with_the_same_keys(self):
        post = only_post(run_of([{
            "tweetid": int(ID), "userid": "h", "tweet_time":
            "2019-07-03 06:30", "is_retweet": False, "tweet_text": "a\u0000",
            "hashtags": ["B"], "in_reply_to_userid": "",
            "tweet_language": None}]))
        self.assertEqual((post.id, post.kind, post.hashtags, post.text_length,
                          post.carries_lang), (ID, "original", ["b"], 2,
                                               False))


class Reddit(Case):
    def comment(self, **more):
        return {"author": "Ann", "subreddit": "s", "id": "c13",
                "body": "[x](http://a.b/c) @d &gt;", "parent_id": "t3_17863",
                "created_utc": 1134365188, **more}

    def submission(self, **more):
        return {"author": "Ann", "subreddit": "s", "id": "dbkq9e",
                "title": "T", "selftext": "s", "is_self": True,
                "url": "https://www.reddit.com/x",
                "created_utc": "1569888094.0", **more}

    def test_a_comment(self):
        run = run_of([self.comment(author_created_utc=1134365000)])
        post = only_post(run)
        self.assertEqual((post.platform, post.account, post.id, post.time,
                          post.kind, post.target, post.target_post),
                         ("reddit", "Ann", "t1_c13", 1134365188000, "reply",
                          None, "t3_17863"))
        # the link takes the bracket with it; a mention is none here
        self.assertEqual((post.text, post.urls, post.hashtags),
                         (hex16(b"[x]( @d >"), None, None))
        row, = run.rows()
        self.assertEqual((row["screen_name"], row["created_at"],
                          row["handle_template"]),
                         ("Ann", 1134365000000, "Aa"))

    def test_submissions(self):
        post = only_post(run_of([self.submission()]))
        self.assertEqual((post.id, post.kind, post.text, post.text_length,
                          post.urls, post.time),
                         ("t3_dbkq9e", "original", hex16(b"t s"), 3, 0,
                          1569888094000))
        post = only_post(run_of([self.submission(is_self=False,
                                                 selftext="")]))
        self.assertEqual((post.urls, post.domains, post.text_length),
                         (1, ["reddit.com"], 2))
        post = only_post(run_of([self.submission(
            crosspost_parent="t3_abc", crosspost_parent_list=[
                {"author": "Bob", "created_utc": 1569888090}])]))
        self.assertEqual((post.kind, post.target, post.target_post,
                          post.original_time, post.text),
                         ("retweet", "Bob", "t3_abc", 1569888090000, None))

    def test_deleted_authors_and_rejects(self):
        got = ledger_of(run_of([
            self.comment(author="[deleted]"), self.comment(author=None),
            self.comment(id=None), self.comment(created_utc="x"),
            {"author": "a", "subreddit": "s"}]))
        self.assertEqual(got["lines_control"], {"deleted_author": 1})
        self.assertEqual(got["lines_rejected"], {
            "missing_key": 2, "bad_time": 1, "unknown_record": 1})


class Bluesky(Case):
    def event(self, record=None, collection="app.bsky.feed.post",
              operation="create", **more):
        return {"did": "did:plc:a", "time_us": 1783175888085934,
                "kind": "commit", "commit": {
                    "operation": operation, "collection": collection,
                    "rkey": "k", "record": record}, **more}

    def test_a_post(self):
        text = "\u00e9 LINK @b #Tag"
        facets = [{"index": {"byteStart": 3, "byteEnd": 7}, "features": [
            {"$type": "app.bsky.richtext.facet#link", "uri": "https://x.y/"}]},
            {"index": {"byteStart": 8, "byteEnd": 10}, "features": [
                {"$type": "app.bsky.richtext.facet#mention"}]},
            {"index": {"byteStart": 11, "byteEnd": 15}, "features": [
                {"$type": "app.bsky.richtext.facet#tag", "tag": "Tag"}]}]
        post = only_post(run_of([self.event({
            "text": text, "facets": facets, "langs": ["in", "en"]})]))
        self.assertEqual(
            (post.platform, post.id, post.time, post.kind, post.lang,
             post.hashtags, post.domains, post.urls, post.mentions,
             post.media, post.text),
            ("bluesky", "at://did:plc:a/app.bsky.feed.post/k", 1783175888085,
             "original", "id", ["tag"], ["x.y"], 1, 1, None,
             hex16("\u00e9 #tag".encode())))
        self.check(row_of([self.event({"text": ""})], account="did:plc:a"),
                   hashtags=None, languages=None, screen_names=None,
                   first_observed="2026-07-04T14:38:08.085Z", distinct_texts=1)

    def test_kinds(self):
        uri = "at://did:plc:b/app.bsky.feed.post/z"
        reply = {"parent": {"uri": uri}, "root": {"uri": "at://did:plc:c/d"}}
        for record, kind in (
                ({"reply": reply, "embed": {"record": {"uri": uri}}}, "reply"),
                ({"embed": {"record": {"uri": uri}}}, "quote"),
                ({"embed": {"record": {"record": {"uri": uri}},
                            "media": {}}}, "quote")):
            post = only_post(run_of([self.event(record)]))
            self.assertEqual((post.kind, post.target, post.target_post),
                             (kind, "did:plc:b", uri))
        post = only_post(run_of([self.event({"subject": {"uri": uri}},
                                            "app.bsky.feed.repost")]))
        self.assertEqual((post.kind, post.target, post.text),
                         ("retweet", "did:plc:b", None))

    def test_deletes_and_others(self):
        run = run_of([
            self.event({"text": "a"}), self.event(operation="delete"),
            self.event(collection="app.bsky.feed.like"),
            self.event(collection="app.bsky.feed.repost",
                       operation="delete"),
            {"did": "did:plc:a", "time_us": 5, "kind": "identity",
             "identity": {}}, self.event({}, time_us=None),
            {"did": "a", "kind": "commit", "commit": 5}])
        got = ledger_of(run)
        self.assertEqual(got["lines_control"], {
            "delete": 1, "app.bsky.feed.like": 1, "identity": 1,
            "app.bsky.feed.repost": 1})
        self.assertEqual(got["lines_rejected"], {"bad_time": 1,
                                                 "unknown_record": 1})
        row, = run.rows()
        self.assertEqual((row["deletes"], row.get("delete_latency_q50_s")),
                         (1, None))


class Mixed(Case):
    def test_a_shard_may_mix_dialects(self):
        records = [status(1, 5), V2().tweet("5"), Reddit().comment(),
                   Bluesky().event({"text": ""}), [status(2, 5)],
                   {"statuses": [status(3, 5)]}]
        data = "\r\n\n".join(map(json.dumps, records))
        self.assertEqual(len(run_of_shard(data).copies), 6)

    def test_framing(self):
        one, two = (json.dumps(status(i, 5)) for i in (1, 2))
        for data, documents in (
                ("[%s,\n%s]" % (one, two), 1), ("\n [\n%s,%s\n]" % (one, two),
                                                1),
                ("%s\n%s" % (one, two), 0), ("[%s,%s]\n" % (one, two), 1 - 1),
                ("[%s,%s]" % (one, two), 1)):
            run = run_of_shard(data)
            self.assertEqual((len(run.copies), run.counts["documents"]),
                             (2, documents), data)

    def test_too_deep(self):
        def nested(depth):
            return '{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
        data = nested(1024) + "\n" + nested(1025)
        got = with_deep_stack(lambda: run_of_shard(data).line_rejected)
        self.assertEqual(got, {"unknown_record": 1, "too_deep": 1})


class Containers(Case):
    DATA = "\n".join(json.dumps(r) for r in at_times([5, 6])).encode()

    def posts_in(self, data, **settings):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shard")
            with open(path, "wb") as stream:
                stream.write(data)
            run = Run(Settings(**settings))
            run.add_file(path)
            return len(run.copies)

    def zstd(self, data, *options):
        return subprocess.run(["zstd", "-qc", *options], input=data,
                              check=True, stdout=subprocess.PIPE).stdout

    def test_compressed(self):
        half = self.DATA.index(b"\n") + 9
        frames = (self.zstd(self.DATA[:half]) + b"\x5a*M\x18\3\0\0\0abc"
                  + self.zstd(b"") + self.zstd(self.DATA[half:], "--long=31"))
        for data in (self.DATA, gzip.compress(self.DATA), frames,
                     gzip.compress(self.DATA[:half])
                     + gzip.compress(self.DATA[half:]),
                     bz2.compress(self.DATA[:half])
                     + bz2.compress(self.DATA[half:])):
            self.assertEqual(self.posts_in(data), 2)

    def test_archives(self):
        first, second = self.DATA.split(b"\n")
        for wrap in (lambda data: data, gzip.compress, self.zstd):
            tar, packed = io.BytesIO(), io.BytesIO()
            with tarfile.open(fileobj=tar, mode="w") as archive, \
                    zipfile.ZipFile(packed, "w") as other:
                for name, data in (("a.json", gzip.compress(first)),
                                   ("b.csv", second)):
                    info = tarfile.TarInfo("x/" + name)
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
                    other.writestr("x/" + name, data)
            self.assertEqual(self.posts_in(wrap(tar.getvalue())), 2)
            self.assertEqual(self.posts_in(wrap(packed.getvalue())), 2)

    def test_a_dictionary(self):
        with tempfile.NamedTemporaryFile() as stream:
            stream.write(b"some bytes that come before" * 20 + self.DATA)
            stream.flush()
            data = self.zstd(self.DATA, "-D", stream.name)
            self.assertEqual(self.posts_in(data, dictionary=stream.name), 2)


class Defects(unittest.TestCase):
    """What other tools get wrong (the end of the design's FORMATS.md)."""

    def text_of(self, text, **more):
        return only_post(run_of([status(1, 5, text=text, **more)])).text

    def test_the_first_and_the_last_record_of_a_file(self):
        data = "\n".join(json.dumps(r) for r in at_times([5, 6, 7]))
        run = run_of_shard(data)
        self.assertEqual({key[2] for key in run.copies}, {"1", "2", "3"})

    def test_one_bad_line_and_a_delete_notice(self):
        good = [json.dumps(r) for r in at_times([5, 6])]
        run = run_of_shard("\n".join([
            good[0], '{"cut":', '{"delete":{"status":{"id":1,"user_id":7}}}',
            good[1]]))
        self.assertEqual(len(run.copies), 2)

    def test_chinese_after_a_mention(self):
        # no space behind the mention: the sentence stays
        text = "@abc\u4f60\u597d\u5417"
        got = self.text_of(text, entities={"user_mentions": [
            {"indices": [0, 4]}]})
        self.assertEqual(got, hex16("\u4f60\u597d\u5417".encode()))

    def test_a_text_of_one_word_counts(self):
        run = run_of([status(1, 5, text="\u4f60\u597d\u5417")])
        row, = run.rows()
        self.assertEqual((row["distinct_texts"], row["script_han"]), (1, 3))

    def test_a_hashtag_may_hold_what_looks_like_space(self):
        run = run_of([status(1, 5, entities={"hashtags": [
            {"text": "a\u200db"}, {"text": "c\u00a0d"}]})])
        self.assertEqual(only_post(run).hashtags, ["a\u200db", "c d"])

    def test_three_days_and_five_seconds_is_not_five_seconds(self):
        delay = 3 * 86400000 + 5000
        row = row_of([status(1, 10**6 + delay, retweeted_status=status(
            2, 10**6, account=8))])
        self.assertEqual((row["retweet_delay_q50_s"], row["retweets_le_10s"]),
                         (delay // 1000, 0))

    def test_trump_stays_trump(self):
        self.assertEqual(self.text_of("Trump"), hex16(b"trump"))
        self.assertEqual(self.text_of("RT Trump"), hex16(b"rt trump"))

    def test_frames_after_the_first(self):
        self.assertEqual(Containers().posts_in(
            b"".join(Containers().zstd(part) for part in
                     (Containers.DATA[:9], Containers.DATA[9:]))), 2)

    def test_ids_are_not_rounded_and_times_are_utc(self):
        row = row_of([status(int(ID), ID_TIME, account=2**53 + 1)],
                     account=str(2**53 + 1))
        self.assertEqual(row["first_post"], "2019-07-03T06:30:00.660Z")
        self.assertEqual(row["account_id"], "9007199254740993")
