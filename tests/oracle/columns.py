"""The columns of `accounts` and of the tables beside it, in their order."""

TEXT, INT, REAL, TIME = "text", "int", "real", "time"


def table(kind, names):
    return [(name, kind) for name in names.split()]


def spread(names, suffixes):
    return " ".join(n + "_" + s for n in names.split()
                    for s in suffixes.split())


PROFILE = (
    table(TEXT, "platform account_id screen_name display_name")
    + table(TIME, "created_at first_observed last_observed")
    + table(INT, spread("followers friends statuses favourites listed",
                        "first last min max"))
    + table(INT, "zero_followers zero_followers_always")
    + table(REAL, "followers_friends_ratio reputation age_hours "
            "statuses_per_hour followers_per_hour friends_per_hour "
            "favourites_per_hour listed_per_hour")
    + table(INT, "screen_name_length display_name_length description_length "
            "screen_name_digits display_name_digits")
    + table(TEXT, "handle_template")
    + table(INT, "auto_suffix8 default_profile default_profile_image "
            "verified protected persona_emptiness persona_emptiness_4 "
            "screen_names display_names descriptions locations")
    + table(REAL, "age_at_first_post_days"))

ACTIVITY = (
    table(INT, "posts originals retweets replies quotes")
    + table(REAL, "retweet_share reply_share quote_share")
    + table(INT, "manual_retweets")
    + table(TIME, "first_post last_post")
    + table(REAL, "span_days")
    + table(INT, "active_days")
    + table(REAL, "posts_per_active_day")
    + table(INT, "max_posts_per_day max_posts_per_hour self_interactions")
    + table(REAL, "coverage"))

TIMING = (
    table(REAL, "gap_mean_s gap_variance_s2 gap_cv gap_min_s gap_max_s "
          "gap_q05_s gap_q25_s gap_q50_s gap_q75_s gap_q95_s "
          "burstiness burstiness_n memory gap_entropy")
    + table(INT, "modal_gap_s")
    + table(REAL, "modal_gap_share")
    + table(INT, "gaps_le_1s gaps_le_10s gaps_le_60s "
            + spread("pauses", "lt_1m lt_5m lt_1h lt_1d lt_1w lt_1mo lt_1y "
                     "ge_1y") + " dormant_gaps")
    + table(TIME, "dormant_from dormant_to")
    + table(TEXT, "dormant_from_post dormant_to_post")
    + table(INT, "sessions")
    + table(REAL, "session_posts_mean session_longest_s"))

CLOCK = (
    [("hour_%02d" % h, INT) for h in range(24)]
    + [("dow_%d" % d, INT) for d in range(1, 8)]
    + table(REAL, "hour_entropy week_entropy clock_mean_hour "
            "clock_concentration work_share work_share_active work_excess "
            "work_share_waking weekend_ratio")
    + table(INT, "quiet_start_hour")
    + table(REAL, "quiet_share second_chi2 second_p"))



def labels(plural, singular):
    return (table(INT, plural) + table(TEXT, "top_" + singular)
            + table(REAL, "top_%s_share %s_entropy" % (singular, singular))
            + table(INT, singular + "_changes")
            + table(TIME, singular + "_switch_at")
            + table(REAL, singular + "_switch_g2")
            + table(TEXT, spread(singular, "before after")))


CONTENT = (
    table(INT, "hashtags urls mentions media posts_with_hashtag "
          "posts_with_url posts_with_mention posts_with_media "
          "distinct_hashtags distinct_domains")
    + table(TEXT, "top_hashtag")
    + table(REAL, "top_hashtag_share text_length_mean text_length_sd")
    + table(INT, "distinct_texts")
    + table(REAL, "duplicate_text_share")
    + table(INT, spread("script", "han kana hangul cyrillic arabic thai latin "
                        "other"))
    + labels("languages", "language") + labels("clients", "client")
    + table(REAL, "client_web_share client_mobile_share "
            "client_automation_share client_other_share"))

AMPLIFICATION = (
    table(INT, "retweet_targets")
    + table(TEXT, "top_retweet_target")
    + table(REAL, "top_retweet_target_share retweet_target_entropy "
            "retweet_delay_q50_s")
    + table(INT, "retweets_le_10s retweets_le_60s retweets_received "
            "retweeters core_retweets")
    + table(REAL, "core_share core_coverage core_lift core_delay_q50_s")
    + table(INT, "original_poverty max_retweet_count max_favorite_count "
            "deletes")
    + table(REAL, "delete_latency_q50_s")
    + table(INT, "statuses_drop"))

REPURPOSING = (
    table(TIME, "repurposed_at")
    + table(TEXT, "repurposed_post")
    + table(INT, spread("repurpose", "language client hours name followers "
                        "score")))

# Columns that come out of a square root, a logarithm, a sine or an incomplete
# gamma function: two correct programs may differ in the last bits of a
# double, and so, rarely, in the ninth digit. `compare.py` lets them differ by
# 1e-8 of the greater. Where a difference of numbers of size 1 may come out
# near 0 its own size says nothing: those may also differ by 1e-13.
ROOTS = ("gap_cv burstiness burstiness_n memory work_excess text_length_sd "
         "clock_mean_hour clock_concentration").split()
LOGARITHMS = ("gap_entropy hour_entropy week_entropy language_entropy "
              "client_entropy retweet_target_entropy language_switch_g2 "
              "client_switch_g2").split()
GAMMAS = ["second_p"]
NEAR_ZERO = set("burstiness burstiness_n memory work_excess language_switch_g2 "
                "client_switch_g2 clock_concentration".split())
TRANSCENDENTAL = set(ROOTS + LOGARITHMS + GAMMAS)

COLUMNS = (PROFILE + ACTIVITY + TIMING + CLOCK + CONTENT + AMPLIFICATION
           + REPURPOSING)
TYPES = dict(COLUMNS)

# --- the tables beside accounts: (columns, of which the first say the order)

SEEN = table(INT, "posts accounts") + table(TIME, "first_post last_post")
TABLES = {
    "accounts": (COLUMNS, 2),
    "days": (table(TEXT, "platform day")
             + table(INT, "posts originals retweets replies quotes "
                     "active_accounts accounts_created deletes"), 2),
    "hashtags": (table(TEXT, "platform hashtag") + SEEN, 2),
    "hashtag_days": (table(TEXT, "platform hashtag day")
                     + table(INT, "posts accounts"), 3),
    "clients": (table(TEXT, "platform client class") + SEEN, 2),
    "languages": (table(TEXT, "platform language") + SEEN, 2),
    "domains": (table(TEXT, "platform domain") + SEEN, 2),
    "created": (table(TEXT, "platform day") + table(INT, "accounts posts"),
                2),
    "posts": (table(TEXT, "platform account_id post_id") + table(TIME, "time")
              + table(TEXT, "kind target_account target_post language client "
                      "hashtags text_hash"), 3),
}
