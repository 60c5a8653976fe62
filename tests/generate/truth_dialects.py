"""What is left of a plan where another dialect tells it.

`shown_in` gives an account as the v2 stream or the information-operations
archive shows it: what these do not carry is taken out, what they tell otherwise
is told so.
"""

import re

from archive_reader import DAY_MS, is_bare_line

ENTITIES = ("hashtags", "domains", "urls", "mentions")


def shown_in(account, dialect):
    change = {"v11": lambda account: None, "v2": as_v2, "io": as_io}[dialect]
    change(account)
    return account


# ---- v2: the record of a stream ---------------------------------------------

def face_of_v2(face):
    """No flags of a default profile, and no location that is empty."""
    return {key: value for key, value in face.items()
            if not key.startswith("default") and not (key == "location" and value == "")}


def post_of_v2(post):
    """A photo is a link too; a kind of entities without one is not there."""
    post = {key: value for key, value in post.items() if key != "favourites"}
    if is_bare_line(post):
        return post
    photos = post["media"] or 0
    post["urls"] += photos
    post["domains"] = post["domains"] + ["twitter.com"] * photos
    for key in ENTITIES:
        post[key] = post[key] or None
    return post


def as_v2(account):
    account.faces = [face_of_v2(face) for face in account.faces]
    account.posts = [post_of_v2(post) for post in account.posts]
    account.seen = [{key: value for key, value in line.items() if key != "favourites"}
                    for line in account.seen if line["as"] != "requoted"]
    account.notices = []
    account.watched = False


# ---- io: rows of CSV --------------------------------------------------------

def face_of_io(face):
    return {key: face[key] for key in ("name", "screen_name", "location", "url",
                                       "description")}


def post_of_io(account, post):
    """One profile for all rows; of a bare post all cells of it are empty."""
    bare = is_bare_line(post)
    gone = {"followers", "friends", "listed", "favourites", "statuses", "media"}
    post = {key: value for key, value in post.items() if key not in gone}
    if post.get("client") is None:
        post.pop("client", None)
    if post["kind"] == "quote":
        post["target"] = None
    if bare:
        post["face"] = 1
        if "text" in post:
            links = re.sub(r"https?://\S+", "", post["text"])
            post["text"] = re.sub(r"(?<![A-Za-z0-9_@])@[A-Za-z0-9_]{1,15}", "", links)
    else:
        post.update(face=0, followers=account.head["followers_at_end"],
                    friends=account.head["friends_at_end"])
    return post


def as_io(account):
    nothing = {"location": "", "url": "", "description": ""}
    account.faces = [face_of_io(account.faces[-1]), nothing]
    account.created -= account.created % DAY_MS
    account.posts = [post_of_io(account, post) for post in account.posts]
    account.seen = [{"as": line["as"], "by": line["by"]} for line in account.seen]
    account.notices = []
    account.snapshot = True


# ---- tables -----------------------------------------------------------------

def without_deletes(row):
    """A day without anything but deletes is no row."""
    if row["table"] != "days":
        return row
    row = {**row, "deletes": 0}
    return row if any(value for value in row.values() if isinstance(value, int)) else None


def tables_shown_in(rows, dialect):
    """The rows of tables.truth as a dialect shows them."""
    for row in rows:
        if dialect != "v11":
            row = without_deletes(row)
        if row is not None:
            yield row
