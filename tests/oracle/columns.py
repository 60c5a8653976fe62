"""The columns of `accounts` that the oracle computes, in their order."""

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
          "burstiness burstiness_n memory")
    + table(INT, "dormant_gaps")
    + table(TIME, "dormant_from dormant_to")
    + table(TEXT, "dormant_from_post dormant_to_post"))

CLOCK = (
    [("hour_%02d" % h, INT) for h in range(24)]
    + [("dow_%d" % d, INT) for d in range(1, 8)]
    + table(REAL, "hour_entropy week_entropy work_share work_share_active "
            "work_excess work_share_waking weekend_ratio")
    + table(INT, "quiet_start_hour")
    + table(REAL, "quiet_share"))

CONTENT = (
    table(INT, "languages")
    + table(TEXT, "top_language")
    + table(REAL, "top_language_share language_entropy")
    + table(INT, "language_changes clients")
    + table(TEXT, "top_client")
    + table(REAL, "top_client_share client_entropy")
    + table(INT, "client_changes"))

AMPLIFICATION = (
    table(INT, "retweet_targets")
    + table(TEXT, "top_retweet_target")
    + table(REAL, "top_retweet_target_share retweet_target_entropy "
            "retweet_delay_q50_s")
    + table(INT, "retweets_le_10s retweets_le_60s retweets_received "
            "retweeters deletes")
    + table(REAL, "delete_latency_q50_s")
    + table(INT, "statuses_drop"))

COLUMNS = PROFILE + ACTIVITY + TIMING + CLOCK + CONTENT + AMPLIFICATION
TYPES = dict(COLUMNS)
