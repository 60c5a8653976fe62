#!/usr/bin/env python3
"""What other tools get wrong with such archives, each with an archive that
shows it: a few records made by hand, and the cells that must come out.

A promise is named by what must not happen. Its archive is made so that a
reader with the defect gives other cells, and the comment says which.
"""

import calendar
import csv
import json
import os
import sys
import time
from datetime import datetime, timezone

from harness import frame_of, main, promise, require

START = datetime(2020, 3, 2, 9, 0, 0, tzinfo=timezone.utc)    # a Monday
START_MS = calendar.timegm(START.timetuple()) * 1000
TWITTER_MS = 1288834974657
SECOND, MINUTE, DAY = 1000, 60_000, 86_400_000


# ---- records made by hand ---------------------------------------------------

def id_at(ms, number=0):
    """An id whose time is START and that many ms."""
    return str((START_MS + ms - TWITTER_MS << 22) + number)


def created_at(ms):
    return time.strftime("%a %b %d %H:%M:%S +0000 %Y",
                         time.gmtime((START_MS + ms) // 1000))


def printed(ms):
    """As times stand in the outputs."""
    whole, rest = divmod(START_MS + ms, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) \
        + ".%03dZ" % rest


def status(account, ms, text, number=0, **fields):
    post = {"created_at": created_at(ms), "id_str": id_at(ms, number),
            "text": text, "lang": "en", "source": "web",
            "user": {"id_str": account, "screen_name": "n" + account,
                     "name": "N", "created_at": created_at(-DAY)}}
    return {**post, **fields}


def entities(text, hashtags=(), mentions=()):
    """Entities with the API's indices, which are code points."""
    def places(words, sign):
        return [[text.index(sign + word), text.index(sign + word)
                 + len(word) + 1] for word in words]
    return {"urls": [],
            "hashtags": [{"text": word, "indices": at} for word, at
                         in zip(hashtags, places(hashtags, "#"))],
            "user_mentions": [{"id_str": "9", "screen_name": word,
                               "indices": at} for word, at
                              in zip(mentions, places(mentions, "@"))]}


def line_of(record):
    return json.dumps(record, ensure_ascii=False).encode()


def lines_of(*records):
    return b"".join(line_of(record) + b"\n" for record in records)


# ---- runs -------------------------------------------------------------------

class Read:
    """What a run says of files given by name and content."""

    def __init__(self, world, *options, name="out", **files):
        folder = world.place / ("archive of " + name)
        folder.mkdir()
        paths = []
        for file, content in files.items():
            paths.append(folder / file.replace("__", "."))
            paths[-1].write_bytes(content)
        self.outputs = world.run(name, "--tables",
                                 "accounts,hashtags,days,posts", *options,
                                 *paths)
        self.accounts = self.outputs.accounts()
        self.lines = self.outputs.total()["lines"]
        self.records = self.outputs.total()["records"]

    def table(self, name):
        with open(self.outputs.folder / (name + ".csv"), encoding="utf-8",
                  newline="") as stream:
            return list(csv.DictReader(stream, strict=True))

    def posts(self):
        """Rows of posts by post id."""
        rows = {row["post_id"]: row for row in self.table("posts")}
        require(len(rows) == len(self.table("posts")), "ids stand twice")
        return rows

    def cells(self, account, **expected):
        require(account in self.accounts, "no account", account, "among",
                sorted(self.accounts))
        row = self.accounts[account]
        found = {name: row[name] for name in expected}
        require(found == expected, "account", account, "has", found,
                "and not", expected)


# ---- records lost -----------------------------------------------------------

@promise
def the_first_record_of_a_file_is_not_lost(world):
    """Each file has one account that stands in its first line alone."""
    files = {}
    for number, ending in enumerate(("jsonl", "json", "jsonl__zst", "csv")):
        first, second = str(100 + number), str(200 + number)
        content = lines_of(status(first, 0, "first"),
                           status(second, MINUTE, "second"))
        if ending == "csv":
            content = ("tweetid,userid,tweet_time,is_retweet\r\n"
                       "%s,%s,2020-03-02 09:00,False\r\n"
                       "%s,%s,2020-03-02 09:01,False\r\n"
                       % (id_at(0), first, id_at(MINUTE), second)).encode()
        elif ending == "json":
            content = b"\xef\xbb\xbf" + content
        elif ending == "jsonl__zst":
            content = frame_of(content)
        files["part%d__%s" % (number, ending)] = content
    read = Read(world, **files)
    require(sorted(read.accounts) == ["100", "101", "102", "103",
                                      "200", "201", "202", "203"],
            sorted(read.accounts))
    for account in read.accounts:
        read.cells(account, posts="1", originals="1")
    require(read.lines["accepted"] == 8 and not read.lines["rejected"],
            read.lines)


@promise
def the_last_record_without_a_line_end_is_not_lost(world):
    two = lines_of(status("1", 0, "one"), status("2", MINUTE, "two"))[:-1]
    four = lines_of(status("3", 0, "one"), status("4", MINUTE, "two"))[:-1]
    rows = ("tweetid,userid,tweet_time\n%s,5,2020-03-02 09:00\n"
            "%s,6,2020-03-02 09:01" % (id_at(0), id_at(MINUTE))).encode()
    read = Read(world, a__jsonl=two, b__jsonl__zst=frame_of(four),
                c__csv=rows)
    require(sorted(read.accounts) == list("123456"), sorted(read.accounts))
    for account, ms in zip("123456", (0, MINUTE) * 3):
        read.cells(account, posts="1", last_post=printed(ms))
    require(read.lines["accepted"] == 6 and not read.lines["rejected"],
            read.lines)


@promise
def one_bad_line_does_not_discard_the_file(world):
    bad = [b'{"id_str":"1","text":"cut sh', b"\xff\xfe no text", b"not json",
           b'{"a":1}', line_of(status("0", 0, "nobody"))]
    good = [line_of(status(str(10 + i), i * MINUTE, "good"))
            for i in range(len(bad) + 1)]
    mixed = [good[0]]
    for one, other in zip(bad, good[1:]):
        mixed += [one, other]
    read = Read(world, a__jsonl=b"\n".join(mixed) + b"\n",
                b__jsonl__zst=frame_of(b"\n".join(bad + mixed) + b"\n"))
    require(sorted(read.accounts) == [str(10 + i) for i in range(6)],
            sorted(read.accounts))
    for account in read.accounts:
        read.cells(account, posts="1")
    require(read.records["posts_with_copies"] == 12, read.records)
    require(read.lines["rejected"] == {
        "bad_json": 6, "bad_utf8": 3, "missing_key": 3, "unknown_record": 3},
        read.lines)


@promise
def a_delete_notice_does_not_abort(world):
    def notice(post, account, **more):
        return {"delete": {"status": {"id": int(post), "id_str": post,
                                      "user_id": int(account),
                                      "user_id_str": account}, **more}}
    read = Read(world, a__jsonl=lines_of(
        notice(id_at(0), "1", timestamp_ms=str(START_MS + 90 * SECOND)),
        status("1", 0, "deleted"), notice(id_at(5), "7"),
        status("1", MINUTE, "kept"), notice(id_at(0), "1")))
    read.cells("1", posts="2", deletes="1", delete_latency_q50_s="90")
    result = read.outputs.ledger()["result"]
    require(result["deletes_without_account"] == 1, result)
    require(read.records["control"] == {"delete": 3}, read.records)


@promise
def what_follows_the_first_zstd_frame_is_not_ignored(world):
    """Frames, an empty one and a skippable one; lines cross from one frame
    to the next. A reader of one frame sees the first account alone."""
    text = lines_of(*(status(str(i), i * MINUTE, "post %d" % i)
                      for i in range(1, 7)))
    third = len(text) // 3
    skippable = b"\x53\x2a\x4d\x18\x04\x00\x00\x00abcd"
    read = Read(world, a__jsonl__zst=frame_of(text[:third]) + skippable
                + frame_of(b"") + frame_of(text[third:2 * third])
                + frame_of(text[2 * third:]))
    require(sorted(read.accounts) == list("123456"), sorted(read.accounts))
    for account in read.accounts:
        read.cells(account, posts="1",
                   first_post=printed(int(account) * MINUTE))
    frames = read.outputs.total()["frames"]
    require((frames["ok"], frames["skippable"], frames["rejected"])
            == (4, 1, {}), frames)


# ---- texts ------------------------------------------------------------------

@promise
def text_behind_a_mention_is_not_deleted(world):
    """No space ends the mention: a pattern such as `@[^ ]+` takes the whole
    sentence, and the three would be one empty text."""
    texts = ["@somebody香港的天气很好。我们走吧", "@somebody北京的天气很好。我们走吧",
             "@somebody今天のニュース"]
    read = Read(world, a__jsonl=lines_of(*(
        status("1", i * MINUTE, text,
               entities=entities(text, mentions=["somebody"]))
        for i, text in enumerate(texts)),
        status("2", 0, "香港的天气很好。我们走吧", 9, entities=entities(""))))
    # 12, 12 and 7 code points, of which 11, 11 and 2 are Han and 4 kana; the
    # long-vowel mark is of no script.
    read.cells("1", distinct_texts="3", duplicate_text_share="0",
               mentions="3", text_length_mean="10.3333333", script_han="24",
               script_kana="4", script_other="1", script_latin="0")
    posts = read.posts()
    require(posts[id_at(0)]["text_hash"], "no text")
    same = [row["text_hash"] for row in posts.values()
            if row["account_id"] == "2"]
    require(same == [posts[id_at(0)]["text_hash"]],
            "the text without its mention is another one", same, posts)
    csv_text = ('tweetid,userid,tweet_time,tweet_text,user_mentions\n'
                '%s,3,2020-03-02 09:00,%s,[\'9\']\n' % (id_at(0), texts[0]))
    sheet = Read(world, name="sheet", a__csv=csv_text.encode())
    sheet.cells("3", text_length_mean="12", script_han="11")
    require(sheet.posts()[id_at(0)]["text_hash"] == same[0], "in CSV")


@promise
def a_text_of_few_words_is_not_dropped(world):
    """None has five words with spaces between; one has not even a letter."""
    texts = ["今天天气很好我们一起去公园散步吧", "今天天气很好我们一起去公园看书吧", "two words", "hi",
             "สวัสดีครับ", "!!!", ""]
    read = Read(world, a__jsonl=lines_of(*(
        status("1", i * MINUTE, text) for i, text in enumerate(texts))))
    lengths = [16, 16, 9, 2, 10, 3, 0]
    require([len(text) for text in texts] == lengths, "the test's own texts")
    read.cells("1", posts="7", originals="7", distinct_texts="7",
               duplicate_text_share="0", text_length_mean="8",
               script_han="32", script_thai="7", script_latin="10")
    hashes = [row["text_hash"] for row in read.posts().values()]
    require(len(set(hashes)) == 7 and all(hashes), hashes)


@promise
def hashtags_are_not_what_stands_between_spaces(world):
    """Tags without spaces around, beside punctuation, with letters of other
    scripts; and one sign that is no tag by the API's entities."""
    text = "看#香港#警察,(#HongKong)!#สวัสดี #1 x#y"
    tags = ["香港", "警察", "HongKong", "สวัสดี"]
    read = Read(world, a__jsonl=lines_of(
        status("1", 0, text, entities=entities(text, hashtags=tags)),
        status("1", MINUTE, "#hongkong", entities=entities(
            "#hongkong", hashtags=["hongkong"]))))
    read.cells("1", hashtags="5", distinct_hashtags="4",
               posts_with_hashtag="2", top_hashtag="hongkong",
               top_hashtag_share="0.4")
    found = {row["hashtag"]: row["posts"] for row in read.table("hashtags")}
    require(found == {"香港": "1", "警察": "1", "hongkong": "2", "สวัสดี": "1"},
            found)
    cells = [row["hashtags"] for row in read.posts().values()]
    require(sorted(cells) == ["hongkong", "香港 警察 hongkong สวัสดี"], cells)


@promise
def a_text_that_begins_with_t_keeps_its_t(world):
    """`lstrip("RT")` makes "rump" of "Trump", "he" of "The" and of "RThe":
    texts that differ would be one, and no length would be right."""
    texts = ["Trump", "rump", "The", "he", "RThe", "TRRT", "RT @n9: he"]
    read = Read(world, a__jsonl=lines_of(*(
        status("1", i * MINUTE, text, entities=entities(
            text, mentions=["n9"] if "@n9" in text else []))
        for i, text in enumerate(texts)),
        status("2", 0, "trump", 8), status("3", 0, "rump", 9)))
    # 5 + 4 + 3 + 2 + 4 + 4 + 7 code points; of the last "RT : he" is left.
    read.cells("1", posts="7", originals="7", retweets="0",
               manual_retweets="1", distinct_texts="7",
               duplicate_text_share="0", text_length_mean="4.14285714")
    posts = read.posts()
    trump, same, rump = (posts[id_at(0, number)]["text_hash"]
                         for number in (0, 8, 9))
    require(trump == same, "Trump is not trump")
    require(trump != rump, "Trump is rump")


@promise
def characters_of_several_bytes_are_not_cut(world):
    """The text is cut into frames at every byte of characters of 2, 3 and 4
    bytes, and a line is longer than any buffer of 64 KiB or 1 MiB."""
    word = "é香\U0001f426ไ"
    line = line_of(status("1", 0, word, lang="zh", source=word)) + b"\n"
    start = line.index(word.encode())
    files = {}
    for at in range(len(word.encode()) + 1):
        cut = start + at
        files["cut%02d__jsonl__zst" % at] = frame_of(line[:cut]) \
            + frame_of(line[cut:])
    long = word * 300_000                      # 3.6 MB, 12 bytes each
    pieces = lines_of(status("2", 0, long), status("2", MINUTE, "x" + long),
                      status("2", 2 * MINUTE, "xy" + long))
    files["long__jsonl"] = pieces
    files["long__jsonl__zst"] = frame_of(pieces)
    read = Read(world, **files)
    read.cells("1", posts="1", text_length_mean="4", script_han="1",
               script_latin="1", script_thai="1", script_other="0",
               top_client=word)
    read.cells("2", posts="3", distinct_texts="3",
               text_length_mean="1200001", script_han="900000",
               script_thai="900000", script_latin="900003")
    result = read.outputs.ledger()["result"]
    require(result["duplicates"] == len(word.encode()) + 3
            and result["conflicting_duplicates"] == 0, result)
    require(not read.lines["rejected"], read.lines)


# ---- times and numbers ------------------------------------------------------

@promise
def a_retweet_days_later_is_not_fast(world):
    """`timedelta.seconds` of 3 days and 5 seconds is 5."""
    def echo(account, ms, number):
        return status(account, ms, "RT @n8: x", number, retweeted_status=status(
            "8", 0, "x"))
    read = Read(world, a__jsonl=lines_of(
        echo("1", 3 * DAY + 5 * SECOND, 1), echo("2", 5 * SECOND, 2),
        echo("3", DAY + 40 * SECOND, 3), echo("3", 40 * SECOND, 4)))
    read.cells("1", retweets="1", retweets_le_10s="0", retweets_le_60s="0",
               retweet_delay_q50_s="259205")
    read.cells("2", retweets="1", retweets_le_10s="1", retweets_le_60s="1",
               retweet_delay_q50_s="5")
    read.cells("3", retweets="2", retweets_le_10s="0", retweets_le_60s="1",
               retweet_delay_q50_s="40", modal_gap_s="86400",
               gaps_le_60s="0", active_days="2")


@promise
def no_time_is_told_in_the_machines_zone(world):
    """02:30 UTC is another day in New York and 16:30 another in Tokyo; the
    night of 8 March has no 02:30 in New York."""
    times = [2 * DAY - 390 * MINUTE, 450 * MINUTE, 6 * DAY - 120 * MINUTE]
    records = lines_of(*(status("1", ms, "x") for ms in times))
    before = os.environ.get("TZ")
    reads = {}
    try:
        for zone in ("UTC0", "America/New_York", "Asia/Tokyo"):
            os.environ["TZ"] = zone
            reads[zone] = Read(world, "--utc-offset", "Z", a__jsonl=records,
                               name=zone.replace("/", "-"))
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
    for zone, read in reads.items():
        read.cells("1", first_post="2020-03-02T16:30:00.000Z",
                   last_post="2020-03-08T07:00:00.000Z", active_days="3",
                   created_at="2020-03-01T09:00:00.000Z", hour_02="1",
                   hour_07="1", hour_16="1", dow_1="1", dow_3="1", dow_7="1")
        days = [row["day"] for row in read.table("days")
                if row["posts"] != "0"]
        require(days == ["2020-03-02", "2020-03-04", "2020-03-08"], zone, days)
        for file in ("accounts.csv", "posts.csv", "days.csv", "accounts.jsonl"):
            require(read.outputs.bytes(file) ==
                    reads["UTC0"].outputs.bytes(file), zone, "changes", file)


@promise
def ids_are_not_rounded_to_a_double(world):
    """Neighbours above 2^53 are one number as doubles."""
    base = int(id_at(0)) | 1
    ids = [str(base + i) for i in range(4)]
    accounts = [str(2**60 + 1), str(2**60 + 2), str(2**64 - 1)]
    require(len({float(one) for one in ids}) == 1
            and float(accounts[0]) == float(accounts[1]), "the test's own ids")

    def numbered(account, post, ms=0):
        """Ids as numbers alone, without id_str."""
        record = status(account, ms, "x" + post)
        del record["id_str"], record["user"]["id_str"]
        record["id"], record["user"]["id"] = int(post), int(account)
        return record
    answer = numbered(accounts[2], ids[3])
    answer["in_reply_to_user_id"] = int(accounts[0])
    answer["in_reply_to_status_id"] = int(ids[0])
    read = Read(world, a__jsonl=lines_of(
        numbered(accounts[0], ids[0]), numbered(accounts[0], ids[1]),
        numbered(accounts[1], ids[2]), answer))
    require(sorted(read.accounts) == sorted(accounts), sorted(read.accounts))
    read.cells(accounts[0], posts="2")
    read.cells(accounts[1], posts="1")
    read.cells(accounts[2], posts="1", replies="1", self_interactions="0")
    posts = read.posts()
    require(sorted(posts) == sorted(ids), sorted(posts))
    require((posts[ids[3]]["target_account"], posts[ids[3]]["target_post"])
            == (accounts[0], ids[0]), posts[ids[3]])
    require(read.outputs.ledger()["result"]["duplicates"] == 0, "duplicates")
    told = [json.loads(line)["account_id"] for line
            in read.outputs.bytes("accounts.jsonl").splitlines()]
    require(sorted(told) == sorted(accounts), "in JSON", told)


if __name__ == "__main__":
    sys.exit(main())
