"""XXH3-128 with seed 0, after its published specification: by the xxhsum
command or libxxhash where one is here, else slowly in Python.
"""

import ctypes
import ctypes.util
import shutil
import subprocess

M32, M64 = 2**32 - 1, 2**64 - 1
SLOW_BYTES_MAX = 4 << 20      # above it Python takes seconds
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
       0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
STRIPE, STRIPES = 64, 16
BLOCK = STRIPE * STRIPES
SECRET_WORDS = [int.from_bytes(SECRET[at:at + 8], "little")
                for at in range(len(SECRET) - 7)]


class Digest128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def library():
    """libxxhash, or None."""
    name = ctypes.util.find_library("xxhash")
    try:
        found = ctypes.CDLL(name) if name else None
        if found:
            found.XXH3_128bits_digest.restype = Digest128
            found.XXH3_createState.restype = ctypes.c_void_p
        return found
    except (OSError, AttributeError):
        return None


def digest_of_file(path):
    """(32 hexadecimal digits, by what) or (None, why not)."""
    command = shutil.which("xxhsum")
    if command:
        done = subprocess.run([command, "-H128", "--", str(path)],
                              capture_output=True, check=False, text=True)
        if done.returncode == 0:
            return done.stdout.split()[0].lstrip("\\"), "xxhsum"
    found = library()
    if found:
        return by_library(found, path), "libxxhash"
    if path.stat().st_size > SLOW_BYTES_MAX:
        return None, "no xxhsum and no libxxhash here, and the file is large"
    return "%032x" % xxh3_128(path.read_bytes()), "Python"


def by_library(found, path):
    state = ctypes.c_void_p(found.XXH3_createState())
    try:
        found.XXH3_128bits_reset(state)
        with open(path, "rb") as stream:
            while chunk := stream.read(1 << 20):
                found.XXH3_128bits_update(state, chunk,
                                          ctypes.c_size_t(len(chunk)))
        digest = found.XXH3_128bits_digest(state)
        return "%016x%016x" % (digest.high, digest.low)
    finally:
        found.XXH3_freeState(state)


def word32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def word64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def swapped(value, size):
    return int.from_bytes(value.to_bytes(size, "little"), "big")


def fold(a, b):
    product = a * b
    return product & M64 ^ product >> 64


def avalanche(h):
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & M64
    return h ^ h >> 32


def avalanche_64(h):
    h = (h ^ h >> 33) * P64[1] & M64
    h = (h ^ h >> 29) * P64[2] & M64
    return h ^ h >> 32


def mix(data, at, secret):
    return fold(word64(data, at) ^ SECRET_WORDS[secret],
                word64(data, at + 8) ^ SECRET_WORDS[secret + 8])


def accumulate(acc, data, at, secret):
    for i in range(8):
        value = word64(data, at + 8 * i)
        key = value ^ SECRET_WORDS[secret + 8 * i]
        acc[i ^ 1] = acc[i ^ 1] + value & M64
        acc[i] = acc[i] + (key & M32) * (key >> 32) & M64


def scramble(acc):
    for i in range(8):
        acc[i] = (acc[i] ^ acc[i] >> 47 ^ SECRET_WORDS[128 + 8 * i]) \
            * P32[0] & M64


def merge(acc, secret, start):
    return avalanche((start + sum(
        fold(acc[2 * i] ^ SECRET_WORDS[secret + 16 * i],
             acc[2 * i + 1] ^ SECRET_WORDS[secret + 16 * i + 8])
        for i in range(4))) & M64)


def long_128(data):
    size = len(data)
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]
    blocks = (size - 1) // BLOCK
    for block in range(blocks):
        for stripe in range(STRIPES):
            accumulate(acc, data, block * BLOCK + stripe * STRIPE, 8 * stripe)
        scramble(acc)
    for stripe in range((size - 1 - blocks * BLOCK) // STRIPE):
        accumulate(acc, data, blocks * BLOCK + stripe * STRIPE, 8 * stripe)
    accumulate(acc, data, size - STRIPE, 192 - STRIPE - 7)
    low = merge(acc, 11, size * P64[0] & M64)
    return merge(acc, 192 - STRIPE - 11, ~(size * P64[1]) & M64) << 64 | low


def tiny_128(data):
    """1 to 3 bytes."""
    size = len(data)
    word = data[-1] | size << 8 | data[0] << 16 | data[size >> 1] << 24
    other = swapped(word, 4)
    other = (other << 13 | other >> 19) & M32
    return avalanche_64(other ^ word32(SECRET, 8) ^ word32(SECRET, 12)) << 64 \
        | avalanche_64(word ^ word32(SECRET, 0) ^ word32(SECRET, 4))


def short_128(data):
    """4 to 8 bytes."""
    size = len(data)
    keyed = word32(data, 0) + (word32(data, size - 4) << 32) \
        ^ word64(SECRET, 16) ^ word64(SECRET, 24)
    product = keyed * (P64[0] + (size << 2) & M64)
    low, high = product & M64, product >> 64
    high = high + (low << 1) & M64
    low ^= high >> 3
    low = (low ^ low >> 35) * 0x9FB21C651E98DF25 & M64
    return avalanche(high) << 64 | low ^ low >> 28


def medium_128(data):
    """9 to 16 bytes."""
    size = len(data)
    inner = word64(data, size - 8)
    product = (word64(data, 0) ^ inner ^ word64(SECRET, 32)
               ^ word64(SECRET, 40)) * P64[0]
    low, high = product + (size - 1 << 54) & M64, product >> 64
    inner ^= word64(SECRET, 48) ^ word64(SECRET, 56)
    high = high + inner + (inner & M32) * (P32[1] - 1) & M64
    product = (low ^ swapped(high, 8)) * P64[1]
    high = (product >> 64) + high * P64[1] & M64
    return avalanche(high) << 64 | avalanche(product & M64)


def pair(acc, data, one, other, secret):
    return [acc[0] + mix(data, one, secret) & M64
            ^ word64(data, other) + word64(data, other + 8) & M64,
            acc[1] + mix(data, other, secret + 16) & M64
            ^ word64(data, one) + word64(data, one + 8) & M64]


def middle_128(data):
    """17 to 240 bytes."""
    size, acc = len(data), [len(data) * P64[0] & M64, 0]
    if size <= 128:
        for i in reversed(range((size - 1) // 32 + 1)):
            acc = pair(acc, data, 16 * i, size - 16 * (i + 1), 32 * i)
    else:
        for i in range(4):
            acc = pair(acc, data, 32 * i, 32 * i + 16, 32 * i)
        acc = [avalanche(acc[0]), avalanche(acc[1])]
        for i in range(4, size // 32):
            acc = pair(acc, data, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
        acc = pair(acc, data, size - 16, size - 32, 136 - 17 - 16)
    mixed = acc[0] * P64[0] + acc[1] * P64[3] + size * P64[1] & M64
    return (-avalanche(mixed) & M64) << 64 | avalanche(acc[0] + acc[1] & M64)


def xxh3_128(data):
    size = len(data)
    if size == 0:
        return avalanche_64(word64(SECRET, 80) ^ word64(SECRET, 88)) << 64 \
            | avalanche_64(word64(SECRET, 64) ^ word64(SECRET, 72))
    for most, function in ((3, tiny_128), (8, short_128), (16, medium_128),
                           (240, middle_128)):
        if size <= most:
            return function(data)
    return long_128(data)
