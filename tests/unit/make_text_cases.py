#!/usr/bin/env python3
"""Writes text_cases.inc, which test_text_measure.c tries.

usage: make_text_cases.py > text_cases.inc

An implementation of its own of what stages/parse/text_measure.h promises:
Python's unicodedata, str.casefold and regular expressions, perl's \\p{Script},
and the oracle's XXH3. Cases keep to code points that Python's Unicode has
assigned.
"""

import pathlib
import random
import re
import subprocess
import sys
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "oracle"))

from xxh3 import xxh3_64  # noqa: E402

SCRIPTS = ["Han", "Hiragana|Katakana", "Hangul", "Cyrillic", "Arabic", "Thai",
           "Latin"]
WHITE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
         "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
URL = re.compile("https?://[^%s]*" % WHITE, re.I | re.A)
MENTION = re.compile("(?<![A-Za-z0-9_@])@[A-Za-z0-9_]{1,15}")
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
POINTS, BYTES, URLS, URLS_AND_MENTIONS = (
    "TEXT_REMOVE_POINTS", "TEXT_REMOVE_BYTES", "TEXT_REMOVE_URLS",
    "TEXT_REMOVE_URLS_AND_MENTIONS")
RANDOM_CASES = 240
RANGES_MAX = 6


def removed(text, removal, ranges):
    if removal in (URLS, URLS_AND_MENTIONS):
        text = URL.sub("", text)
        return MENTION.sub("", text) if removal == URLS_AND_MENTIONS else text
    out, at = [], 0
    for point in text:
        if not any(first <= at < last for first, last in ranges):
            out.append(point)
        at += len(point.encode()) if removal == BYTES else 1
    return "".join(out)


