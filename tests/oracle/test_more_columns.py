"""Columns of timing, clock, content, core and repurposing, by hand."""

import math

from amplification import read_listing
from chances import PI, best_split, chi2_survival, g2
from features import SINES
from helpers import (DAY, HOUR, MONDAY, PLUS_8, SECOND, Case, at_times,
                     only_post, printed, row_of, run_of, status)
from oracle import format_real, time_zone
from texts import (count_scripts, domain_of, fold, hex16, normalise,
                   pattern_ranges, MENTION_PATTERN, URL_PATTERN)

MINUTE = 60 * SECOND


def post_of(**more):
    return only_post(run_of([status(1, 5, **more)]))


class Chances(Case):
    def test_chi_square_tables(self):
        # the finite sum for odd df: erfc(sqrt(x/2)) + e^(-x/2) sum over k of
        # (x/2)^(k-1/2) / Gamma(k+1/2)
        for x, df in ((0.5, 59), (59, 59), (60.9, 59), (61.1, 59),
                      (90.5, 59), (200, 59), (1400, 59), (20, 23), (49.7, 23)):
            h = x / 2
            want = math.erfc(math.sqrt(h)) + math.exp(-h) * math.fsum(
                h**(k - 0.5) / math.gamma(k + 0.5)
                for k in range(1, (df - 1) // 2 + 1))
            got = float(chi2_survival(x, df))
            self.assertLess(abs(got / want - 1), 1e-12, (x, df))
        # quantiles of the printed tables
        self.assertEqual("%.6f" % chi2_survival(49.728232, 23), "0.001000")
        self.assertEqual("%.6f" % chi2_survival(77.930524, 59), "0.050000")
        self.assertEqual(chi2_survival(0, 59), 1)
        self.assertEqual(format_real(chi2_survival(10**8, 59)), "0")

    def test_g2(self):
        # 1 a, 1 b | 2 b: 2 (1 ln(4/2) + 1 ln(4/6) + 2 ln(8/6))
        want = 2 * (math.log(2) + math.log(2 / 3) + 2 * math.log(4 / 3))
        self.assertAlmostEqual(g2({"a": 1, "b": 1}, {"b": 2}), want, 14)
        self.assertEqual(g2({"a": 3, "b": 6}, {"a": 1, "b": 2}), 0)

    def test_the_first_of_equal_splits(self):
        # a b b a, one on each side: splits 1 and 3 are mirrors; 2 gives 0
        at, distance = best_split(list("abba"), 1)
        self.assertEqual(at, 1)
        self.assertAlmostEqual(distance, 2 * (
            math.log(4 / 2) + math.log(4 / 6) + 2 * math.log(8 / 6)), 14)
        self.assertIsNone(best_split(["a"] * 40, 20))
        self.assertIsNone(best_split(["a"] * 20 + ["b"] * 19, 20))


class Timing(Case):
    def test_gap_entropy(self):
        # gaps 0.9 s, 1.9 s: bin 0; 4 s, 7.9 s: bin 2; H = ln 2
        row = row_of(at_times([0, 900, 2800, 6800, 14700]))
        self.check(row, gap_entropy=math.log(2) / math.log(32))

    def test_modal_gap_rounds_half_up(self):
        # 499 ms is 0 s: out; 500 and 1499 ms are 1 s; 2 s twice: tie, 1 wins
        row = row_of(at_times([0, 499, 999, 2498, 4498, 6498]))
        self.check(row, modal_gap_s=1, modal_gap_share=0.4, gaps_le_1s=2,
                   gaps_le_10s=5, gaps_le_60s=5)
        # 86400.499 s is a day; 86400.5 s rounds to one second more: out
        self.check(row_of(at_times([0, DAY + 499])), modal_gap_s=86400,
                   modal_gap_share=1)
        self.check(row_of(at_times([0, DAY + 500])), modal_gap_s=None,
                   modal_gap_share=None)

    def test_pauses_are_disjoint(self):
        gaps = [MINUTE - 1, MINUTE, 5 * MINUTE, HOUR, DAY, 7 * DAY,
                2628000 * SECOND, 31540000 * SECOND - 1, 31540000 * SECOND]
        times = [0]
        for gap in gaps:
            times.append(times[-1] + gap)
        self.check(row_of(at_times(times)), pauses_lt_1m=1, pauses_lt_5m=1,
                   pauses_lt_1h=1, pauses_lt_1d=1, pauses_lt_1w=1,
                   pauses_lt_1mo=1, pauses_lt_1y=2, pauses_ge_1y=1)
        self.check(row_of(at_times([5])), pauses_lt_1m=None, gaps_le_1s=None)

    def test_sessions(self):
        half = 30 * MINUTE
        row = row_of(at_times([0, half - 1, 2 * half - 1, 2 * half]))
        self.check(row, sessions=2, session_posts_mean=2,
                   session_longest_s="1799.999")
        self.check(row_of(at_times([9])), sessions=1, session_posts_mean=1,
                   session_longest_s=0)


class Clock(Case):
    def test_sines(self):
        for k, value in enumerate(SINES):
            self.assertAlmostEqual(
                float(value), math.sin(2 * math.pi * (k + 0.5) / 96), 15)

    def test_mean_hour(self):
        # 20 posts in the bin 06:00 to 06:15 UTC: the middle, and length 1
        six = MONDAY + 6 * HOUR
        row = row_of(at_times([six + i for i in range(20)]), offset_ms=0)
        self.check(row, clock_mean_hour=6.125, clock_concentration=1)
        # and 20 a quarter of the day later: 45 degrees between, 1/sqrt 2
        row = row_of(at_times([six + i for i in range(20)]
                              + [six + 6 * HOUR + i for i in range(20)]),
                     offset_ms=0)
        self.check(row, clock_mean_hour=9.125,
                   clock_concentration=math.sqrt(0.5))

    def test_a_balanced_clock_has_no_hour(self):
        at_both = [MONDAY + h * HOUR + i for h in (3, 15) for i in range(10)]
        row = row_of(at_times(at_both))
        self.check(row, clock_mean_hour=None, clock_concentration=0)
        # three directions cancel too, though no bin mirrors another
        thirds = [MONDAY + h * HOUR + i for h in (1, 9, 17)
                  for i in range(10)]
        self.check(row_of(at_times(thirds)), clock_mean_hour=None,
                   clock_concentration=0)
        # around midnight: 0, not 24
        around = [MONDAY + i for i in range(10)] + [
            MONDAY + DAY - MINUTE + i for i in range(10)]
        self.check(row_of(at_times(around), offset_ms=0), clock_mean_hour=0)

    def test_seconds(self):
        # 300 posts, five in each second: chi2 0, p 1; one moved: 2/5
        times = [MONDAY + s * SECOND + i for s in range(60) for i in range(5)]
        self.check(row_of(at_times(times)), second_chi2=0, second_p=1)
        self.check(row_of(at_times(times[:-1])), second_chi2=None)
        times[0] += SECOND + 5
        row = row_of(at_times(times))
        self.check(row, second_chi2=0.4, second_p=1)
        self.check(row_of(at_times([MONDAY + i for i in range(300)])),
                   second_chi2=300 * 59, second_p=0)

    def test_time_zone_by_its_own_transitions(self):
        # New York: 01:30 comes twice on 1 November 2020 (05:30, 06:30 UTC)
        to_local = time_zone("America/New_York")
        first = 1604208600000                    # 2020-11-01T05:30:00Z
        posts = at_times([first, first + HOUR])
        self.check(row_of(posts, to_local=to_local), hour_01=2, hour_00=0,
                   dow_7=2)
        twenty = at_times([first + i for i in range(10)]
                          + [first + HOUR + i for i in range(10)])
        # one slot of (date, hour), on a Sunday
        self.check(row_of(twenty, to_local=to_local), work_share_active=0,
                   work_excess=-45 / 168 / math.sqrt(45 * 123) * 168)
        # 23:30 of the day before is a Saturday
        self.check(row_of(at_times([first - 2 * HOUR]), to_local=to_local),
                   dow_6=1, hour_23=1)


class Texts(Case):
    def test_scripts(self):
        # Mn is no letter, Common letters (U+30FC) are other
        text = "\u6f22\u3005\u3042\u30a2\u30fc\uff71\ud55c\u0436\u0639\u0e01" \
               "\u0e31aB\u00e9\uff21\u03b11\u00aa"
        self.assertEqual(count_scripts(text), [2, 3, 1, 1, 1, 1, 5, 2])

    def test_fold_and_normalise(self):
        self.assertEqual(fold("Stra\u00dfe"), "strasse")
        self.assertEqual(fold("\uff21\ufb01"), "afi")
        self.assertEqual(fold("\u0130"), "i\u0307")
        self.assertEqual(normalise("\u3000A\t\u2028 b\u00a0"), "a b")
        # U+200B is no white space and stays
        self.assertEqual(normalise("a\u200bb"), "a\u200bb")

    def test_domains(self):
        for url, want in (
                ("https://www.Example.COM:8080/x", "example.com"),
                ("http://user:pw@host.org.?q", "host.org"),
                ("https://WWW.www.a.b#f", "www.a.b"), ("t.co/x", "t.co"),
                ("https://a.b\\c", "a.b"), ("http:///x", None), ("", None),
                ("//a.b/c", None), ("http://[::1]:80/", "[::1]"),
                ("http://\u4f8b\u3048.jp", "\u4f8b\u3048.jp")):
            self.assertEqual(domain_of(url), want, url)

    def test_patterns(self):
        text = "a@b @cd_1. @@e HTTP://x/y\u3000z .@f" + "g" * 20
        spans = pattern_ranges(text, [URL_PATTERN, MENTION_PATTERN])
        self.assertEqual([text[a:b] for a, b in spans],
                         ["HTTP://x/y", "@cd_1", "@f" + "g" * 14])

    def test_ranges_go_before_escapes_are_decoded(self):
        # indices count the text as given: "a &amp; " is 8 code points
        post = post_of(text="a &amp; https://t.co/x b&amp;lt;", entities={
            "urls": [{"url": "https://t.co/x", "indices": [8, 22]}],
            "user_mentions": [{"indices": [-5, 1]}, {"indices": [3, 2]},
                              {"indices": [99, 100]}, {"indices": [1]}]})
        self.assertEqual(post.text_length, len(" &  b&lt;"))
        self.assertEqual(post.text, hex16(b"& b&lt;"))
        self.assertEqual((post.urls, post.mentions), (1, 4))
        self.assertEqual(post.domains, ["t.co"])

    def test_surrogates(self):
        # a pair is one code point for the indices, a lone one too
        post = post_of(text="\ud83d\ude00\ud83d@ab", entities={
            "user_mentions": [{"indices": [2, 5]}]})
        self.assertEqual(post.text, hex16("\U0001f600\ufffd".encode()))
        self.assertEqual(post.text_length, 2)

    def test_text_and_entities_come_from_one_place(self):
        short = {"hashtags": [{"text": "Short"}], "urls": []}
        post = post_of(text="t", entities=short, extended_tweet={
            "full_text": "the FULL text", "entities": {
                "hashtags": [{"text": "\uff21B"}, {"text": 5}, {}],
                "media": [{}]},
            "extended_entities": {"media": [{}, {"indices": [0, 4]}]}})
        self.assertEqual(post.hashtags, ["ab"])
        self.assertEqual((post.urls, post.media), (None, 2))
        self.assertEqual(post.text, hex16(b"full text"))
        post = post_of(full_text="b", text="a", entities=short)
        self.assertEqual((post.text, post.hashtags, post.urls, post.domains),
                         (hex16(b"b"), ["short"], 0, []))

    def test_a_retweet_has_the_originals_entities_and_no_text(self):
        original = status(9, 1, account=8, text="x", entities={
            "hashtags": [{"text": "In"}]})
        post = post_of(text="RT @a: x", entities={
            "hashtags": [], "urls": []}, retweeted_status=original)
        self.assertEqual((post.hashtags, post.urls, post.text, post.scripts),
                         (["in"], None, None, None))


class Content(Case):
    def test_entities(self):
        def entities(tags, urls=0):
            return {"hashtags": [{"text": t} for t in tags],
                    "urls": [{"expanded_url": "http://a%d.b" % i}
                             for i in range(urls)]}
        posts = [status(1, 1, entities=entities("ba", 2)),
                 status(2, 2, entities=entities("aa")),
                 status(3, 3, retweeted_status=status(
                     30, 1, account=8, entities=entities("bbc", 3)))]
        # uses: b a a a b b c: a and b thrice, c once
        self.check(row_of(posts), hashtags=4, posts_with_hashtag=2, urls=2,
                   posts_with_url=1, mentions=None, media=None,
                   distinct_hashtags=3, top_hashtag="a",
                   top_hashtag_share=3 / 7, distinct_domains=3)
        self.check(row_of(posts[2:]), hashtags=0, distinct_hashtags=2,
                   top_hashtag="b", distinct_texts=None)

    def test_texts(self):
        posts = [status(i, i, text=t) for i, t in
                 enumerate(("ab", "AB ", "", "\u0436\u0e01 "), 1)]
        # lengths 2 3 0 3: mean 2, variance (0+1+4+1)/4; texts: ab, "", third
        self.check(row_of(posts), text_length_mean=2,
                   text_length_sd=math.sqrt(1.5), distinct_texts=3,
                   duplicate_text_share=0.25, script_latin=4,
                   script_cyrillic=1, script_thai=1, script_other=0)
        row = row_of([{**posts[0], "text": None}])
        self.check(row, distinct_texts=None, script_latin=None,
                   duplicate_text_share=None)

    def test_language_switch(self):
        # 20 en, one post without a language, 20 th and then one en
        langs = ["en"] * 20 + [None] + ["th"] * 20 + ["en"]
        row = row_of([status(i, i, lang=lang)
                      for i, lang in enumerate(langs, 1)])
        # split behind the 20 en: 20 | 20 th, 1 en; N = 41
        want = 2 * (20 * math.log(20 * 41 / (20 * 21))
                    + 20 * math.log(20 * 41 / (21 * 20))
                    + math.log(41 / (21 * 21)))
        self.check(row, language_switch_at="1970-01-01T00:00:00.022Z",
                   language_switch_g2=want, language_before="en",
                   language_after="th", language_changes=2)
        self.check(row_of([status(i, i, lang="en") for i in range(1, 50)]),
                   language_switch_at=None, language_before=None)

    def test_client_classes(self):
        posts = [status(i, i, source=s) for i, s in
                 enumerate(("web", "web", "bot", "x", ""), 1)]
        self.check(row_of(posts, classes={"web": "web", "bot": "automation"}),
                   client_web_share=0.5, client_automation_share=0.25,
                   client_mobile_share=0, client_other_share=0.25)
        self.check(row_of([status(1, 1)]), client_web_share=None)


class Amplifiers(Case):
    def retweet(self, post_id, target, delay, account=7):
        return status(post_id, 10**6 + delay, account=account,
                      retweeted_status=status(post_id + 100, 10**6,
                                              account=target))

    def test_core(self):
        core = "# a list\n\n 20 \r\n@Handle\n@nobody\n@NOBODY\n"
        posts = [status(1, 5, account=21, user={"screen_name": "handLE"}),
                 self.retweet(2, 20, 3000), self.retweet(3, 20, 1000),
                 self.retweet(4, 21, 2000), self.retweet(5, 22, 9),
                 self.retweet(6, 22, 9, account=8)]
        rows = printed(posts, core=core)
        # core: 20, 21 by its handle, and nobody; 3 of 5 retweets in the run
        self.check(rows["7"], core_retweets=3, core_share=0.75,
                   core_coverage=2 / 3, core_lift=0.75 / 0.6,
                   core_delay_q50_s=2)
        self.check(rows["8"], core_retweets=0, core_share=0, core_coverage=0,
                   core_lift=0, core_delay_q50_s=None)
        self.check(rows["21"], core_retweets=0, core_share=None,
                   core_lift=None)
        self.check(row_of(posts), core_retweets=None, core_coverage=None)

    def test_a_handle_is_twitters_alone(self):
        run = run_of([{"author": "ann", "subreddit": "s", "body": "",
                       "id": "a", "created_utc": 5}])
        listing = read_listing("@ann\nann", run.observations)
        self.assertTrue(listing.has("reddit", "ann"))
        self.assertEqual((listing.size(), listing.of_handles), (2, set()))

    def test_engagement(self):
        inner = status(30, 1, account=8, retweet_count="100+",
                       favorite_count=7)
        posts = [status(1, 1, retweet_count=3, favorite_count=4),
                 status(2, 2, retweet_count=99, favorite_count=99,
                        retweeted_status=inner), status(3, 3, account=8)]
        rows = printed(posts)
        self.check(rows["7"], max_retweet_count=3, max_favorite_count=4)
        self.check(rows["8"], max_retweet_count=100, max_favorite_count=7)
        self.check(row_of([status(1, 1)]), max_retweet_count=None)

    def test_original_poverty(self):
        posts = [self.retweet(i, 20, 1) for i in range(1, 10)]
        self.check(row_of(posts), original_poverty=0)
        posts.append(status(50, 5))
        self.check(row_of(posts), original_poverty=1)
        posts.append(status(51, 6))
        self.check(row_of(posts), original_poverty=0)


class Repurposing(Case):
    def account(self, before=5, after=20, gap=180 * DAY, **changes):
        old, new = (dict(lang="en", source="web", user={
            "screen_name": "a", "followers_count": 60}) for _ in range(2))
        new.update(changes)
        times = list(range(before))
        times += [times[-1] + gap + i for i in range(after)]
        return [status(i + 1, t, **(old if i < before else new))
                for i, t in enumerate(times)]

    def test_support(self):
        # the first post after 180 days: 4 ms + 180 days
        self.check(row_of(self.account()), repurposed_post="6",
                   repurposed_at="1970-06-30T00:00:00.004Z",
                   repurpose_score=0, repurpose_language=0,
                   repurpose_client=0, repurpose_name=0,
                   repurpose_followers=0, repurpose_hours=None)
        for posts in (self.account(before=4), self.account(after=19),
                      self.account(gap=180 * DAY - 1)):
            self.check(row_of(posts), repurposed_at=None,
                       repurpose_score=None)

    def test_the_longest_gap_with_support(self):
        # a longer gap with one post behind it does not count
        posts = self.account() + [status(99, 1000 * DAY)]
        self.check(row_of(posts), repurposed_post="6")

    def test_each_sign(self):
        classes = {"web": "web", "phone": "mobile", "site": "web"}
        row = row_of(self.account(lang="th", source="phone", user={
            "screen_name": "b", "followers_count": 120}), classes=classes)
        self.check(row, repurpose_language=1, repurpose_client=1,
                   repurpose_name=1, repurpose_followers=1,
                   repurpose_score=4)
        # another client of the same class; 119 is not twice 60
        row = row_of(self.account(source="site", user={
            "name": "a", "followers_count": 119}), classes=classes)
        self.check(row, repurpose_client=0, repurpose_name=1,
                   repurpose_followers=0, repurpose_score=1)
        row = row_of(self.account(lang=None, source="", user={}))
        self.check(row, repurpose_language=None, repurpose_client=None,
                   repurpose_name=None, repurpose_followers=None,
                   repurpose_score=None)

    def test_hours(self):
        # 150 posts at 00:00, then 150 at h:00, half a year later
        def posts(step):
            return [status(i + 1, MONDAY + i) for i in range(150)] + [
                status(i + 151, MONDAY + 200 * DAY + step + i)
                for i in range(150)]
        self.check(row_of(posts(HOUR)), repurpose_hours=1, repurpose_score=1)
        self.check(row_of(posts(0)), repurpose_hours=0)
        self.check(row_of(posts(HOUR)[1:]), repurpose_hours=None)


class Constants(Case):
    def test_pi(self):
        self.assertEqual(str(PI)[:22], "3.14159265358979323846")
        self.assertEqual(PLUS_8, 28800000)
