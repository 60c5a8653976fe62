"""Columns of amplification and deletion, and the list of core accounts."""

from dataclasses import dataclass, field

from exact import entropy_of, nearest_rank, ratio
from features import SECOND_MS, top
from profile_columns import ascii_lower
from scalars import id_time_ms


@dataclass
class Listing:
    """A list of accounts: ids of any platform, and Twitter's ids that were
    seen under the handles in it."""
    ids: set = field(default_factory=set)
    of_handles: set = field(default_factory=set)
    handles_unseen: int = 0

    def has(self, platform, account):
        return account is not None and (
            account in self.ids
            or platform == "twitter" and account in self.of_handles)

    def size(self):
        return len(self.ids | self.of_handles) + self.handles_unseen


def read_listing(text, observations):
    """observations: {(platform, account): [Observation]} of the run."""
    listing, handles = Listing(), set()
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("@"):
            handles.add(ascii_lower(line[1:]))
        elif line and not line.startswith("#"):
            listing.ids.add(line)
    seen = set()
    for (platform, account), sights in observations.items():
        if platform != "twitter":
            continue
        names = {ascii_lower(o.values["screen_name"]) for o in sights
                 if o.values["screen_name"] is not None} & handles
        seen |= names
        if names:
            listing.of_handles.add(account)
    listing.handles_unseen = len(handles - seen)
    return listing


def delays_of(retweets):
    """Delays in ms where the original's time is known, negative ones out."""
    delays = [p.time - p.original_time for p in retweets
              if p.original_time is not None]
    return [delay for delay in delays if delay >= 0]


def amplification(row, posts, received, deletes):
    """received: retweets of this account by others, over the whole run;
    deletes: {post id: earliest notice time or None} of this account."""
    retweets = [p for p in posts if p.kind == "retweet"]
    targets = [p.target for p in retweets if p.target is not None]
    if targets or not retweets:
        row["retweet_targets"] = len(set(targets))
    best, share = top(targets)
    row["top_retweet_target"], row["top_retweet_target_share"] = best, share
    row["retweet_target_entropy"] = entropy_of(targets)
    delays = delays_of(retweets)
    row["retweet_delay_q50_s"] = ratio(nearest_rank(delays, 50), SECOND_MS)
    if not retweets or any(p.original_time is not None for p in retweets):
        row["retweets_le_10s"] = sum(d <= 10 * SECOND_MS for d in delays)
        row["retweets_le_60s"] = sum(d <= 60 * SECOND_MS for d in delays)
    row["retweets_received"] = len(received)
    row["retweeters"] = len({p.account for p in received})
    row["original_poverty"] = int(
        row["originals"] <= 1 and len(posts) >= 10
        and 10 * len(retweets) >= 9 * len(posts))
    deletions(row, posts, deletes)


def deletions(row, posts, deletes):
    row["deletes"] = len(deletes)
    platform = posts[0].platform
    latencies = [noticed - id_time_ms(post_id)
                 for post_id, noticed in deletes.items()
                 if platform == "twitter" and noticed is not None
                 and id_time_ms(post_id) is not None]
    latencies = [ms for ms in latencies if ms >= 0]
    row["delete_latency_q50_s"] = ratio(nearest_rank(latencies, 50),
                                        SECOND_MS)
    counts = [p.statuses for p in posts if p.statuses is not None]
    if counts:
        row["statuses_drop"] = sum(max(before - after, 0)
                                   for before, after in zip(counts, counts[1:]))


def core_columns(row, posts, core, run_retweets, run_core_retweets):
    """Null without a list (core None). run_*: over the whole run."""
    if core is None:
        return
    retweets = [p for p in posts if p.kind == "retweet"]
    of_core = [p for p in retweets if core.has(p.platform, p.target)]
    share = ratio(len(of_core), len(retweets))
    row["core_retweets"] = len(of_core)
    row["core_share"] = share
    row["core_coverage"] = ratio(len({p.target for p in of_core}),
                                 core.size())
    row["core_lift"] = ratio(share, ratio(run_core_retweets, run_retweets))
    row["core_delay_q50_s"] = ratio(nearest_rank(delays_of(of_core), 50),
                                    SECOND_MS)
