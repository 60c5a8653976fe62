"""The nouns that every dialect is turned into."""

from dataclasses import dataclass, field
from typing import Optional

COUNTS = ("followers", "friends", "statuses", "favourites", "listed")
FLAGS = ("default_profile", "default_profile_image", "verified", "protected")
TEXTS = ("screen_name", "display_name", "description", "location", "url")
VALUES = COUNTS + FLAGS + TEXTS + ("created_at",)
LANGUAGE_ALIASES = {"in": "id", "iw": "he"}
NOT_LANGUAGES = {"und", "zxx", "qme", "qht", "qam", "qct", "qst", ""}


@dataclass
class Post:
    """One copy of a post. None is null or not known."""
    platform: str
    account: str
    id: str
    time: int
    kind: str = "original"
    target: Optional[str] = None
    target_post: Optional[str] = None
    original_time: Optional[int] = None
    lang: Optional[str] = None
    client: Optional[str] = None
    manual: bool = False
    minute_only: bool = False
    statuses: Optional[int] = None
    followers: Optional[int] = None
    name: Optional[str] = None               # hash of the names, hexadecimal
    hashtags: Optional[list] = None
    domains: Optional[list] = None
    urls: Optional[int] = None
    mentions: Optional[int] = None
    media: Optional[int] = None
    text: Optional[str] = None               # hash, hexadecimal
    text_length: Optional[int] = None
    scripts: Optional[list] = None
    carries_lang: bool = field(default=False, compare=False)
    carries_client: bool = field(default=False, compare=False)


@dataclass
class Observation:
    """One sight of a profile; time None: a row of a users file."""
    platform: str
    account: str
    time: Optional[int]
    outer: bool
    values: dict
    snapshot: bool = False
    engagement: tuple = (None, None)         # retweets, favorites of its post


@dataclass
class Delete:
    platform: str
    account: Optional[str]
    post: Optional[str]
    time: Optional[int]


@dataclass
class Outcome:
    """What became of a record: a post, a profile alone, a control message,
    or a reject. The rest goes with it."""
    post: Optional[Post] = None
    profile: bool = False
    control: Optional[str] = None
    reject: Optional[str] = None
    delete: Optional[Delete] = None
    observations: list = field(default_factory=list)
    id_mismatches: int = 0
    time_anomaly: bool = False


def no_values():
    return dict.fromkeys(VALUES)


def canonical_language(text):
    text = LANGUAGE_ALIASES.get(text, text)
    return None if text in NOT_LANGUAGES else text
