"""Texts of posts: entities, ranges to remove, normal form, letters, hosts."""

import re
import unicodedata
from functools import lru_cache

from xxh3 import xxh3_64

WHITE_SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
               "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
SPACES = re.compile("[" + WHITE_SPACE + "]+")
URL_PATTERN = re.compile("(?i:https?)://[^" + WHITE_SPACE + "]*")
MENTION_PATTERN = re.compile("(?<![A-Za-z0-9_@])@[A-Za-z0-9_]{1,15}")
ESCAPES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}

# Letters by script, after Scripts.txt of Unicode 14. A range spans code
# points that are no letters or not assigned, never a letter of another script.
SCRIPTS = ("han", "kana", "hangul", "cyrillic", "arabic", "thai", "latin",
           "other")
RANGES = {
    "han": "3005 303B 3400-9FFF F900-FAD9 16FE3 20000-3134A",
    "kana": "3041-30FA 30FD-30FF 31F0-31FF FF66-FF6F FF71-FF9D 1AFF0-1B167",
    "hangul": "1100-11FF 3131-318E A960-A97C AC00-D7FB FFA0-FFDC",
    "cyrillic": "400-52F 1C80-1C88 1D2B 1D78 A640-A69D",
    "arabic": "620-63F 641-6FF 750-77F 870-8C9 FB50-FEFC 1EE00-1EEBB",
    "thai": "E01-E46",
    "latin": "41-AA BA-2B8 2E0-2E4 1D00-1D25 1D2C-1D5C 1D62-1D65 1D6B-1D77 "
             "1D79-1DBE 1E00-1EFF 2071-209C 212A-212B 2132 214E-2184 "
             "2C60-2C7F A722-A787 A78B-A7FF AB30-AB64 AB66-AB69 FB00-FB06 "
             "FF21-FF5A 10780-107BA 1DF00-1DF1E",
}


def ranges_of(text):
    for part in text.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


TABLE = [(first, last, SCRIPTS.index(script))
         for script, text in RANGES.items()
         for first, last in ranges_of(text)]


@lru_cache(maxsize=None)
def script_of(char):
    """The index of a letter's script, or None: no letter."""
    if not unicodedata.category(char).startswith("L"):
        return None
    for first, last, script in TABLE:
        if first <= ord(char) <= last:
            return script
    return SCRIPTS.index("other")


def count_scripts(text):
    counts = [0] * len(SCRIPTS)
    for char in text:
        script = script_of(char)
        if script is not None:
            counts[script] += 1
    return counts


def fold(text):
    """NFKC, full case fold, NFKC."""
    text = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFKC", text.casefold())


def normalise(text):
    return SPACES.sub(" ", fold(text)).strip(" ")


def unescape(text):
    """Once each, from left to right: "&amp;lt;" becomes "&lt;"."""
    return re.sub("&(?:amp|lt|gt);", lambda m: ESCAPES[m.group()], text)


def remove_ranges(text, ranges):
    """Without the code points in any of the ranges [start, end)."""
    gone = [False] * len(text)
    for start, end in ranges:
        for at in range(max(start, 0), min(end, len(text))):
            gone[at] = True
    return "".join(c for c, off in zip(text, gone) if not off)


def hex16(data):
    """XXH3-64 as 16 digits; 0 is written as 1."""
    return "%016x" % (xxh3_64(data) or 1)


def measure(post, text, ranges):
    """Fills text, text_length and scripts of a post that carries a text."""
    if text is None or post.kind == "retweet":
        return
    bare = unescape(remove_ranges(text, ranges))
    post.text_length = len(bare)
    post.scripts = count_scripts(bare)
    post.text = hex16(normalise(bare).encode("utf-8"))


def pattern_ranges(text, patterns):
    """Where the patterns are found: for dialects without indices."""
    return [m.span() for p in patterns for m in p.finditer(text or "")]


def is_manual(post, text):
    """An original or reply whose text begins `RT @`."""
    return (post.kind in ("original", "reply") and text is not None
            and unescape(text).startswith("RT @"))


def name_hash(screen_name, display_name):
    if screen_name is None and display_name is None:
        return None
    return hex16((screen_name or "").encode("utf-8") + b"\xff"
                 + (display_name or "").encode("utf-8"))


def domain_of(url):
    """The host of a URL, or None."""
    if url is None:
        return None
    rest = url.partition("://")[2] if "://" in url else url
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    host = host.rpartition("@")[2]
    host = re.sub(":[0-9]*$", "", host)
    host = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in host)
    host = host[:-1] if host.endswith(".") else host
    host = host[4:] if host.startswith("www.") else host
    return host or None


def domains_of(urls):
    """Of URLs in order; a URL without a host has no domain."""
    return [d for d in map(domain_of, urls) if d is not None]


def client_of(source):
    """`source` without anchor and surrounding white space; empty is null."""
    if source is None:
        return None
    source = source.strip(WHITE_SPACE)
    anchor = re.fullmatch(r"<a(?:\s[^>]*)?>(.*)</a>", source, re.DOTALL)
    if anchor:
        source = anchor.group(1).strip(WHITE_SPACE)
    return source or None