def normal(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    return re.sub("[%s]+" % WHITE, " ", text).strip(" ")


def scripts_of(texts):
    """Each letter's place in SCRIPTS, by perl."""
    letters = sorted({point for text in texts for point in text
                      if unicodedata.category(point)[0] == "L"})
    program = "while (<STDIN>) { chomp; my $c = chr(hex); print " + "".join(
        "$c =~ /%s/ ? %d : " % ("|".join(r"\p{Script=%s}" % name for name
                                        in names.split("|")), place)
        for place, names in enumerate(SCRIPTS)) + '7, "\\n" }'
    out = subprocess.run(
        ["perl", "-e", program], check=True, stdout=subprocess.PIPE, text=True,
        input="".join("%x\n" % ord(point) for point in letters)).stdout
    return dict(zip(letters, map(int, out.split())))


# ---- cases ------------------------------------------------------------------

PLAIN = [
    "", " ", "\u3000", "a", "Sand and Grains", "  two  spaces\t\n and more \r\n",
    "香港警察必須保護市民", "香港 ２０１９年６月１２日，立法會外", "习近平主席在北京。",
    "サンドパイパーは小さな鳥です", "ﾊﾟﾝﾀﾞ ﾃﾞﾝｷ", "か\u3099き\u3099 は\u309aひ\u309a か\u309a",
    "ーヽヾゝゞ〱ゟヿ", "안녕하세요 여러분", "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "가\u11a8각\u11a8 \u1100\u1161\u11a7", "ㄱㄴㄷ ﾡﾢﾣ ㈀㉠", "ภาษาไทยเป็นภาษา กำลัง ที่นี่",
    "กุ่ กุ่ เเ ำ\u0e4d\u0e32", "مرحبا بالعالم", "الْعَرَبِيَّة",
    "\u0634\u0651\u064e \u0634\u064e\u0651",
    "\ufefb\ufef7\ufdfa\ufdf2", "۱۲۳ ٤٥٦ پاکستان", "Привет, МИР! ЁЖИК й\u0306 и\u0306",
    "Ѐ Ё Ѓ ЇЇ \u0456\u0308", "Київ Україна ҐҐ", "ΑΒΓ Σίσυφος ὈΔΥΣΣΕΎΣ ᾳ ᾼ ΐ",
    "\u03b1\u0345\u0301 \u03b1\u0301\u0345 \u0345 x\u0345",
    "İstanbul ISPARTA ısı i\u0307 I\u0307",
    "straße STRASSE Straẞe", "ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ ŉ ǰ ẖ ẚ", "Ａ１ｂ！　ｃ", "①②Ⅳ½™℡№㎏㍿",
    "e\u0301 é E\u0301 É ẹ\u0302\u0301 ệ e\u0323\u0302", "a\u0315\u0300\u05ae\u0300\u0062",
    "\u0301lead \u0323\u0301", "\ud7a3\u11a7 \uac00\u11c3", "=\u0338 <\u0338 >\u0338 \u226f",
    "¨ ´ ¸ ゛ ゜ a¨ ¨b", "a\u00a0b\u2003\u2003c\u2028d\u2029e\u0085f\u1680g\u202fh\u205fi",
    "\u200b\ufeff\u200d\u00ad x\u200by", "👨\u200d👩\u200d👧\u200d👦 family", "👍🏽 ok ❤\ufe0f 🇭🇰🇨🇳",
    "#️⃣ 1️⃣ 🏴\U000e0067\U000e0062\U000e007f", "\ufffd lone \ufffd\ufffd", "nul\0nul\0 \0",
    "\0", "Vi\u1ec7t Nam TI\u1ebeNG VI\u1ec6T Tie\u0302\u0301ng Vie\u0323\u0302t",
    "\u0915\u093c \u0958 \u0929 \u0928\u093c हिन्दी भाषा", "বাংলা ভাষা \u09c7\u09be \u09c7\u09d7",
    "தமிழ் மொழி \u0bc6\u0bbe \u0b92\u0bd7", "\u0cc6\u0cc2\u0cd5 \u0dd9\u0dcf\u0dca \u0d46\u0d3e",
    "\u1025\u102e \u1b05\u1b35", "𝓗𝓮𝓵𝓵𝓸 𝕎𝕠𝕣𝕝𝕕 𝟘𝟙",
    "\U0001d15e\U0001d16f \U0001d1bc", "𐐀𐐨 Ⴀ ა Ა Ꭰ ꭰ",
    "\U00011099\U000110ba \U000110a5\U000110ba \U00011131\U00011127", "\u212a\u212b\u2126 Å",
    "丽 乁 \uf900\ufa0e \U0002f81a", "\u2e80\u2f00\u3400\u4dbf\u9fff\U00020000", "々〇〆ヶ",
    "ªº ʰʷ ₐ ᴬ ⁿ", "\u05d0\u05b8\u05bc \u05d0\u05bc\u05b8 \ufb2f \ufb1d", "עברית שלום",
    "x" * 15 + "É" + "y" * 16 + "  " + "Z" * 17, "\u00df" * 33, "A" * 300,
    "漢" * 47 + "字" + "a", "RT @somebody: ...\u2026", "\u2026\u2025\u2024 \u203c \u2047",
    "\u0130\u0316 \u0130\u0301 \u01f0\u0316 \u1e9e\u0301 \ufb00\u0301 \u00c9\u0316",
    "a\u0308\u0301 \u00e4\u0301 \u00e4\u0323 \u1e63\u0307 \u1e61\u0323 s\u0307\u0323",
]


def cases():
    """(text, removal, decode_entities, ranges)."""
    for text in PLAIN:
        yield text, POINTS, True, []
    yield "&amp;&lt;&gt; &amp;amp; &amp;lt; &quot; &AMP; &amp &", POINTS, True, []
    yield "&amp;&lt;&gt; &amp;amp;", URLS, False, []
    yield "&amp;&lt;&gt; &amp;amp;", BYTES, False, []
    text = "🐦🐦 @a hi &amp; bye https://t.co/x"
    for ranges in ([(3, 5)], [(19, 33), (3, 5)], [(0, 99)], [(3, 5), (4, 9)],
                   [(9, 3)], [(-5, 2)], [(33, 34)], [(34, 35), (-9, -1)],
                   [(5, 5)], [(2**62, 2**63 - 1)], [(-2**63, 2**63 - 1)],
                   [(0, 1), (1, 2), (0, 2)], [(10, 13)], [(1, 4)] * 3):
        yield text, POINTS, True, ranges
        yield text, BYTES, False, ranges
    yield "&am*p; &#lt;", POINTS, True, [(3, 4)]
    yield "e*\u0301 か*\u3099", POINTS, True, [(1, 2), (5, 6)]
    yield "A" * 40 + "香" * 40 + "Ж" * 40, POINTS, True, [(30, 50), (70, 90)]
    yield "A" * 40 + "香" * 40 + "Ж" * 40, BYTES, False, [(30, 50), (69, 201)]
    for text in (
            "see http://t.co/abc and HTTPS://T.co/\u00e9\u3000end http://", "http://",
            "xhttp://a\u00a0@b hhttps://c://d", "http:/x http//:y https:// z",
            "@alice hi @bob! @@carol a@dave .@eve _@f \u00e9@gus @", "@https://x y",
            "@abcdefghijklmnopq @abcdefghijklmno p", "@bobhttp://x.y z", "@a@b @c@",
            "mail me@example.org @example.org", "a:b ::// http:// :http://q", "@" * 9,
            "&amp;@x &lt;http://y&gt;", "\ufe6bno \uff20no", "http://a@b http://c\u2028@d"):
        yield text, URLS_AND_MENTIONS, True, []
        yield text, URLS, False, []
    yield from random_cases()


def random_cases():
    source = random.Random(20200611)
    blocks = [(0x20, 0x7e), (0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f),
              (0x370, 0x4ff), (0x5b0, 0x6ff), (0x900, 0xdff), (0xe00, 0xe7f),
              (0x1100, 0x11ff), (0x1e00, 0x1fff), (0x2000, 0x214f),
              (0x3000, 0x30ff), (0x4e00, 0x9fff), (0xac00, 0xd7a3),
              (0xf900, 0xfaff), (0xfb00, 0xfdff), (0xfe00, 0xffef),
              (0x11080, 0x110c2), (0x1d150, 0x1d7ff), (0x1f300, 0x1f6ff)]
    for _ in range(RANDOM_CASES):
        chosen = source.sample(blocks, 3)
        text = ""
        while len(text) < source.randint(0, 40):
            point = chr(source.randint(*source.choice(chosen)))
            if unicodedata.category(point) not in ("Cn", "Cs"):
                text += point
            if source.random() < 0.05:
                text += source.choice(list(ENTITIES) + [" http://x ", "@ab"])
        removal = source.choice([POINTS, BYTES, URLS, URLS_AND_MENTIONS])
        most = len(text.encode()) if removal == BYTES else len(text)
        ranges = [(source.randint(-2, most + 2), source.randint(-2, most + 2))
                  for _ in range(source.randint(0, RANGES_MAX))]
        yield text, removal, source.random() < 0.5, \
            ranges if removal in (POINTS, BYTES) else []


# ---- writing ----------------------------------------------------------------

def quoted(text):
    """A C string; octal escapes end after three digits."""
    pieces, line = [], ""
    for byte in text.encode():
        plain = 32 <= byte < 127 and byte not in b'"\\?'
        line += chr(byte) if plain else "\\%03o" % byte
        if len(line) > 84:
            pieces.append(line)
            line = ""
    return "\n     ".join('"%s"' % piece for piece in pieces + [line])


def number(value):
    return "INT64_MIN" if value == -2**63 else "%d" % value


def main():
    listed = list(cases())
    letters = scripts_of([text for text, *_ in listed])
    print("/* Made by make_text_cases.py; Unicode %s. */"
          % unicodedata.unidata_version)
    for text, removal, decode, ranges in listed:
        left = removed(text, removal, ranges)
        if decode:
            left = re.sub("&(amp|lt|gt);", lambda m: ENTITIES[m[0]], left)
        scripts = [0] * 8
        for point in left:
            if unicodedata.category(point)[0] == "L":
                scripts[letters[point]] += 1
        folded = normal(left)
        print("{%s, %d,\n %s, %s, {%s}, %d,\n 0x%016x, %d, {%s},\n %s, %d},"
              % (quoted(text), len(text.encode()), removal,
                 "true" if decode else "false",
                 ", ".join("{%s, %s}" % tuple(map(number, each))
                           for each in ranges) or "{0, 0}", len(ranges),
                 xxh3_64(folded.encode()) or 1, len(left),
                 ", ".join(map(str, scripts)), quoted(folded),
                 len(folded.encode())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
