"""Records: what a JSON text says, told by its top-level keys.

`expand` unwraps a JSON text into records; `read_record` turns one record
into outcomes: one, or for a page of API v2 one for each of its posts.
"""

from bluesky import read_event
from ioarchive import read_tweet
from nouns import Outcome
from reddit import read_reddit
from scalars import get, get_object, text_of, unwrap
from v11 import read_control, read_status
from v2 import read_flattened, read_page

CONTROL_KEYS = ("delete", "scrub_geo", "limit", "status_withheld",
                "user_withheld", "disconnect", "warning", "friends",
                "friends_str", "event", "direct_message", "control",
                "for_user")


def expand(value):
    """The records in a JSON text: arrays and `statuses` are opened."""
    records, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and isinstance(item.get("statuses"), list):
            item = item["statuses"]
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            records.append(item)
    return records


def is_page(record):
    return isinstance(record, dict) and isinstance(record.get("data"), list)


def read_record(record, counts=lambda time: True):
    """The outcomes of a record. counts(time): is the time in the range?"""
    if not isinstance(record, dict):
        return [Outcome(reject="unknown_record")]
    has_text = "text" in record or "full_text" in record
    if not has_text:
        for key in CONTROL_KEYS:
            if key in record:
                return [read_control(record, key)]
    if isinstance(record.get("data"), (dict, list)):
        return read_page(record, counts)
    return [read_one(record, has_text)]


def read_one(record, has_text):
    if list(record) == ["errors"]:
        return Outcome(control="errors")
    if has_text and isinstance(unwrap(record.get("user")), dict):
        return read_status(record)
    if "text" in record and ("author_id" in record
                             or get_object(record, "author")):
        return read_flattened(record)
    if "tweetid" in record and "userid" in record:
        return read_tweet(record)
    if "subreddit" in record and "author" in record:
        return read_reddit(record)
    if "did" in record and ("commit" in record
                            or text_of(get(record, "kind"))):
        return read_event(record)
    return Outcome(reject="unknown_record")
