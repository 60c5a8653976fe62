"""Columns worked out by hand."""

import math

from helpers import (DAY, HOUR, MONDAY, PLUS_8, Case, at_times, printed,
                     row_of, run_of, status)
from oracle import canonical_json
from xxh3 import xxh3_64, xxh3_128


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
                              ("", None), (2**63 - 1, 2**63 - 1), (2**63, None)):
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
        # the text's hash is XXH3-64 of "x"
        self.assertEqual(
            text, '{"account":"7","client":"web","domains":null,'
            '"followers":null,"hashtags":null,"id":"5","kind":"original",'
            '"lang":"en","manual":false,"media":null,"mentions":null,'
            '"minute_only":false,"name":null,"original_time":null,'
            '"scripts":[0,0,0,0,0,0,1,0],"statuses":10,"target":null,'
            '"target_post":null,"text":"%016x","text_length":1,'
            '"time":1300000000000,"urls":null}' % xxh3_64(b"x"))
        hashes = {c.statuses: xxh3_128(canonical_json(c).encode())
                  for c in run.copies["twitter", "7", "5"]}
        survivor, = run.survivors()["twitter", "7"]
        self.assertEqual(survivor.statuses, max(hashes, key=hashes.get))
        self.assertEqual(run.counts["duplicates"], 3)
        self.assertEqual(run.counts["conflicting_duplicates"], 1)

    def test_control_characters_in_canonical_json(self):
        run = run_of([status(5, 5, source='\u0001\n"\\/\u00e9\x7f')])
        self.assertIn('"client":"\\u0001\\n\\"\\\\/\u00e9\x7f",',
                      canonical_json(run.copies["twitter", "7", "5"][0]))


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
